import { Callable } from './callable.ts'
import { Failure } from './errors.ts'
import type { State } from './state.ts'
import { type Dict, isArray, isObject, setOwn } from './values.ts'

/** Arrays and objects in one another at most: what is deeper, the host could not write as JSON. */
const DEEPEST = 1000

/**
 * A result without functions: a field that holds one is left out, an item becomes null, as in JSON. Counts steps for
 * every value as often as it would be written, so that a small value in a million places does not leave the house.
 */
export function cleaned(value: unknown, state: State, depth = 0): unknown {
  if (typeof value === 'string') {
    state.charge(value.length >> 4)
    return value
  }
  if (isFunction(value)) return undefined
  if (!isObject(value)) return value
  if (depth > DEEPEST) throw new Failure('D1011', { value: state.limits.depth })
  state.charge(2)
  return isArray(value) ? cleanedItems(value, state, depth) : cleanedFields(value, state, depth)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function' || Callable.is(value)
}

function cleanedItems(items: unknown[], state: State, depth: number): unknown[] {
  state.charge(items.length >> 3)
  let copy: unknown[] | undefined
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (item === undefined || typeof item === 'number' || typeof item === 'boolean') continue
    const clean = isFunction(item) ? null : cleaned(item, state, depth + 1)
    if (clean === item) continue
    copy ??= [...items]
    copy[index] = clean
  }
  return copy ?? items
}

function cleanedFields(object: Dict, state: State, depth: number): Dict {
  let copy: Dict | undefined
  for (const key of Object.keys(object)) {
    state.charge(1)
    const field = object[key]
    const clean = cleaned(field, state, depth + 1)
    if (clean === field) continue
    copy ??= copyOf(object)
    if (clean === undefined) delete copy[key]
    else setOwn(copy, key, clean)
  }
  return copy ?? object
}

function copyOf(object: Dict): Dict {
  const copy: Dict = {}
  for (const key of Object.keys(object)) setOwn(copy, key, object[key])
  return copy
}
