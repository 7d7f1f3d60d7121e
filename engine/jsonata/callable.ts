import { Failure } from './errors.ts'
import type { Frame, Run } from './frame.ts'
import type { Signature } from './signature.ts'
import { CALL, type State } from './state.ts'

/** What a function of the language does; the value that expressions hold is a {@link Callable}. */
export interface Body {
  /** How many arguments higher-order functions hand over. */
  readonly arity: number
  readonly signature: Signature | undefined
  /** Call sites leave their name and place here, for errors. False for functions that were passed as an argument. */
  readonly isLabelled: boolean
  token: unknown
  position: number | undefined
  /** Parameters for partial application. */
  readonly parameters: number
  /** Runs with arguments that fit the signature; may give a {@link TailCall}. */
  invoke(args: readonly unknown[], input: unknown, frame: Frame, state: State): unknown
  /** Runs as a higher-order function calls it: context and frame are those of the place it comes from. */
  callBack(self: Callable, args: readonly unknown[], frame: Frame, state: State): unknown
}

/** A function value. It has no fields of its own that an expression could name, and no data can pose as one. */
export class Callable {
  readonly #body: Body

  constructor(body: Body) {
    this.#body = body
  }

  static is(value: unknown): value is Callable {
    return typeof value === 'object' && value !== null && #body in value
  }

  static body(value: unknown): Body | undefined {
    return typeof value === 'object' && value !== null && #body in value ? value.#body : undefined
  }
}

/** A call in tail position: its caller runs it, so that the stack does not grow. */
export class TailCall {
  readonly site: TailSite
  readonly input: unknown
  readonly frame: Frame

  constructor(site: TailSite, input: unknown, frame: Frame) {
    this.site = site
    this.input = input
    this.frame = frame
  }
}

/** The compiled parts of a call in tail position. */
export interface TailSite {
  readonly procedure: Run
  readonly args: readonly Run[]
  readonly token: string | undefined
  readonly position: number | undefined
}

/** Calls a function value, and what it calls in tail position; throws T1006 for anything else. */
export function apply(proc: unknown, args: readonly unknown[], input: unknown, frame: Frame, state: State): unknown {
  state.enter()
  const result = settle(applyOnce(proc, args, input, frame, state), input, frame, state)
  // No expression can go on after an error, so nobody counts down then.
  state.depth--
  return result
}

/** Runs whatever stands in tail position until there is a value. */
export function settle(result: unknown, input: unknown, frame: Frame, state: State): unknown {
  let value = result
  while (value instanceof TailCall) {
    state.charge(CALL)
    value = applyTail(value, input, frame, state)
  }
  return value
}

function applyTail(call: TailCall, input: unknown, frame: Frame, state: State): unknown {
  const { site } = call
  const next = site.procedure(call.input, call.frame, state)
  const body = Callable.body(next)
  if (body !== undefined) {
    if (site.token !== undefined) body.token = site.token
    body.position = site.position
  }
  const args = site.args.map((arg) => arg(call.input, call.frame, state))
  if (body === undefined) throw new Failure('T1006', { token: site.token, position: site.position })
  return applyOnce(next, args, input, frame, state)
}

function applyOnce(proc: unknown, args: readonly unknown[], input: unknown, frame: Frame, state: State): unknown {
  const body = Callable.body(state.callable(proc))
  if (body === undefined) throw new Failure('T1006')
  try {
    return body.invoke(body.signature === undefined ? args : body.signature.validate(args, input), input, frame, state)
  } catch (error) {
    if (error instanceof Failure) label(error, body.token, body.position)
    throw error
  }
}

/** Writes onto an error who was called, unless it says so itself, and from where. */
export function label(error: Failure, token: unknown, position: number | undefined): void {
  if (error.token === undefined) error.token = token
  error.position = position || error.position
}

/** Calls a function that was given to a higher-order function. */
export function callBack(fn: unknown, args: readonly unknown[], frame: Frame, state: State): unknown {
  const callable = state.callable(fn)
  const body = Callable.body(callable)
  if (body === undefined || callable === undefined) throw new Failure('T1006')
  return body.callBack(callable, args, frame, state)
}

/** Calls a function again and again, with as many of three arguments as it takes. */
export type Caller = (a: unknown, b: unknown, c: unknown) => unknown

/** Prepares a function that was given to a higher-order function for many calls. */
export function callerOf(fn: unknown, frame: Frame, state: State): Caller {
  const quick = lambdaCallerOf(fn, state)
  if (quick !== undefined) return quick
  const arity = arityOf(fn)
  return (a, b, c) => {
    state.charge(1)
    return callBack(fn, arity >= 3 ? [a, b, c] : arity === 2 ? [a, b] : [a], frame, state)
  }
}

/** Prepares a comparison of the caller, which always gets two arguments. */
export function comparerOf(fn: unknown, frame: Frame, state: State): (a: unknown, b: unknown) => unknown {
  const quick = lambdaCallerOf(fn, state)
  if (quick !== undefined) return (a, b) => quick(a, b, undefined)
  return (a, b) => callBack(fn, [a, b], frame, state)
}

/** A quick way to call a lambda without a signature; undefined for other functions. */
function lambdaCallerOf(fn: unknown, state: State): Caller | undefined {
  const body = Callable.body(fn)
  const target = body instanceof Passed ? Callable.body(body.target) : undefined
  return target instanceof Lambda && target.signature === undefined ? lambdaCaller(target, state) : undefined
}

