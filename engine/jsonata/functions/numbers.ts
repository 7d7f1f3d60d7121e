import { Failure } from '../errors.ts'
import { toBoolean } from '../values.ts'
import { number, numbers, optional } from './arguments.ts'
import { define } from './define.ts'
import type { BuiltIn } from './table.ts'

/** Makes a function of one number that leaves a missing one missing. */
function ofNumber(name: string, calculate: (value: number) => number): BuiltIn {
  return define([name, '<n-:n>', 1], ([value]) => (value === undefined ? undefined : calculate(number(value))))
}

/** Makes a function of many numbers that leaves a missing list missing. */
function ofNumbers(name: string, calculate: (values: readonly number[]) => number | undefined): BuiltIn {
  return define([name, '<a<n>:n>', 1], ([values], _input, _frame, state) => {
    if (values === undefined) return undefined
    const list = numbers(values)
    state.charge(list.length >> 3)
    return calculate(list)
  })
}

export const numberFunctions: readonly BuiltIn[] = [
  ofNumbers('sum', sum),
  ofNumbers('max', (values) => (values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b)))),
  ofNumbers('min', (values) => (values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b)))),
  ofNumbers('average', average),
  ofNumber('abs', Math.abs),
  ofNumber('floor', Math.floor),
  ofNumber('ceil', Math.ceil),
  ofNumber('sqrt', squareRoot),
  define(['round', '<n-n?:n>', 2], ([value, precision]) =>
    value === undefined ? undefined : round(number(value), optional(number, precision)),
  ),
  define(['power', '<n-n:n>', 2], ([base, exponent]) =>
    base === undefined ? undefined : power(number(base), optional(number, exponent)),
  ),
  define(['number', '<(nsb)-:n>', 1], ([value]) => toNumber(value)),
  define(['formatBase', '<n-n?:s>', 2], ([value, radix]) =>
    value === undefined ? undefined : formatBase(number(value), optional(number, radix)),
  ),
  define(['random', '<:n>', 0], (_args, _input, _frame, state) => state.random(), { parameters: 1 }),
  define(['boolean', '<x-:b>', 1], ([value], _input, _frame, state) => toBoolean(value, state)),
  define(['not', '<x-:b>', 1], ([value], _input, _frame, state) => {
    const truth = toBoolean(value, state)
    return truth === undefined ? undefined : !truth
  }),
]

/** The sum; 0 for no numbers. */
export function sum(values: readonly number[]): number {
  let total = 0
  for (let index = 0; index < values.length; index++) total += values[index] as number // below the length
  return total
}

/** The mean; undefined for no numbers. */
export function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : sum(values) / values.length
}

/** Rounds half to even, at a decimal place (negative: tens, hundreds); never gives -0. */
export function round(value: number, precision?: number): number {
  const easy = precision === undefined ? undefined : roundEasily(value, precision)
  if (easy !== undefined) return easy
  const scaled = precision ? shift(value, precision) : value
  let result = Math.round(scaled)
  if (Math.abs(result - scaled) === 0.5 && Math.abs(result % 2) === 1) result--
  if (precision) result = shift(result, -precision)
  return Object.is(result, -0) ? 0 : result
}

/**
 * Rounds by multiplying where that cannot go wrong: far enough from a half, and with numbers so small that multiplying
 * is exact to far more than that distance. Dividing two whole numbers is as exact as reading the quotient from text.
 */
function roundEasily(value: number, precision: number): number | undefined {
  const power = powers[precision]
  if (power === undefined) return undefined
  const scaled = value * power
  const whole = Math.round(scaled)
  const isClear = Math.abs(scaled) < 1e9 && Math.abs(Math.abs(scaled - whole) - 0.5) > 1e-6
  return isClear ? whole / power + 0 : undefined
}

const powers: readonly (number | undefined)[] = [undefined, 10, 100, 1000, 1e4, 1e5, 1e6]

/** Moves the decimal point in the text of the number, where multiplying would lose digits. */
function shift(value: number, places: number): number {
  const [digits, exponent] = `${value}`.split('e')
  return Number(`${digits}e${exponent === undefined ? places : Number(exponent) + places}`)
}

function squareRoot(value: number): number {
  if (value < 0) throw new Failure('D3060', { index: 1, value })
  return Math.sqrt(value)
}

function power(base: number, exponent: number | undefined): number {
  const result = base ** (exponent ?? Number.NaN)
  if (!Number.isFinite(result)) throw new Failure('D3061', { index: 1, value: base, exp: exponent })
  return result
}

const decimal = /^-?[0-9]+(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?$/
/** Only the hexadecimal form is looked for at the start, and only the binary one at the end, as in the library. */
const otherRadix = /^0[xX][0-9A-Fa-f]|0[oO][0-7]|0[bB][01]+$/

function toNumber(value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') {
    if (decimal.test(value) && Number.isFinite(Number(value))) return Number.parseFloat(value)
    if (otherRadix.test(value)) return Number(value)
  }
  throw new Failure('D3030', { value, index: 1 })
}

function formatBase(value: number, radix: number | undefined): string {
  const base = radix === undefined ? 10 : round(radix)
  if (!(base >= 2 && base <= 36)) throw new Failure('D3100', { value: base })
  return round(value).toString(base)
}
