export interface GuessesOptions {
  /** UTC milliseconds. */
  now(): number
  /** After so long without a further one all of a key is forgotten, milliseconds. */
  readonly forgottenAfter: number
}

/** Different wrong passwords after which somebody is guessing; a device that is set up wrongly repeats one. */
const many = 20
/** Keys that are remembered; of more, those whose last guess is longest ago go. */
const remembered = 10_000

/** Tells who guesses passwords from who has a wrong one (C11). */
export class Guesses {
  readonly #options: GuessesOptions
  readonly #known = new Map<string, { readonly different: Set<string>; last: number }>()

  constructor(options: GuessesOptions) {
    this.#options = options
  }

  /** Whether so many different ones came that even the right one has to wait its turn. */
  isGuessing(key: string): boolean {
    return (this.#find(key)?.different.size ?? 0) >= many
  }

  /** @param digest stands for a password that was wrong, or not looked at because others were wrong before */
  note(key: string, digest: string): void {
    const known = this.#find(key) ?? { different: new Set(), last: 0 }
    if (known.different.has(digest)) return
    if (known.different.size < many) known.different.add(digest)
    known.last = this.#options.now()
    // Written anew, so that the map is in the order of the last guess.
    this.#known.delete(key)
    this.#known.set(key, known)
    if (this.#known.size <= remembered) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  forget(key: string): void {
    this.#known.delete(key)
  }

  #find(key: string) {
    const found = this.#known.get(key)
    if (found === undefined || this.#options.now() - found.last < this.#options.forgottenAfter) return found
    this.#known.delete(key)
    return undefined
  }
}
