import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeriesBuilder } from '../../engine/backtest/series.ts'

describe('a series', () => {
  it('keeps every extreme within its stretch, whatever the times and however many values', () => {
    const gaps = fc.array(fc.tuple(fc.nat(50_000), fc.integer({ min: -1000, max: 1000 })), {
      minLength: 1,
      maxLength: 400,
    })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 2, max: 20 }), (steps, width) => {
        const series = new SeriesBuilder(width)
        let time = 1_700_000_000_000
        const values = steps.map(([gap, value]) => {
          time += gap
          series.add(time, value)
          return { time, value }
        })
        const { time: starts, least, most, width: length } = series.points()
        expect(series.count).toBe(values.length)
        expect(starts.length).toBeLessThanOrEqual(2 * width)
        for (const [place, from] of starts.entries()) {
          const inside = values.filter((one) => one.time >= from && one.time < from + length).map(({ value }) => value)
          expect([least[place], most[place]]).toEqual([Math.min(...inside), Math.max(...inside)])
        }
        const counted = starts.reduce(
          (sum, from) => sum + values.filter((one) => one.time >= from && one.time < from + length).length,
          0,
        )
        expect(counted).toBe(values.length)
      }),
      { numRuns: 200 },
    )
  })
})
