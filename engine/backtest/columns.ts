import type { AlarmSpan, BacktestSeries } from './result.ts'

/** The part of a series that falls into one column of a chart; undefined where there was no value. */
export interface ChartColumn {
  least: number | undefined
  most: number | undefined
  /** Whether an alarm of this key stood in it. */
  alarm: boolean
}

export interface ChartSpan {
  /** UTC milliseconds. */
  from: number
  to: number
}

/** Cuts a series into so many columns. */
export function chartColumns(
  series: BacktestSeries,
  spans: readonly AlarmSpan[],
  { from, to }: ChartSpan,
  count: number,
): ChartColumn[] {
  const columns = Array.from(
    { length: count },
    (): ChartColumn => ({ least: undefined, most: undefined, alarm: false }),
  )
  const width = Math.max(1, to - from) / count
  const placeOf = (time: number) => Math.min(count - 1, Math.max(0, Math.floor((time - from) / width)))
  for (const [index, time] of series.time.entries()) {
    const [low, high] = [series.least[index] ?? 0, series.most[index] ?? 0]
    // A stretch of the series may be longer than a column.
    for (let place = placeOf(time); place <= placeOf(Math.max(time, time + series.width - 1)); place++) {
      const column = columns[place]
      if (column === undefined) continue
      column.least = Math.min(column.least ?? low, low)
      column.most = Math.max(column.most ?? high, high)
    }
  }
  for (const { node, key, raised, cleared } of spans) {
    if (node !== series.node || key !== series.key) continue
    for (let place = placeOf(raised); place <= placeOf(cleared ?? to); place++) {
      const column = columns[place]
      if (column !== undefined) column.alarm = true
    }
  }
  return columns
}

/** The lowest and the highest of the values and limits of a series. */
export function valueRange({ least, most, limits }: BacktestSeries): { low: number; high: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const take = (value: number) => {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  for (const list of [least, most]) for (const value of list) take(value)
  for (const { raise } of limits) for (const value of raise) take(value)
  if (!Number.isFinite(low)) return { low: 0, high: 1 }
  return low === high ? { low: low - 1, high: high + 1 } : { low, high }
}
