import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isResult, percentile, resultOf, type Stats, withValue } from '../../../nodes/lib/aggregate.ts'
import { emptySum, plus, total } from '../../../nodes/lib/sum.ts'

function statsOf(values: readonly number[]): Stats {
  let stats: Stats | null = null
  for (const [time, value] of values.entries()) stats = withValue(stats, time, value)
  if (stats === null) throw new Error('no values')
  return stats
}

function results(values: readonly number[], names: readonly string[]): number[] {
  const sorted = values.toSorted((one, other) => one - other)
  return names.map((name) => resultOf(name, statsOf(values), sorted))
}

describe('results', () => {
  it.each([
    [
      [2, 4, 4, 4, 5, 5, 7, 9],
      ['count', 'sum', 'mean', 'stddev', 'median', 'range'],
      [8, 40, 5, 2.13808993529939, 4.5, 7],
    ],
    [
      [0.1, 0.2, 0.3],
      ['sum', 'mean', 'min', 'max', 'first', 'last'],
      [0.6, 0.2, 0.1, 0.3, 0.1, 0.3],
    ],
    [[7], ['stddev', 'p0', 'p50', 'p100'], [0, 7, 7, 7]],
    [
      [15, 20, 35, 40, 50],
      ['p40', 'p25', 'p99.9'],
      [29, 20, 49.96],
    ],
    [[1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], ['stddev'], [Math.sqrt(30)]],
  ])('of %j: %j', (values, names, wanted) => {
    const found = results(values, names)
    for (const [index, value] of wanted.entries()) expect(found[index]).toBeCloseTo(value, 10)
  })

  it('are those of the plain formulas', () => {
    const values = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(values, (list) => {
        const sum = list.reduce((one, other) => one + other, 0)
        const mean = sum / list.length
        const squares = list.reduce((all, one) => all + (one - mean) ** 2, 0)
        const [found = 0, foundMean = 0, deviation = 0] = results(list, ['sum', 'mean', 'stddev'])
        expect(found).toBe(sum + 0)
        expect(foundMean).toBeCloseTo(mean, 8)
        expect(deviation).toBeCloseTo(list.length < 2 ? 0 : Math.sqrt(squares / (list.length - 1)), 5)
      }),
    )
  })

  it('first and last are by time, and of one time the one that came first, and last', () => {
    let stats = withValue(null, 5, 50)
    for (const [time, value] of [
      [3, 30],
      [9, 90],
      [3, 31],
      [9, 91],
      [7, 70],
    ] as const)
      stats = withValue(stats, time, value)
    expect([stats.first, stats.last]).toEqual([
      [3, 30],
      [9, 91],
    ])
  })

  it('percentiles rise from the least to the greatest', () => {
    expect([0, 25, 50, 75, 100].map((percent) => percentile([1, 2, 3, 4], percent))).toEqual([1, 1.75, 2.5, 3.25, 4])
  })

  it.each([
    ['mean', true],
    ['p95', true],
    ['p99.9', true],
    ['p100', true],
    ['p101', false],
    ['p', false],
    ['average', false],
    ['toString', false],
  ])('%s names one: %s', (name, wanted) => {
    expect(isResult(name)).toBe(wanted)
  })
})

describe('a sum', () => {
  it.each([
    [Array(10).fill(0.1), 1],
    [[1e16, 1, -1e16], 1],
    [[1, 1e100, 1, -1e100], 2],
    [[], 0],
    [[-0], 0],
  ])('of %j is %d', (values: number[], wanted) => {
    expect(total(values.reduce(plus, emptySum))).toBe(wanted)
  })
})
