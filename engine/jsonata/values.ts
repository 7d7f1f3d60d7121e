import { Callable } from './callable.ts'
import { Failure } from './errors.ts'
import type { State } from './state.ts'

/** Any object seen by its keys. */
export type Dict = Record<string, unknown>

/** True for objects, arrays and functions of the language; false for null. */
export function isObject(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null
}

export const isArray: (value: unknown) => value is unknown[] = Array.isArray

/** True for a number that is not NaN; throws D1001 for an infinite one. */
export function isNumeric(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false
  if (value === Infinity || value === -Infinity) throw new Failure('D1001', { value })
  return true
}

/** Names that something else than data may have, because a prototype of the host has them. */
const inherited = new Set<string>(
  [{}, [], '', 0, true, () => 0, new Date(0), new Map(), new Set(), /x/, new Uint8Array(), globalThis.Buffer?.alloc(0)]
    .flatMap((sample) => prototypeNames(sample))
    .concat('length'),
)

function prototypeNames(sample: unknown): string[] {
  const names: string[] = []
  let prototype: unknown = sample === undefined ? null : Object.getPrototypeOf(sample)
  while (isObject(prototype) || typeof prototype === 'function') {
    names.push(...Object.getOwnPropertyNames(prototype))
    prototype = Object.getPrototypeOf(prototype)
  }
  return names
}

/** True when reading the name of any object gives its own field or undefined, so that no own check is needed. */
export function isPlainName(name: string): boolean {
  return !inherited.has(name)
}

/** The own field of an object that is no array. */
export function own(object: Dict, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Writes an own field; `__proto__` is a name like any other. */
export function setOwn(object: Dict, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[name] = value
  }
}

/** The truth of a value as conditions see it; undefined stays undefined. */
export function toBoolean(value: unknown, state: State): boolean | undefined {
  return value === undefined ? undefined : isTrue(value, state)
}

/** The truth of a value as conditions see it; undefined is false. */
export function isTrue(value: unknown, state: State): boolean {
  if (value === true) return true
  if (value === false || value === undefined || value === null) return false
  if (typeof value === 'string') return value.length > 0
  if (typeof value === 'number') return isNumeric(value) && value !== 0
  if (isArray(value)) {
    state.charge(value.length)
    let result = false
    // Every item is looked at, as in the library: an infinite number behind a true one is still an error.
    for (let index = 0; index < value.length; index++) if (isTrue(value[index], state)) result = true
    return result
  }
  return isObject(value) && !Callable.is(value) && hasKeys(value)
}

function hasKeys(object: Dict): boolean {
  for (const key in object) if (Object.hasOwn(object, key)) return true
  return false
}

/** Deep equality of `=`: the order of keys does not count, that of items does. */
export function isEqual(left: unknown, right: unknown, state: State): boolean {
  if (left === right) return true
  if (!isObject(left) || !isObject(right)) return false
  state.charge(1)
  if (isArray(left)) return isArray(right) && areItemsEqual(left, right, state)
  if (isArray(right) || Callable.is(left) || Callable.is(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  state.charge(2 * keys.length)
  for (const key of keys) if (!Object.hasOwn(right, key)) return false
  for (const key of keys.sort()) if (!isEqual(left[key], right[key], state)) return false
  return true
}

function areItemsEqual(left: readonly unknown[], right: readonly unknown[], state: State): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (!isEqual(left[index], right[index], state)) return false
  return true
}

/** The name that $type gives; undefined for a missing value. */
export function typeName(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (value === null) return 'null'
  if (isNumeric(value)) return 'number'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (isArray(value)) return 'array'
  return Callable.is(value) || typeof value === 'function' ? 'function' : 'object'
}
