import { describe, expect, it } from 'vitest'
import { healthOf } from '../../engine/host/alarm-health.ts'
import type { Alarm } from '../../engine/server/protocol.ts'
import type { AlarmTransition } from '../../engine/store/alarm-log.ts'
import { openStore } from '../../engine/store/index.ts'
import { anAlarm } from '../server/fake.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const entry = { seq: 1, condition: 'ACTIVE' as const, value: 9, limit: 8, by: null, note: null }

/** The report of transitions that are written as `minutes KEY TRANSITION level`, from a real log. */
function report(lines: readonly string[], more: { alarms?: Alarm[]; to?: number; from?: number; top?: number } = {}) {
  const { alarms = [], to = 2 * hour, ...request } = more
  const store = openStore(':memory:')
  try {
    for (const line of lines) {
      const [at, key = '', transition = '', level = 'warn'] = line.split(' ')
      store.alarmLog.insert('cold/warm', { ...entry, key, transition, level, time: Number(at) * minute })
    }
    const parts = { log: store.alarmLog, alarms, titleOf: () => 'Too warm', now: 10 * day }
    return healthOf({ from: 0, to, ...request }, parts)
  } finally {
    store.close()
  }
}

const standing = (more: Partial<Alarm>): Alarm => ({ ...anAlarm, ...more })