function lambdaCaller(lambda: Lambda, state: State): Caller {
  const { code, input, frame } = lambda
  const args: unknown[] = [undefined, undefined, undefined]
  const reused = code.reenter === undefined ? undefined : code.enter(args, frame)
  return (a, b, c) => {
    state.enter()
    args[0] = a
    args[1] = b
    args[2] = c
    if (reused !== undefined) code.reenter?.(args, reused)
    const own = reused ?? code.enter(args, frame)
    try {
      const value = code.body(input, own, state)
      const result = value instanceof TailCall ? settle(value, null, own, state) : value
      state.depth--
      return result
    } catch (error) {
      if (error instanceof Failure) label(error, lambda.token, lambda.position)
      throw error
    }
  }
}

/** How many arguments a function takes. */
export function arityOf(fn: unknown): number {
  return Callable.body(fn)?.arity ?? (typeof fn === 'function' ? fn.length : 0)
}

/** The fields that every kind of function has. */
export abstract class BaseBody implements Body {
  abstract readonly arity: number
  readonly signature: Signature | undefined = undefined
  readonly isLabelled: boolean = true
  token: unknown = undefined
  position: number | undefined = undefined

  get parameters(): number {
    return this.arity
  }

  abstract invoke(args: readonly unknown[], input: unknown, frame: Frame, state: State): unknown

  callBack(self: Callable, args: readonly unknown[], frame: Frame, state: State): unknown {
    return apply(self, args, null, frame, state)
  }
}

/** The compiled parts of `function($a, $b) {...}`. */
export interface LambdaCode {
  readonly signature: Signature | undefined
  readonly arity: number
  readonly body: Run
  /** The frame of a call, from the frame where the lambda stands. */
  enter(args: readonly unknown[], frame: Frame): Frame
  /** Puts other arguments into a frame; undefined where something may have kept the frame. */
  readonly reenter: ((args: readonly unknown[], frame: Frame) => void) | undefined
}

/** A lambda with the context and the frame in which it was made. */
export class Lambda extends BaseBody {
  readonly code: LambdaCode
  readonly input: unknown
  readonly frame: Frame
  readonly arity: number
  override readonly signature: Signature | undefined

  constructor(code: LambdaCode, input: unknown, frame: Frame) {
    super()
    this.code = code
    this.input = input
    this.frame = frame
    this.arity = code.arity
    this.signature = code.signature
  }

  invoke(args: readonly unknown[], _input: unknown, _frame: Frame, state: State): unknown {
    return this.code.body(this.input, this.code.enter(args, this.frame), state)
  }

  override callBack(self: Callable, args: readonly unknown[], frame: Frame, state: State): unknown {
    return apply(self, args, this.input, frame, state)
  }
}

/** A function as it reaches the function that it is an argument of. */
export class Passed extends BaseBody {
  readonly target: Callable
  readonly frame: Frame
  readonly arity: number
  override readonly isLabelled = false

  constructor(target: Callable, arity: number, frame: Frame) {
    super()
    this.target = target
    this.arity = arity
    this.frame = frame
  }

  invoke(args: readonly unknown[], _input: unknown, _frame: Frame, state: State): unknown {
    return apply(this.target, args, null, this.frame, state)
  }

  override callBack(_self: Callable, args: readonly unknown[], _frame: Frame, state: State): unknown {
    return apply(this.target, args, null, this.frame, state)
  }
}

/** What stands for an argument that is not known yet. */
export const LATER: unique symbol = Symbol('later')

/** A function some of whose arguments are known. */
export class Partial extends BaseBody {
  readonly target: Body
  readonly known: readonly unknown[]
  readonly arity: number

  constructor(target: Body, known: readonly unknown[]) {
    super()
    this.target = target
    this.known = Array.from({ length: target.parameters }, (_, index) => known[index])
    this.arity = this.known.filter((arg) => arg === LATER).length
  }

  invoke(args: readonly unknown[], input: unknown, frame: Frame, state: State): unknown {
    let next = 0
    const all = this.known.map((arg) => (arg === LATER ? args[next++] : arg))
    return this.target.invoke(all, input, frame, state)
  }
}

/** How a built-in or a host function works. */
export type Implementation = (args: readonly unknown[], input: unknown, frame: Frame, state: State) => unknown

/** A function that is written in JavaScript. */
export class Native extends BaseBody {
  readonly arity: number
  override readonly signature: Signature | undefined
  override readonly isLabelled: boolean
  readonly isBuiltIn: boolean
  readonly #parameters: number
  readonly #run: Implementation

  constructor(run: Implementation, options: NativeOptions) {
    super()
    this.#run = run
    this.arity = options.arity
    this.#parameters = options.parameters ?? options.arity
    this.signature = options.signature
    this.isLabelled = options.isLabelled ?? true
    this.isBuiltIn = options.isBuiltIn ?? false
  }

  override get parameters(): number {
    return this.#parameters
  }

  invoke(args: readonly unknown[], input: unknown, frame: Frame, state: State): unknown {
    return this.#run(args, input, frame, state)
  }
}

export interface NativeOptions {
  readonly arity: number
  readonly parameters?: number
  readonly signature?: Signature | undefined
  readonly isLabelled?: boolean
  readonly isBuiltIn?: boolean
}

/** Wraps an argument that is a function, as every call does with its arguments. */
export function passed(arg: unknown, frame: Frame): unknown {
  const body = Callable.body(arg)
  return body === undefined || !Callable.is(arg) ? arg : new Callable(new Passed(arg, body.arity, frame))
}
