import { arrayOf, intersect, MISSING, memberOfKind, NEVER, type Type, union, without } from '../../types/index.ts'
import type { Node } from './ast.ts'
import { inferGroup, inferTupleGroup } from './construct.ts'
import { pathText } from './describe.ts'
import { filterStages } from './filter.ts'
import { type Inference, newFrame } from './inference.ts'
import { itemsOf, type Known, known, mayMiss, type Stream, unwrap } from './known.ts'
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
  if (scope.context.wrapped || steps[0]?.type === 'variable' || !memberOfKind(context, 'array')) {
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
  if (index === 0 && step.consarray) walk.stream = itemsOf(inference.infer(step, walk.scope).type)
  else if (step.type === 'sort') walk.stream = sortStep(inference, step, { stream, scope: walk.scope })
  else if (walk.tuples) walk.stream = tupleStep(inference, step, { stream, scope: walk.scope })
  else plainStep(walk, step, index)
}

function plainStep(walk: Walk, step: Node, index: number): void {
  const { inference, stream } = walk
  const context = contextOf(walk, index)
  const scope = within(walk.scope, context)
  const value =
    step.type === 'name' && !step.predicate
      ? lookUpName(inference, step, {
          scope,
          path: () => pathText(walk.steps, index),
          owner: () => pathText(walk.steps, index - 1),
        })
      : inference.infer(step, scope)
  const result = step.stages?.length ? filterStages(inference, step.stages, value, scope) : value
  const place = { position: step.position ?? 0 }
  if ('origin' in result) {
    walk.stream = flatten(stream, result)
    if (!stream.many) walk.last = stream.none ? { ...result, type: union(result.type, MISSING) } : result
  } else {
    walk.stream = { item: result.item, none: stream.none || result.none, many: stream.many || result.many }
  }
  const { spread = value.spread } = stream
  if (walk.stream.many) walk.stream = { ...walk.stream, spread: spread ?? place }
}

/** The first step has the context itself, with all that is known about it; later steps have a value of their own. */
function contextOf(walk: Walk, index: number): Known {
  const { scope, stream } = walk
  const first = index === 0 && !stream.many
  return first ? scope.context : known(stream.item)
}

/** The stream after a step that gave this value for each value of the stream before: arrays are flattened once. */
function flatten(stream: Stream, value: Known): Stream {
  const array = memberOfKind(value.type, 'array')
  const single = without(value.type, 'array', 'missing')
  const inArray = array ? arrayItems(array.item, value) : NEVER
  return {
    item: union(single, inArray),
    none: stream.none || mayMiss(value.type) || array !== undefined,
    many: stream.many || (array !== undefined && value.constructed !== 'surely'),
  }
}

function arrayItems(item: Type, value: Known): Type {
  if (value.constructed === 'surely') return arrayOf(item)
  const items = without(item, 'missing')
  return value.constructed === 'perhaps' ? union(items, arrayOf(item)) : items
}

function resultOf(walk: Walk): Known {
  const { node, last, stream } = walk
  const keep = node.keepSingletonArray === true || node.keepArray === true
  if (last === undefined) return unwrap(stream, keep)
  return keep ? keptSingle(last) : single(last)
}

/** One value for one context: an array stays as it is, unless it is a sequence that `[]` had kept. */
function single(value: Known): Known {
  const array = value.kept ? memberOfKind(value.type, 'array') : undefined
  const type = array ? union(value.type, array.item) : value.type
  const { spread, kept = false, constructed } = value
  const about = { ...(spread ? { spread } : {}), ...(constructed ? { constructed: 'perhaps' as const } : {}) }
  return { ...known(type), kept: kept, ...about, ...(value.function ? { function: value.function } : {}) }
}

function keptSingle(value: Known): Known {
  const array = memberOfKind(value.type, 'array')
  const one = without(value.type, 'array', 'missing')
  const whole = array && value.constructed ? arrayOf(array) : NEVER
  const asIs = array && value.constructed !== 'surely' ? array : NEVER
  const wrapped = one.kind === 'never' ? NEVER : arrayOf(one)
  return { ...known(union(mayMiss(value.type) ? MISSING : NEVER, wrapped, whole, asIs)), kept: true }
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
  return { ...value, type, kept: value.kept === true || memberOfKind(type, 'array') !== undefined }
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
  const base =
    first?.type === 'variable' && !first.predicate && isPlain(first) ? baseOf(inference, first, scope) : scope.context
  const steps = first?.type === 'variable' ? rest : node.steps
  if (base === undefined || !steps.every((step) => step.type === 'name' && isPlain(step))) return undefined
  return { base, names: steps.map((step) => String(step.value)) }
}

function isPlain(step: Node): boolean {
  return !(step.stages?.length || step.predicate?.length || step.tuple || step.keepArray || step.focus || step.index)
}

function baseOf(inference: Inference, node: Node, scope: Scope): Known | undefined {
  return inference.variable(String(node.value), scope)
}
