import { Callable, callBack, Native } from './callable.ts'
import { Failure, type FailureFields } from './errors.ts'
import type { Frame, Run } from './frame.ts'
import type { BuiltIn } from './functions/table.ts'
import type { Limits } from './limits.ts'

/** Marks that an array can carry; they stand beside the arrays, so that input and results stay plain. */
export const SEQUENCE = 1
/** One item does not replace the sequence. */
export const KEEP = 2
/** Made by an array constructor in a path: one item for the steps that follow. */
export const CONSTRUCTED = 4
/** The items are tuples. */
export const TUPLES = 8
/** Wraps an array that is the input as a whole. */
export const WRAPPER = 16

/** Steps between two looks at the clock. */
const CHUNK = 1000

/** Steps that a call counts for. */
export const CALL = 3

/** What evaluations ask of the compiled expression that they belong to. */
export interface Program {
  readonly limits: Limits
  readonly clock: () => number
  /** True when the expression could tell a sequence of several items from an array. */
  readonly observes: boolean
  /** The function that makes one of two. */
  chain(): Run
  /** Compiles the argument of $eval; throws D3120. */
  compileText(text: string): Run
  /** The text of an error. */
  word(failure: Failure): string
  /** Runs a built-in of the library; throws what it throws. */
  callLibrary(name: string, timestamp: number, args: readonly unknown[]): unknown
}

/** What an evaluation is given besides its input. */
export interface World {
  readonly bindings: Readonly<Record<string, unknown>> | undefined
  readonly environment: { now?(): number; random?(): number } | undefined
}

/** A call of a function of the host. */
interface HostCall {
  readonly args: readonly unknown[]
  readonly input: unknown
  readonly frame: Frame
}

const nothing: World = { bindings: undefined, environment: undefined }

/** What one evaluation knows and has used up. */
export class State {
  /** Steps left before the limits are looked at again. */
  fuel = 0
  depth = 0
  /** Left by the step of a path: its list is a new sequence. */
  isFresh = false
  /** The input, as `$$` gives it. */
  root: unknown
  readonly limits: Limits
  readonly #program: Program
  #world: World = nothing
  #left = 0
  #started: number | undefined
  #now: number | undefined
  #marks: Map<unknown, number> | undefined
  #functions: Map<unknown, Callable> | undefined

  constructor(program: Program) {
    this.limits = program.limits
    this.#program = program
  }

  /** Makes the state as good as new for an evaluation. */
  begin(root: unknown, world: World = nothing): void {
    this.root = root
    this.#world = world
    this.depth = 0
    this.#started = undefined
    this.#now = undefined
    this.#marks = undefined
    this.#functions = undefined
    this.fuel = Math.min(CHUNK, this.limits.steps)
    this.#left = this.limits.steps - this.fuel
  }

  /** Lets go of everything that belongs to the evaluation. */
  end(): void {
    this.root = undefined
    this.#world = nothing
    this.#marks = undefined
    this.#functions = undefined
  }

  /** Counts steps; throws L1001 when there are too many of them and D1012 when they took too long. */
  charge(steps: number): void {
    this.fuel -= steps
    if (this.fuel < 0) this.#refuel()
  }

