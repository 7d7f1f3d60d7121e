import { Failure } from '../errors.ts'
import { SEQUENCE, type State } from '../state.ts'

/**
 * What built-ins read their arguments with. A call has checked them against the signature before; a partial
 * application has not, so they are checked again where they are used.
 */

/** The argument as text; throws X1001. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw unfit('a string', value)
}

/** The argument as a number; throws X1001. */
export function number(value: unknown): number {
  if (typeof value === 'number') return value
  throw unfit('a number', value)
}

/** The argument as an array; throws X1001. */
export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw unfit('an array', value)
}

/** The argument as an array of strings; throws X1001. */
export function texts(value: unknown): readonly string[] {
  const items = list(value)
  for (const item of items) text(item)
  return items as readonly string[] // each of them was looked at
}

/** The argument as an array of numbers; throws X1001. */
export function numbers(value: unknown): readonly number[] {
  const items = list(value)
  for (let index = 0; index < items.length; index++) number(items[index])
  return items as readonly number[] // each of them was looked at
}

/** An optional argument. */
export function optional<T>(read: (value: unknown) => T, value: unknown): T | undefined {
  return value === undefined ? undefined : read(value)
}

function unfit(wanted: string, value: unknown): Failure {
  return new Failure('X1001', { message: `one of them is not ${wanted}`, value })
}

/** A new sequence: of no item or one it has to be known that it is one. */
export function sequence(items: unknown[], state: State): unknown[] {
  if (items.length < 2) state.mark(items, SEQUENCE)
  else state.markMany(items)
  return items
}
