import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canClear, isCleared, isRaised, type Limit, marginOf, parseLimit } from '../../../nodes/lib/limit.ts'

function limitOf(text: string): Limit {
  const limit = parseLimit(text)
  if (limit === undefined) throw new Error(`${text} is not a limit`)
  return limit
}

describe('a limit', () => {
  it.each([
    ['> 8', { kind: 'above', limit: 8, inclusive: false }],
    ['>=8.5', { kind: 'above', limit: 8.5, inclusive: true }],
    [' < -2 ', { kind: 'below', limit: -2, inclusive: false }],
    ['<= 1e3', { kind: 'below', limit: 1000, inclusive: true }],
    ['outside 2..8', { kind: 'outside', low: 2, high: 8 }],
    ['inside -1.5 .. +1.5', { kind: 'inside', low: -1.5, high: 1.5 }],
  ])('is read from %j', (text, limit) => {
    expect(parseLimit(text)).toEqual(limit)
  })

  it.each([
    '',
    '8',
    '= 8',
    '> ',
    '> eight',
    '>> 8',
    '> 8 C',
    'outside 8..2',
    'outside 2..2',
    'outside 2',
    'above 8',
    '=> 8',
    '> 8..9',
    '> 1e999',
    'outside -1e999..5',
  ])('is not read from %j', (text) => {
    expect(parseLimit(text)).toBeUndefined()
  })

  it.each([
    ['> 8', 8, false, true],
    ['>= 8', 8, true, false],
    ['< 2', 2, false, true],
    ['<= 2', 2, true, false],
    ['outside 2..8', 2, false, true],
    ['outside 2..8', 8, false, true],
    ['inside 2..8', 2, true, false],
    ['inside 2..8', 8, true, false],
  ])('%s at %d: raised %s, cleared without a deadband %s', (text, value, raised, cleared) => {
    expect(isRaised(limitOf(text), value)).toBe(raised)
    expect(isCleared(limitOf(text), value, 0)).toBe(cleared)
  })

  it.each([
    ['> 8', 7.01, 7],
    ['< 2', 2.99, 3],
    ['outside 2..8', 2.99, 3],
    ['outside 2..8', 7.01, 7],
    ['inside 2..8', 1, 0.99],
    ['inside 2..8', 9, 9.01],
  ])('%s with a deadband of 1 is not cleared at %d, but at %d', (text, held, cleared) => {
    expect(isCleared(limitOf(text), held, 1)).toBe(false)
    expect(isCleared(limitOf(text), cleared, 1)).toBe(true)
  })

  it.each([
    ['> 8', 8.3, 8, 0.3],
    ['> 8', 7, 8, -1],
    ['< 2', 1, 2, 1],
    ['outside 2..8', 1.5, 2, 0.5],
    ['outside 2..8', 7, 8, -1],
    ['outside 2..8', 12, 8, 4],
    ['inside 2..8', 3, 2, 1],
    ['inside 2..8', 9, 8, -1],
  ])('%s at %d: nearest limit %d, margin %d', (text, value, limit, margin) => {
    expect(marginOf(limitOf(text), value)).toEqual({ limit, margin })
  })

  it('never clears a range whose deadband leaves no room', () => {
    expect(canClear(limitOf('outside 2..8'), 3)).toBe(true)
    expect(canClear(limitOf('outside 2..8'), 3.1)).toBe(false)
    expect(canClear(limitOf('inside 2..8'), 100)).toBe(true)
  })

  it('is never raised and cleared at once, and the margin agrees', () => {
    const limits = fc.constantFrom('> 8', '>= 8', '< 2', '<= 2', 'outside 2..8', 'inside 2..8').map(limitOf)
    const values = fc.double({ min: -20, max: 20, noNaN: true })
    fc.assert(
      fc.property(limits, values, fc.double({ min: 0, max: 3, noNaN: true }), (limit, value, deadband) => {
        const raised = isRaised(limit, value)
        const { margin } = marginOf(limit, value)
        expect(raised && isCleared(limit, value, deadband)).toBe(false)
        expect(isCleared(limit, value, 0)).toBe(!raised)
        if (margin !== 0) expect(margin > 0).toBe(raised)
      }),
    )
  })
})
