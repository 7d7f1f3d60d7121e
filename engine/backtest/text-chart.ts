import { type ChartSpan, chartColumns, valueRange } from './columns.ts'
import type { AlarmSpan, BacktestSeries } from './result.ts'

export interface TextChartOptions extends ChartSpan {
  /** Characters across and lines down, without the marks beside them. */
  columns: number
  rows: number
}

/** A chart of a series as lines of text: its values, the limits, and below them when an alarm stood. */
export function textChart(series: BacktestSeries, spans: readonly AlarmSpan[], options: TextChartOptions): string[] {
  const { rows, columns: count, from, to } = options
  const { low, high } = valueRange(series)
  const step = (high - low) / rows
  const columns = chartColumns(series, spans, options, count)
  const limits = new Set(series.limits.flatMap(({ raise }) => raise.map((value) => rowOf(value, low, step, rows))))
  const marks = new Map([...limits].map((row) => [row, limitAt(series, row, low, step, rows)]))
  const lines: string[] = []
  for (let row = rows - 1; row >= 0; row--) {
    const cells = columns.map(({ least, most }) => {
      if (least === undefined || most === undefined) return limits.has(row) ? '┄' : ' '
      const [bottom, top] = [rowOf(least, low, step, rows), rowOf(most, low, step, rows)]
      if (row < bottom || row > top) return limits.has(row) ? '┄' : ' '
      return bottom === top ? '•' : '┃'
    })
    const mark = marks.get(row) ?? (row === rows - 1 ? shortNumber(high) : row === 0 ? shortNumber(low) : '')
    lines.push(`${mark.padStart(8)} ${marks.has(row) ? '┄' : '│'}${cells.join('').trimEnd()}`)
  }
  lines.push(`${'alarm'.padStart(8)} └${columns.map(({ alarm }) => (alarm ? '█' : '─')).join('')}`)
  lines.push(`${' '.repeat(10)}${edges(from, to, count)}`)
  return lines
}

/** A number in a few characters. */
export function shortNumber(value: number): string {
  const text = String(Number(value.toPrecision(6)))
  return text.length <= 8 ? text : value.toPrecision(3)
}

function rowOf(value: number, low: number, step: number, rows: number): number {
  return Math.min(rows - 1, Math.max(0, Math.floor((value - low) / step)))
}

function limitAt({ limits }: BacktestSeries, row: number, low: number, step: number, rows: number): string {
  const value = limits.flatMap(({ raise }) => raise).find((one) => rowOf(one, low, step, rows) === row)
  return value === undefined ? '' : shortNumber(value)
}

/** The times at both ends of the axis; with seconds where they matter. */
function edges(from: number, to: number, width: number): string {
  const signs = to - from < 2 * 3_600_000 ? 19 : 16
  const [first = '', last = ''] = [from, to].map(
    (time) => `${new Date(time).toISOString().slice(0, signs).replace('T', ' ')}Z`,
  )
  return `${first}${last.padStart(Math.max(1, width - first.length))}`
}
