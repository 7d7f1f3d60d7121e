import { arrayOf, intersect, MISSING, memberOfKind, NEVER, type Type, union, without } from '../../types/index.ts'
import type { Node } from './ast.ts'
import { inferGroup, inferTupleGroup } from './construct.ts'
import { pathText } from './describe.ts'
import { filterStages } from './filter.ts'
import { type Inference, newFrame } from './inference.ts'
import {
  isMarked,
  itemsOf,
  type Known,
  keptSingle,
  known,
  mayBeArray,
  mayMiss,
  placeType,
  type Stream,
  unwrap,
} from './known.ts'
import { lookUpName } from './name.ts'
import { factAbout, pathKey, type Scope, typeIn, within } from './scope.ts'
import { sortStep, tupleStep } from './tuple.ts'

/** What a path gives: its steps one after the other, each over every value of the step before. */
export function inferPath(inference: Inference, node: Node, scope: Scope): Known {
  const steps = node.steps ?? []
  const inner = steps.some((step) => step.tuple) ? { ...scope, frame: newFrame(inference, scope.frame) } : scope
  const walk: Walk = {
    inference,
    node,
    steps,
    scope: inner,
    stream: start(steps, scope),
    tuples: false,
    last: undefined,
  }
  steps.forEach((_, index) => {
    takeStep(walk, index)
  })
  if (node.group) return group(walk, node.group.lhs, node.group.position)
  return refined(walk, resultOf(walk))
}

interface Walk {
  readonly inference: Inference
  readonly node: Node
  readonly steps: readonly Node[]
  readonly scope: Scope
  stream: Stream
  /** Whether the stream carries bindings of `@`, `#` and `%`. */
  tuples: boolean
  /** The value of the last step, if it was taken for one value: its array is then the result as it is. */
  last: Known | undefined
}

/** A path goes over the items of an array in its context, but takes the root input and a variable as one value. */
function start(steps: readonly Node[], scope: Scope): Stream {
  const context = typeIn(scope, scope.context)
  if (scope.context.wrapped || steps[0]?.type === 'variable' || !mayBeArray(context)) {
    return { item: context, none: false, many: false }
  }
  return itemsOf(context)
}

function takeStep(walk: Walk, index: number): void {
  const { inference, steps, stream } = walk
  const step = steps[index]
  if (step === undefined) return
  walk.tuples ||= step.tuple === true
  walk.last = undefined
  if (index === 0 && step.consarray) fromConstructed(walk, step)
  else if (step.type === 'sort') walk.stream = sortStep(inference, step, { stream, scope: walk.scope })
  else if (walk.tuples) walk.stream = tupleStep(inference, step, { stream, scope: walk.scope })
  else plainStep(walk, step, index)
  const spread = stream.spread ?? walk.stream.spread ?? { position: step.position ?? 0 }
  if (walk.stream.many) walk.stream = { ...walk.stream, spread }
}

/** A path that starts with `[…]` goes over its items. With `@` the library goes over the context all the same. */
function fromConstructed(walk: Walk, step: Node): void {
  const context = {
    ...walk.scope.context,
    boxed: walk.scope.context.wrapped !== true || !mayBeArray(walk.scope.context.type),
  }
  const { type } = walk.inference.infer(step, within(walk.scope, context))
  if (step.focus === undefined) walk.stream = itemsOf(type)
}

function plainStep(walk: Walk, step: Node, index: number): void {
  const { inference, stream } = walk
  const context = contextOf(walk, index)
  const scope = within(walk.scope, context)
  const value =
    step.type === 'name' && !step.predicate
      ? lookUpName(inference, step, {
          scope,
          path: () => pathText(walk.steps, index, false),
          owner: () => pathText(walk.steps, index - 1),
        })
      : inference.infer(step, scope)
  const result = step.stages?.length ? filterStages(inference, step.stages, value, scope) : value
  if ('origin' in result) {
    walk.stream = flatten(stream, result)
    if (!stream.many) walk.last = stream.none ? { ...result, type: union(result.type, MISSING) } : result
  } else {
    walk.stream = {
      ...result,
      none: stream.none || result.none,
      many: stream.many || result.many,
      marked: isMarked(stream, value, result),
    }
  }
}

