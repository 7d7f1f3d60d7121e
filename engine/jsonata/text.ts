import { Callable } from './callable.ts'
import { Failure } from './errors.ts'
import type { State } from './state.ts'
import { WRAPPER } from './state.ts'
import { isArray, isNumeric } from './values.ts'

/** A number as `&` and $string write it: 15 digits at most; throws D1001 when it is infinite. */
export function numberText(value: number): string {
  const text = `${value}`
  // Up to 15 digits and a point need no rounding.
  if (text.length <= 16 || Number.isInteger(value) || !isNumeric(value)) return Number.isNaN(value) ? 'null' : text
  return `${Number(value.toPrecision(15))}`
}

/** The text of a value as `&` joins it: nothing for a missing one; throws what {@link stringify} throws. */
export function toText(value: unknown, state: State): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  if (typeof value === 'number') return finiteText(value)
  return stringify(value, false, state) ?? ''
}

function finiteText(value: number): string {
  if (!Number.isFinite(value)) throw new Failure('D3001', { value })
  return numberText(value)
}

/** What $string gives; throws D3001 or D1001 for infinite numbers and L1001 or L1002 when it gets too long. */
export function stringify(value: unknown, isPretty: boolean, state: State): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  if (typeof value === 'number') return finiteText(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (Callable.is(value) || typeof value === 'function') return ''
  let size = 0
  const replace = (key: string, item: unknown): unknown => {
    size += key.length + (typeof item === 'string' ? item.length : 4)
    if (size > state.limits.string) state.text(size)
    state.charge(1)
    if (typeof item === 'number') return isNumeric(item) ? Number(numberText(item)) : item
    return Callable.is(item) || typeof item === 'function' ? '' : item
  }
  const subject = isArray(value) && state.has(value, WRAPPER) ? value[0] : value
  const text = JSON.stringify(subject, replace, isPretty ? 2 : 0)
  state.text(text.length)
  return text
}
