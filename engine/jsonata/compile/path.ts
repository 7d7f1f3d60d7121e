import type { Node } from '../ast.ts'
import type { Frame, Run, Scope } from '../frame.ts'
import { CONSTRUCTED, fresh, normal, SEQUENCE, type State } from '../state.ts'
import { type Dict, isArray } from '../values.ts'
import { compileFilters, NONE } from './filter.ts'
import { compileGroup } from './group.ts'
import { flatten, type Names, toNames, walk } from './names.ts'
import { compileSortStep } from './sort.ts'
import { compileTuplePath } from './tuple.ts'
import { readVariable, type Unit } from './unit.ts'

/** Takes the items of one step to those of the next; leaves in `state.isFresh` whether the list is a new sequence. */
export type Step = (items: readonly unknown[], frame: Frame, state: State) => unknown[]

/** Compiles a path: the simplest way that gives the same result. */
export function compilePath(node: Node, scope: Scope, unit: Unit): Run {
  const steps = node.steps ?? []
  const isBare = node.group === undefined && !node.keepSingletonArray && !node.keepArray
  const [first, ...rest] = steps
  if (first !== undefined && isBare && rest.every(isPlainName)) {
    if (isPlainName(first)) return namesPath(toNames(steps.map((step) => String(step.value))))
    if (rest.length > 0 && first.type === 'variable' && isPlainStep(first)) {
      return variablePath(String(first.value), toNames(rest.map((step) => String(step.value))), { scope, unit })
    }
  }
  return steps.some((step) => step.tuple) ? compileTuplePath(node, scope, unit) : generalPath(node, scope, unit)
}

function isPlainName(step: Node): boolean {
  return step.type === 'name' && isPlainStep(step)
}

function isPlainStep(step: Node): boolean {
  return (
    step.stages === undefined &&
    step.predicate === undefined &&
    step.group === undefined &&
    !step.tuple &&
    !step.keepArray
  )
}

/** Most paths of messages are one or two names that lead over plain objects to a value that is no array. */
function namesPath(names: Names): Run {
  const [first, second] = names.keys
  const isShort = names.keys.length <= 2 && names.plain.every((isPlain) => isPlain)
  if (!isShort || first === undefined) return (input, _frame, state) => walk(input, names, 0, state)
  if (second === undefined) {
    return (input, _frame, state) => {
      if (!isPlainObject(input)) return walk(input, names, 0, state)
      const value = input[first]
      return isArray(value) ? walk(input, names, 0, state) : value
    }
  }
  if (first === 'payload') {
    // Written out, because an engine reads a field that it knows by name faster.
    return (input, _frame, state) => {
      const payload = isPlainObject(input) ? input.payload : undefined
      const value = isPlainObject(payload) ? payload[second] : undefined
      return value === undefined || isArray(value) ? walk(input, names, 0, state) : value
    }
  }
  return (input, _frame, state) => {
    const inner = isPlainObject(input) ? input[first] : undefined
    const value = isPlainObject(inner) ? inner[second] : undefined
    return value === undefined || isArray(value) ? walk(input, names, 0, state) : value
  }
}

function isPlainObject(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !isArray(value)
}

function variablePath(name: string, names: Names, { scope, unit }: { scope: Scope; unit: Unit }): Run {
  if (name === '') return (input, _frame, state) => walk(unwrap(input, state), names, 0, state)
  const read = readVariable(name, scope, unit)
  return (input, frame, state) => {
    const value = read(input, frame, state)
    return walk(isArray(value) ? single(value, state) : value, names, 0, state)
  }
}

/** A list that is the first step of a path, so that walking it goes over what one step would have left. */
function single(value: unknown[], state: State): unknown {
  const one = normal(value, state, false)
  return state.has(one, CONSTRUCTED) ? [one] : one
}

/** The context as `$` gives it. */
export function unwrap(input: unknown, state: State): unknown {
  if (!isArray(input) || !state.hasMarks) return input
  const value = normal(input, state, false)
  return state.has(value, CONSTRUCTED) ? [value] : value
}

function generalPath(node: Node, scope: Scope, unit: Unit): Run {
  const nodes = node.steps ?? []
  const startsAnywhere = nodes[0]?.type === 'variable'
  const finish = pathEnd(node, node.group && compileGroup(node.group, scope, unit))
  const steps = nodes.map((step, index) =>
    index === 0 && step.consarray
      ? constructorStep(step, scope, { unit, isLast: nodes.length === 1 })
      : compileStep(step, scope, { unit, isLast: index === nodes.length - 1 }),
  )
  return (input, frame, state) => {
    const iterates = isArray(input) && !startsAnywhere
    let items: unknown[] = iterates ? input : [input]
    state.isFresh = !iterates
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index] as Step // below the length
      items = step(items, frame, state)
      if (items.length === 0) break
    }
    return finish(items, frame, state)
  }
}

/** What a path without tuples makes of the list that its last step has left. */
export function pathEnd(node: Node, group: Run | undefined): (items: unknown[], frame: Frame, state: State) => unknown {
  const keeps = node.keepSingletonArray === true
  const keepArray = keeps || node.keepArray === true
  return (items, frame, state) => {
    if (items === EMPTY_TEXT) return group === undefined ? '' : group('', frame, state)
    const list = keeps ? keepSingle(items, state) : items
    if (group !== undefined) return normal(group(list, frame, state), state, keepArray)
    return state.isFresh ? fresh(list, state, keepArray) : normal(list, state, keepArray)
  }
}

/** An array that a constructor made stays one item where `[]` stands in the path. */
function keepSingle(items: unknown[], state: State): unknown[] {
  if (state.isFresh || !state.has(items, CONSTRUCTED) || state.isSequence(items)) return items
  state.isFresh = true
  return [items]
}

/** What a step needs to know of its place. */
export interface StepPlace {
  readonly unit: Unit
  readonly isLast: boolean
}

/** Compiles a step that is evaluated for each item. */
export function compileStep(node: Node, scope: Scope, { unit, isLast }: StepPlace): Step {
  if (node.type === 'sort') return compileSortStep(node, scope, unit)
  const run = unit.compile(node, scope)
  const filter = node.stages && compileFilters(node.stages, scope, unit)
  const mayStay = isLast && filter?.isFresh !== true
  return (items, frame, state) => {
    state.charge(items.length)
    const found: unknown[] = []
    for (let index = 0; index < items.length; index++) {
      let value = run(items[index], frame, state)
      if (filter !== undefined) value = filter.run(value, frame, state)
      if (value !== undefined) found.push(value)
    }
    const [only] = found
    if (mayStay && found.length === 1 && isArray(only) && only !== NONE && !state.isSequence(only)) {
      state.isFresh = false
      return only
    }
    const flat = flatten(found, state)
    state.isFresh = true
    return flat
  }
}

/** What ends a path whose first step gives an empty text, because that has no items; known by its identity. */
const EMPTY_TEXT: unknown[] = []

/** A first step that is an array constructor sees the whole context at once. */
export function constructorStep(node: Node, scope: Scope, { unit, isLast }: StepPlace): Step {
  const run = unit.compile(node, scope)
  return (items, frame, state) => {
    if (state.isFresh) state.mark(items, SEQUENCE)
    const value = run(items, frame, state)
    state.isFresh = !isArray(value)
    if (isArray(value)) return value
    if (value === '') return EMPTY_TEXT
    // A block that ends in something else: text is a list of characters, whatever has no length is no list.
    if (isLast && value !== undefined) return [value]
    return typeof value === 'string' ? value.split('') : []
  }
}
