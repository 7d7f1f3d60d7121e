import { Random } from '../jsonata/random.ts'

/** How a scenario is played: everything in it that is left to chance comes from the seed. */
export class Plan {
  readonly seed: number
  readonly random: Random
  /** Messages a second. */
  readonly rate: number
  /** UTC milliseconds after which no further fault is begun; undefined in the short form, which counts faults. */
  readonly #end: number | undefined

  /** @param minutes the long form. */
  constructor(seed: number, minutes?: number, rate = 600) {
    this.seed = seed
    this.random = new Random(seed)
    this.rate = rate
    this.#end = minutes === undefined ? undefined : performance.now() + minutes * 60_000
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
