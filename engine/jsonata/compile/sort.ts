import type { Node } from '../ast.ts'
import { Failure } from '../errors.ts'
import { type Frame, type Run, Scope } from '../frame.ts'
import { type State, TUPLES } from '../state.ts'
import { type Dict, isArray } from '../values.ts'
import { boundNames } from './facts.ts'
import { compileFilters, NONE } from './filter.ts'
import type { Step } from './path.ts'
import { tupleFrame } from './tuple.ts'
import { lazy, type Unit } from './unit.ts'

interface Term {
  readonly run: Run
  readonly isDescending: boolean
}

/** Compiles `^(...)` as a step of a path without tuples. */
export function compileSortStep(node: Node, scope: Scope, unit: Unit): Step {
  const sort = compileSort(node, scope, unit)
  const filter = node.stages && compileFilters(node.stages, scope, unit)
  return (items, frame, state) => {
    const sorted = sort(items, frame, state)
    // A list of one item comes back as it is, and stays what it was.
    if (sorted !== items) state.isFresh = false
    if (filter === undefined) return sorted
    const kept = filter.run(sorted, frame, state)
    state.isFresh = filter.isFresh || kept === NONE || !isArray(kept)
    return isArray(kept) ? kept : [kept]
  }
}

/** Compiles the order of `^(...)` for items or tuples. */
export function compileSort(node: Node, scope: Scope, unit: Unit): Step {
  const plain = lazy(() => compileTerms(node, scope, unit))
  const forTuples = lazy(() => {
    const inner = new Scope(scope, boundNames(termNodes(node)), true)
    return { inner, terms: compileTerms(node, inner, unit) }
  })
  return (items, frame, state) => {
    if (items.length <= 1) return items as unknown[] // not written to
    const isTuples = unit.facts.hasTuples && state.has(items, TUPLES)
    const keys = isTuples
      ? new SortKeys(forTuples().terms, items, {
          state,
          position: node.position,
          place: placeOfTuple(forTuples().inner, frame),
        })
      : new SortKeys(plain(), items, { state, position: node.position, place: (item) => ({ context: item, frame }) })
    const order = mergeSort(items.length, (left, right) => keys.isAfter(left, right), state)
    // Sorted tuples are not marked any more, as in the library: predicates and groups behind the order see them bare.
    return order.map((index) => items[index])
  }
}

function placeOfTuple(scope: Scope, frame: Frame): SortPlace['place'] {
  return (item) => {
    const tuple = item as Dict // the mark of the list says so
    return { context: tuple['@'], frame: tupleFrame(tuple, frame, scope) }
  }
}

function termNodes(node: Node): Node[] {
  return (node.terms ?? []).map((term) => term.expression)
}

function compileTerms(node: Node, scope: Scope, unit: Unit): Term[] {
  return (node.terms ?? []).map(({ expression, descending }) => ({
    run: unit.compile(expression, scope),
    isDescending: descending,
  }))
}

interface SortPlace {
  readonly state: State
  readonly position: number | undefined
  place(item: unknown): { context: unknown; frame: Frame }
}

/** The values that items are ordered by, each asked for once. */
class SortKeys {
  readonly #terms: readonly Term[]
  readonly #items: readonly unknown[]
  readonly #options: SortPlace
  readonly #known: (unknown[] | undefined)[]

  constructor(terms: readonly Term[], items: readonly unknown[], options: SortPlace) {
    this.#terms = terms
    this.#items = items
    this.#options = options
    this.#known = new Array(items.length)
  }

  /** True when the left item belongs behind the right one; missing values are last either way. */
  isAfter(left: number, right: number): boolean {
    for (let index = 0; index < this.#terms.length; index++) {
      const a = this.#key(left, index)
      const b = this.#key(right, index)
      if (a === undefined || b === undefined) {
        if (a === b) continue
        return a === undefined
      }
      const comparison = this.#compare(a, b)
      if (comparison !== 0) return this.#terms[index]?.isDescending === true ? comparison < 0 : comparison > 0
    }
    return false
  }

  #key(item: number, term: number): unknown {
    this.#options.state.charge(1)
    const known = this.#known[item] ?? []
    this.#known[item] = known
    if (known.length <= term) {
      const { context, frame } = this.#options.place(this.#items[item])
      known.push(this.#terms[term]?.run(context, frame, this.#options.state))
    }
    return known[term]
  }

  #compare(a: unknown, b: unknown): number {
    const { position } = this.#options
    if (!isSortable(a) || !isSortable(b)) throw new Failure('T2008', { position, value: isSortable(a) ? b : a })
    if (typeof a !== typeof b) throw new Failure('T2007', { position, value: a, value2: b })
    return a === b ? 0 : a < b ? -1 : 1
  }
}

function isSortable(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/**
 * The order of the places 0 to length - 1: a stable merge sort that compares in the order in which the library does,
 * and that does not recurse for every item.
 */
export function mergeSort(length: number, isAfter: (left: number, right: number) => boolean, state: State): number[] {
  state.charge(length)
  const order = Array.from({ length }, (_, index) => index)
  const spare = new Array<number>(length)
  const sort = (from: number, to: number): void => {
    if (to - from <= 1) return
    const middle = from + Math.floor((to - from) / 2)
    sort(from, middle)
    sort(middle, to)
    merge(from, middle, to)
  }
  const merge = (from: number, middle: number, to: number): void => {
    state.charge(to - from)
    for (let at = from; at < to; at++) spare[at] = order[at] as number // below the length
    let left = from
    let right = middle
    for (let at = from; at < to; at++) {
      const takesRight = left >= middle || (right < to && isAfter(spare[left] as number, spare[right] as number)) // both below the length
      order[at] = spare[takesRight ? right++ : left++] as number // below the length
    }
  }
  sort(0, length)
  return order
}
