import { arrayOf, FUNCTION, memberOfKind, type Type, without } from '../../types/index.ts'
import { type Bound, bindArguments, type CallSite } from './arguments.ts'
import { leftOf, type Node } from './ast.ts'
import { builtinResult } from './builtins.ts'
import { describe, positionOf, suggestion } from './describe.ts'
import { enter, forget, type Inference, quietly, warn } from './inference.ts'
import {
  eitherOf,
  type FunctionValue,
  isMarked,
  itemsOf,
  type Known,
  known,
  placeType,
  type Stream,
  TOP,
  unwrap,
} from './known.ts'
import { callLambda } from './lambda.ts'
import { matchType } from './match.ts'
import { type Scope, variableNames } from './scope.ts'
import { arityOf, builtinNames, builtinSignatures, parametersOf } from './signatures.ts'
import { transformed } from './transform.ts'

/** What a call gives. `~>` hands over a first argument. */
export function inferFunction(inference: Inference, node: Node, scope: Scope, handed?: Known): Known | Stream {
  return unwrapped(rawCall(inference, node, scope, handed))
}

/** What a tail call left as a sequence is unwrapped where the call stands as an expression. */
function unwrapped(value: Known | Stream): Known | Stream {
  if (!('origin' in value) || !value.sequence) return value
  const array = memberOfKind(value.type, 'array')
  if (array === undefined) return value
  const stream: Stream = { ...itemsOf(array), empty: false, marked: isMarked(value) }
  const rest = without(value.type, 'array')
  return rest.kind === 'never' ? stream : eitherOf(unwrap(stream), { ...known(rest), marked: isMarked(value) })
}

function rawCall(inference: Inference, node: Node, scope: Scope, handed?: Known): Known | Stream {
  const called = procedureOf(inference, node, scope)
  const given = (node.arguments ?? []).map((argument) => inference.infer(argument, scope))
  const args = handed ? [handed, ...given] : given
  const nodes = handed ? [undefined, ...(node.arguments ?? [])] : (node.arguments ?? [])
  if (called === undefined) return known(TOP)
  return call(inference, called, { args, nodes, scope, node })
}

/** `$f(?, 2)`: a function of what is left open. */
export function inferPartial(inference: Inference, node: Node, scope: Scope): Known {
  const of = procedureOf(inference, node, scope)
  const holes = (node.arguments ?? []).map((argument) =>
    argument.type === 'operator' && argument.value === '?' ? undefined : inference.infer(argument, scope),
  )
  return { ...known(FUNCTION), ...(of ? { function: { kind: 'partial', of, holes } } : {}) }
}

/** A function with its scope; a tail call that the parser wrapped is what it calls. */
export function inferLambda(inference: Inference, node: Node, scope: Scope): Known {
  if (node.thunk && node.body) return tailCall(inference, node.body, scope)
  if (!inference.lambdas.has(node)) inference.lambdas.set(node, { scope, called: false })
  return { ...known(FUNCTION), function: { kind: 'lambda', node, scope } }
}

/** A call in the last place of a function: nobody unwraps what a built-in function gives there. */
function tailCall(inference: Inference, node: Node, scope: Scope): Known {
  if (node.type !== 'function' || !enter(inference)) return inference.infer(node, scope)
  const value = rawCall(inference, node, scope)
  return 'origin' in value ? value : { ...known(arrayOf(placeType(value))), sequence: true, marked: isMarked(value) }
}

/** `value ~> $function`, or two functions one after the other. */
export function inferApply(inference: Inference, node: Node, scope: Scope): Known | Stream {
  const [left, right] = [leftOf(node), node.rhs]
  if (left === undefined || right === undefined) return known(TOP)
  const handed = inference.infer(left, scope)
  if (right.type === 'function') return inferFunction(inference, right, scope, handed)
  const second = inference.infer(right, scope)
  if (handed.type.kind === 'function') return { ...known(FUNCTION), function: { kind: 'chain', first: handed, second } }
  if (memberOfKind(handed.type, 'function') || memberOfKind(handed.type, 'any')) return known(TOP)
  return unwrapped(call(inference, second, { args: [handed], nodes: [undefined], scope, node }))
}

/** A call: its arguments with their nodes, and where it stands. */
export interface Call {
  readonly args: readonly Known[]
  readonly nodes: readonly (Node | undefined)[]
  readonly scope: Scope
  readonly node: Node | undefined
}

/** What a function value gives for these arguments. */
export function call(inference: Inference, called: Known, at: Call): Known | Stream {
  const position = at.node?.position
  if (called.function) return callFunction(inference, called.function, at)
  if (!memberOfKind(called.type, 'function') && !memberOfKind(called.type, 'any') && called.type.kind !== 'never') {
    warn(inference, 'NOT_A_FUNCTION', position, { found: describe(called.type) })
  }
  return known(TOP)
}

