import type { Target } from '../run/node-runtime.ts'
import { BoundedCache } from '../spec/cache.ts'
import { defaultConnection } from '../spec/connection.ts'
import { filtersIntersect } from '../spec/topics.ts'
import { anyConnection } from './recorded.ts'

/** Topics whose subscribers are remembered. */
const cachedTopics = 8192
/** Longer topics are not. */
const longestCached = 512

/** Who takes which topic. A node is found once, however many of its filters match. */
export class Subscribers {
  readonly #all: { connection: string; filter: string; target: Target }[] = []
  readonly #known = new Map<string, BoundedCache<string, readonly Target[]>>()

  add(subscription: { broker?: string | undefined; filter: string }, target: Target): void {
    this.#all.push({ connection: subscription.broker ?? defaultConnection, filter: subscription.filter, target })
    this.#known.clear()
  }

  of(topic: string, connection: string): readonly Target[] {
    let known = this.#known.get(connection)
    if (known === undefined) {
      known = new BoundedCache(cachedTopics)
      this.#known.set(connection, known)
    }
    const found = known.get(topic)
    if (found !== undefined) return found
    const matching = this.#all.filter(
      (one) => (connection === anyConnection || one.connection === connection) && filtersIntersect(one.filter, topic),
    )
    const targets = [...new Set(matching.map(({ target }) => target))]
    if (topic.length <= longestCached) known.set(topic, targets)
    return targets
  }
}
