import {
  ANY,
  arrayOf,
  BOOLEAN,
  BYTES,
  FUNCTION,
  intersect,
  memberOfKind,
  NEVER,
  NULL,
  NUMBER,
  only,
  openObject,
  STRING,
  sameType,
  type Type,
  union,
  without,
} from '../../types/index.ts'
import { leftOf, type Node } from './ast.ts'
import { type Inference, isExhausted, quietly } from './inference.ts'
import { isOnly, mayMiss } from './known.ts'
import { placeOf } from './path.ts'
import { falsy, oneValue, refine, subtract, truthy } from './refine.ts'
import { factAbout, itself, lookUp, pathKey, type Scope, typeIn, withFact } from './scope.ts'

/** Conditions nested deeper than this teach nothing. */
const maxDepth = 24

/**
 * The scope in which a condition came out true, or not true (false or missing); undefined when that cannot happen.
 * What a condition raises an error for happens in neither.
 */
export function narrow(inference: Inference, node: Node, scope: Scope, outcome: boolean, depth = 0): Scope | undefined {
  if (depth > maxDepth || isExhausted(inference)) return scope
  inference.steps += 1
  const at: Asked = { inference, scope, outcome, depth: depth + 1 }
  if (node.predicate?.length || node.group) return scope
  if (node.type === 'block' && node.expressions?.length === 1) return again(at, node.expressions[0], outcome)
  if (node.type === 'lambda' && node.thunk) return again(at, node.body, outcome)
  if (node.type === 'path' || node.type === 'variable') return settle(at, node, outcome ? truthy : falsy)
  if (node.type === 'function') return narrowCall(at, node)
  if (node.type !== 'binary') return scope
  if (node.value === 'and' || node.value === 'or') return narrowBoth(at, node)
  if (node.value === '=' || node.value === '!=') return narrowEquality(at, node)
  if (node.value === 'in') return narrowMembership(at, node)
  return ['<', '<=', '>', '>='].includes(String(node.value)) ? narrowOrder(at, node) : scope
}

interface Asked {
  readonly inference: Inference
  readonly scope: Scope
  readonly outcome: boolean
  readonly depth: number
}

function again(at: Asked, node: Node | undefined, outcome: boolean, scope = at.scope): Scope | undefined {
  return node ? narrow(at.inference, node, scope, outcome, at.depth) : scope
}

function narrowBoth(at: Asked, node: Node): Scope | undefined {
  const [left, right] = [leftOf(node), node.rhs]
  const decided = node.value === 'or'
  const goesOn = again(at, left, !decided)
  if (at.outcome !== decided) return goesOn && again(at, right, at.outcome, goesOn)
  const early = again(at, left, decided)
  const late = goesOn && again(at, right, decided, goesOn)
  return early && late ? either(at.scope, early, late) : (early ?? late)
}

/** What holds in one of two scopes. */
function either(before: Scope, first: Scope, second: Scope): Scope {
  let result = before
  for (const [origin, paths] of first.facts) {
    for (const [path, type] of paths) {
      const other = factAbout(second, origin, path)
      if (other !== undefined) result = withFact(result, origin, path, union(type, other))
    }
  }
  return result
}

/** Replaces the type at a path of names by what is left of it; undefined when nothing is. */
function settle(at: Asked, node: Node | undefined, change: (type: Type) => Type): Scope | undefined {
  const { inference, scope } = at
  const place = node && placeOf(inference, node, scope)
  if (node === undefined || place === undefined) return scope
  const now = quietly(inference, () => inference.infer(node, scope)).type
  const next = change(now)
  if (next.kind === 'never' && now.kind !== 'never') return undefined
  if (sameType(next, now)) return scope
  const { origin } = place.base
  const base = refine(typeIn(scope, place.base), place.names, change)
  if (base.type.kind === 'never') return undefined
  const refined = withFact(scope, origin, itself, base.type)
  return base.exact || place.names.length === 0 ? refined : withFact(refined, origin, pathKey(place.names), next)
}

/** Calls that say something about their argument: $exists, $not, $boolean, $type only in an equation. */
function narrowCall(at: Asked, node: Node): Scope | undefined {
  const name = builtinName(at, node)
  const [argument] = node.arguments ?? []
  if (argument === undefined || name === undefined) return at.scope
  if (name === 'exists')
    return settle(at, argument, (type) => (at.outcome ? without(type, 'missing') : only(type, 'missing')))
  if (name === 'boolean') return again(at, argument, at.outcome)
  if (name === 'contains')
    return settle(at, argument, (type) => intersect(type, at.outcome ? STRING : union(STRING, { kind: 'missing' })))
  if (name !== 'not') return at.scope
  if (at.outcome) return again(at, argument, false)
  return isBooleanAlways(argument) ? again(at, argument, true) : at.scope
}

