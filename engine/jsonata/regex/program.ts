import type { Part, Repeat, Syntax } from './syntax.ts'

/** Instructions of the matcher; each is a row of numbers. */
export const CHAR = 0
export const SPLIT = 1
export const JUMP = 2
export const SAVE = 3
export const START = 4
export const END = 5
export const WORD = 6
export const BACK = 7
export const LOOK = 8
export const SET = 9
export const LOOP = 10
export const TURN = 11
export const DONE = 12
export const RUN = 13
export const FORGET = 14

/** Numbers of an instruction: what to do, and up to five operands. */
export const WIDTH = 6

/** A regular expression as instructions. */
export interface Instructions {
  readonly code: Int32Array
  readonly tests: readonly CharTest[]
  /** Two for each group and one pair for the match, then those of loops. */
  readonly registers: number
}

/** Stands for no upper bound. */
export const UNBOUNDED = 2147483647

/** Compiles a regular expression for the matcher. */
export function toInstructions({ part, groups, names }: Syntax, flags: string): Instructions {
  const writer = new Writer(groups, names, flags)
  writer.write(part)
  writer.emit(DONE)
  return writer.finish()
}

/** Tests one code unit; JavaScript's own engine says what a class or a letter matches. */
export class CharTest {
  readonly #regex: RegExp
  readonly #ascii: Uint8Array

  constructor(source: string, flags: string) {
    this.#regex = new RegExp(`^(?:${source})$`, flags.replace('g', '').replace('m', ''))
    this.#ascii = Uint8Array.from({ length: 128 }, (_, code) => (this.#regex.test(String.fromCharCode(code)) ? 1 : 0))
  }

  matches(code: number): boolean {
    return code < 128 ? this.#ascii[code] === 1 : this.#regex.test(String.fromCharCode(code))
  }
}

class Writer {
  readonly #code: number[] = []
  readonly #tests: CharTest[] = []
  readonly #known = new Map<string, number>()
  readonly #names: ReadonlyMap<string, number>
  readonly #flags: string
  #registers: number

  constructor(groups: number, names: ReadonlyMap<string, number>, flags: string) {
    this.#registers = 2 * (groups + 1)
    this.#names = names
    this.#flags = flags
  }

  finish(): Instructions {
    return { code: Int32Array.from(this.#code), tests: this.#tests, registers: this.#registers }
  }

  /** Adds an instruction; gives its place. */
  emit(operation: number, ...operands: readonly number[]): number {
    const place = this.#code.length
    for (let index = 0; index < WIDTH; index++) this.#code.push(index === 0 ? operation : (operands[index - 1] ?? 0))
    return place
  }

  write(part: Part): void {
    switch (part.kind) {
      case 'empty':
        break
      case 'char':
        this.emit(CHAR, this.#test(part.source))
        break
      case 'sequence':
        for (const one of part.parts) this.write(one)
        break
      case 'choice':
        this.#choice(part.options)
        break
      case 'group':
        this.emit(SAVE, 2 * part.index)
        this.write(part.part)
        this.emit(SAVE, 2 * part.index + 1)
        break
      case 'repeat':
        this.#repeat(part)
        break
      case 'start':
        this.emit(START)
        break
      case 'end':
        this.emit(END)
        break
      case 'word':
      case 'notWord':
        this.emit(WORD, part.kind === 'word' ? 1 : 0)
        break
      case 'look': {
        const place = this.emit(LOOK, part.isNegative ? 1 : 0)
        this.write(part.part)
        this.emit(DONE)
        this.#set(place, 2, this.#code.length)
        break
      }
      case 'back':
        this.emit(BACK, typeof part.group === 'number' ? part.group : (this.#names.get(part.group) ?? 0))
    }
  }

  #choice(options: readonly Part[]): void {
    const ends: number[] = []
    for (const [index, option] of options.entries()) {
      const split = index < options.length - 1 ? this.emit(SPLIT) : undefined
      this.write(option)
      if (split === undefined) continue
      ends.push(this.emit(JUMP))
      this.#set(split, 1, this.#code.length)
    }
    for (const end of ends) this.#set(end, 1, this.#code.length)
  }

  #repeat({ part, min, max, isLazy, firstGroup, lastGroup }: Repeat): void {
    const most = Math.min(max, UNBOUNDED)
    if (part.kind === 'char') {
      this.emit(RUN, this.#test(part.source), Math.min(min, UNBOUNDED), most, isLazy ? 1 : 0)
      return
    }
    const counter = this.#registers++
    const began = this.#registers++
    this.emit(SET, counter, 0)
    const loop = this.emit(LOOP, counter, Math.min(min, UNBOUNDED), most, isLazy ? 1 : 0)
    this.emit(SET, began, 1)
    if (lastGroup >= firstGroup) this.emit(FORGET, 2 * firstGroup, 2 * lastGroup + 1)
    this.write(part)
    this.emit(TURN, counter, began, Math.min(min, UNBOUNDED), loop)
    this.#set(loop, 5, this.#code.length)
  }

  #test(source: string): number {
    const known = this.#known.get(source)
    if (known !== undefined) return known
    this.#known.set(source, this.#tests.length)
    this.#tests.push(new CharTest(source, this.#flags))
    return this.#tests.length - 1
  }

  #set(place: number, operand: number, value: number): void {
    this.#code[place + operand] = value
  }
}
