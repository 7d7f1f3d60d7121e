import { isDeepStrictEqual } from 'node:util'
import { readTime } from '../spec/values.ts'

/** A field that is not as it should be. `found` is undefined when it is not there. */
export interface FieldDifference {
  /** Such as `payload.transition`; empty for the value itself. */
  path: string
  expected: unknown
  found: unknown
}

/** What was sent as text: compared as text with a text, and as the JSON that it holds with all else. */
export class WireText {
  readonly text: string
  readonly value: unknown

  constructor(text: string) {
    this.text = text
    this.value = jsonOf(text)
  }
}

/** How bytes that are no text stand in expectations and differences: `hex 00ff`. */
export function bytesText(bytes: Uint8Array): string {
  return `hex ${Buffer.from(bytes).toString('hex')}`
}

/**
 * Compares what was found with what is expected. Of objects only the fields that are named count; lists are compared item by item,
 * at the same length. `{ "$between": [1, 2] }`, `{ "$matches": "^a" }` and `{ "$missing": true }` stand for values.
 */
export function differences(expected: unknown, found: unknown, path = ''): FieldDifference[] {
  if (found instanceof WireText) {
    if (typeof expected === 'string' && expected === found.text) return []
    return differences(expected, found.value, path)
  }
  if (found instanceof Uint8Array) return differences(expected, bytesText(found), path)
  const different = [{ path, expected, found }]
  const matcher = matcherOf(expected)
  if (matcher !== undefined) return matcher.fits(Reflect.get(Object(expected), matcher.name), found) ? [] : different
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return different
    return expected.flatMap((item, index) => differences(item, found[index], `${path}[${index}]`))
  }
  if (isObject(expected)) {
    if (!isObject(found)) return different
    return Object.entries(expected).flatMap(([name, value]) => {
      const own: unknown = Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined
      return differences(value, own, path === '' ? name : `${path}.${name}`)
    })
  }
  if (typeof expected === 'string' && typeof found === 'number' && readTime(expected) === found) return []
  return isDeepStrictEqual(expected, found) ? [] : different
}

/** Why an expected value cannot be read, with what to write instead behind a semicolon; undefined when it can. */
export function matcherFault(expected: unknown): string | undefined {
  if (typeof expected !== 'object' || expected === null) return undefined
  const names = Object.keys(expected)
  const special = names.find((name) => name.startsWith('$'))
  if (special !== undefined && !Array.isArray(expected)) {
    const matcher = matchers.find(({ name }) => name === special)
    if (matcher === undefined)
      return `"${special}" is not known; write one of ${matchers.map(({ name }) => name).join(', ')}`
    if (names.length > 1) return `"${special}" stands beside other fields; write { "${special}": ... } alone`
    return matcher.fault(Reflect.get(expected, special))
  }
  for (const value of Object.values(expected)) {
    const fault = matcherFault(value)
    if (fault !== undefined) return fault
  }
  return undefined
}

interface Matcher {
  readonly name: string
  fault(wanted: unknown): string | undefined
  fits(wanted: unknown, found: unknown): boolean
}

const matchers: readonly Matcher[] = [
  {
    name: '$between',
    fault: (wanted) =>
      numbersOf(wanted) === undefined ? '"$between" needs two numbers; write { "$between": [20, 22] }' : undefined,
    fits: (wanted, found) => {
      const [least, most] = numbersOf(wanted) ?? [Number.NaN, Number.NaN]
      return typeof found === 'number' && found >= least && found <= most
    },
  },
  {
    name: '$matches',
    fault: (wanted) =>
      patternOf(wanted) === undefined
        ? '"$matches" needs a regular expression; write { "$matches": "^pump" }'
        : undefined,
    fits: (wanted, found) => typeof found === 'string' && patternOf(wanted)?.test(found) === true,
  },
  {
    name: '$missing',
    fault: (wanted) =>
      typeof wanted === 'boolean' ? undefined : '"$missing" is true or false; write { "$missing": true }',
    fits: (wanted, found) => (found === undefined) === wanted,
  },
]

function matcherOf(expected: unknown): Matcher | undefined {
  if (!isObject(expected)) return undefined
  return matchers.find(({ name }) => Object.hasOwn(expected, name))
}

function numbersOf(wanted: unknown): readonly [number, number] | undefined {
  if (!Array.isArray(wanted) || wanted.length !== 2) return undefined
  const [least, most]: unknown[] = wanted
  return typeof least === 'number' && typeof most === 'number' ? [least, most] : undefined
}

function patternOf(wanted: unknown): RegExp | undefined {
  if (typeof wanted !== 'string') return undefined
  try {
    return new RegExp(wanted, 'u')
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return text
    throw thrown
  }
}
