import { describe, expect, it, test } from 'vitest'
import { slopePerHour, thin } from './slope.ts'
import { soak } from './soak.ts'

describe('the slope', () => {
  const samples = (value: (index: number) => number) =>
    Array.from({ length: 60 }, (_, index) => ({ at: index * 60_000, value: value(index) }))

  it('is the growth in an hour, whatever single samples say', () => {
    expect(slopePerHour(samples((index) => 100 + index))).toBeCloseTo(60)
    expect(slopePerHour(samples((index) => (index % 10 === 3 ? 10_000 : 100 + index)))).toBeCloseTo(60, -1)
    expect(slopePerHour(samples(() => 7))).toBe(0)
    expect(slopePerHour([{ at: 0, value: 3 }])).toBe(0)
  })

  it('needs no more than some of many samples', () => {
    const few = thin(
      samples((index) => index),
      10,
    )
    expect(few.length).toBeLessThanOrEqual(10)
    expect(slopePerHour(few)).toBeCloseTo(60)
  })
})

test('a soak measures a program that answers all that it is asked', { timeout: 120_000 }, async () => {
  const { series, counts } = await soak({ milliseconds: 3000, rate: 500, tell: () => undefined })
  expect(series.map(({ name }) => name)).toEqual([
    'process',
    'heap after collection',
    'descriptors',
    'log of the database',
    'database',
  ])
  for (const { most, name } of series) expect(most, name).toBeGreaterThan(0)
  expect(counts.published).toBeGreaterThan(0)
  expect(counts.delivered).toBeGreaterThan(0)
  expect(counts.deploys).toBeGreaterThan(0)
})
