import { Callable } from '../callable.ts'
import { sequence } from '../functions/arguments.ts'
import { type State, WRAPPER } from '../state.ts'
import { isArray, isObject } from '../values.ts'

/** What `*` gives: the values of all fields, arrays without any of their brackets. */
export function wildcard(input: unknown, state: State): unknown {
  const found: unknown[] = []
  const subject = isArray(input) && state.has(input, WRAPPER) ? input[0] : input
  if (!isObject(subject) || Callable.is(subject)) return sequence(found, state)
  let isPlain = false
  for (const value of Object.values(subject)) {
    state.charge(1)
    if (isArray(value)) {
      flattenAll(value, found, state)
      isPlain = true
    } else {
      found.push(value)
    }
  }
  state.items(found.length)
  // Appending an array gives an array, which one item does not replace.
  return isPlain ? found : sequence(found, state)
}

function flattenAll(items: readonly unknown[], found: unknown[], state: State): void {
  state.charge(items.length)
  for (const item of items) {
    if (isArray(item)) flattenAll(item, found, state)
    else found.push(item)
  }
}

/** What `**` gives: the value, and everything inside it. */
export function descendants(input: unknown, state: State): unknown {
  if (input === undefined) return undefined
  const found: unknown[] = []
  collect(input, found, state)
  state.items(found.length)
  return found.length === 1 ? found[0] : sequence(found, state)
}

function collect(value: unknown, found: unknown[], state: State): void {
  state.charge(1)
  if (isArray(value)) {
    for (const item of value) collect(item, found, state)
    return
  }
  found.push(value)
  if (isObject(value) && !Callable.is(value)) for (const item of Object.values(value)) collect(item, found, state)
}
