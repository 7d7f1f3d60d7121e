/** Failures that cost nothing, and the longest wait after more of them, milliseconds. */
export interface FailureRule {
  readonly free: number
  readonly longest: number
}

export interface FailuresOptions {
  /** UTC milliseconds. */
  now(): number
  /** After so long without a failure all of a key is forgotten, milliseconds. */
  readonly forgottenAfter: number
}

/** Keys that are remembered; of more, those that failed longest ago go. */
const remembered = 10_000

interface Count {
  count: number
  /** UTC milliseconds; no attempt before. */
  until: number
  last: number
}

/** Counts failures of names and places (C11): beyond those that are free, each further one doubles the wait for the next attempt. */
export class Failures {
  readonly #options: FailuresOptions
  readonly #counts = new Map<string, Count>()

  constructor(options: FailuresOptions) {
    this.#options = options
  }

  /** Milliseconds until the next attempt may be made; 0 or less: now. */
  wait(key: string): number {
    return (this.#known(key)?.until ?? 0) - this.#options.now()
  }

  add(key: string, { free, longest }: FailureRule): void {
    const now = this.#options.now()
    const count = (this.#known(key)?.count ?? 0) + 1
    const wait = count <= free ? 0 : Math.min(longest, 1000 * 2 ** Math.min(count - free, 20))
    // Written anew, so that the map is in the order of the last failure.
    this.#counts.delete(key)
    this.#counts.set(key, { count, until: now + wait, last: now })
    if (this.#counts.size <= remembered) return
    const [oldest] = this.#counts.keys()
    if (oldest !== undefined) this.#counts.delete(oldest)
  }

  /** The key begins anew. */
  forget(key: string): void {
    this.#counts.delete(key)
  }

  /** Takes the last failure back, with its wait, and no more than that one. */
  takeBack(key: string): void {
    const known = this.#counts.get(key)
    if (known === undefined) return
    known.count--
    known.until = 0
    if (known.count <= 0) this.#counts.delete(key)
  }

  #known(key: string): Count | undefined {
    const found = this.#counts.get(key)
    if (found === undefined || this.#options.now() - found.last < this.#options.forgottenAfter) return found
    this.#counts.delete(key)
    return undefined
  }
}
