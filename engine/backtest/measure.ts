import { seededRandom } from '../run/random.ts'
import type { AdviceStatistics } from './advice.ts'
import { type PaceOptions, Pacer } from './pacer.ts'
import type { RecordedInput } from './recorded.ts'
import type { BacktestSeries } from './result.ts'
import { SeriesBuilder } from './series.ts'
import { deviationOf, noiseOf, quantile, Reservoir } from './statistics.ts'
import { valueReader, type WatchedOptions } from './watched-values.ts'

export interface MeasureOptions extends WatchedOptions, PaceOptions {
  input: RecordedInput
  from?: number | undefined
  to?: number | undefined
}

/** What the first look at the values gave. Times are UTC milliseconds. */
export interface Measured {
  messages: number
  first: number | null
  last: number | null
  statistics: AdviceStatistics
  /** Of the key with the most values among the first ones. */
  series: BacktestSeries | null
}

/** Values of a sample, and keys that are told apart. */
const sampleSize = 50_000
const mostKeys = 100_000
/** Keys of which a series is made, and its stretches. */
const seriesKeys = 8
const seriesWidth = 1000
const shares = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999]

interface Last {
  time: number
  value: number
}

/** Reads all values once. Throws what the input throws, TOPIC_FILTER and EXPRESSION_SYNTAX. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { input, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options
  const read = valueReader(options)
  const pacer = new Pacer(input, options)
  const random = seededRandom(1)
  const [values, differences, intervals] = [0, 1, 2].map(() => new Reservoir(sampleSize, random)) as [
    Reservoir,
    Reservoir,
    Reservoir,
  ]
  const lasts = new Map<string, Last>()
  const series = new Map<string, SeriesBuilder>()
  let [messages, skipped] = [0, 0]
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let first: number | null = null
  let now = Number.NEGATIVE_INFINITY
  for await (const piece of input.pieces()) {
    for (const packet of piece) {
      if (packet.received < from || packet.received >= to) continue
      const found = read(packet)
      if (found === undefined) continue
      messages++
      if (found === null) {
        skipped++
        continue
      }
      const { key, value } = found
      now = Math.max(now, packet.received)
      first ??= now
      values.add(value)
      least = Math.min(least, value)
      most = Math.max(most, value)
      const last = lasts.get(key)
      if (last === undefined) {
        if (lasts.size < mostKeys) lasts.set(key, { time: now, value })
        if (series.size < seriesKeys) series.set(key, new SeriesBuilder(seriesWidth))
      } else {
        differences.add(Math.abs(value - last.value))
        intervals.add(now - last.time)
        last.time = now
        last.value = value
      }
      series.get(key)?.add(now, value)
      if (pacer.isDue(messages)) await pacer.pause(messages, now)
    }
    await pacer.pause(messages, first === null ? null : now)
  }
  const sorted = values.sorted()
  return {
    messages,
    first,
    last: first === null ? null : now,
    series: fullest(series),
    statistics: {
      count: values.count,
      skipped,
      keys: lasts.size,
      least,
      most,
      median: quantile(sorted, 0.5),
      deviation: deviationOf(sorted),
      noise: noiseOf(differences.sorted()),
      interval: quantile(intervals.sorted(), 0.5),
      quantiles: shares.map((share) => ({ share, value: quantile(sorted, share) })),
    },
  }
}

function fullest(all: ReadonlyMap<string, SeriesBuilder>): BacktestSeries | null {
  const [best] = [...all].sort(([, left], [, right]) => right.count - left.count)
  if (best === undefined) return null
  const [key, builder] = best
  return { node: '', key, title: key, ...builder.points(), count: builder.count, limits: [] }
}
