import type { Node } from '../ast.ts'
import { Callable, Lambda, type LambdaCode, TailCall, type TailSite } from '../callable.ts'
import { Frame, type Run, Scope, UNBOUND } from '../frame.ts'
import { Signature } from '../signature.ts'
import { boundNames, children } from './facts.ts'
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
    ...(unit.dynamic ? { enter: enterNamed(parameters), reenter: undefined } : numbered(parameters, inner, body)),
  }
}

/** How frames with numbered variables are made and used again. */
function numbered(parameters: readonly string[], scope: Scope, body: Node): Pick<LambdaCode, 'enter' | 'reenter'> {
  const slots = parameters.map((name) => scope.slots.get(name) ?? 0)
  // Variables of the body would still be bound from the turn before, and a lambda in it may have kept the frame.
  const isReusable = scope.slots.size === new Set(parameters).size && !keepsFrame(body)
  const reenter = (args: readonly unknown[], frame: Frame): void => {
    for (let index = 0; index < slots.length; index++) frame.values[slots[index] as number] = args[index] // below the length
  }
  return { enter: enterNumbered(slots, scope), reenter: isReusable ? reenter : undefined }
}

/** True when a function that is made in the body can still see the frame later. */
function keepsFrame(node: Node): boolean {
  if ((node.type === 'lambda' && node.thunk !== true) || node.type === 'transform') return true
  for (const child of children(node)) if (keepsFrame(child)) return true
  return false
}

function enterNumbered(slots: readonly number[], scope: Scope): LambdaCode['enter'] {
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
