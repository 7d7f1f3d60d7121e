import type { AlarmSpan, BacktestComparison, BacktestResult } from './result.ts'
import { svgChart } from './svg-chart.ts'

/** Rows of a table and charts of a page, at most. */
const mostRows = 1000
const mostCharts = 24

/** The result of a backtest as a page that needs nothing else. */
export function htmlPage(result: BacktestResult): string {
  const { flow, from, to, messages, taken, alarms, series, wires, against, badLines } = result
  const ends = from === null || to === null ? undefined : { from, to }
  const charts = series.slice(0, mostCharts).map((one) => {
    const limits = one.limits.map(({ text }) => text).join(', ')
    const title = `${one.title}, ${one.key}${limits === '' ? '' : `: ${limits}`}`
    return `<h3>${escaped(title)}</h3>\n${ends === undefined ? '' : svgChart(one, alarms.spans, ends)}`
  })
  const facts = [
    `${timeText(from)} to ${timeText(to)}`,
    `${messages.toLocaleString('en')} messages, ${taken.toLocaleString('en')} of them taken`,
    ...(badLines.count === 0 ? [] : [`${badLines.count.toLocaleString('en')} lines could not be used`]),
    `${alarms.total.toLocaleString('en')} alarms${cutText(alarms)}`,
  ]
  const parts = [
    `<h1>Backtest of ${escaped(flow)}</h1>`,
    `<p>${facts.map(escaped).join(' · ')}</p>`,
    ...charts,
    '<h2>Alarms</h2>',
    table(['Node', 'Key', 'Level', 'Raised', 'Cleared', 'Value', 'Worst'], alarms.spans.map(spanCells)),
    ...(against === undefined ? [] : comparisonParts(against)),
    '<h2>Wires</h2>',
    table(
      ['From', 'To', 'Messages'],
      wires.map((wire) => [wire.from, wire.to, wire.messages.toLocaleString('en')]),
    ),
  ]
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Backtest of ${escaped(flow)}</title>\n<style>${style}</style></head>\n<body>\n${parts.join('\n')}\n</body></html>\n`
}

function comparisonParts({ label, until, counts, differences }: BacktestComparison) {
  const summary = Object.entries(counts).map(([kind, count]) => `${count.toLocaleString('en')} ${kind}`)
  const rows = differences.map(({ kind, node, key, span, other }) => [
    kind,
    node,
    key,
    ...[span, other].map((one) => (one === undefined ? '' : `${timeText(one.raised)} to ${timeText(one.cleared)}`)),
  ])
  return [
    `<h2>Difference to ${escaped(label)}${until === undefined ? '' : `, alarms up to ${timeText(until)}`}</h2>`,
    `<p>${escaped(summary.join(', '))}</p>`,
    table(['', 'Node', 'Key', 'This version', label], rows),
  ]
}

/** Of very many alarms not all are listed and drawn. */
function cutText({ spans, total }: BacktestResult['alarms']): string {
  const last = spans.at(-1)
  if (last === undefined || spans.length === total) return ''
  return `, the first ${spans.length.toLocaleString('en')} of them, until ${timeText(last.raised)}, listed and drawn`
}

function spanCells({ node, key, level, raised, cleared, value, worst }: AlarmSpan): string[] {
  return [node, key, level ?? '', timeText(raised), timeText(cleared), numberText(value), numberText(worst)]
}

function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  const shown = rows.slice(0, mostRows).map((row) => line(row, 'td'))
  const left = rows.length - shown.length
  const more = left > 0 ? `\n<p>and ${left.toLocaleString('en')} more</p>` : ''
  return `<table>\n${line(names, 'th')}\n${shown.join('\n')}\n</table>${more}`
}

function timeText(time: number | null): string {
  return time === null ? '—' : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function numberText(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(8)))
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

const style = `
body { font: 14px/1.5 system-ui, sans-serif; max-width: 1160px; margin: 2em auto; padding: 0 1em; color: #1c2430; background: #fff }
table { border-collapse: collapse; margin: .5em 0 }
th, td { text-align: left; padding: .15em 1em .15em 0; border-bottom: 1px solid #dde3ea; white-space: nowrap }
svg { width: 100%; height: auto } svg text { font-size: 11px; fill: #5b6775 } svg .limit { fill: #b3261e }
.value { fill: none; stroke: #2563a8; stroke-width: 1 } .raise { stroke: #b3261e; stroke-width: 1 }
.clear { stroke: #b3261e; stroke-dasharray: 3 4; opacity: .6 } .alarm { fill: #b3261e; opacity: .18 }
`
