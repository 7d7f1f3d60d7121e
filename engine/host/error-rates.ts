import type { NodeRuntime } from '../run/node-runtime.ts'

/** Seconds over which failures are counted. */
const window = 60

interface Counted {
  total: number
  /** Failures by second, oldest first. */
  counts: { second: number; count: number }[]
  sum: number
}

/** Failures of nodes within the last minute, by counters that are looked at from time to time. */
export class ErrorRates {
  readonly #counted = new WeakMap<NodeRuntime, Counted>()

  /** Counts what came since the last look, and tells the failures of the last minute. `now`: UTC milliseconds. */
  count(node: NodeRuntime, now: number): number {
    let counted = this.#counted.get(node)
    if (counted === undefined) {
      if (node.errors === 0) return 0
      counted = { total: 0, counts: [], sum: 0 }
      this.#counted.set(node, counted)
    }
    const second = Math.floor(now / 1000)
    const fresh = node.errors - counted.total
    counted.total = node.errors
    counted.sum += fresh
    if (fresh > 0) counted.counts.push({ second, count: fresh })
    while ((counted.counts[0]?.second ?? second) <= second - window) counted.sum -= counted.counts.shift()?.count ?? 0
    return counted.sum
  }
}
