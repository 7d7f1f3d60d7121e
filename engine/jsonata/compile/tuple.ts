import type { Node, Stage } from '../ast.ts'
import { Frame, type Run, Scope } from '../frame.ts'
import { fresh, normal, SEQUENCE, type State, TUPLES } from '../state.ts'
import { type Dict, isArray } from '../values.ts'
import { boundNames } from './facts.ts'
import { compileFilter, type Filter, keep } from './filter.ts'
import { compileGroup } from './group.ts'
import { compileStep, constructorStep, pathEnd, type Step } from './path.ts'
import { compileSort } from './sort.ts'
import { lazy, type Unit } from './unit.ts'

/**
 * Paths that bind variables on the way: `@$v`, `#$i` and `%`. Each item is a tuple then: what stands under `@` is the
 * context, the other fields are variables.
 */

/** The frame in which a tuple's variables can be seen. */
export function tupleFrame(tuple: Dict, parent: Frame, scope: Scope): Frame {
  return new Frame(parent, scope.unbound(), Object.assign(Object.create(null), tuple))
}

/** Takes tuples, or items when there are no tuples yet, to the tuples of the next step. */
type TupleStep = (items: readonly unknown[], tuples: Dict[] | undefined, frame: Frame, state: State) => Dict[]

/** Compiles a path one of whose steps binds a variable. */
export function compileTuplePath(node: Node, scope: Scope, unit: Unit): Run {
  const nodes = node.steps ?? []
  const start = nodes.findIndex((step) => step.tuple)
  const startsAnywhere = nodes[0]?.type === 'variable'
  const keepArray = node.keepSingletonArray === true || node.keepArray === true
  const before: Step[] = nodes
    .slice(0, start)
    .map((step, index) =>
      (index === 0 && step.consarray ? constructorStep : compileStep)(step, scope, { unit, isLast: false }),
    )
  const head =
    start === 0 && nodes[0]?.consarray
      ? constructorStep(nodes[0], scope, { unit, isLast: nodes.length === 1 })
      : undefined
  const steps = nodes.slice(head === undefined ? start : 1).map((step) => compileTupleStep(step, scope, unit))
  const group = node.group && compileGroup(node.group, scope, unit)
  const finish = pathEnd(node, group)
  return (input, frame, state) => {
    const iterates = isArray(input) && !startsAnywhere
    let items: unknown[] = iterates ? input : [input]
    state.isFresh = !iterates
    for (const step of before) {
      items = step(items, frame, state)
      if (items.length === 0) return finish(items, frame, state)
    }
    if (head !== undefined) {
      const first = head(items, frame, state)
      if (nodes[0]?.focus === undefined) items = first
    }
    let tuples: Dict[] | undefined
    for (const step of steps) tuples = step(items, tuples, frame, state)
    if (group !== undefined) return normal(group(tuples ?? [], frame, state), state, keepArray)
    if (node.tuple) return normal(tuples, state, keepArray)
    return fresh(
      (tuples ?? []).map((tuple) => tuple['@']),
      state,
      keepArray,
    )
  }
}

function compileTupleStep(node: Node, scope: Scope, unit: Unit): TupleStep {
  const stages = compileStages(node.stages ?? [], scope, unit)
  if (node.type === 'sort') {
    const sort = compileSort(node, scope, unit)
    return (items, tuples, frame, state) => {
      const sorted =
        tuples === undefined ? numbered(sort(items, frame, state), node.index, state) : sort(tuples, frame, state)
      return stages(sorted as Dict[], frame, state) // a list of tuples, sorted
    }
  }
  const inner = new Scope(scope, boundNames([node]), true)
  const run = unit.compile(node, inner)
  return (items, tuples, frame, state) => {
    const next: Dict[] = []
    state.mark(next, SEQUENCE | TUPLES)
    const list = tuples ?? items.map((item) => ({ '@': item }))
    for (const tuple of list) {
      const found = run(tuple['@'], tupleFrame(tuple, frame, inner), state)
      if (found !== undefined) extend(next, { node, tuple, found }, state)
    }
    return stages(next, frame, state)
  }
}

function numbered(items: readonly unknown[], index: string | undefined, state: State): Dict[] {
  const tuples = items.map((item, place) =>
    Object.assign(Object.create(null), { '@': item, ...(index && { [index]: place }) }),
  )
  state.mark(tuples, SEQUENCE | TUPLES)
  return tuples
}

interface Found {
  readonly node: Node
  readonly tuple: Dict
  readonly found: unknown
}

/** Adds a tuple for each thing that a step has found from one tuple. */
function extend(next: Dict[], { node, tuple, found }: Found, state: State): void {
  const list = isArray(found) ? found : [found]
  const areTuples = state.has(found, TUPLES)
  state.items(next.length + list.length)
  state.charge(4 * list.length)
  for (let place = 0; place < list.length; place++) {
    const one: Dict = Object.assign(Object.create(null), tuple)
    if (areTuples) Object.assign(one, list[place])
    else {
      if (node.focus === undefined) one['@'] = list[place]
      else one[node.focus] = list[place]
      if (node.index !== undefined) one[node.index] = place
      if (node.ancestor !== undefined) one[node.ancestor.label] = tuple['@']
    }
    next.push(one)
  }
}

function compileStages(
  stages: readonly Stage[],
  scope: Scope,
  unit: Unit,
): (tuples: Dict[], frame: Frame, state: State) => Dict[] {
  const compiled = stages.map((stage) => {
    const { value: name, expr } = stage
    if (stage.type === 'index' && name !== undefined) return (tuples: Dict[]) => setIndex(tuples, name)
    const filter = expr === undefined ? undefined : compileAnyFilter(expr, scope, unit)
    return (tuples: Dict[], frame: Frame, state: State) => {
      const kept = filter?.run(tuples, frame, state) ?? tuples
      return (isArray(kept) ? kept : [kept]) as Dict[] // a filter of tuples gives tuples
    }
  })
  return (tuples, frame, state) => compiled.reduce((list, stage) => stage(list, frame, state), tuples)
}

function setIndex(tuples: Dict[], name: string): Dict[] {
  for (const [place, tuple] of tuples.entries()) tuple[name] = place
  return tuples
}

/** Compiles a predicate that may meet tuples or other values. */
export function compileAnyFilter(predicate: Node, scope: Scope, unit: Unit): Filter {
  const plain = lazy(() => compileFilter(predicate, scope, unit))
  if (!unit.facts.hasTuples) return plain()
  const forTuples = lazy(() => {
    const inner = new Scope(scope, boundNames([predicate]), true)
    return { inner, test: unit.compile(predicate, inner) }
  })
  return {
    isFresh: predicate.type !== 'number',
    run(value, frame, state) {
      if (!state.has(value, TUPLES)) return plain().run(value, frame, state)
      const tuples = value as Dict[] // the mark says so
      const kept: Dict[] = []
      state.mark(kept, SEQUENCE | TUPLES)
      if (predicate.type === 'number') {
        const tuple = tuples.at(Math.floor(Number(predicate.value)))
        if (tuple !== undefined) kept.push(tuple)
        return kept
      }
      state.charge(tuples.length)
      const { inner, test } = forTuples()
      for (const [index, tuple] of tuples.entries()) {
        const answer = test(tuple['@'], tupleFrame(tuple, frame, inner), state)
        keep({ answer, item: tuple, index, length: tuples.length }, kept, state)
      }
      return kept
    },
  }
}
