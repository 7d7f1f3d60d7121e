import { Failure } from '../errors.ts'
import type { State } from '../state.ts'
import {
  BACK,
  CHAR,
  DONE,
  END,
  FORGET,
  type Instructions,
  JUMP,
  LOOK,
  LOOP,
  RUN,
  SAVE,
  SET,
  SPLIT,
  START,
  TURN,
  WIDTH,
  WORD,
} from './program.ts'

/** Numbers on the stack of choices at most. */
const DEEPEST = 3_000_000
/** Instructions between two counts of steps, and the steps that they count for. */
const OFTEN = 1024
const STEPS = 256

/** Kinds of what lies on the stack: a choice to come back to, a run that can be shorter or longer, a register. */
const CHOICE = 0
const SHORTER = 1
const LONGER = 2
const REGISTER = 3

/**
 * Runs a regular expression by trying one way after the other, as JavaScript does, but on a stack of its own and
 * counting: what would take forever ends in an error.
 */
export class Machine {
  readonly #program: Instructions
  readonly #isMultiline: boolean
  readonly #ignoresCase: boolean
  readonly #text: string
  readonly #state: State
  readonly #registers: Int32Array
  readonly #stack: number[] = []
  #count = 0

  constructor(program: Instructions, flags: string, { text, state }: { text: string; state: State }) {
    this.#program = program
    this.#isMultiline = flags.includes('m')
    this.#ignoresCase = flags.includes('i')
    this.#text = text
    this.#state = state
    this.#registers = new Int32Array(program.registers)
  }

  /** Offsets of the first match and its groups, -1 for groups that took no part; undefined for no match. */
  search(from: number): Int32Array | undefined {
    for (let start = from; start <= this.#text.length; start++) {
      this.#registers.fill(-1)
      this.#stack.length = 0
      const end = this.#run(0, start)
      if (end < 0) continue
      this.#registers[0] = start
      this.#registers[1] = end
      return this.#registers
    }
    return undefined
  }

