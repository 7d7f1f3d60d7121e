import { NUMBER, only, type Type, union, without } from '../../types/index.ts'
import type { Node, Stage } from './ast.ts'
import { describe, kindsOf } from './describe.ts'
import { filterItems } from './filter.ts'
import { type Inference, warn } from './inference.ts'
import { isMarked, itemsOf, known, placeType, type Stream } from './known.ts'
import { type Scope, within } from './scope.ts'

/** A stream of values and the scope whose frame has what `@` and `#` bind. */
export interface Tuples {
  readonly stream: Stream
  readonly scope: Scope
}

/** A step whose results carry bindings: `@$name` keeps the context, `#$name` counts, `%` finds the context again. */
export function tupleStep(inference: Inference, step: Node, { stream: given, scope }: Tuples): Stream {
  const stream = { ...given, item: placeType(given), holes: false }
  const same = !stream.many && scope.context.type === stream.item
  const context = same ? { ...scope.context, wrapped: false } : { ...known(stream.item), marked: isMarked(stream) }
  const value = inference.infer(withoutStages(step), within(scope, context))
  const items = itemsOf(value.type)
  const marked = isMarked(stream, value)
  if (step.focus) scope.frame.variables.set(step.focus, { ...known(items.item), marked })
  if (step.index) count(scope, step.index)
  if (step.ancestor) {
    const before = inference.parents.get(step.ancestor.label)
    inference.parents.set(step.ancestor.label, before ? union(before, stream.item) : stream.item)
  }
  const item = step.focus ? stream.item : items.item
  const result = { item, none: stream.none || items.none, many: stream.many || items.many, marked }
  return tupleStages(inference, step.stages ?? [], { stream: result, scope })
}

/** `^(…)`: the same values in another order. Filters after it see all of them at once. */
export function sortStep(inference: Inference, step: Node, { stream, scope }: Tuples): Stream {
  const context = { ...known(stream.item), marked: isMarked(stream) }
  for (const term of step.terms ?? []) {
    checkOrder(inference, inference.infer(term.expression, within(scope, context)).type, step.position)
  }
  if (step.index) count(scope, step.index)
  return tupleStages(inference, step.stages ?? [], { stream, scope })
}

function checkOrder(inference: Inference, type: Type, position: number | undefined): void {
  const wrong = without(type, 'missing', 'any', 'number', 'string')
  const right = only(type, 'any', 'number', 'string')
  if (wrong.kind !== 'never' && right.kind === 'never') {
    warn(inference, 'NOT_SORTABLE', position, { found: describe(wrong) })
  } else if (wrong.kind !== 'never' || right.kind === 'union') {
    warn(inference, 'MAYBE_NOT_SORTABLE', position, { found: kindsOf(wrong.kind === 'never' ? right : wrong) })
  }
}

function tupleStages(inference: Inference, stages: readonly Stage[], tuples: Tuples): Stream {
  let { stream } = tuples
  for (const stage of stages) {
    if (stage.type === 'index') count(tuples.scope, String(stage.value))
    else if (stage.expr?.type === 'number') stream = { ...stream, many: false, none: true }
    else if (stage.expr) stream = filterItems(inference, stage.expr, stream, tuples.scope)
  }
  return stream
}

/** A step is evaluated by itself; its filters come after, over all tuples. */
function withoutStages(step: Node): Node {
  return step.stages ? { ...step, stages: [] } : step
}

function count(scope: Scope, name: string): void {
  scope.frame.variables.set(name, known(NUMBER))
}