describe('the health report of alarms', () => {
  it('counts what asks for attention, for each hour and level, with the most frequent first', () => {
    const found = report([
      '1 a RAISED',
      '2 a CLEARED',
      '3 b RAISED',
      '70 b ESCALATED crit',
      '80 b CLEARED',
      '90 b RAISED',
    ])
    expect(found).toMatchObject({
      annunciations: 4,
      perHour: 2,
      histogram: {
        span: hour,
        counts: [
          { time: 0, count: 2 },
          { time: hour, count: 2 },
        ],
      },
      levels: [
        { level: 'warn', count: 3, share: 0.75 },
        { level: 'crit', count: 1, share: 0.25 },
      ],
      frequent: [
        { flow: 'cold', node: 'warm', key: 'b', title: 'Too warm', count: 3, share: 0.75 },
        { key: 'a', count: 1, share: 0.25 },
      ],
    })
    expect(report(['1 a RAISED', '3 b RAISED'], { top: 1 }).frequent.map(({ key }) => key)).toEqual(['a'])
  })

  it('takes the last hour for an hour, though a few milliseconds have passed since it was asked for', () => {
    const flood = Array.from({ length: 11 }, (_, index) => `${index / 2} k RAISED`)
    const found = report([...flood, '60 k RAISED'], { to: hour + 40 })
    expect(found.histogram).toEqual({ span: hour, counts: [{ time: 0, count: 12 }] })
    expect(found.floods.blocks).toBe(1)
    expect(found.floods.share).toBeCloseTo(1 / 6, 4)
    expect(report(flood, { to: 6 * minute }).floods).toEqual({ blocks: 1, share: 1 })
  })

  it('finds the worst ten minutes wherever they begin, and the share of floods', () => {
    const burst = Array.from({ length: 12 }, (_, index) => `${35 + index * 0.8} k${index} RAISED`)
    const found = report(['1 a RAISED', ...burst])
    expect(found.peak).toEqual({ time: 35 * minute, count: 12 })
    // From 35 to 44 they fall into two blocks, none of which has more than ten.
    expect(found.floods).toEqual({ blocks: 0, share: 0 })
    const one = report(Array.from({ length: 11 }, (_, index) => `${30 + index * 0.8} k${index} RAISED`))
    expect(one.floods).toEqual({ blocks: 1, share: 1 / 12 })
    expect(report([]).peak).toBeNull()
  })

  it('calls three times within a minute chattering, each time once', () => {
    const often = ['0 a RAISED', '0.2 a CLEARED', '0.4 a RAISED', '0.5 a CLEARED', '0.6 a RAISED', '0.7 a CLEARED']
    expect(report(often).chattering).toMatchObject([{ key: 'a', count: 1, last: 36_000 }])
    expect(report(['0 a RAISED', '0.6 a RAISED', '1.2 a RAISED']).chattering).toEqual([])
    expect(report(['5 a RAISED', '6 a CHATTERING']).chattering).toMatchObject([{ key: 'a', count: 1 }])
  })

  it('calls fleeting what is over within a minute and was seen by nobody', () => {
    const found = report([
      '0 a RAISED',
      '0.5 a CLEARED',
      '10 a RAISED',
      '10.25 a CLEARED',
      '20 b RAISED',
      '20.3 b ACKED',
      '20.5 b CLEARED',
      '30 c RAISED',
      '32 c CLEARED',
    ])
    expect(found.fleeting).toMatchObject([{ key: 'a', count: 2, shortest: 15_000 }])
  })

  it('tells how long people took to acknowledge, from the first time that they were asked', () => {
    const found = report([
      '0 a RAISED',
      '1 a ESCALATED crit',
      '2 a ACKED',
      '10 b RAISED',
      '11 b CLEARED',
      '14 b ACKED',
      '20 c RAISED',
      '21 c CLEARED',
      '30 c RAISED',
      '31 c ACKED',
      '40 d ACKED',
    ])
    expect(found.acknowledged).toEqual({
      count: 3,
      mean: Math.round((7 * minute) / 3),
      median: 2 * minute,
      most: 4 * minute,
      longest: 4 * minute,
    })
    expect(report(['0 a RAISED']).acknowledged).toEqual({
      count: 0,
      mean: null,
      median: null,
      most: null,
      longest: null,
    })
  })

  it('says what stands now: stale, shelved, suppressed, out of service, and not acknowledged', () => {
    const shelved = { by: 'ben', until: 11 * day, note: 'defrosting' }
    const outOfService = { by: 'anna', time: 5 * day, note: 'replaced' }
    const alarms = [
      standing({ key: 'old', raised: 8 * day, since: 8 * day, acknowledged: true }),
      standing({ key: 'fresh', raised: 9.5 * day, since: 9.5 * day }),
      standing({ key: 'hidden', gate: 'SHELVED_TIMED', shelved, acknowledged: true, raised: 9.9 * day }),
      standing({ key: 'closed', gate: 'SUPPRESSED', acknowledged: true, raised: 9.9 * day }),
      standing({ key: 'gone', gate: 'OUT_OF_SERVICE', outOfService, condition: 'NORMAL', acknowledged: true }),
    ]
    const found = report([], { alarms })
    expect(found.stale.map(({ key }) => key)).toEqual(['old'])
    expect(found.shelved).toMatchObject([{ key: 'hidden', until: 11 * day, by: 'ben', note: 'defrosting' }])
    expect(found.suppressed.map(({ key }) => key)).toEqual(['closed'])
    expect(found.outOfService).toMatchObject([{ key: 'gone', since: 5 * day, by: 'anna', until: null }])
    expect(found.waiting).toEqual({ count: 1, since: 9.5 * day })
  })

  it('is of the last week unless said, has days in a longer one, and refuses what is no period', () => {
    const parts = { log: emptyLog, alarms: [], titleOf: () => '', now: 10 * day }
    expect(healthOf({}, parts)).toMatchObject({ from: 3 * day, to: 10 * day, oldest: null })
    expect(healthOf({}, parts).histogram.counts).toHaveLength(168)
    expect(healthOf({ from: 3 * day - 50 }, parts).histogram.counts).toHaveLength(168)
    const long = healthOf({ from: 0, to: 9.5 * day }, parts)
    expect([long.histogram.span, long.histogram.counts.length]).toEqual([day, 10])
    expect(healthOf({ from: 9 * day, to: 99 * day }, parts).to).toBe(10 * day)
    expect(() => healthOf({ from: 5, to: 5 }, parts)).toThrow('The period ends before it begins.')
    expect(() => healthOf({ from: 0 }, { ...parts, now: 500 * day })).toThrow('longer than 400 days')
  })
})

const emptyLog = {
  during: (): AlarmTransition[] => [],
  oldest: () => undefined,
  insert: () => undefined,
  list: () => ({ items: [], total: 0 }),
  trim: () => 0,
}
