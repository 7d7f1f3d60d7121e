import { Callable } from '../callable.ts'
import type { State } from '../state.ts'
import { toText } from '../text.ts'
import { isArray, isObject, isTrue } from '../values.ts'
import { average, round, sum } from './numbers.ts'

/** What a quick way gives when it is not for these arguments: then the usual way is taken. */
export const SLOW: unique symbol = Symbol('slow')

/** A built-in for the arguments that it usually has: it never throws, and never gives a sequence of less than two. */
export interface Quick {
  readonly fewest: number
  readonly most: number
  run(first: unknown, second: unknown, state: State): unknown
}

function ofOne(run: (value: unknown, state: State) => unknown): Quick {
  return { fewest: 1, most: 1, run: (value, _second, state) => run(value, state) }
}

function ofNumber(calculate: (value: number) => number): Quick {
  return ofOne((value) => (typeof value === 'number' ? calculate(value) : value === undefined ? undefined : SLOW))
}

function ofNumbers(calculate: (values: readonly number[]) => unknown): Quick {
  return ofOne((value, state) => {
    if (!isArray(value)) return value === undefined ? undefined : SLOW
    state.charge(value.length >> 3)
    return areNumbers(value) ? calculate(value) : SLOW
  })
}

function areNumbers(values: readonly unknown[]): values is readonly number[] {
  for (let index = 0; index < values.length; index++) if (typeof values[index] !== 'number') return false
  return true
}

/** Only texts that cost nothing to look at are taken. */
function ofText(calculate: (value: string) => unknown): Quick {
  return ofOne((value) =>
    typeof value === 'string' && value.length < 1000 ? calculate(value) : value === undefined ? undefined : SLOW,
  )
}

/** The quick ways by name of the built-in. */
export const quickWays: Readonly<Record<string, Quick | undefined>> = {
  sum: ofNumbers(sum),
  average: ofNumbers(average),
  abs: ofNumber(Math.abs),
  floor: ofNumber(Math.floor),
  ceil: ofNumber(Math.ceil),
  round: {
    fewest: 1,
    most: 2,
    run(value, precision) {
      if (precision !== undefined && typeof precision !== 'number') return SLOW
      if (typeof value !== 'number') return value === undefined ? undefined : SLOW
      return round(value, precision)
    },
  },
  count: ofOne((value) => (isArray(value) ? value.length : value === undefined ? 0 : SLOW)),
  exists: ofOne((value) => value !== undefined),
  not: ofOne((value, state) =>
    typeof value === 'boolean' || typeof value === 'string' ? !isTrue(value, state) : SLOW,
  ),
  boolean: ofOne((value, state) =>
    typeof value === 'boolean' || typeof value === 'string' ? isTrue(value, state) : SLOW,
  ),
  string: ofOne((value, state) =>
    typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)) ? toText(value, state) : SLOW,
  ),
  number: ofNumber((value) => value),
  lowercase: ofText((value) => value.toLowerCase()),
  uppercase: ofText((value) => value.toUpperCase()),
  contains: {
    fewest: 2,
    most: 2,
    run: (source, wanted) =>
      typeof source === 'string' && typeof wanted === 'string' && source.length < 1000 ? source.includes(wanted) : SLOW,
  },
  lookup: {
    fewest: 2,
    most: 2,
    run(object, key) {
      if (typeof key !== 'string' || !isObject(object) || isArray(object) || Callable.is(object)) return SLOW
      const value = Object.hasOwn(object, key) ? object[key] : undefined
      return isArray(value) ? SLOW : value
    },
  },
}
