import { NUMBER, type Type, union, without } from '../../types/index.ts'
import type { Node, Stage } from './ast.ts'
import { describe } from './describe.ts'
import { filterItems } from './filter.ts'
import { type Inference, warn } from './inference.ts'
import { isOnly, itemsOf, known, type Stream } from './known.ts'
import { type Scope, within } from './scope.ts'

/** A stream of values and the scope whose frame has what `@` and `#` bind. */
export interface Tuples {
  readonly stream: Stream
  readonly scope: Scope
}

/** A step whose results carry bindings: `@$name` keeps the context, `#$name` counts, `%` finds the context again. */
export function tupleStep(inference: Inference, step: Node, { stream, scope }: Tuples): Stream {
  const context = stream.many
    ? known(stream.item)
    : scope.context.type === stream.item
      ? scope.context
      : known(stream.item)
  const value = inference.infer(withoutStages(step), within(scope, context))
  const items = itemsOf(value.type)
  if (step.focus) remember(scope, step.focus, items.item)
  if (step.index) remember(scope, step.index, NUMBER)
  if (step.ancestor) {
    const before = inference.parents.get(step.ancestor.label)
    inference.parents.set(step.ancestor.label, before ? union(before, stream.item) : stream.item)
  }
  const item = step.focus ? stream.item : items.item
  const result = { item, none: stream.none || items.none, many: stream.many || items.many }
  return tupleStages(inference, step.stages ?? [], { stream: result, scope })
}

/** `^(…)`: the same values in another order. Filters after it see all of them at once. */
export function sortStep(inference: Inference, step: Node, { stream, scope }: Tuples): Stream {
  for (const term of step.terms ?? []) {
    const type = inference.infer(term.expression, within(scope, known(stream.item))).type
    if (isOnly(without(type, 'missing'), 'null', 'boolean', 'object', 'array', 'function', 'bytes')) {
      warn(inference, 'MIXED_COMPARISON', step.position, {
        left: describe(type),
        operator: 'in an order',
        right: '',
        hint: 'Sort by a number or a string.',
      })
    }
  }
  if (step.index) remember(scope, step.index, NUMBER)
  return tupleStages(inference, step.stages ?? [], { stream, scope })
}

function tupleStages(inference: Inference, stages: readonly Stage[], tuples: Tuples): Stream {
  let { stream } = tuples
  for (const stage of stages) {
    if (stage.type === 'index') remember(tuples.scope, String(stage.value), NUMBER)
    else if (stage.expr?.type === 'number') stream = { ...stream, many: false, none: true }
    else if (stage.expr) stream = filterItems(inference, stage.expr, stream, tuples.scope)
  }
  return stream
}

/** A step is evaluated by itself; its filters come after, over all tuples. */
function withoutStages(step: Node): Node {
  return step.stages ? { ...step, stages: [] } : step
}

function remember(scope: Scope, name: string, type: Type): void {
  scope.frame.variables.set(name, known(type))
}
