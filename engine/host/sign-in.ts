import { rulewireError } from '../errors.ts'
import { StoreFault } from '../run/ports.ts'
import type { EngineStore } from '../store/index.ts'

/** Password hashes under way at the same time; each takes 64 MiB and a thread of the four that files and names share. */
const atOnce = 2
/** Further ones that may wait. */
const waiting = 16

/** Lets few slow things run at the same time and a bounded number wait. */
export class Turns {
  #running = 0
  readonly #queue: (() => void)[] = []

  /** Runs the work when it is its turn. Throws LOGIN_BUSY when too many wait. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= atOnce) {
      if (this.#queue.length >= waiting)
        throw rulewireError('LOGIN_BUSY', { count: this.#running + this.#queue.length })
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

/** Writes in one transaction. Throws STORE_FAULT when the database cannot be written. */
export function writeAtOnce(store: EngineStore, write: () => void): void {
  try {
    store.transaction(write)
  } catch (cause) {
    if (!(cause instanceof StoreFault)) throw cause
    throw rulewireError('STORE_FAULT', { detail: cause.message }, { cause })
  }
}

/** Writes something that may be missing, such as when a session was last used: a full disk must not keep people out. */
export function writeIfPossible(store: EngineStore, write: () => void): boolean {
  try {
    store.transaction(write)
    return true
  } catch (cause) {
    if (cause instanceof StoreFault) return false
    throw cause
  }
}
