import { Failure } from './errors.ts'
import { SEQUENCE, type State } from './state.ts'
import { isArray } from './values.ts'

/** Adds a value to a list, or each item of it when it is an array; throws D2015 when the list gets too long. */
export function appendAll(list: unknown[], value: unknown, state: State): void {
  if (!isArray(value)) {
    list.push(value)
    if (list.length > state.limits.sequence) throw new Failure('D2015', { value: list.length })
    return
  }
  checkLength(list.length + value.length, value.length, state)
  for (let index = 0; index < value.length; index++) list.push(value[index])
}

function checkLength(length: number, added: number, state: State): void {
  if (length > state.limits.sequence) throw new Failure('D2015', { value: length })
  state.items(added)
}

/** What $append gives: a new array, unless one side is missing. */
export function append(left: unknown, right: unknown, state: State): unknown {
  if (left === undefined) return right
  if (right === undefined) return left
  const list: unknown[] = []
  appendAll(list, left, state)
  appendAll(list, right, state)
  return list
}

/** A new sequence of one value that the node around it will look at. */
export function sequenceOf(items: unknown[], state: State): unknown[] {
  state.mark(items, SEQUENCE)
  return items
}
