import { Random } from '../jsonata/random.ts'

/** How a scenario is played: everything in it that is left to chance comes from the seed. */
export class Plan {
  readonly seed: number
  readonly random: Random
  /** Messages a second. */
  readonly rate: number
  /** Seconds of the long form; undefined in the short one, which counts faults. */
  readonly seconds: number | undefined
  /** Milliseconds of the process after which no further fault is begun. */
  readonly #end: number | undefined

  /** @param minutes the long form. */
  constructor(seed: number, minutes?: number, rate = 600) {
    this.seed = seed
    this.random = new Random(seed)
    this.rate = rate
    this.seconds = minutes === undefined ? undefined : minutes * 60
    this.#end = this.seconds === undefined ? undefined : performance.now() + this.seconds * 1000
  }

  get long(): boolean {
    return this.#end !== undefined
  }

  /** Kinds of faults in turn: so many in the short form, and as long as there is time in the long one. */
  *steps<Kind>(kinds: readonly Kind[], count: number): Generator<Kind> {
    for (let index = 0; this.#end === undefined ? index < count : performance.now() < this.#end; index++) {
      yield kinds[index % kinds.length] as Kind // below the length
    }
  }
}
