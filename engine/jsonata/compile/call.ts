import type { Node } from '../ast.ts'
import { apply, Callable, LATER, Partial, passed } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Frame, Run, Scope } from '../frame.ts'
import type { State } from '../state.ts'
import { compileDirect } from './direct.ts'
import { isFunction, readVariable, type Unit } from './unit.ts'

/** Compiles `f(a, b)`. */
export function compileCall(node: Node, scope: Scope, unit: Unit): Run {
  const direct = compileDirect(node, scope, unit, undefined)
  if (direct !== undefined) return direct
  const call = compileGeneralCall(node, scope, unit)
  return (input, frame, state) => call(input, frame, state, [])
}

type GeneralCall = (input: unknown, frame: Frame, state: State, first: readonly unknown[]) => unknown

/** A call of whatever the procedure turns out to be; `first` are arguments that are known already. */
function compileGeneralCall(node: Node, scope: Scope, unit: Unit): GeneralCall {
  const procedure = node.procedure as Node // every call has one
  const run = unit.compile(procedure, scope)
  const args = (node.arguments ?? []).map((arg) => unit.compile(arg, scope))
  const name = procedureName(procedure)
  const hint = didYouMean(procedure, scope, unit)
  return (input, frame, state, first) => {
    const proc = run(input, frame, state)
    if (proc === undefined && hint !== undefined && hint(input, frame, state)) {
      throw new Failure('T1005', { position: node.position, token: name })
    }
    const values = [...first]
    for (let index = 0; index < args.length; index++) {
      values.push(passed((args[index] as Run)(input, frame, state), frame)) // below the length
    }
    const body = Callable.body(proc)
    try {
      if (body?.isLabelled) {
        body.token = name
        body.position = node.position
      }
      return apply(proc, values, input, frame, state)
    } catch (error) {
      if (error instanceof Failure) {
        if (!error.position) error.position = node.position
        if (!error.token) error.token = name
      }
      throw error
    }
  }
}

function procedureName(procedure: Node): unknown {
  return procedure.type === 'path' ? procedure.steps?.[0]?.value : procedure.value
}

/** A name without `$` is called, and there is a function under that name. */
function didYouMean(procedure: Node, scope: Scope, unit: Unit): Run | undefined {
  const name = procedure.type === 'path' ? procedure.steps?.[0]?.value : undefined
  return typeof name === 'string' ? truthy(readVariable(name, scope, unit)) : undefined
}

function truthy(run: Run): Run {
  return (input, frame, state) => Boolean(run(input, frame, state))
}

/** Compiles `f(a, ?)`. */
export function compilePartial(node: Node, scope: Scope, unit: Unit): Run {
  const procedure = node.procedure as Node // as for a call
  const run = unit.compile(procedure, scope)
  const args = (node.arguments ?? []).map((arg) =>
    arg.type === 'operator' && arg.value === '?' ? () => LATER : unit.compile(arg, scope),
  )
  const hint = didYouMean(procedure, scope, unit)
  const name = procedureName(procedure)
  return (input, frame, state) => {
    const known = args.map((arg) => arg(input, frame, state))
    const proc = run(input, frame, state)
    if (proc === undefined && hint?.(input, frame, state)) {
      throw new Failure('T1007', { position: node.position, token: name })
    }
    const body = Callable.body(state.callable(proc))
    if (body === undefined) throw new Failure('T1008', { position: node.position, token: name })
    return new Callable(new Partial(body, known))
  }
}

/** What `f ~> g` makes of two functions; the text is the library's, because errors tell places in it. */
export const CHAIN = 'function($f, $g) { function($x){ $g($f($x)) } }'

/** Compiles `a ~> f` and `a ~> f(b)`. */
export function compileApply(node: Node, scope: Scope, unit: Unit): Run {
  const left = unit.compile(node.lhs as Node, scope) // no pairs here
  const target = node.rhs as Node // every operator has a right side
  if (target.type === 'function') return applyCall(left, { target, scope, unit })
  const right = unit.compile(target, scope)
  return (input, frame, state) => {
    const value = left(input, frame, state)
    const proc = right(input, frame, state)
    if (!isFunction(proc)) throw new Failure('T2006', { position: node.position, value: proc })
    if (!isFunction(value)) return apply(proc, [value], null, frame, state)
    return apply(state.chain(frame), [value, proc], null, frame, state)
  }
}

function applyCall(left: Run, { target, scope, unit }: { target: Node; scope: Scope; unit: Unit }): Run {
  // The call is not a node of its own here: predicates behind it are not looked at, as in the library.
  const direct = compileDirect(target, scope, unit, left)
  if (direct !== undefined) return direct
  const call = compileGeneralCall(target, scope, unit)
  return (input, frame, state) => {
    const value = left(input, frame, state)
    return call(input, frame, state, [value])
  }
}
