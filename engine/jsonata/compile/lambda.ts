import type { Node } from '../ast.ts'
import { Callable, Lambda, type LambdaCode, TailCall, type TailSite } from '../callable.ts'
import { Frame, type Run, Scope, UNBOUND } from '../frame.ts'
import { Signature } from '../signature.ts'
import { boundNames } from './facts.ts'
import type { Unit } from './unit.ts'

/** Compiles `function($a) {...}`, or a call in tail position, which the parser wraps into a lambda. */
export function compileLambda(node: Node, scope: Scope, unit: Unit): Run {
  if (node.thunk === true) return compileTailCall(node.body as Node, scope, unit) // a thunk has a call inside
  const code = compileCode(node, scope, unit)
  return (input, frame) => new Callable(new Lambda(code, input, frame))
}

/** Compiles the inside of a lambda. */
export function compileCode(node: Node, scope: Scope, unit: Unit): LambdaCode {
  const body = node.body as Node // every lambda has one
  const parameters = (node.arguments ?? []).map((one) => String(one.value))
  const inner = new Scope(scope, [...parameters, ...boundNames([body])])
  return {
    arity: parameters.length,
    signature: node.signature === undefined ? undefined : new Signature(node.signature.definition),
    body: unit.compile(body, inner),
    enter: unit.dynamic ? enterNamed(parameters) : enterNumbered(parameters, inner),
  }
}

function enterNumbered(parameters: readonly string[], scope: Scope): LambdaCode['enter'] {
  const slots = parameters.map((name) => scope.slots.get(name) ?? 0)
  const size = scope.slots.size
  const isSimple = slots.every((slot, index) => slot === index) && size === slots.length
  if (isSimple && size === 1) return (args, frame) => new Frame(frame, [args[0]])
  if (isSimple && size === 2) return (args, frame) => new Frame(frame, [args[0], args[1]])
  return (args, frame) => {
    const values: unknown[] = new Array(size).fill(UNBOUND)
    for (let index = 0; index < slots.length; index++) values[slots[index] as number] = args[index] // below the length
    return new Frame(frame, values)
  }
}

function enterNamed(parameters: readonly string[]): LambdaCode['enter'] {
  return (args, frame) => {
    const names: Record<string, unknown> = Object.create(null)
    for (const [index, name] of parameters.entries()) names[name] = args[index]
    return new Frame(frame, [], names)
  }
}

function compileTailCall(call: Node, scope: Scope, unit: Unit): Run {
  const procedure = call.procedure as Node // every call has one
  const site: TailSite = {
    procedure: unit.compile(procedure, scope),
    args: (call.arguments ?? []).map((arg) => unit.compile(arg, scope)),
    token: procedure.type === 'variable' ? String(procedure.value) : undefined,
    position: procedure.position,
  }
  return (input, frame) => new TailCall(site, input, frame)
}
