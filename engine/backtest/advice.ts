import type { Json } from '../spec/message.ts'
import type { BacktestSeries, BadLines } from './result.ts'

/** What the adviser found, as plain data. Times are UTC milliseconds. */
export interface Advice {
  topic: string
  /** The expression of the value. */
  value: string
  /** Time of the first and of the last value; null when there was none. */
  from: number | null
  to: number | null
  /** Length of that, days. */
  days: number
  messages: number
  badLines: BadLines
  statistics: AdviceStatistics
  /** Each with the alarms that it would have made, by side and from the lowest limit to the highest. */
  candidates: AdviceCandidate[]
  /** Why the suggested ones are what they are: a sentence for each of limit, deadband and on-delay, by side. */
  reasons: AdviceReason[]
  /** The key with the most values. */
  series: BacktestSeries | null
}

/** Robust figures: a few wild values do not move them. All in the unit of the value, unless said. */
export interface AdviceStatistics {
  /** Numbers that were looked at, and messages without one. */
  count: number
  skipped: number
  /** Keys with values. */
  keys: number
  least: number
  most: number
  median: number
  /** Median of the distances from the median, scaled so that it is the standard deviation where values are normally distributed. */
  deviation: number
  /** How much a value differs from the one before by chance: the median of these differences, scaled alike. */
  noise: number
  /** Half of the values of a key come within this time of the one before, milliseconds. */
  interval: number
  quantiles: { share: number; value: number }[]
}

export interface AdviceCandidate {
  side: 'above' | 'below'
  limit: number
  deadband: number
  /** Milliseconds. */
  onDelay: number
  /** The same as fields of the alarm node: `{ "raise": "> 8", "deadband": 1, "onDelay": "5m" }`. */
  config: Readonly<Record<string, Json>>
  /** Alarms over the whole history, a day, and by how many keys. */
  alarms: number
  perDay: number
  keys: number
  /** Of its alarms, milliseconds: half of them were shorter. Null when there were none. */
  lasted: number | null
  /** Share of the time in which some alarm stood, from 0 to 1, of all keys. */
  active: number
  /** The one that is suggested for its side. */
  suggested: boolean
}

/** Whether a candidate makes no more alarms a day than that; a history that lacks minutes to whole days makes no difference. */
export function isFewEnough({ perDay }: AdviceCandidate, most: number): boolean {
  return perDay <= most * 1.02
}

export interface AdviceReason {
  side: 'above' | 'below'
  about: 'limit' | 'deadband' | 'onDelay'
  text: string
}
