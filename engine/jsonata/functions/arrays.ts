import { Failure } from '../errors.ts'
import { append } from '../sequences.ts'
import type { State } from '../state.ts'
import { isArray, isEqual, isNumeric, isObject, typeName } from '../values.ts'
import { list, sequence } from './arguments.ts'
import { define } from './define.ts'
import type { BuiltIn } from './table.ts'

export const arrayFunctions: readonly BuiltIn[] = [
  define(['count', '<a:n>', 1], ([items]) => (items === undefined ? 0 : list(items).length)),
  define(['append', '<xx:a>', 2], ([left, right], _input, _frame, state) => append(left, right, state)),
  define(['exists', '<x:b>', 1], ([value]) => value !== undefined),
  define(['reverse', '<a:a>', 1], ([items], _input, _frame, state) => {
    if (items === undefined || list(items).length <= 1) return items
    state.items(list(items).length)
    return list(items).toReversed()
  }),
  define(['shuffle', '<a:a>', 1], ([items], _input, _frame, state) =>
    items === undefined || list(items).length <= 1 ? items : shuffle(list(items), state),
  ),
  define(['distinct', '<x:x>', 1], ([items], _input, _frame, state) =>
    isArray(items) && items.length > 1 ? distinct(items, state) : items,
  ),
  define(['zip', '<a+>', 0], (args, _input, _frame, state) => zip(args, state), { parameters: 1 }),
  define(['type', '<x:s>', 1], ([value]) => typeName(value)),
  define(['error', '<s?:x>', 1], ([message]) => {
    throw new Failure('D3137', {
      message: typeof message === 'string' && message !== '' ? message : '$error() function evaluated',
    })
  }),
  define(['assert', '<bs?:x>', 2], ([condition, message]) => {
    if (condition) return undefined
    throw new Failure('D3141', {
      message: typeof message === 'string' && message !== '' ? message : '$assert() statement failed',
    })
  }),
]

/** Draws a place for each item among those before it. */
function shuffle(items: readonly unknown[], state: State): unknown[] {
  state.charge(items.length)
  const result = new Array<unknown>(items.length)
  for (let index = 0; index < items.length; index++) {
    const place = Math.floor(state.random() * (index + 1))
    if (place !== index) result[index] = result[place]
    result[place] = items[index]
  }
  return result
}

/** Drops what deeply equals an earlier item. */
function distinct(items: readonly unknown[], state: State): unknown[] {
  const simple = new Set<unknown>()
  const objects: unknown[] = []
  const result: unknown[] = []
  state.charge(items.length)
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (isObject(item)) {
      state.charge(objects.length)
      if (objects.some((known) => isEqual(item, known, state))) continue
      objects.push(item)
    } else {
      if (simple.has(item) && !Number.isNaN(item)) continue
      simple.add(item)
    }
    result.push(item)
  }
  return state.isSequence(items) ? sequence(result, state) : result
}

/** Arrays of the first items, of the second ones, and so on, as far as the shortest goes. */
function zip(args: readonly unknown[], state: State): unknown[] {
  const lists = args.map((arg) => (isArray(arg) ? arg : []))
  const length = Math.min(...lists.map((one) => one.length))
  state.items(length)
  state.charge(length * (1 + (lists.length >> 3)))
  return Array.from({ length }, (_, index) => lists.map((one) => one[index]))
}

/** True when $sort needs no comparison of the caller. */
export function isSortable(items: readonly unknown[]): boolean {
  let areNumbers = true
  let areStrings = true
  for (let index = 0; index < items.length; index++) if (!isNumeric(items[index])) areNumbers = false
  if (areNumbers) return true
  for (let index = 0; index < items.length; index++) if (typeof items[index] !== 'string') areStrings = false
  return areStrings
}
