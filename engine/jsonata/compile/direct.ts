import type { Node } from '../ast.ts'
import { Callable, label, passed } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Frame, Run, Scope } from '../frame.ts'
import { quickWays, SLOW } from '../functions/quick.ts'
import type { BuiltIn } from '../functions/table.ts'
import type { State } from '../state.ts'
import type { Unit } from './unit.ts'

/** Compiles a call of a built-in that nothing can have replaced; undefined for any other call. */
export function compileDirect(node: Node, scope: Scope, unit: Unit, first: Run | undefined): Run | undefined {
  const { procedure } = node
  if (unit.dynamic || procedure?.type !== 'variable') return undefined
  if (procedure.predicate !== undefined || procedure.group !== undefined || procedure.keepArray) return undefined
  const name = String(procedure.value)
  const builtIn = unit.builtIn(name)
  if (builtIn === undefined || isDeclared(name, scope)) return undefined
  const args = (node.arguments ?? []).map((arg) => unit.compile(arg, scope))
  const isTracked = unit.facts.values.has(name) || (builtIn.isReentrant && (unit.facts.calls.get(name) ?? 0) > 1)
  const runs = first === undefined ? args : [first, ...args]
  const call = { args: runs, isPassed: first === undefined, position: node.position, isTracked }
  return (isTracked ? undefined : quick(builtIn, call)) ?? generic(builtIn, call)
}

function isDeclared(name: string, start: Scope): boolean {
  for (let scope: Scope | undefined = start; scope !== undefined; scope = scope.parent) {
    if (scope.named || scope.slots.has(name)) return true
  }
  return false
}

interface Call {
  readonly args: readonly Run[]
  /** The first argument stands in the brackets, and not before `~>`. */
  readonly isPassed: boolean
  readonly position: number | undefined
  /** The place in errors may be that of another call of the same built-in, as in the library. */
  readonly isTracked: boolean
}

/** A call that first tries what is quick for the usual arguments. */
function quick(builtIn: BuiltIn, call: Call): Run | undefined {
  const way = Object.hasOwn(quickWays, builtIn.name) ? quickWays[builtIn.name] : undefined
  const [first, second] = call.args
  const { length } = call.args
  if (way === undefined || first === undefined || length < way.fewest || length > way.most) return undefined
  const slow = withValues(builtIn, call)
  if (second === undefined) {
    return (input, frame, state) => {
      const value = first(input, frame, state)
      const result = way.run(value, undefined, state)
      return result === SLOW ? slow([value], input, frame, state) : result
    }
  }
  return (input, frame, state) => {
    const a = first(input, frame, state)
    const b = second(input, frame, state)
    const result = way.run(a, b, state)
    return result === SLOW ? slow([a, b], input, frame, state) : result
  }
}

function generic(builtIn: BuiltIn, call: Call): Run {
  const { args } = call
  const run = withValues(builtIn, call)
  return (input, frame, state) => {
    const values = new Array<unknown>(args.length)
    for (let index = 0; index < args.length; index++) values[index] = (args[index] as Run)(input, frame, state) // below the length
    return run(values, input, frame, state)
  }
}

type WithValues = (values: unknown[], input: unknown, frame: Frame, state: State) => unknown

/** The call when the arguments have their values. */
function withValues(builtIn: BuiltIn, { isPassed, position, isTracked }: Call): WithValues {
  const { name, signature, run } = builtIn
  return (values, input, frame, state) => {
    for (let index = isPassed ? 0 : 1; index < values.length; index++) {
      const value = values[index]
      if (typeof value === 'object') values[index] = passed(value, frame)
    }
    const body = isTracked ? Callable.body(state.native(builtIn)) : undefined
    if (body !== undefined) {
      body.token = name
      body.position = position
    }
    state.charge(1)
    try {
      return run(signature.validate(values, input), input, frame, state)
    } catch (error) {
      if (error instanceof Failure) {
        label(error, name, body === undefined ? position : body.position)
        if (!error.token) error.token = name
      }
      throw error
    }
  }
}
