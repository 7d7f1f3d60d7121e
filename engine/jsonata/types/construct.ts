import {
  arrayOf,
  memberOfKind,
  NEVER,
  type ObjectType,
  optional,
  type Type,
  union,
  without,
} from '../../types/index.ts'
import type { Node, Pair } from './ast.ts'
import { describe, pathText } from './describe.ts'
import { bounded, type Inference, newFrame, warn } from './inference.ts'
import { isMarked, itemsOf, type Known, known, mayMiss, placeType, type Stream } from './known.ts'
import { type Scope, typeIn, within } from './scope.ts'

/** `[a, b]`: an array of the values; a sequence or array among them is taken apart, unless it is written `[…]` itself. */
export function inferArray(inference: Inference, node: Node, scope: Scope): Known {
  let item: Type = NEVER
  let marked = false
  for (const expression of node.expressions ?? []) {
    const found = inference.infer(expression, scope)
    const { type } = found
    marked ||= isMarked(found)
    item = union(item, expression.value === '[' ? without(type, 'missing') : placeType(itemsOf(type)))
  }
  const value = known(bounded(inference, arrayOf(item)))
  return { ...value, marked, constructed: node.consarray === true }
}

/** `{key: value}` over the context: one object, its values grouped by key where the context is an array. */
export function inferGroup(
  inference: Inference,
  pairs: readonly Pair[],
  scope: Scope,
  position: number | undefined,
): Known {
  const context = typeIn(scope, scope.context)
  const items = itemsOf(context)
  if (scope.context.wrapped || !items.many) {
    const one = within(scope, { ...scope.context, wrapped: false })
    return inferPairs(inference, pairs, { keys: one, values: one, position })
  }
  const item = items.none ? optional(items.item) : items.item
  const marked = isMarked(scope.context)
  return inferPairs(inference, pairs, {
    keys: within(scope, { ...known(item), marked }),
    values: within(scope, { ...known(union(item, arrayOf(items.item))), marked }),
    position,
  })
}

/** The same over a stream with bindings: where several values share a key, their bindings become arrays too. */
export function inferTupleGroup(
  inference: Inference,
  pairs: readonly Pair[],
  at: { readonly scope: Scope; readonly stream: Stream; readonly position: number | undefined },
): Known {
  const { scope, stream, position } = at
  const frame = newFrame(inference, scope.frame)
  for (const [name, value] of scope.frame.variables) frame.variables.set(name, known(gathered(value.type, stream)))
  for (const [label, type] of inference.parents) inference.parents.set(label, optional(gathered(type, stream)))
  const keys = within(scope, known(stream.item))
  const values = { ...within(scope, known(gathered(stream.item, stream))), frame }
  const value = inferPairs(inference, pairs, { keys, values, position })
  return stream.none ? known(allOptional(value.type)) : value
}

function gathered(type: Type, stream: Stream): Type {
  return stream.many ? union(type, arrayOf(itemsOf(type).item)) : type
}

/** Without a single value there is no key at all. */
function allOptional(type: Type): Type {
  if (type.kind !== 'object') return type
  const fields = Object.entries(type.fields).map(([name, field]) => [name, optional(field)] as const)
  return { ...type, fields: Object.fromEntries(fields) }
}

interface PairPlace {
  readonly keys: Scope
  readonly values: Scope
  readonly position: number | undefined
}

function inferPairs(inference: Inference, pairs: readonly Pair[], place: PairPlace): Known {
  const fields = new Map<string, Type>()
  let rest: Type = NEVER
  let marked = false
  for (const [key, value] of pairs) {
    const found = inference.infer(value, place.values)
    marked ||= isMarked(found)
    noteSpread(inference, value, found)
    const names = keyNames(inference, key, place)
    if (names === undefined) rest = union(rest, without(found.type, 'missing'))
    else for (const { name, sure } of names) addField(inference, fields, { name, sure, key, type: found.type })
  }
  const shape: ObjectType = { kind: 'object', fields: Object.fromEntries(fields) }
  const type = rest.kind === 'never' ? shape : { ...shape, rest }
  return { ...known(bounded(inference, type)), marked }
}

interface Field {
  readonly name: string
  readonly sure: boolean
  readonly key: Node
  readonly type: Type
}

function addField(inference: Inference, fields: Map<string, Type>, field: Field): void {
  const { name, sure, key, type } = field
  const before = fields.get(name)
  if (before && key.type === 'string') warn(inference, 'DUPLICATE_KEY', key.position, { name })
  fields.set(name, union(before ?? NEVER, sure ? type : optional(type)))
}

/** The names that a key may be; undefined when it may be any string. */
function keyNames(inference: Inference, key: Node, place: PairPlace): { name: string; sure: boolean }[] | undefined {
  const { type } = inference.infer(key, place.keys)
  const string = without(type, 'missing')
  if (string.kind === 'string' && string.values) {
    const sure = string.values.length === 1 && !mayMiss(type)
    return string.values.map((name) => ({ name, sure }))
  }
  const others = without(type, 'missing', 'string', 'any')
  const only = string.kind !== 'never' && string.kind !== 'any' && without(string, 'string') === string
  if (others.kind !== 'never' && only) {
    warn(inference, 'KEY_NOT_A_STRING', key.position ?? place.position, { found: describe(others) })
  }
  return undefined
}

/** What goes over an array, put into a field or given as the result, is one value or many: worth knowing. */
export function noteSpread(inference: Inference, node: Node, value: Known): void {
  const path = spreadText(node)
  if (value.spread === undefined || path === undefined || !memberOfKind(value.type, 'array')) return
  if (without(value.type, 'missing', 'array').kind === 'never') return
  warn(inference, 'ONE_OR_MANY', value.spread.position, { path })
}

function spreadText(node: Node): string | undefined {
  if (node.type === 'path' && node.steps) return pathText(node.steps, node.steps.length - 1)
  if (node.type === 'variable') return `$${String(node.value)}`
  const called = node.type === 'function' && node.procedure?.type === 'variable' ? node.procedure.value : undefined
  return called === undefined ? undefined : `$${String(called)}(…)`
}
