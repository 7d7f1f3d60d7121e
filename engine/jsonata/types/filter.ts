import { MISSING, memberOfKind, NEVER, type Type, union, without } from '../../types/index.ts'
import { leftOf, type Node, type Stage } from './ast.ts'
import { type Inference, inBranch, quietly } from './inference.ts'
import { isMarked, isOnly, itemsOf, type Known, known, mayBeArray, mayMiss, placeType, type Stream } from './known.ts'
import { narrow } from './narrow.ts'
import { type Scope, typeIn, within } from './scope.ts'

/** What filters leave of a value or of a sequence. */
export function filterStages(
  inference: Inference,
  stages: readonly Stage[],
  value: Known | Stream,
  scope: Scope,
): Known | Stream {
  let result: Known | Stream = value
  for (const stage of stages) {
    if (stage.expr) result = filterOnce(inference, stage.expr, result, scope)
  }
  return result
}

function filterOnce(inference: Inference, predicate: Node, value: Known | Stream, scope: Scope): Known | Stream {
  const items = 'origin' in value ? { ...itemsOf(value.type), marked: isMarked(value) } : value
  const marked = isMarked(value)
  if (predicate.type === 'number') return { ...oneAt(Number(predicate.value), value), marked }
  const filtered = filterItems(inference, predicate, items, scope)
  const holes = 'origin' in value && mayMiss(value.type) && mayPassNothing(inference, predicate, scope)
  return { ...filtered, marked, ...(holes ? { holes } : {}), ...(value.spread ? { spread: value.spread } : {}) }
}

/** The item at one place. Of a single value there are two: 0 and -1. */
function oneAt(place: number, value: Known | Stream): Known {
  const index = Math.floor(place)
  if (!('origin' in value)) return known(value.many || value.none ? union(value.item, MISSING) : value.item)
  const array = memberOfKind(value.type, 'array')
  const one = without(value.type, 'array', 'missing')
  const kept = one.kind === 'never' || one.kind === 'any' || index === 0 || index === -1 ? one : MISSING
  const absent = mayBeArray(value.type) || mayMiss(value.type) ? MISSING : NEVER
  return known(union(absent, kept, array?.item ?? NEVER))
}

/** The items for which the filter is true, or whose place it is. */
export function filterItems(inference: Inference, predicate: Node, items: Stream, scope: Scope): Stream {
  const context = { ...known(placeType(items)), marked: isMarked(items) }
  const inner = within(scope, context)
  const test = inBranch(inference, () => inference.infer(predicate, inner)).type
  if (isOnly(test, 'number') && isSteady(predicate, inference.bound)) return { ...items, none: true, many: false }
  return { ...items, item: passing(inference, predicate, { test, inner, item: items.item }), none: true }
}

/** Whether the filter may hold where there is no value: the library puts a place without a value into the result then. */
function mayPassNothing(inference: Inference, predicate: Node, scope: Scope): boolean {
  const inner = within(scope, known(MISSING))
  const test = quietly(inference, () => inBranch(inference, () => inference.infer(predicate, inner))).type
  if (isOnly(test, 'missing', 'null', 'function')) return false
  return !isOnly(test, 'boolean', 'missing', 'string') || narrow(inference, predicate, inner, true) !== undefined
}

/** The type of the items that pass. A filter that may be a place says nothing about what the items are. */
function passing(inference: Inference, predicate: Node, at: { test: Type; inner: Scope; item: Type }): Type {
  if (at.item.kind === 'never' || !isOnly(at.test, 'boolean', 'missing', 'null', 'string', 'object')) return at.item
  const held = narrow(inference, predicate, at.inner, true)
  return held ? without(typeIn(held, at.inner.context), 'missing') : NEVER
}

/** Whether a number is the same for all items: it is made of variables, the root and literals. */
function isSteady(node: Node, bound: ReadonlySet<string>): boolean {
  const steady = (part: Node | undefined) => part !== undefined && isSteady(part, bound)
  if (node.predicate?.length || node.group) return false
  if (node.type === 'number') return true
  if (node.type === 'variable') return node.value !== '' && !bound.has(String(node.value))
  if (node.type === 'path') {
    const [first, ...rest] = node.steps ?? []
    return first?.type === 'variable' && steady(first) && rest.every((step) => step.type === 'name' && !step.stages)
  }
  if (node.type === 'binary') return steady(leftOf(node)) && steady(node.rhs)
  if (node.type === 'unary' && node.value === '-') return steady(node.expression)
  if (node.type !== 'function' || node.procedure?.type !== 'variable') return false
  const args = node.arguments ?? []
  return args.length > 0 && node.procedure.value !== 'random' && args.every(steady)
}