/** The first step has the context itself, with all that is known about it; later steps have a value of their own. */
function contextOf(walk: Walk, index: number): Known {
  const { scope, stream } = walk
  const first = index === 0 && !stream.many
  return first ? { ...scope.context, wrapped: false } : { ...known(placeType(stream)), marked: stream.marked === true }
}

/** The stream after a step that gave this value for each value of the stream before: arrays are flattened once. */
function flatten(stream: Stream, value: Known): Stream {
  const array = memberOfKind(value.type, 'array')
  const flattened = mayBeArray(value.type) && value.constructed !== true
  return {
    item: union(without(value.type, 'array', 'missing'), array ? arrayItems(array.item, value) : NEVER),
    none: stream.none || mayMiss(value.type) || flattened,
    many: stream.many || flattened,
    empty: array?.item.kind === 'never',
    marked: isMarked(stream, value),
    ...(value.spread ? { spread: value.spread } : {}),
  }
}

/** A constructed array is one item; of a marked one nobody can tell. */
function arrayItems(item: Type, value: Known): Type {
  if (value.constructed) return arrayOf(item)
  const items = without(item, 'missing')
  return value.marked ? union(items, arrayOf(item)) : items
}

function resultOf(walk: Walk): Known {
  const { node, last, stream } = walk
  const keep = node.keepSingletonArray === true || node.keepArray === true
  if (last === undefined) return orEmpty(walk, unwrap(stream, keep))
  const value = keep ? keptSingle(last) : single(last)
  return stream.spread ? { ...value, spread: stream.spread } : value
}

/** The library leaves an empty `[…]` at the start of a path as it is. */
function orEmpty(walk: Walk, value: Known): Known {
  if (!walk.steps[0]?.consarray) return value
  const around = walk.node.keepSingletonArray ? arrayOf(arrayOf(NEVER)) : NEVER
  return { ...value, type: union(value.type, arrayOf(NEVER), around), marked: true }
}

/** One value for one context: an array stays as it is, unless it may be a sequence that `[]` kept. */
function single(value: Known): Known {
  const array = value.marked && !value.constructed ? memberOfKind(value.type, 'array') : undefined
  const { spread } = value
  return {
    ...known(array ? union(value.type, array.item) : value.type),
    marked: isMarked(value),
    ...(spread ? { spread } : {}),
    ...(value.function ? { function: value.function } : {}),
  }
}

function group(walk: Walk, pairs: NonNullable<Node['group']>['lhs'], position: number | undefined): Known {
  const { inference, scope, stream } = walk
  if (walk.tuples) return inferTupleGroup(inference, pairs, { scope, stream, position })
  const keep = walk.node.keepSingletonArray === true
  const value = walk.last ? single(walk.last) : unwrap(stream, keep)
  return inferGroup(inference, pairs, within(scope, { ...value, wrapped: false }), position)
}

/** The result with what conditions found out about this very path. */
function refined(walk: Walk, value: Known): Known {
  const { inference, node, scope } = walk
  const place = placeOf(inference, node, scope)
  const fact = place && factAbout(scope, place.base.origin, pathKey(place.names))
  if (fact === undefined) return value
  const type = intersect(value.type, fact)
  return { ...value, type, marked: isMarked(value) || memberOfKind(type, 'array') !== undefined }
}

/** The value and the names of a path that is nothing but names: what facts can be kept about. */
export function placeOf(inference: Inference, node: Node, scope: Scope): { base: Known; names: string[] } | undefined {
  if (node.predicate?.length || node.group || node.keepArray || node.keepSingletonArray) return undefined
  if (node.type === 'variable') {
    const base = baseOf(inference, node, scope)
    return base && { base, names: [] }
  }
  if (node.type !== 'path' || node.steps === undefined) return undefined
  const [first, ...rest] = node.steps
  const named = first?.type === 'variable'
  if (named && !isPlain(first)) return undefined
  const base = named ? baseOf(inference, first, scope) : scope.context
  const steps = named ? rest : node.steps
  if (base === undefined || !steps.every((step) => step.type === 'name' && isPlain(step))) return undefined
  return { base, names: steps.map((step) => String(step.value)) }
}

function isPlain(step: Node): boolean {
  return !(step.stages?.length || step.predicate?.length || step.tuple || step.keepArray || step.focus || step.index)
}

function baseOf(inference: Inference, node: Node, scope: Scope): Known | undefined {
  return inference.variable(String(node.value), scope)
}
