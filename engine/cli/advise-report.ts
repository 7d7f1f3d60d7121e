import type { Advice, AdviceCandidate } from '../backtest/advice.ts'
import { textChart } from '../backtest/text-chart.ts'
import { columns, counted, paint, type Terminal } from './terminal.ts'
import { spanText, timeText } from './time.ts'

const chart = { columns: 72, rows: 8 }

/** What the adviser found, for a terminal. */
export function adviceText(advice: Advice, terminal: Terminal): string {
  const { candidates, reasons, series, from, to } = advice
  const bold = (text: string) => paint(terminal, 'bold', text)
  const sides = [...new Set(candidates.map(({ side }) => side))]
  const suggested = candidates.filter((one) => one.suggested)
  const limits = suggested.map(({ limit, side }) => ({ level: side, text: '', raise: [limit], clear: [] }))
  const parts = [
    [bold(head(advice)), ...figures(advice)],
    series === null || from === null || to === null
      ? []
      : textChart({ ...series, limits }, [], { ...chart, from, to }).map((line) => `  ${line}`),
    ...sides.map((side) => [
      bold(`Too ${side === 'above' ? 'high' : 'low'}`),
      table(candidates.filter((one) => one.side === side)),
      ...reasons.filter((one) => one.side === side).map(({ about, text }) => `  ${names[about]}: ${text}`),
      ...suggested.filter((one) => one.side === side).map(({ config }) => bold(`  ${JSON.stringify(config)}`)),
    ]),
    sides.length === 0 && advice.statistics.count > 0 ? [sameText(advice)] : [],
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function sameText({ statistics: { least, most, median } }: Advice): string {
  if (least === most) return 'All values are the same: there is nothing to tell a limit from.'
  return `Nothing is farther on that side than the median, ${short(median)}: there is nothing to tell a limit from.`
}

const names = { limit: 'Limit', deadband: 'Deadband', onDelay: 'On-delay' } as const

function head({ topic, value, from, to }: Advice): string {
  if (from === null || to === null) return `${value} of ${topic}: there were no numbers`
  return `${value} of ${topic}, ${timeText(from)} to ${timeText(to)} (${spanText(to - from)})`
}

function figures({ messages, statistics, badLines, topic }: Advice): string[] {
  const { count, keys, skipped, least, most, median, deviation, noise, interval } = statistics
  if (count === 0) return [`None of ${counted(messages, 'message')} of ${topic} has a number there.`]
  const lines = [
    `${counted(count, 'number')} of ${counted(keys, 'key')}, from ${short(least)} to ${short(most)}; median ${short(median)}, usual deviation ${short(deviation)}`,
    ...(count > keys ? [`noise ${short(noise)} from one to the next, one every ${spanText(interval)}`] : []),
  ]
  if (skipped > 0) lines.push(`${counted(skipped, 'message')} without a number`)
  if (badLines.count > 0)
    lines.push(
      `${counted(badLines.count, 'line')} could not be used, the first: line ${badLines.first[0]?.line}: ${badLines.first[0]?.text}`,
    )
  return lines
}

function table(candidates: readonly AdviceCandidate[]): string {
  const rows = candidates.map(({ suggested, config, alarms, perDay, lasted, active, keys, deadband, onDelay }) => [
    suggested ? '→' : ' ',
    String(config.raise ?? ''),
    String(deadband),
    onDelay === 0 ? '0s' : spanText(onDelay),
    String(alarms),
    short(perDay),
    lasted === null ? '' : spanText(lasted),
    `${short(active * 100)} %`,
    String(keys),
  ])
  const line = ['', 'raise', 'deadband', 'on-delay', 'alarms', 'a day', 'half last', 'active', 'keys']
  return columns([line, ...rows], '  ')
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}
