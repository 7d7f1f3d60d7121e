import { type ChartSpan, valueRange } from './columns.ts'
import type { AlarmSpan, BacktestSeries } from './result.ts'
import { shortNumber } from './text-chart.ts'

/** Size of the picture and the margins of its plot, pixels. */
const size = { width: 1000, height: 260, left: 60, right: 10, top: 10, bottom: 24 }

/** A chart of a series as an SVG element: the range of the values, limits as lines, alarms as bands behind them. */
export function svgChart(series: BacktestSeries, spans: readonly AlarmSpan[], { from, to }: ChartSpan): string {
  const { low, high } = valueRange(series)
  const { width, height, left, right, top, bottom } = size
  const x = (time: number) => fixed(left + ((time - from) / Math.max(1, to - from)) * (width - left - right))
  const y = (value: number) => fixed(top + ((high - value) / (high - low)) * (height - top - bottom))
  const own = spans.filter(({ node, key }) => node === series.node && key === series.key)
  const bands = merged(own.map(({ raised, cleared }) => [x(raised), Math.max(x(raised) + 1, x(cleared ?? to))])).map(
    ([start, end]) =>
      `<rect class="alarm" x="${start}" y="${top}" width="${fixed(end - start)}" height="${height - top - bottom}"/>`,
  )
  const lines = series.limits.flatMap(({ raise, clear }) => [
    ...raise.map(
      (value) => `<line class="raise" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/>`,
    ),
    ...clear.map(
      (value) => `<line class="clear" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/>`,
    ),
  ])
  const labels = [low, high].map(
    (value) => `<text x="${left - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${shortNumber(value)}</text>`,
  )
  const limitLabels = series.limits.flatMap(({ raise }) =>
    raise.map(
      (value) =>
        `<text class="limit" x="${left - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${shortNumber(value)}</text>`,
    ),
  )
  const ends = [
    `<text x="${left}" y="${height - 6}">${timeText(from)}</text>`,
    `<text x="${width - right}" y="${height - 6}" text-anchor="end">${timeText(to)}</text>`,
  ]
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Values over time">`,
    ...bands,
    valuePath(series, x, y),
    ...lines,
    ...labels,
    ...limitLabels,
    ...ends,
    '</svg>',
  ].join('\n')
}

/** A stroke from the lowest to the highest value of each stretch, and on to the next. */
function valuePath({ time, least, most }: BacktestSeries, x: (time: number) => number, y: (value: number) => number) {
  const points = time.map((at, index) => `${x(at)} ${y(least[index] ?? 0)} ${x(at)} ${y(most[index] ?? 0)}`)
  return points.length === 0 ? '' : `<path class="value" d="M${points.join('L')}"/>`
}

/** Stretches that touch become one, so that there are never more than the picture has room for. */
function merged(stretches: readonly (readonly [number, number])[]): [number, number][] {
  const found: [number, number][] = []
  for (const [start, end] of stretches) {
    const last = found.at(-1)
    if (last === undefined || start > last[1]) found.push([start, end])
    else last[1] = Math.max(last[1], end)
  }
  return found
}

function fixed(value: number): number {
  return Math.round(value * 10) / 10
}

function timeText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
