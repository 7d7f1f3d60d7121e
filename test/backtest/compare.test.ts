import { describe, expect, it } from 'vitest'
import { compareAlarms } from '../../engine/backtest/compare.ts'
import type { AlarmSpan } from '../../engine/backtest/result.ts'

const minute = 60_000

/** Raised and cleared, minutes. */
function span(raised: number, cleared: number | null, fields: Partial<AlarmSpan> = {}): AlarmSpan {
  const end = cleared === null ? null : cleared * minute
  return {
    node: 'hot',
    key: 'a',
    raised: raised * minute,
    cleared: end,
    level: 'alarm',
    value: 1,
    limit: 0,
    worst: 1,
    ...fields,
  }
}

function compared(own: AlarmSpan[], others: AlarmSpan[], tolerance = 10) {
  const { counts, differences } = compareAlarms(own, others, tolerance * minute)
  return {
    counts,
    kinds: differences.map(({ kind, span: mine, other }) =>
      [kind, mine?.raised, other?.raised].filter((one) => one !== undefined),
    ),
  }
}

describe('alarms of two versions', () => {
  it('are the same when raised, cleared and level are', () => {
    expect(compared([span(0, 5)], [span(0, 5)]).counts).toEqual({ same: 1, moved: 0, new: 0, gone: 0 })
  })

  it('are moved when they overlap, or were raised within the tolerance', () => {
    expect(compared([span(0, 60)], [span(50, 55)]).counts.moved).toBe(1)
    expect(compared([span(0, 1)], [span(9, 12)]).counts.moved).toBe(1)
    expect(compared([span(0, 5)], [span(0, null)]).counts.moved).toBe(1)
    expect(compared([span(0, 5, { level: 'high' })], [span(0, 5)]).counts.moved).toBe(1)
  })

  it('are new or gone otherwise, also where another key or node has one', () => {
    expect(compared([span(0, 1)], [span(11, 12)]).kinds).toEqual([
      ['new', 0],
      ['gone', 11 * minute],
    ])
    expect(compared([span(0, 5)], [span(0, 5, { key: 'b' })]).counts).toEqual({ same: 0, moved: 0, new: 1, gone: 1 })
    expect(compared([span(0, 5)], [span(0, 5, { node: 'cold' })]).counts).toEqual({
      same: 0,
      moved: 0,
      new: 1,
      gone: 1,
    })
  })

  it('have one partner at most, the first that there is', () => {
    const one = compared([span(0, 100)], [span(10, 20), span(30, 40), span(120, 130)])
    expect(one.counts).toEqual({ same: 0, moved: 1, new: 0, gone: 2 })
    const three = compared([span(0, 5), span(20, 25), span(40, 45)], [span(1, 5), span(41, 45)])
    expect(three.counts).toEqual({ same: 0, moved: 2, new: 1, gone: 0 })
    expect(three.kinds.map(([kind]) => kind)).toEqual(['moved', 'new', 'moved'])
  })

  it('that stand at the end overlap what comes after', () => {
    expect(compared([span(0, null)], [span(500, null)]).counts.moved).toBe(1)
  })
})
