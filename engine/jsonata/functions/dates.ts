import { Failure } from '../errors.ts'
import type { State } from '../state.ts'
import { number, optional, text } from './arguments.ts'
import { define } from './define.ts'
import { checkFinite, checkInteger, checkPicture, checkTime } from './pictures.ts'
import type { BuiltIn } from './table.ts'

export const dateFunctions: readonly BuiltIn[] = [
  define(['now', '<s?s?:s>', 2], ([picture, zone], _input, _frame, state) =>
    formatTime(state.now(), picture, zone, state),
  ),
  define(['millis', '<:n>', 0], (_args, _input, _frame, state) => state.now(), { parameters: 1 }),
  define(['toMillis', '<s-s?:n>', 2], ([source, picture], _input, _frame, state) => {
    if (source === undefined) return undefined
    return picture === undefined ? fromIso(text(source)) : parseTime(text(source), text(picture), state)
  }),
  define(['fromMillis', '<n-s?s?:s>', 3], ([millis, picture, zone], _input, _frame, state) =>
    millis === undefined ? undefined : formatTime(number(millis), picture, zone, state),
  ),
  define(['formatInteger', '<n-s:s>', 2], ([value, picture], _input, _frame, state) => {
    if (value === undefined) return undefined
    checkPicture(text(picture), state)
    checkFinite(number(value), text(picture))
    // Roman numbers are written with one letter for each thousand.
    if (/^[Ii]/.test(text(picture))) state.text(Math.abs(number(value)) / 100)
    return state.callLibrary('formatInteger', value, picture)
  }),
  define(['parseInteger', '<s-s:n>', 2], ([source, picture], _input, _frame, state) => {
    if (source === undefined) return undefined
    checkInteger(text(source), text(picture), state)
    return state.callLibrary('parseInteger', source, picture)
  }),
  define(['formatNumber', '<n-so?:s>', 3], ([value, picture, options], _input, _frame, state) => {
    if (value === undefined) return undefined
    checkPicture(text(picture), state)
    if (!Number.isFinite(number(value)) && hasExponent(text(picture), options)) throw new Failure('D1001', { value })
    return state.callLibrary('formatNumber', value, picture, options)
  }),
]

/** An infinite number has no exponent, and the library would look for it forever. */
function hasExponent(picture: string, options: unknown): boolean {
  return picture.includes('e') || options !== undefined
}

/** A date, a date with a time, and either with a zone, as ISO 8601 writes them. */
const iso = /^\d{4}(?:-[01]\d)?(?:-[0-3]\d)?(?:T[0-2]\d:[0-5]\d:[0-5]\d)?(?:\.\d+)?(?:[+-][0-2]\d:?[0-5]\d|Z)?$/

function fromIso(source: string): number {
  if (!iso.test(source)) throw new Failure('D3110', { value: source })
  return Date.parse(source)
}

/** The years that ISO 8601 writes with four digits. */
const YEAR_0 = -62_167_219_200_000
const YEAR_10000 = 253_402_300_800_000

function formatTime(millis: number, picture: unknown, zone: unknown, state: State): unknown {
  const isCommon = picture === undefined && zone === undefined && millis >= YEAR_0 && millis < YEAR_10000
  if (isCommon) return new Date(millis).toISOString()
  if (picture !== undefined) checkPicture(text(picture), state)
  return state.callLibrary('fromMillis', millis, optional(text, picture), optional(text, zone))
}

function parseTime(source: string, picture: string, state: State): unknown {
  checkTime(source, picture, state)
  return state.callLibrary('toMillis', source, picture)
}
