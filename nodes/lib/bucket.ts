import type { Json } from '../../engine/node.ts'
import { percentOf, resultOf, type Stats, withValue } from './aggregate.ts'

/** What is kept of a window that is open. Plain JSON; times are UTC milliseconds. */
export type Bucket = {
  /** When its first and its last item were measured. */
  readonly first: number
  readonly last: number
  /** Over all items; null when they need not be numbers. */
  readonly stats: Stats | null
  /** The items by when they were measured, where something needs them one by one. */
  readonly items: readonly Item[]
  /** When the newest item was measured that had to be left out of `items` because there were too many; null when none was. */
  readonly cut: number | null
  /** Of the message that came last. */
  readonly topic: string
  readonly params: Readonly<Record<string, string>>
}

export type Item = readonly [time: number, value: Json]

export interface Arrival {
  readonly time: number
  readonly value: Json
  readonly topic: string
  readonly params: Readonly<Record<string, string>>
}

/** How items are gathered: `limit` of them are kept, none with 0; stats only where all values are numbers. */
export interface Gathering {
  readonly limit: number
  readonly numbers: boolean
}

/** A bucket with one more item; a new one when there is none. */
export function gather(bucket: Bucket | undefined, arrival: Arrival, { limit, numbers }: Gathering): Bucket {
  const { time, value, topic, params } = arrival
  const before = bucket ?? { first: time, last: time, stats: null, items: [], cut: null }
  const items = limit === 0 ? before.items : inOrder(before.items, [time, value])
  const surplus = limit === 0 ? 0 : Math.max(0, items.length - limit)
  return {
    first: Math.min(before.first, time),
    last: Math.max(before.last, time),
    stats: numbers && typeof value === 'number' ? withValue(before.stats, time, value) : null,
    items: surplus === 0 ? items : items.slice(surplus),
    cut: surplus === 0 ? before.cut : Math.max(before.cut ?? 0, items[surplus - 1]?.[0] ?? 0),
    topic,
    params,
  }
}

/** A bucket of these items only, which are in order; undefined when there are none. */
export function bucketOf(items: readonly Item[], like: Bucket, numbers: boolean): Bucket | undefined {
  const [first] = items
  const last = items.at(-1)
  if (first === undefined || last === undefined) return undefined
  let stats: Stats | null = null
  if (numbers) for (const [time, value] of items) if (typeof value === 'number') stats = withValue(stats, time, value)
  return { ...like, first: first[0], last: last[0], stats, items }
}

/** Results of a bucket by their names. */
export function resultsOf({ stats, items }: Bucket, names: readonly string[]): Record<string, number> {
  if (stats === null) return {}
  const needed = names.some((name) => percentOf(name) !== undefined)
  const sorted = needed ? items.map(([, value]) => Number(value)).sort((one, other) => one - other) : []
  return Object.fromEntries(names.map((name) => [name, resultOf(name, stats, sorted)]))
}

/** Items by time; one of the same time comes after those that were there. */
function inOrder(items: readonly Item[], item: Item): readonly Item[] {
  let place = items.length
  while (place > 0 && (items[place - 1]?.[0] ?? 0) > item[0]) place--
  return place === items.length ? [...items, item] : items.toSpliced(place, 0, item)
}
