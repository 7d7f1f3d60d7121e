import { describe, expect, it } from 'vitest'
import { describeValue, readTime } from '../../engine/spec/values.ts'

describe('a value in a sentence', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [false, 'false'],
    [5, 'the number 5'],
    ['a"b', 'the text "a\\"b"'],
    ['x'.repeat(100), `the text "${'x'.repeat(60)}..."`],
    [[1, 2], 'an array of 2'],
    [{ a: 1 }, 'an object'],
    [Uint8Array.of(1, 2, 3), '3 bytes'],
  ])('%j is %s', (value, text) => {
    expect(describeValue(value)).toBe(text)
  })
})

describe('a time', () => {
  const noon = Date.UTC(2026, 0, 1, 12)

  it.each([
    [noon, noon],
    [noon + 0.4, noon],
    ['2026-01-01T12:00:00Z', noon],
    ['2026-01-01T13:00:00+01:00', noon],
    ['2026-01-01T13:00+0100', noon],
    ['2026-01-01T12:00:00.250Z', noon + 250],
    ['2026-01-01T12:00:00', noon],
    ['2026-01-01', noon - 12 * 3_600_000],
  ])('%j is read', (value, time) => {
    expect(readTime(value)).toBe(time)
  })

  it.each([
    undefined,
    null,
    true,
    '',
    'noon',
    '12:00',
    '2026-13-01T00:00:00Z',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    {},
    '1767261600000',
    8.64e15 + 2,
    -1e300,
  ])('%j is none', (value) => {
    expect(readTime(value)).toBeUndefined()
  })
})
