import { Callable } from '../callable.ts'
import { appendAll } from '../sequences.ts'
import type { State } from '../state.ts'
import { stringify } from '../text.ts'
import { type Dict, isArray, isObject, own, setOwn } from '../values.ts'
import { list, sequence, text } from './arguments.ts'
import { define } from './define.ts'
import type { BuiltIn } from './table.ts'

export const objectFunctions: readonly BuiltIn[] = [
  define(['keys', '<x-:a<s>>', 1], ([value], _input, _frame, state) => sequence(keys(value, state), state)),
  define(['lookup', '<x-s:x>', 2], ([value, key], _input, _frame, state) => lookup(value, key, state)),
  define(['spread', '<x-:a<o>>', 1], ([value], _input, _frame, state) => spread(value, state)),
  define(['merge', '<a<o>:o>', 1], ([objects], _input, _frame, state) =>
    objects === undefined ? undefined : merge(list(objects), state),
  ),
  define(['clone', '<(oa)-:o>', 1], ([value], _input, _frame, state) => clone(value, state)),
]

/** Keys of an object, or those of all items of an array, each once. */
function keys(value: unknown, state: State): string[] {
  if (!isArray(value)) {
    const found = isObject(value) && !Callable.is(value) ? Object.keys(value) : []
    state.charge(1 + (found.length >> 3))
    return found
  }
  const merged: Record<string, boolean> = Object.create(null)
  for (const item of value) for (const key of keys(item, state)) merged[key] = true
  return Object.keys(merged)
}

/** The field of an object, or those of all items of an array. */
export function lookup(value: unknown, key: unknown, state: State): unknown {
  const name = key === undefined ? 'undefined' : text(key)
  if (!isArray(value)) return isObject(value) ? own(value, name) : undefined
  state.charge(1 + 4 * value.length)
  const found: unknown[] = []
  for (const item of value) {
    const field = lookup(item, name, state)
    if (field !== undefined) appendAll(found, field, state)
  }
  return sequence(found, state)
}

/** One object for each field. */
function spread(value: unknown, state: State): unknown {
  if (isArray(value)) {
    const all: unknown[] = []
    let isPlain = false
    for (const item of value) {
      const part = spread(item, state)
      if (part === undefined) continue
      isPlain = true
      appendAll(all, part, state)
    }
    return isPlain ? all : sequence(all, state)
  }
  if (!isObject(value) || Callable.is(value)) return value
  const names = Object.keys(value)
  state.charge(names.length)
  return sequence(
    names.map((name) => {
      const single: Dict = {}
      setOwn(single, name, value[name])
      return single
    }),
    state,
  )
}

/** One object with the fields of all; the last one wins. */
function merge(objects: readonly unknown[], state: State): Dict {
  const result: Dict = {}
  for (const object of objects) {
    if (!isObject(object)) continue
    const names = Object.keys(object)
    state.charge(1 + names.length)
    for (const name of names) setOwn(result, name, object[name])
  }
  return result
}

/** A deep copy, by way of the text: numbers have 15 digits in it. */
export function clone(value: unknown, state: State): unknown {
  const json = stringify(value, false, state)
  return json === undefined ? undefined : JSON.parse(json)
}
