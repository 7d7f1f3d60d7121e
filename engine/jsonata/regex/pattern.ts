import { Failure } from '../errors.ts'
import type { State } from '../state.ts'
import { Machine } from './machine.ts'
import { type Instructions, toInstructions } from './program.ts'
import { riskOf } from './risk.ts'
import { readSyntax, type Syntax } from './syntax.ts'

/** One match. */
export interface Found {
  readonly match: string
  readonly index: number
  /** Text of the groups; undefined for those that took no part. */
  readonly groups: readonly (string | undefined)[]
  /** Where the next search begins. */
  readonly end: number
}

/** Work that JavaScript's own engine may be given at most, in characters looked at. */
const NATIVE = 200_000

/**
 * A regular expression that is safe to run on any text. JavaScript's engine runs it where it cannot take long: that is
 * decided by how often the expression can go back, and how long the text is. Otherwise our own runs it, which gives the
 * same matches and counts steps.
 */
export class Pattern {
  readonly source: string
  /** Offset of the regular expression in the text of the expression. */
  readonly position: number | undefined
  readonly #native: RegExp
  readonly #syntax: Syntax | undefined
  readonly #power: number
  #instructions: Instructions | undefined

  constructor(regex: RegExp, position: number | undefined) {
    this.source = regex.source
    this.position = position
    this.#native = new RegExp(regex)
    this.#syntax = readSyntax(regex.source)
    this.#power = this.#syntax === undefined ? Infinity : riskOf(this.#syntax.part) + 1
  }

  /** The first match from an offset on; throws L1005 for a regular expression that neither engine can run safely. */
  exec(text: string, from: number, state: State): Found | undefined {
    const work = (text.length - from + 2) ** this.#power
    if (work <= NATIVE) {
      state.charge(1 + (text.length >> 4) + (work >> 12))
      return this.#execNative(text, from)
    }
    if (this.#syntax === undefined) throw new Failure('L1005', { position: this.position, value: this.source })
    this.#instructions ??= toInstructions(this.#syntax, this.#native.flags)
    const machine = new Machine(this.#instructions, this.#native.flags, { text, state })
    const offsets = machine.search(from)
    return offsets && toFound(offsets, text, this.#syntax.groups)
  }

  #execNative(text: string, from: number): Found | undefined {
    this.#native.lastIndex = from
    const found = this.#native.exec(text)
    if (found === null) return undefined
    const [match, ...groups] = found
    return { match, index: found.index, groups, end: this.#native.lastIndex }
  }
}

function toFound(offsets: Int32Array, text: string, groups: number): Found {
  const part = (index: number): string | undefined => {
    const end = offsets[2 * index + 1] ?? -1
    return end < 0 ? undefined : text.slice(offsets[2 * index], end)
  }
  const match = part(0) ?? ''
  return {
    match,
    index: offsets[0] ?? 0,
    groups: Array.from({ length: groups }, (_, index) => part(index + 1)),
    end: offsets[1] ?? 0,
  }
}