/** The name of a built-in that is called with one argument or more, if no variable hides it. */
function builtinName(at: Asked, node: Node): string | undefined {
  const name = node.procedure?.type === 'variable' ? String(node.procedure.value) : undefined
  return name !== undefined && lookUp(at.scope.frame, name) === undefined ? name : undefined
}

/** Expressions that are true or false and never missing. */
function isBooleanAlways(node: Node): boolean {
  if (node.predicate?.length || node.group) return false
  if (node.type === 'block' && node.expressions?.length === 1) {
    const [inner] = node.expressions
    return inner !== undefined && isBooleanAlways(inner)
  }
  if (node.type === 'binary') return ['and', 'or', '=', '!=', 'in'].includes(String(node.value))
  return node.type === 'function' && node.procedure?.type === 'variable' && node.procedure.value === 'exists'
}

function narrowEquality(at: Asked, node: Node): Scope | undefined {
  const equal = (node.value === '=') === at.outcome
  const [left, right] = [leftOf(node), node.rhs]
  const scope = narrowEqual(at, { place: left, other: right, equal })
  return scope && narrowEqual({ ...at, scope }, { place: right, other: left, equal })
}

interface Equation {
  readonly place: Node | undefined
  readonly other: Node | undefined
  /** Whether the two sides are equal, as far as both are there. */
  readonly equal: boolean
}

/** A false equation may be one with a side missing, and so may a false inequation. */
function narrowEqual(at: Asked, { place, other, equal }: Equation): Scope | undefined {
  if (place === undefined || other === undefined || !mayBePlace(place)) return at.scope
  const type = quietly(at.inference, () => at.inference.infer(other, at.scope)).type
  const asked = kindAsked(at, place, type)
  const [node, values] = asked ? [asked.node, asked.kind] : [place, type]
  if (equal) {
    const wanted = without(values, 'missing')
    if (at.outcome) return settle(at, node, (found) => intersect(found, wanted))
    return mayMiss(values)
      ? at.scope
      : settle(at, node, (found) => union(only(found, 'missing'), intersect(found, wanted)))
  }
  const gone = asked ? asked.kind : oneValue(type)
  if (gone === undefined || mayMiss(type))
    return at.outcome ? settle(at, node, (found) => without(found, 'missing')) : at.scope
  return settle(at, node, (found) => subtract(at.outcome ? without(found, 'missing') : found, gone))
}

function mayBePlace(node: Node): boolean {
  return node.type === 'path' || node.type === 'variable' || node.type === 'function'
}

/** `$type(place) = "number"`: the place and the kind that the other side names. */
function kindAsked(at: Asked, node: Node, type: Type): { node: Node; kind: Type } | undefined {
  if (node.type !== 'function' || node.predicate?.length || builtinName(at, node) !== 'type') return undefined
  const [argument] = node.arguments ?? []
  const name = type.kind === 'string' && type.values?.length === 1 ? type.values[0] : undefined
  const kind = name === undefined ? undefined : namedKinds[name]
  return argument && kind ? { node: argument, kind } : undefined
}

/** The types that `$type` names. Bytes are an object to it. */
const namedKinds: Partial<Record<string, Type>> = {
  null: NULL,
  number: NUMBER,
  string: STRING,
  boolean: BOOLEAN,
  array: arrayOf(ANY),
  function: FUNCTION,
  object: union(openObject({}), BYTES),
}

function narrowMembership(at: Asked, node: Node): Scope | undefined {
  const list = node.rhs
  if (list === undefined || !at.outcome) return at.scope
  const type = quietly(at.inference, () => at.inference.infer(list, at.scope)).type
  const array = memberOfKind(type, 'array')
  const wanted = without(union(without(type, 'array'), array?.item ?? NEVER), 'missing')
  if (memberOfKind(type, 'any') || !isOnly(wanted, 'null', 'boolean', 'number', 'string')) return at.scope
  return settle(at, leftOf(node), (found) => intersect(found, wanted))
}

/** Order that raised no error had numbers or strings on both sides, of the same kind; it is missing where one is missing. */
function narrowOrder(at: Asked, node: Node): Scope | undefined {
  const [left, right] = [leftOf(node), node.rhs]
  const scope = narrowOrdered(at, left, right)
  return scope && narrowOrdered({ ...at, scope }, right, left)
}

function narrowOrdered(at: Asked, place: Node | undefined, other: Node | undefined): Scope | undefined {
  if (place === undefined || other === undefined || !mayBePlace(place)) return at.scope
  const type = quietly(at.inference, () => at.inference.infer(other, at.scope)).type
  const kind = isOnly(type, 'number') ? NUMBER : isOnly(type, 'string') ? STRING : union(NUMBER, STRING)
  return settle(at, place, (found) => union(at.outcome ? NEVER : only(found, 'missing'), intersect(found, kind)))
}
