import type { AlarmDifference, AlarmSpan, BacktestResult, BacktestSeries } from '../backtest/result.ts'
import { textChart } from '../backtest/text-chart.ts'
import { columns, counted, paint, type Terminal } from './terminal.ts'
import { spanText, timeText } from './time.ts'

export interface ReportOptions {
  terminal: Terminal
  /** That the run took. */
  seconds: number
  /** Alarms and differences that are listed, at most. */
  list: number
}

/** Charts that are drawn, and their size. */
const mostCharts = 3
const chart = { columns: 72, rows: 10 }
const shownBadLines = 5

/** What came of a backtest, for a terminal. */
export function backtestText(result: BacktestResult, options: ReportOptions): string {
  const { terminal } = options
  const bold = (text: string) => paint(terminal, 'bold', text)
  const parts = [
    [bold(headText(result)), ...notes(result, options)],
    ...result.series.slice(0, mostCharts).map((series) => chartLines(series, result, terminal)),
    moreSeries(result),
    [bold(alarmHead(result)), ...spanLines(result.alarms.spans, result.alarms.total, options)],
    [
      bold('Messages'),
      columns(
        result.wires.map(({ from, to, messages }) => [from, '→', to, number(messages)]),
        '  ',
      ),
    ],
    ...nodeLines(result).map((lines) => [bold('Failed or sent'), ...lines]),
    ...comparisonLines(result, options),
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.filter((line) => line !== '').join('\n'))
    .join('\n\n')}\n`
}

function headText({ flow, from, to }: BacktestResult): string {
  if (from === null || to === null) return `${flow}: there were no messages`
  return `${flow}, ${timeText(from)} to ${timeText(to)} (${spanText(to - from)})`
}

function notes(result: BacktestResult, { terminal, seconds }: ReportOptions): string[] {
  const { messages, taken, late, badLines, deadLetters, stopped, alarms } = result
  // What is over at once says nothing about speed.
  const speed = messages >= 10_000 ? `, ${number(messages / seconds)} a second` : ''
  const warn = (text: string) => paint(terminal, 'yellow', text)
  const lines = [`${counted(messages, 'message')}${speed}; ${number(taken)} reached a node`]
  if (messages > 0 && taken === 0) lines.push(warn('No node of this flow subscribes to any of these topics.'))
  if (late > 0) {
    const sort = late > messages / 2 ? ' Sort the file by time, oldest first.' : ''
    const are = late === 1 ? 'is older than the one before: it ran' : 'are older than the one before: they ran'
    lines.push(warn(`${counted(late, 'message')} ${are} at its time.${sort}`))
  }
  if (badLines.count > 0) {
    lines.push(warn(`${counted(badLines.count, 'line')} could not be used:`))
    lines.push(...badLines.first.slice(0, shownBadLines).map(({ line, text }) => `  line ${line}: ${text}`))
    if (badLines.count > shownBadLines) lines.push(`  and ${number(badLines.count - shownBadLines)} more`)
  }
  if (deadLetters.count > 0) {
    lines.push(warn(`${counted(deadLetters.count, 'message')} failed, and would have been kept as dead letters:`))
    lines.push(
      ...deadLetters.first
        .slice(0, shownBadLines)
        .map(({ node, time, text }) => `  ${timeText(time)} ${node}: ${text}`),
    )
  }
  if (stopped !== undefined) lines.push(warn(`It was ended early. ${stopped}`))
  const last = alarms.spans.at(-1)
  if (last !== undefined && alarms.spans.length < alarms.total) {
    const list = `${number(alarms.spans.length)} of ${number(alarms.total)} alarms, until ${timeText(last.raised)}`
    lines.push(warn(`Only the first ${list}, are listed and drawn.`))
  }
  return lines
}

function chartLines(series: BacktestSeries, { from, to, alarms }: BacktestResult, terminal: Terminal): string[] {
  if (from === null || to === null) return []
  const limits = series.limits.map(({ level, text }) => (series.limits.length > 1 ? `${level} ${text}` : text))
  const head = `${series.node} ${series.key}: ${limits.join(', ')} (${counted(series.count, 'value')})`
  const lines = textChart(series, alarms.spans, { ...chart, from, to })
  return [paint(terminal, 'bold', head), ...lines.map((line) => `  ${line}`)]
}

function moreSeries({ series, seriesLeft }: BacktestResult): string[] {
  const more = Math.max(0, series.length - mostCharts) + seriesLeft
  return more === 0 ? [] : [`${counted(more, 'further key')} without a chart here; --html FILE shows more of them.`]
}

function alarmHead({ alarms, nodes }: BacktestResult): string {
  const names = new Map<string, number>()
  for (const node of Object.values(nodes))
    for (const [name, count] of Object.entries(node.alarms ?? {})) names.set(name, (names.get(name) ?? 0) + count)
  const counts = [...names].map(([name, count]) => `${name} ${number(count)}`).join(', ')
  return `${counted(alarms.total, 'alarm')}${counts === '' ? '' : ` (${counts})`}`
}

function spanLines(spans: readonly AlarmSpan[], total: number, { list }: ReportOptions): string[] {
  if (spans.length === 0 || list === 0) return []
  const rows = spans.slice(0, list).map((span) => [span.node, span.key, ...spanCells(span)])
  const left = total - Math.min(list, spans.length)
  const table = columns([['node', 'key', 'raised', 'lasted', 'level', 'value', 'worst'], ...rows], '  ')
  return [table, left > 0 ? `  and ${number(left)} more (--list N shows more)` : '']
}

function spanCells({ raised, cleared, level, value, worst }: AlarmSpan): string[] {
  const lasted = cleared === null ? 'still stands' : spanText(cleared - raised)
  return [timeText(raised), lasted, level ?? '', valueText(value), valueText(worst)]
}

/** Nodes where something else happened than messages on wires. */
function nodeLines({ nodes }: BacktestResult): string[][] {
  const rows = Object.entries(nodes).flatMap(([id, { errors, published, requests, rows: stored }]) => {
    const parts = [
      [errors, 'failed'],
      [published, 'published'],
      [requests, 'requested'],
      [stored, 'stored'],
    ] as const
    const texts = parts.flatMap(([count, name]) => (count > 0 ? [`${number(count)} ${name}`] : []))
    return texts.length === 0 ? [] : [[id, texts.join(', ')]]
  })
  return rows.length === 0 ? [] : [[columns(rows, '  ')]]
}

function comparisonLines({ against }: BacktestResult, options: ReportOptions): string[][] {
  if (against === undefined) return []
  const { label, until, counts, differences, left } = against
  const { terminal, list } = options
  const summary = `${number(counts.new)} new, ${number(counts.gone)} gone, ${number(counts.moved)} moved, ${number(counts.same)} the same`
  const more = left + Math.max(0, differences.length - list)
  const end = until === undefined ? '' : ` up to ${timeText(until)}`
  return [
    [
      paint(terminal, 'bold', `Alarms compared with ${label}${end}: ${summary}`),
      ...differences.slice(0, list).map((one) => differenceLine(one, terminal)),
      more > 0 ? `  and ${number(more)} more (--list N shows more)` : '',
    ],
  ]
}

function differenceLine({ kind, node, key, span, other }: AlarmDifference, terminal: Terminal): string {
  const signs = { new: '+', gone: '-', moved: '~' } as const
  const colors = { new: 'green', gone: 'red', moved: 'yellow' } as const
  const texts = [other, span].flatMap((one) => (one === undefined ? [] : [shortSpan(one)]))
  return `  ${paint(terminal, colors[kind], `${signs[kind]} ${kind.padEnd(5)}`)} ${node} ${key}  ${texts.join('  now ')}`
}

function shortSpan({ raised, cleared, level }: AlarmSpan): string {
  const lasted = cleared === null ? 'still stands' : `for ${spanText(cleared - raised)}`
  return `${timeText(raised)} ${lasted}${level === null ? '' : ` (${level})`}`
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function valueText(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(8)))
}
