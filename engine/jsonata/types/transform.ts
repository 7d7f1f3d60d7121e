import {
  ANY,
  arrayOf,
  fieldType,
  MISSING,
  memberOfKind,
  membersOf,
  NEVER,
  numberOf,
  type ObjectType,
  optional,
  STRING,
  type Type,
  union,
  unionAll,
  withField,
  without,
} from '../../types/index.ts'
import type { Node } from './ast.ts'
import { describe, positionOf } from './describe.ts'
import { type Inference, inBranch, warn } from './inference.ts'
import { itemsOf, type Known, known, mayMiss } from './known.ts'
import { type Scope, within } from './scope.ts'

/** What `|pattern|update, delete|` gives: a copy in which every object at the pattern is updated. */
export function transformed(
  inference: Inference,
  of: { readonly node: Node; readonly scope: Scope },
  input: Type,
): Type {
  const { node, scope } = of
  const absent = mayMiss(input) ? MISSING : NEVER
  const copy = copied(without(input, 'missing'))
  if (copy.kind === 'never') return MISSING
  const context = within(scope, known(copy))
  const place = node.pattern && patternOf(node.pattern)
  const matches = node.pattern ? inference.infer(node.pattern, context).type : ANY
  const update = updateOf(inference, node, within(scope, known(itemsOf(matches).item)))
  if (place === undefined) return union(absent, memberOfKind(copy, 'array') ? ANY : anyObject(copy))
  return union(
    absent,
    updateAt(copy, place.names, (shape) => (place.sure ? update(shape) : union(shape, update(shape)))),
  )
}

/** A copy by way of JSON text: numbers are rounded to 15 digits, a function becomes an empty string. */
export function copied(type: Type): Type {
  return unionAll(
    membersOf(type).map((member): Type => {
      if (member.kind === 'function') return STRING
      if (member.kind === 'array') return arrayOf(copied(member.item))
      if (member.kind === 'number' && member.values) {
        return numberOf(...member.values.map((value) => Number(value.toPrecision(15))))
      }
      if (member.kind !== 'object') return member
      const fields = Object.entries(member.fields).map(([name, field]) => [name, copied(field)] as const)
      const rest = member.rest ? { rest: copied(member.rest) } : {}
      return { ...member, fields: Object.fromEntries(fields), ...rest }
    }),
  )
}

/** A pattern of names; it is not sure when filters choose among what they lead to. */
function patternOf(pattern: Node): { names: string[]; sure: boolean } | undefined {
  if (pattern.type === 'variable' && pattern.value === '') return { names: [], sure: !pattern.predicate?.length }
  const steps = pattern.type === 'path' ? (pattern.steps ?? []) : []
  const [first] = steps
  const names = first?.type === 'variable' && first.value === '' ? steps.slice(1) : steps
  if (steps.length === 0 || pattern.group || !names.every((step) => step.type === 'name' && !step.tuple))
    return undefined
  const sure = !steps.some((step) => step.stages?.length || step.predicate?.length) && !pattern.predicate?.length
  return { names: names.map((step) => String(step.value)), sure }
}

function anyObject(type: Type): Type {
  return unionAll(
    membersOf(type).map((member) => (member.kind === 'object' ? { kind: 'object', fields: {}, rest: ANY } : member)),
  )
}

/** What the update and the deletion make of one object. */
function updateOf(inference: Inference, node: Node, scope: Scope): (shape: ObjectType) => Type {
  const { update, delete: deletion } = node
  const added: Known = update ? inBranch(inference, () => inference.infer(update, scope)) : known(MISSING)
  const wrong = without(added.type, 'missing', 'object', 'any')
  if (wrong.kind !== 'never' && !memberOfKind(added.type, 'object') && !memberOfKind(added.type, 'any')) {
    warn(inference, 'NOT_AN_OBJECT', positionOf(update) ?? node.position, { found: describe(wrong) })
  }
  const dropped = deletion ? inBranch(inference, () => inference.infer(deletion, scope)).type : MISSING
  const all = deletion?.type === 'unary' && deletion.expressions?.every((name) => name.type === 'string') === true
  return (shape) => withoutFields(merged(shape, added.type), { names: dropped, all })
}

/** A shape with the fields of another written over it. */
export function merged(shape: ObjectType, added: Type): ObjectType {
  const other = memberOfKind(added, 'object')
  if (other === undefined) return memberOfKind(added, 'any') ? { kind: 'object', fields: {}, rest: ANY } : shape
  const always = without(added, 'object').kind === 'never'
  const written = Object.entries(other.fields).map(([name, type]): [string, Type] => {
    const there = without(type, 'missing')
    return [name, always && !mayMiss(type) ? there : union(there, fieldType(shape, name))]
  })
  const result = { ...shape, fields: Object.fromEntries([...Object.entries(shape.fields), ...written]) }
  return other.rest ? withRest(result, other) : result
}

/** Unknown names may overwrite any field that the other shape does not name. */
function withRest(shape: ObjectType, other: ObjectType): ObjectType {
  const rest = other.rest ?? NEVER
  const fields = Object.entries(shape.fields).map(
    ([name, type]) => [name, Object.hasOwn(other.fields, name) ? type : union(type, rest)] as const,
  )
  return { kind: 'object', fields: Object.fromEntries(fields), rest: union(rest, shape.rest ?? NEVER) }
}

/** `all`: every one of the names is deleted, not only one of them. */
function withoutFields(shape: ObjectType, { names, all }: { names: Type; all: boolean }): Type {
  const items = itemsOf(names)
  if (items.item.kind === 'never') return shape
  const sure =
    all || (!items.many && !mayMiss(names) && items.item.kind === 'string' && items.item.values?.length === 1)
  const { item } = items
  const listed = item.kind === 'string' ? item.values : undefined
  const fields = Object.entries(shape.fields).map(([name, type]): [string, Type] => {
    if (listed && !listed.includes(name)) return [name, type]
    return [name, sure ? MISSING : optional(type)]
  })
  return { ...shape, fields: Object.fromEntries(fields.filter(([, type]) => type.kind !== 'missing')) }
}

/** Every object that the names lead to is updated. Of arrays in arrays nobody can tell how far they are taken apart. */
function updateAt(type: Type, names: readonly string[], update: (shape: ObjectType) => Type): Type {
  const [name, ...rest] = names
  return unionAll(
    membersOf(type).map((member) => {
      if (member.kind === 'array') return arrayOf(updateItems(member.item, names, update))
      if (member.kind === 'any') return ANY
      if (member.kind !== 'object') return member
      if (name === undefined) return update(member)
      const inner = fieldType(member, name)
      return inner.kind === 'missing' ? member : withField(member, name, updateAt(inner, rest, update))
    }),
  )
}

function updateItems(item: Type, names: readonly string[], update: (shape: ObjectType) => Type): Type {
  const nested = memberOfKind(item, 'array')
  const updated = updateAt(without(item, 'array'), names, update)
  return nested ? union(updated, nested, updateAt(nested, names, update)) : updated
}
