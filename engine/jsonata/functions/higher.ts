import { arityOf, callBack, callerOf, comparerOf } from '../callable.ts'
import { mergeSort } from '../compile/sort.ts'
import { Failure } from '../errors.ts'
import type { Frame } from '../frame.ts'
import type { State } from '../state.ts'
import { type Dict, isObject, isTrue, setOwn } from '../values.ts'
import { list, sequence, text } from './arguments.ts'
import { isSortable } from './arrays.ts'
import { define } from './define.ts'
import type { BuiltIn } from './table.ts'

const reentrant = { isReentrant: true }

export const higherFunctions: readonly BuiltIn[] = [
  define(
    ['map', '<af>', 2],
    ([items, fn], _input, frame, state) => {
      if (items === undefined) return undefined
      const call = callerOf(fn, frame, state)
      const result: unknown[] = []
      const source = list(items)
      for (let index = 0; index < source.length; index++) {
        const value = call(source[index], index, source)
        if (value !== undefined) result.push(value)
      }
      return sequence(result, state)
    },
    reentrant,
  ),
  define(
    ['filter', '<af>', 2],
    ([items, fn], _input, frame, state) => {
      if (items === undefined) return undefined
      const call = callerOf(fn, frame, state)
      const result = list(items).filter((item, index) => isTrue(call(item, index, items), state))
      return sequence(result, state)
    },
    reentrant,
  ),
  define(
    ['single', '<af?>', 2],
    ([items, fn], _input, frame, state) =>
      items === undefined
        ? undefined
        : single(list(items), fn === undefined ? () => true : callerOf(fn, frame, state), state),
    reentrant,
  ),
  define(
    ['reduce', '<afj?:j>', 3],
    ([items, fn, init], _input, frame, state) =>
      items === undefined ? undefined : reduce(list(items), fn, { init, frame, state }),
    reentrant,
  ),
  define(
    ['sift', '<o-f?:o>', 2],
    ([object, fn], _input, frame, state) => {
      const call = callerOf(fn, frame, state)
      const result: Dict = {}
      for (const [key, value] of entries(object))
        if (isTrue(call(value, key, object), state)) setOwn(result, key, value)
      return Object.keys(result).length === 0 ? undefined : result
    },
    reentrant,
  ),
  define(
    ['each', '<o-f:a>', 2],
    ([object, fn], _input, frame, state) => {
      const call = callerOf(fn, frame, state)
      const result: unknown[] = []
      for (const [key, value] of entries(object)) {
        const found = call(value, key, object)
        if (found !== undefined) result.push(found)
      }
      return sequence(result, state)
    },
    reentrant,
  ),
  define(
    ['sort', '<af?:a>', 2],
    ([items, comparator], _input, frame, state) =>
      items === undefined || list(items).length <= 1 ? items : sort(list(items), comparator, { frame, state }),
    reentrant,
  ),
  define(
    ['eval', '<sx?:x>', 2],
    ([source, focus], input, frame, state) =>
      source === undefined ? undefined : state.evaluateText(text(source), { input, focus, frame }),
    reentrant,
  ),
]

function entries(object: unknown): [string, unknown][] {
  return isObject(object) ? Object.entries(object) : []
}

type Test = (item: unknown, index: number, items: unknown) => unknown

/** The only item that passes; throws D3138 and D3139. */
function single(items: readonly unknown[], test: Test, state: State): unknown {
  let found: number | undefined
  for (let index = 0; index < items.length; index++) {
    if (!isTrue(test(items[index], index, items), state)) continue
    if (found !== undefined) throw new Failure('D3138', { index })
    found = index
  }
  if (found === undefined) throw new Failure('D3139')
  return items[found]
}

interface ReduceOptions {
  readonly init: unknown
  readonly frame: Frame
  readonly state: State
}

function reduce(items: readonly unknown[], fn: unknown, { init, frame, state }: ReduceOptions): unknown {
  const arity = arityOf(fn)
  if (arity < 2) throw new Failure('D3050', { index: 1 })
  const startsWithFirst = init === undefined && items.length > 0
  let result = startsWithFirst ? items[0] : init
  for (let index = startsWithFirst ? 1 : 0; index < items.length; index++) {
    state.charge(1)
    const args = [result, items[index], index, items].slice(0, Math.min(4, arity))
    result = callBack(fn, args, frame, state)
  }
  return result
}

/** Sorts by value, or by a function that tells whether the first of two belongs behind the second. */
function sort(
  items: readonly unknown[],
  comparator: unknown,
  { frame, state }: Omit<ReduceOptions, 'init'>,
): unknown[] {
  if (comparator === undefined) {
    if (!isSortable(items)) throw new Failure('D3070', { index: 1 })
    state.charge(Math.ceil((items.length * Math.log2(items.length)) / 4))
    if (typeof items[0] === 'string') return items.toSorted()
    return (items as readonly number[]).toSorted((a, b) => a - b) // isSortable has looked
  }
  const compare = comparerOf(comparator, frame, state)
  const order = mergeSort(items.length, (left, right) => Boolean(compare(items[left], items[right])), state)
  return order.map((index) => items[index])
}
