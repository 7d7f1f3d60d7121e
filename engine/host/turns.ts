import { rulewireError } from '../errors.ts'

export interface TurnsOptions {
  /** How much runs at the same time. */
  readonly atOnce: number
  /** How much more may wait. */
  readonly waiting: number
}

/**
 * Lets few slow things run at the same time and a bounded number wait: a password hash takes memory, and a thread of those that
 * files and names share.
 */
export class Turns {
  readonly #options: TurnsOptions
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Nothing more may wait. */
  get full(): boolean {
    const { atOnce, waiting } = this.#options
    return this.#running >= atOnce && this.#queue.length >= waiting
  }

  /** Runs the work when it is its turn. Throws LOGIN_BUSY when too many wait. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.full) throw rulewireError('LOGIN_BUSY', { count: this.#running + this.#queue.length })
    if (this.#running >= this.#options.atOnce) await new Promise<void>((resolve) => this.#queue.push(resolve))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
