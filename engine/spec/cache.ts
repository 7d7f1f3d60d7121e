/**
 * A map that forgets what was not asked for lately. It holds at most twice `limit` entries, in two generations: when the
 * young one is full the old one goes, and an old entry that is asked for becomes young. That costs nothing for each hit,
 * while a list of recent use would.
 */
export class BoundedCache<Key, Value> {
  /** Entries of one generation, 1 or more. */
  limit: number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()

  constructor(limit: number) {
    this.limit = limit
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): void {
    if (this.#young.size >= this.limit) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