  /** Runs from an instruction on; gives where it ended, or -1. */
  #run(entry: number, start: number): number {
    const { code, tests } = this.#program
    const text = this.#text
    const registers = this.#registers
    const base = this.#stack.length
    let at = entry
    let position = start
    for (;;) {
      if (++this.#count >= OFTEN) this.#pause()
      let isGood = true
      const a = code[at + 1] as number // every instruction has all operands
      const b = code[at + 2] as number
      switch (code[at]) {
        case CHAR:
          isGood = position < text.length && tests[a]?.matches(text.charCodeAt(position)) === true
          position++
          break
        case SPLIT:
          this.#push(CHOICE, a, position, 0)
          break
        case JUMP:
          at = a - WIDTH
          break
        case SAVE:
          this.#write(a, position)
          break
        case START:
          isGood = position === 0 || (this.#isMultiline && isLineEnd(text.charCodeAt(position - 1)))
          break
        case END:
          isGood = position === text.length || (this.#isMultiline && isLineEnd(text.charCodeAt(position)))
          break
        case WORD:
          isGood = isBoundary(text, position) === (a === 1)
          break
        case BACK: {
          const length = this.#repeated(a, position)
          isGood = length >= 0
          position += length
          break
        }
        case LOOK:
          isGood = this.#look(at + WIDTH, position, a === 1)
          at = b - WIDTH
          break
        case SET:
          this.#write(a, b === 1 ? position : 0)
          break
        case FORGET:
          for (let register = a; register <= b; register++) this.#write(register, -1)
          break
        case LOOP: {
          const count = registers[a] as number // a register of this program
          const exit = code[at + 5] as number
          if (count < b) break
          if (count >= (code[at + 3] as number)) at = exit - WIDTH
          else if (code[at + 4] === 1) {
            this.#push(CHOICE, at + WIDTH, position, 0)
            at = exit - WIDTH
          } else this.#push(CHOICE, exit, position, 0)
          break
        }
        case TURN: {
          const count = registers[a] as number // a register of this program
          // A turn that nobody asked for and that took nothing would go on forever.
          isGood = count < (code[at + 3] as number) || registers[b] !== position
          this.#write(a, count + 1)
          at = (code[at + 4] as number) - WIDTH
          break
        }
        case RUN: {
          const length = this.#runLength(at, position)
          isGood = length >= 0
          position += length
          break
        }
        case DONE:
          return position
      }
      if (isGood) {
        at += WIDTH
        continue
      }
      const resumed = this.#backtrack(base)
      if (!resumed) return -1
      at = this.#at
      position = this.#position
    }
  }

  #at = 0
  #position = 0

  /** Goes back to the last choice above a height of the stack. */
  #backtrack(base: number): boolean {
    const stack = this.#stack
    while (stack.length > base) {
      const c = stack.pop() as number // entries have four numbers
      const b = stack.pop() as number
      const a = stack.pop() as number
      const kind = stack.pop() as number
      if (kind === REGISTER) {
        this.#registers[a] = b
        continue
      }
      this.#at = a
      this.#position = b
      if (kind === SHORTER && b > c) this.#push(SHORTER, a, b - 1, c)
      if (kind === LONGER) this.#lengthen(a, b, c)
      return true
    }
    return false
  }

  /** One more turn of a lazy run, as long as the character fits. */
  #lengthen(at: number, position: number, most: number): void {
    const test = this.#program.tests[this.#program.code[at - WIDTH + 1] as number] // the run before the place
    if (position < most && test?.matches(this.#text.charCodeAt(position))) this.#push(LONGER, at, position + 1, most)
  }

  /** Takes a run of one kind of character; -1 when there are too few. Leaves a choice for the other lengths. */
  #runLength(at: number, position: number): number {
    const { code, tests } = this.#program
    const test = tests[code[at + 1] as number] // all operands are there
    const min = code[at + 2] as number
    const most = Math.min(position + (code[at + 3] as number), this.#text.length)
    const isLazy = code[at + 4] === 1
    const wanted = isLazy ? Math.min(position + min, most) : most
    let end = position
    while (end < wanted && test?.matches(this.#text.charCodeAt(end))) end++
    this.#count += (end - position) >> 1
    if (end - position < min) return -1
    if (isLazy) this.#lengthen(at + WIDTH, end, most)
    else if (end > position + min) this.#push(SHORTER, at + WIDTH, end - 1, position + min)
    return end - position
  }

  #look(entry: number, position: number, isNegative: boolean): boolean {
    const base = this.#stack.length
    const isFound = this.#run(entry, position) >= 0
    // What was chosen inside is settled; what registers held is still needed for going back.
    if (isNegative) while (this.#stack.length > base) this.#undo()
    else this.#settle(base)
    return isFound !== isNegative
  }

  #undo(): void {
    this.#stack.pop()
    const b = this.#stack.pop() as number // entries have four numbers
    const a = this.#stack.pop() as number
    if (this.#stack.pop() === REGISTER) this.#registers[a] = b
  }

  #settle(base: number): void {
    const entries = this.#stack.splice(base)
    for (let index = 0; index < entries.length; index += 4) {
      if (entries[index] === REGISTER) this.#stack.push(...entries.slice(index, index + 4))
    }
  }

  /** The length of what a group holds, when it stands here again; -1 when it does not. */
  #repeated(group: number, position: number): number {
    const start = this.#registers[2 * group] ?? -1
    const end = this.#registers[2 * group + 1] ?? -1
    if (start < 0 || end < 0) return 0
    const wanted = this.#text.slice(start, end)
    const found = this.#text.slice(position, position + wanted.length)
    this.#count += wanted.length >> 2
    const isSame = this.#ignoresCase ? upper(wanted) === upper(found) : wanted === found
    return isSame ? wanted.length : -1
  }

  #write(register: number, value: number): void {
    this.#push(REGISTER, register, this.#registers[register] ?? -1, 0)
    this.#registers[register] = value
  }

  #push(kind: number, a: number, b: number, c: number): void {
    this.#stack.push(kind, a, b, c)
    if (this.#stack.length > DEEPEST) throw new Failure('L1001', { value: this.#state.limits.steps })
  }

  #pause(): void {
    this.#state.charge(Math.ceil((this.#count / OFTEN) * STEPS))
    this.#count = 0
  }
}

function upper(text: string): string {
  return text
    .split('')
    .map((unit) => (unit.toUpperCase().length === 1 ? unit.toUpperCase() : unit))
    .join('')
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029
}

function isBoundary(text: string, position: number): boolean {
  return isWord(text.charCodeAt(position - 1)) !== isWord(text.charCodeAt(position))
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
}