  #refuel(): void {
    this.#left += this.fuel
    if (this.#left < 0) throw new Failure('L1001', { value: this.limits.steps })
    const now = this.#program.clock()
    if (this.#started === undefined) this.#started = now
    else if (now - this.#started > this.limits.milliseconds) {
      throw new Failure('D1012', { value: this.limits.milliseconds })
    }
    this.fuel = Math.min(CHUNK, this.#left)
    this.#left -= this.fuel
  }

  /** A function begins; throws D1011 when too many are open. The caller counts `depth` down at the end. */
  enter(): void {
    if (++this.depth > this.limits.depth) throw new Failure('D1011', { value: this.limits.depth })
    this.charge(CALL)
  }

  /** Throws L1002 when a text is too long to be built; counts steps for its length. */
  text(length: number): void {
    if (!(length <= this.limits.string)) throw new Failure('L1002', { value: this.limits.string })
    this.charge(length >> 4)
  }

  /** Throws D2015 when an array is too long to be built; counts steps for its length. */
  items(length: number): void {
    if (!(length <= this.limits.sequence)) throw new Failure('D2015', { value: length })
    this.charge(length >> 3)
  }

  mark(array: readonly unknown[], bits: number): void {
    this.#marks ??= new Map()
    this.#marks.set(array, (this.#marks.get(array) ?? 0) | bits)
  }

  /** True when the value is an array that has one of the marks. */
  has(value: unknown, bits: number): boolean {
    return this.#marks !== undefined && ((this.#marks.get(value) ?? 0) & bits) !== 0
  }

  isSequence(value: unknown): boolean {
    return this.has(value, SEQUENCE)
  }

  /** Marks a new sequence of several items, if that can ever matter. */
  markMany(items: readonly unknown[]): void {
    if (this.#program.observes) this.mark(items, SEQUENCE)
  }

  get hasMarks(): boolean {
    return this.#marks !== undefined
  }

  /** UTC milliseconds, the same for the whole evaluation. */
  now(): number {
    this.#now ??= this.#world.environment?.now?.() ?? Date.now()
    return this.#now
  }

  /** A number from 0 up to, not including, 1. */
  random(): number {
    return this.#world.environment?.random?.() ?? Math.random()
  }

  /** The value of a built-in; one for an evaluation, so that what errors say does not depend on other ones. */
  native(builtIn: BuiltIn): Callable {
    return this.#function(builtIn, () => new Callable(new Native(builtIn.run, { ...builtIn, isBuiltIn: true })))
  }

  isBound(name: string): boolean {
    return this.#world.bindings !== undefined && Object.hasOwn(this.#world.bindings, name)
  }

  /** What the caller has bound to a name. */
  bound(name: string): unknown {
    const value = this.isBound(name) ? this.#world.bindings?.[name] : undefined
    return typeof value === 'function' ? this.callable(value) : value
  }

  /** A value that can be called, one of the host's among them; undefined for anything else. */
  callable(value: unknown): Callable | undefined {
    if (typeof value !== 'function') return Callable.is(value) ? value : undefined
    const fn = value as (...args: unknown[]) => unknown // any function can be called with anything
    return this.#function(fn, () => {
      const run = (args: readonly unknown[], input: unknown, frame: Frame): unknown =>
        this.#callHost(fn, { args, input, frame })
      return new Callable(new Native(run, { arity: fn.length, isLabelled: false }))
    })
  }

  /** The function that makes one of two. */
  chain(frame: Frame): unknown {
    return this.#program.chain()(null, frame, this)
  }

  /** What $eval gives; throws D3120 and D3121, and limits as they are. */
  evaluateText(text: string, { input, focus, frame }: { input: unknown; focus: unknown; frame: Frame }): unknown {
    // Reading text takes far longer than running it.
    this.charge(500 + 20 * text.length)
    this.enter()
    const run = this.#program.compileText(text)
    let context = focus === undefined ? input : focus
    if (Array.isArray(focus) && !this.isSequence(focus)) context = this.wrap(focus)
    try {
      return run(context, frame, this)
    } catch (error) {
      if (!(error instanceof Failure) || isLimit(error)) throw error
      throw new Failure('D3121', { value: this.#program.word(error), cause: error })
    } finally {
      this.depth--
    }
  }

  /** An array as the context of a whole expression. */
  wrap(array: unknown[]): unknown[] {
    const wrapper = [array]
    this.mark(wrapper, SEQUENCE | WRAPPER)
    return wrapper
  }

  /** Runs a built-in of the library; throws its coded errors, and X1001 where it fails otherwise. */
  callLibrary(name: string, ...args: readonly unknown[]): unknown {
    try {
      return this.#program.callLibrary(name, this.now(), args)
    } catch (error) {
      throw toFailure(error)
    }
  }

  #callHost(fn: (...args: unknown[]) => unknown, { args, input, frame }: HostCall): unknown {
    const given = args.map((arg) => (Callable.is(arg) ? (...more: unknown[]) => callBack(arg, more, frame, this) : arg))
    let result: unknown
    try {
      result = fn.apply(input, given)
    } catch (error) {
      if (error instanceof Failure || isStackOverflow(error)) throw error
      throw new Failure('X1004', { message: error instanceof Error ? error.message : String(error), cause: error })
    }
    if (typeof result === 'function') return this.callable(result)
    if (typeof result !== 'object' || result === null) return result
    if ('then' in result && typeof result.then === 'function') throw new Failure('X1002')
    return result
  }

  #function(key: unknown, make: () => Callable): Callable {
    this.#functions ??= new Map()
    const known = this.#functions.get(key)
    if (known !== undefined) return known
    const made = make()
    this.#functions.set(key, made)
    return made
  }
}

/** Limits are not an error of the text that $eval was given. */
function isLimit({ code }: Failure): boolean {
  return code.startsWith('L') || code === 'D1011' || code === 'D1012' || code === 'D2015'
}

function toFailure(error: unknown): unknown {
  if (error instanceof Failure || isStackOverflow(error)) return error
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return new Failure(error.code, error as FailureFields) // the library's errors have these fields
  }
  return new Failure('X1001', { message: error instanceof Error ? error.message : String(error), cause: error })
}

/** True when JavaScript's own stack was full. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}

/** What a node gives: a sequence without items is nothing, one with a single item is that item. */
export function normal(value: unknown, state: State, keepArray: boolean): unknown {
  if (!Array.isArray(value) || !state.hasMarks || !state.isSequence(value) || state.has(value, TUPLES)) return value
  if (keepArray) state.mark(value, KEEP)
  if (value.length === 0) return undefined
  return value.length === 1 && !state.has(value, KEEP) ? value[0] : value
}

/** What a node gives for a sequence that nobody has seen yet. */
export function fresh(items: unknown[], state: State, keepArray: boolean): unknown {
  if (items.length === 0) return undefined
  if (keepArray) state.mark(items, SEQUENCE | KEEP)
  else if (items.length === 1) return items[0]
  else state.markMany(items)
  return items
}
