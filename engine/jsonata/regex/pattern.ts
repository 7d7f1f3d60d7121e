import type { State } from '../state.ts'

/** One match. */
export interface Found {
  readonly match: string
  readonly index: number
  /** Text of the groups; undefined for those that took no part. */
  readonly groups: readonly (string | undefined)[]
  /** Where the next search begins. */
  readonly end: number
}

/** A regular expression that is safe to run on any text. */
export class Pattern {
  readonly source: string
  /** Offset of the regular expression in the text of the expression. */
  readonly position: number | undefined
  readonly #native: RegExp

  constructor(regex: RegExp, position: number | undefined) {
    this.source = regex.source
    this.position = position
    this.#native = new RegExp(regex)
  }

  /** The first match from an offset on. */
  exec(text: string, from: number, state: State): Found | undefined {
    state.charge(text.length >> 4)
    this.#native.lastIndex = from
    const found = this.#native.exec(text)
    if (found === null) return undefined
    const [match, ...groups] = found
    return { match, index: found.index, groups, end: this.#native.lastIndex }
  }
}
