import type { Node } from '../ast.ts'
import { Callable, label, passed } from '../callable.ts'
import { Failure } from '../errors.ts'
import type { Run, Scope } from '../frame.ts'
import type { BuiltIn } from '../functions/table.ts'
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
  return generic(builtIn, { args, first, position: node.position, isTracked })
}

function isDeclared(name: string, start: Scope): boolean {
  for (let scope: Scope | undefined = start; scope !== undefined; scope = scope.parent) {
    if (scope.named || scope.slots.has(name)) return true
  }
  return false
}

interface Call {
  readonly args: readonly Run[]
  /** What stands before `~>`. */
  readonly first: Run | undefined
  readonly position: number | undefined
  /** The place in errors may be that of another call of the same built-in, as in the library. */
  readonly isTracked: boolean
}

function generic(builtIn: BuiltIn, { args, first, position, isTracked }: Call): Run {
  const { name, signature, run } = builtIn
  return (input, frame, state) => {
    const values: unknown[] = first === undefined ? [] : [first(input, frame, state)]
    for (let index = 0; index < args.length; index++) {
      const value = (args[index] as Run)(input, frame, state) // below the length
      values.push(typeof value === 'object' ? passed(value, frame) : value)
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
      if (error instanceof Failure) label(error, name, body === undefined ? position : body.position)
      throw error
    }
  }
}
