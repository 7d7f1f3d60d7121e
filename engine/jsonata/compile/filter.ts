import type { Node, Stage } from '../ast.ts'
import type { Frame, Scope } from '../frame.ts'
import type { State } from '../state.ts'
import { isArray, isNumeric, isTrue } from '../values.ts'
import type { Unit } from './unit.ts'

/** A compiled predicate: gives an item, or a list of items that is not yet looked at as a sequence. */
export interface Filter {
  run(value: unknown, frame: Frame, state: State): unknown
  /** What it gives is always a new list. */
  readonly isFresh: boolean
}

/** What an index gives that no item has; known by its identity, and never written to. */
export const NONE: unknown[] = []

/** Compiles what stands in brackets behind an expression. */
export function compileFilter(predicate: Node, scope: Scope, unit: Unit): Filter {
  if (predicate.type === 'number') return indexFilter(Math.floor(Number(predicate.value)))
  const test = unit.compile(predicate, scope)
  return {
    isFresh: true,
    run(value, frame, state) {
      const items = isArray(value) ? value : [value]
      state.charge(items.length)
      const kept: unknown[] = []
      for (let index = 0; index < items.length; index++) {
        const item = items[index]
        const answer = test(item, frame, state)
        if (answer === true) kept.push(item)
        else if (answer !== false && answer !== undefined)
          keep({ answer, item, index, length: items.length }, kept, state)
      }
      return kept
    },
  }
}

/** Compiles a list of predicates into one. */
export function compileFilters(stages: readonly Stage[], scope: Scope, unit: Unit): Filter | undefined {
  const filters = stages.flatMap((stage) => (stage.expr === undefined ? [] : [compileFilter(stage.expr, scope, unit)]))
  const [first, ...rest] = filters
  const last = filters.at(-1)
  if (first === undefined || last === undefined) return undefined
  if (rest.length === 0) return first
  return {
    isFresh: last.isFresh,
    run: (value, frame, state) => filters.reduce((result, filter) => filter.run(result, frame, state), value),
  }
}

function indexFilter(index: number): Filter {
  return {
    isFresh: false,
    run(value) {
      if (!isArray(value)) return (index === 0 || index === -1) && value !== undefined ? value : NONE
      const item = value[index < 0 ? value.length + index : index]
      return item === undefined ? NONE : item
    },
  }
}

/** What a predicate has said about one item. */
export interface Answer {
  readonly answer: unknown
  readonly item: unknown
  readonly index: number
  readonly length: number
}

/** Keeps an item once for every time its place is named, or when the answer is true. */
export function keep({ answer, item, index, length }: Answer, kept: unknown[], state: State): void {
  if (isNumeric(answer)) {
    if (isPlace(answer, index, length)) kept.push(item)
  } else if (isArray(answer) && areNumbers(answer)) {
    state.charge(answer.length)
    for (const place of answer) if (isPlace(Number(place), index, length)) kept.push(item)
    state.items(kept.length)
  } else if (isTrue(answer, state)) kept.push(item)
}

function isPlace(place: number, index: number, length: number): boolean {
  const whole = Math.floor(place)
  return (whole < 0 ? length + whole : whole) === index
}

function areNumbers(items: readonly unknown[]): boolean {
  let result = true
  // No early end: an infinite number behind another value is still an error.
  for (let index = 0; index < items.length; index++) if (!isNumeric(items[index])) result = false
  return result
}
