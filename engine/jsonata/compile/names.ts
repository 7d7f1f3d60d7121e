import { CONSTRUCTED, normal, type State } from '../state.ts'
import { type Dict, isArray, isPlainName, own } from '../values.ts'

/** A chain of field names, with what was found out about each of them while compiling. */
export interface Names {
  readonly keys: readonly string[]
  /** True where the field can be read without asking whether it is the object's own. */
  readonly plain: readonly boolean[]
}

/** Prepares a chain of field names. */
export function toNames(keys: readonly string[]): Names {
  return { keys, plain: keys.map(isPlainName) }
}

/** The field of an object that is no array. */
export function readField(object: Dict, key: string, isPlain: boolean): unknown {
  return isPlain ? object[key] : own(object, key)
}

/** What a name step gives for one item: of an array, the fields of all its items. */
export function readName(item: unknown, key: string, isPlain: boolean, state: State): unknown {
  if (typeof item !== 'object' || item === null) return undefined
  if (!isArray(item)) {
    const value = readField(item as Dict, key, isPlain) // an object that is neither null nor an array
    return isArray(value) ? normal(value, state, false) : value
  }
  const found: unknown[] = []
  collect(item, key, isPlain, found, state)
  if (found.length > 1) {
    state.markMany(found)
    return found
  }
  return found[0]
}

/** Like {@link readName}, but gives the fields of an array's items as a list, however many there are. */
export function readFields(item: unknown, key: string, isPlain: boolean, state: State): unknown {
  if (!isArray(item)) return readName(item, key, isPlain, state)
  const found: unknown[] = []
  collect(item, key, isPlain, found, state)
  return found
}

/** Puts the fields of all items into one list; arrays lose one level for every array they stood in. */
function collect(items: readonly unknown[], key: string, isPlain: boolean, found: unknown[], state: State): void {
  state.charge(1 + 2 * items.length)
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (typeof item !== 'object' || item === null) continue
    if (isArray(item)) {
      collect(item, key, isPlain, found, state)
    } else {
      const value = readField(item as Dict, key, isPlain) // an object that is neither null nor an array
      if (isArray(value)) for (let at = 0; at < value.length; at++) found.push(value[at])
      else if (value !== undefined) found.push(value)
    }
  }
  state.items(found.length)
}

/** Follows names from a value that is the only item so far. */
export function walk(start: unknown, names: Names, from: number, state: State): unknown {
  const { keys, plain } = names
  let value = start
  for (let at = from; at < keys.length; at++) {
    if (typeof value !== 'object' || value === null) return undefined
    if (isArray(value)) return walkArray(value, names, at, state)
    const key = keys[at] as string // below the length
    value = plain[at] === true ? (value as Dict)[key] : own(value as Dict, key) // neither null nor an array
    if (value === undefined) return undefined
    if (isArray(value) && state.hasMarks) value = normal(value, state, false)
  }
  return isArray(value) && state.hasMarks ? lastArray(value, state) : value
}

/** A step that gave one array: the array itself, unless it is a sequence. */
function lastArray(array: unknown[], state: State): unknown {
  return state.isSequence(array) ? spreadOne(array, state) : array
}

/** Follows names from an array: its items, or the array itself where an array constructor made it one item. */
function walkArray(array: readonly unknown[], names: Names, from: number, state: State): unknown {
  return walkItems(from > 0 && state.has(array, CONSTRUCTED) ? [array] : array, names, from, state)
}

/** Follows names from the items of a sequence. */
export function walkItems(start: readonly unknown[], names: Names, from: number, state: State): unknown {
  let items = start
  for (let at = from; at < names.keys.length; at++) {
    const next = stepItems(items, names, at, state)
    if (next.length === 0) return undefined
    if (at === names.keys.length - 1 && next.length === 1) {
      const [only] = next
      return isArray(only) && state.isSequence(only) ? spreadOne(only, state) : only
    }
    items = flatten(next, state)
    if (items.length === 0) return undefined
  }
  if (items.length === 1) return items[0]
  state.markMany(items)
  return items
}

function spreadOne(items: readonly unknown[], state: State): unknown {
  const flat = flatten([items], state)
  if (flat.length > 1) state.markMany(flat)
  return flat.length > 1 ? flat : flat[0]
}

function stepItems(items: readonly unknown[], names: Names, at: number, state: State): unknown[] {
  const key = names.keys[at] as string // below the length
  const isPlain = names.plain[at] === true
  state.charge(items.length)
  const found: unknown[] = []
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (typeof item !== 'object' || item === null) continue
    const value = isPlain && !isArray(item) ? (item as Dict)[key] : readName(item, key, isPlain, state) // no array
    if (value !== undefined) found.push(value)
  }
  return found
}

/** Puts the items of arrays in the place of the arrays; what an array constructor made is left alone. */
export function flatten(values: unknown[], state: State): unknown[] {
  if (!values.some(isArray)) return values
  const flat: unknown[] = []
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if (!isArray(value) || state.has(value, CONSTRUCTED)) flat.push(value)
    else for (let at = 0; at < value.length; at++) flat.push(value[at])
  }
  state.items(flat.length)
  return flat
}