function callFunction(inference: Inference, called: FunctionValue, at: Call): Known | Stream {
  if (called.kind === 'builtin') return callBuiltin(inference, called.name, at)
  if (called.kind === 'lambda') return callLambda(inference, called, signed(inference, called.node, at))
  if (called.kind === 'regex') return known(matchType(called.source))
  if (called.kind === 'transform') return known(transformed(inference, called, at.args[0]?.type ?? TOP))
  const plain = { scope: at.scope, node: at.node, nodes: [] }
  if (called.kind === 'partial') {
    const rest = [...at.args]
    const args = called.holes.map((hole) => hole ?? rest.shift() ?? known(TOP))
    return call(inference, called.of, { ...plain, args })
  }
  const between = settled(call(inference, called.first, { ...plain, args: at.args }))
  return call(inference, called.second, { ...plain, args: [between] })
}

/** A sequence inside a chain of functions is unwrapped like any other. */
function settled(value: Known | Stream): Known {
  const result = unwrapped(value)
  return 'origin' in result ? result : unwrap(result)
}

/** What a function hands back to another one is no expression: its sequence stays an array, however short. */
function unsettled(value: Known | Stream): Known {
  if ('origin' in value) return { ...value, sequence: false, marked: isMarked(value) || value.sequence === true }
  return { ...known(arrayOf(placeType(value))), marked: true }
}

/** The arguments of a lambda with a signature, such as `function($x)<a<n>:n>{…}`. */
function signed(inference: Inference, node: Node, at: Call): readonly Known[] {
  const definition = node.signature?.definition
  if (typeof definition !== 'string') return at.args
  const name = at.node?.procedure?.type === 'variable' ? String(at.node.procedure.value) : 'function'
  const site: CallSite = {
    inference,
    scope: at.scope,
    name,
    usage: `it by ${definition}`,
    position: at.node?.position,
    nodes: at.nodes,
  }
  return bindArguments(site, parametersOf(definition), at.args).map(({ value }) => value)
}

function callBuiltin(inference: Inference, name: string, at: Call): Known | Stream {
  const host = inference.options.functions?.[name]
  const [signature, usage] = builtinSignatures[name] ?? [host?.signature, `$${name}(…)`]
  const site: CallSite = { inference, scope: at.scope, name, usage, position: at.node?.position, nodes: at.nodes }
  const unchecked = at.args.map((value, index): Bound => ({ value, node: at.nodes[index] }))
  const bound = signature === undefined ? unchecked : bindArguments(site, parametersOf(signature), at.args)
  if (host) return known(host.result)
  if (name === 'eval' && mayBind(bound[0]?.value.type)) forget(inference, at.scope)
  const args = bound.map(({ value }) => value)
  let marked = isMarked(...args)
  let sequence = false
  const result = builtinResult(name, {
    inference,
    args,
    nodes: bound.map(({ node }) => node),
    apply: (fn, values) => {
      const handed = taken(inference, fn, marked ? values.map((value) => ({ ...value, marked })) : values)
      const raw = call(inference, fn, { args: handed, nodes: [], scope: at.scope, node: at.node })
      sequence ||= !('origin' in raw) || raw.sequence === true
      const given = unsettled(raw)
      marked ||= isMarked(given)
      return given.type
    },
    itemTypes: (node) =>
      quietly(inference, () => (node.expressions ?? []).map((one) => inference.infer(one, at.scope).type)),
  })
  if ('origin' in result)
    return { ...result, marked: marked || isMarked(result), sequence: sequence && name === 'reduce' }
  return { ...result, marked, ...(result.many ? { spread: { position: positionOf(at.node) ?? 0 } } : {}) }
}

/** Whether a text may hold a binding: all but a known one without `:=`. */
function mayBind(text: Type = TOP): boolean {
  return text.kind !== 'string' || text.values === undefined || text.values.some((value) => value.includes(':='))
}

/** A built-in function is handed no more arguments than it declares. */
function taken(inference: Inference, fn: Known, values: readonly Known[]): readonly Known[] {
  return fn.function?.kind === 'builtin' ? values.slice(0, arityOf(inference, fn.function.name)) : values
}

function procedureOf(inference: Inference, node: Node, scope: Scope): Known | undefined {
  const { procedure } = node
  if (procedure === undefined) return undefined
  const name = String(procedure.value)
  if (procedure.type === 'variable' && !procedure.predicate) {
    const found = inference.variable(name, scope)
    if (found) return found
    if (inference.bound.has(name) || inference.evaluated) return undefined
    const names = [...builtinNames(inference), ...variableNames(scope.frame)]
    warn(inference, 'UNKNOWN_FUNCTION', procedure.position ?? node.position, {
      name: `$${name}`,
      suggestion: suggestion(name, names, '$'),
    })
    return undefined
  }
  const bare =
    procedure.type === 'path' && procedure.steps?.length === 1 ? String(procedure.steps[0]?.value) : undefined
  if (bare !== undefined && inference.variable(bare, scope)) {
    warn(inference, 'MISSING_DOLLAR', procedure.steps?.[0]?.position, { bare, name: `$${bare}` })
    return undefined
  }
  return inference.infer(procedure, scope)
}
