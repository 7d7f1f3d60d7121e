import {
  ANY,
  arrayOf,
  fieldType,
  type Member,
  MISSING,
  memberOfKind,
  membersOf,
  NEVER,
  type ObjectType,
  openObject,
  optional,
  STRING,
  stringOf,
  type Type,
  union,
  unionAll,
  without,
} from '../../types/index.ts'
import type { BuiltinCall } from './builtins.ts'
import { isOnly, itemsOf, type Known, known, mayMiss, type Stream, unwrap } from './known.ts'
import { nameIn } from './name.ts'
import { copied, merged } from './transform.ts'

type Result = (at: BuiltinCall) => Known | Stream

/** What the functions over objects give; undefined if this is none of them. */
export function objectResult(name: string, at: BuiltinCall): Known | Stream | undefined {
  return Object.hasOwn(results, name) ? results[name]?.(at) : undefined
}

const results: Readonly<Record<string, Result>> = { keys, lookup, spread, merge, sift, each, clone }

function argument(at: BuiltinCall, index: number): Known {
  return at.args[index] ?? known(MISSING)
}

/** The shape that is left when a value is looked at as an object; open where it may be anything. */
function shapesOf(type: Type): ObjectType[] {
  return membersOf(type).flatMap((member) => {
    if (member.kind === 'object') return member
    return member.kind === 'any' ? openObject({}) : []
  })
}

function keys(at: BuiltinCall): Known | Stream {
  const { type } = argument(at, 0)
  const shapes = deepShapes(type)
  const names = shapes.flatMap((shape) => Object.keys(shape.fields))
  const item = shapes.some((shape) => shape.rest) ? STRING : stringOf(...names)
  const [only] = membersOf(type)
  const sure = only?.kind === 'object' && membersOf(type).length === 1 ? needed(only) : 0
  if (sure > 1) return known(arrayOf(item))
  return { item, none: sure === 0, many: names.length !== 1 || shapes.some((shape) => shape.rest) }
}

function needed(shape: ObjectType): number {
  return Object.values(shape.fields).filter((type) => !mayMiss(type)).length
}

/** The shapes of a value and of the items of its arrays, as `$keys` and `$spread` look for them. */
function deepShapes(type: Type): ObjectType[] {
  const array = memberOfKind(type, 'array')
  return [...shapesOf(type), ...(array ? deepShapes(array.item) : [])]
}

function lookup(at: BuiltinCall): Known {
  const [object, key] = [argument(at, 0).type, argument(at, 1).type]
  const names = key.kind === 'string' ? key.values : undefined
  if (names) return known(unionAll(names.map((name) => nameIn(object, name))))
  return known(union(MISSING, unionAll(membersOf(object).map(valueIn))))
}

/** Any field of a value, by the rules of a name. */
function valueIn(member: Member): Type {
  if (member.kind === 'any') return ANY
  if (member.kind === 'object') return union(...Object.values(member.fields), member.rest ?? NEVER)
  if (member.kind !== 'array') return MISSING
  const items = itemsOf(unionAll(membersOf(member.item).map(valueIn)))
  return unwrap({ item: items.item, none: true, many: true }).type
}

/** One object for each field; what is no object stays as it is. */
function spread(at: BuiltinCall): Known | Stream {
  const { type } = argument(at, 0)
  const shapes = deepShapes(type)
  const others = without(union(without(type, 'array'), flatItems(type)), 'missing', 'object')
  if (shapes.length === 0 && !memberOfKind(type, 'array')) return known(type)
  const single = unionAll(shapes.map(oneFieldEach))
  return { item: union(single, others), none: true, many: true, empty: true }
}

function flatItems(type: Type): Type {
  const array = memberOfKind(type, 'array')
  return array ? union(without(array.item, 'array'), flatItems(array.item)) : NEVER
}

function oneFieldEach(shape: ObjectType): Type {
  const fields = Object.entries(shape.fields).map(([name, type]) => [name, optional(type)] as const)
  return { kind: 'object', fields: Object.fromEntries(fields), ...(shape.rest ? { rest: shape.rest } : {}) }
}

/** Written as `$merge([a, b])` the objects are merged one after the other; of an array any field may be missing. */
function merge(at: BuiltinCall): Known {
  const { type } = argument(at, 0)
  if (isOnly(type, 'missing')) return known(MISSING)
  const absent = mayMiss(type) ? MISSING : NEVER
  const parts = writtenParts(at)
  if (parts) return known(union(absent, parts.reduce<ObjectType>(merged, { kind: 'object', fields: {} })))
  const shapes = deepShapes(type)
  if (shapes.length === 0) return known(union(absent, { kind: 'object', fields: {} }))
  return known(union(absent, unionAll(shapes.map(oneFieldEach))))
}

/** The types of `a` and `b` in `$merge([a, b])`, if each is one object or nothing. */
function writtenParts(at: BuiltinCall): Type[] | undefined {
  const [node] = at.nodes
  if (node?.type !== 'unary' || node.value !== '[' || node.expressions === undefined) return undefined
  const types = at.itemTypes(node)
  return types.every((type) => isOnly(type, 'object', 'missing') && memberOfKind(type, 'object')) ? types : undefined
}

/** The fields for which the function is true; nothing if there are none. */
function sift(at: BuiltinCall): Known {
  const { type } = argument(at, 0)
  const shapes = shapesOf(type)
  applyToFields(at, shapes)
  return known(union(MISSING, unionAll(shapes.map(oneFieldEach))))
}

function each(at: BuiltinCall): Stream {
  const shapes = shapesOf(argument(at, 0).type)
  return { item: without(applyToFields(at, shapes), 'missing'), none: true, many: true }
}

function applyToFields(at: BuiltinCall, shapes: readonly ObjectType[]): Type {
  const names = [...new Set(shapes.flatMap((shape) => Object.keys(shape.fields)))]
  const values = shapes.flatMap((shape) => [
    ...names.map((name) => without(fieldType(shape, name), 'missing')),
    shape.rest ?? NEVER,
  ])
  const key = shapes.some((shape) => shape.rest) ? STRING : stringOf(...names)
  const called = at.args[1]
  return called ? at.apply(called, [known(unionAll(values)), known(key), argument(at, 0)]) : NEVER
}

/** A copy: what is no object or array raises an error. */
function clone(at: BuiltinCall): Known {
  return known(copied(argument(at, 0).type))
}
