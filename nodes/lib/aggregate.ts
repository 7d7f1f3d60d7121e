import { emptySum, plus, type Sum, total } from './sum.ts'

/** What is kept of numbers so that results need not look at all of them again. Plain JSON. */
export type Stats = {
  readonly count: number
  readonly sum: Sum
  readonly min: number
  readonly max: number
  /** Running mean, and the sum of squared differences from it (Welford 1962). */
  readonly mean: number
  readonly squares: number
  /** Time and value of the one that was measured first, and last. */
  readonly first: readonly [time: number, value: number]
  readonly last: readonly [time: number, value: number]
}

/** Results that {@link Stats} tell; beside them there are percentiles: `median`, `p95`. */
export const simpleResults = ['count', 'sum', 'mean', 'min', 'max', 'first', 'last', 'range', 'stddev'] as const

/** How results are named, for hints. */
export const resultForms = `${simpleResults.join(', ')}, median, or a percentile such as p95`

/** Whether a text names a result. */
export function isResult(name: string): boolean {
  return simpleResults.some((one) => one === name) || percentOf(name) !== undefined
}

/** The percent of a percentile: 95 of `p95`, 50 of `median`. Undefined when it names none. */
export function percentOf(name: string): number | undefined {
  if (name === 'median') return 50
  const digits = /^p(100|\d{1,2}(?:\.\d{1,3})?)$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The stats with one more value. `time`: when it was measured, UTC milliseconds. */
export function withValue(stats: Stats | null, time: number, value: number): Stats {
  if (stats === null) {
    const one = [time, value] as const
    return {
      count: 1,
      sum: plus(emptySum, value),
      min: value,
      max: value,
      mean: value,
      squares: 0,
      first: one,
      last: one,
    }
  }
  const count = stats.count + 1
  const mean = stats.mean + (value - stats.mean) / count
  return {
    count,
    sum: plus(stats.sum, value),
    min: Math.min(stats.min, value),
    max: Math.max(stats.max, value),
    mean: mean + 0,
    squares: stats.squares + (value - stats.mean) * (value - mean) + 0,
    first: time < stats.first[0] ? [time, value] : stats.first,
    last: time >= stats.last[0] ? [time, value] : stats.last,
  }
}

/** A result by its name. `sorted`: the values in ascending order, for percentiles; at least one. */
export function resultOf(name: string, stats: Stats, sorted: readonly number[]): number {
  const percent = percentOf(name)
  if (percent !== undefined) return decimal(percentile(sorted, percent))
  switch (name) {
    case 'count':
      return stats.count
    case 'sum':
      return total(stats.sum)
    case 'mean':
      return decimal(total(stats.sum) / stats.count)
    case 'min':
    case 'max':
      return stats[name]
    case 'first':
    case 'last':
      return stats[name][1]
    case 'range':
      return decimal(stats.max - stats.min)
    default:
      return stats.count < 2 ? 0 : decimal(Math.sqrt(stats.squares / (stats.count - 1)))
  }
}

/** A percentile of sorted values, between two of them by proportion (the one that Hyndman and Fan 1996 number 7). */
export function percentile(sorted: readonly number[], percent: number): number {
  const place = (percent / 100) * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** The 15 digits that a decimal number can rely on: 0.6 / 3 is 0.2. */
function decimal(value: number): number {
  return Number(value.toPrecision(15)) + 0
}
