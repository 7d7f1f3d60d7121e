import { describe, expect, it, vi } from 'vitest'
import { compileSchedule, cronFault, isTimeZone } from '../../../nodes/lib/schedule.ts'

/** The next times of a cron pattern as UTC text. */
function cronTimes(pattern: string, timeZone: string, after: string, count: number): string[] {
  const next = compileSchedule({ kind: 'cron', pattern, timeZone })
  const times: string[] = []
  for (let time = Date.parse(after); times.length < count; ) {
    time = next(time, time) ?? Number.NaN
    times.push(new Date(time).toISOString().slice(5, 16))
  }
  return times
}

describe('a cron schedule', () => {
  it('when clocks are set forward, has a fixed time of the gap as soon as it is over', () => {
    expect(cronTimes('30 2 * * *', 'Europe/Paris', '2026-03-27T12:00:00Z', 3)).toEqual([
      '03-28T01:30',
      '03-29T01:00',
      '03-30T00:30',
    ])
    expect(cronTimes('30 2,14 * * *', 'Europe/Paris', '2026-03-28T20:00:00Z', 2)).toEqual([
      '03-29T01:00',
      '03-29T12:30',
    ])
  })

  it('when clocks are set forward, has no repeated times in the gap', () => {
    expect(cronTimes('*/20 2 * * *', 'Europe/Paris', '2026-03-28T12:00:00Z', 2)).toEqual(['03-30T00:00', '03-30T00:20'])
  })

  it('when clocks are set back, has a fixed time once', () => {
    expect(cronTimes('30 2 * * *', 'Europe/Paris', '2026-10-24T12:00:00Z', 2)).toEqual(['10-25T00:30', '10-26T01:30'])
  })

  it('when clocks are set back, has a repeated time in both hours', () => {
    expect(cronTimes('0 * * * *', 'Europe/Paris', '2026-10-24T23:30:00Z', 4)).toEqual([
      '10-25T00:00',
      '10-25T01:00',
      '10-25T02:00',
      '10-25T03:00',
    ])
  })

  it('stays at the same wall time all year where clocks change', () => {
    expect(cronTimes('0 7 1 1,7 *', 'America/New_York', '2026-01-01T00:00:00Z', 2)).toEqual([
      '01-01T12:00',
      '07-01T11:00',
    ])
  })

  it('takes seconds in front', () => {
    expect(compileSchedule({ kind: 'cron', pattern: '*/30 * * * * *', timeZone: 'UTC' })(0, 0)).toBe(30_000)
  })

  it('gives a time after the given one, never the same', () => {
    const next = compileSchedule({ kind: 'cron', pattern: '0 * * * *', timeZone: 'UTC' })
    expect(next(3_600_000, 0)).toBe(7_200_000)
    expect(next(3_599_999, 0)).toBe(3_600_000)
  })

  it('does not depend on the clock of the machine', () => {
    const times = [0, 1e12, 4e12].map((machine) => {
      vi.useFakeTimers({ now: machine, toFake: ['Date'] })
      try {
        return cronTimes('15 3 * * 1', 'Asia/Tokyo', '2026-05-01T00:00:00Z', 3)
      } finally {
        vi.useRealTimers()
      }
    })
    expect(times[1]).toEqual(times[0])
    expect(times[2]).toEqual(times[0])
  })

  it.each([
    ['* * *', 'it has 5 parts (minute hour day month weekday), or 6 with seconds in front'],
    ['', 'it has 5 parts (minute hour day month weekday), or 6 with seconds in front'],
    ['2030-01-01T00:00:00', 'it has 5 parts (minute hour day month weekday), or 6 with seconds in front'],
    ['61 * * * *', 'Invalid value for minute: 61'],
  ])('refuses %j', (pattern, reason) => {
    expect(cronFault(pattern)).toBe(`"${pattern}" is not a cron pattern: ${reason}`)
  })

  it('refuses a time that never comes', () => {
    expect(cronFault('0 0 30 2 *')).toBe('"0 0 30 2 *" names a time that never comes')
  })

  it.each(['* * * * *', '0 7 * * 1-5', '*/15 * * * * *', '@daily', '0 0 29 2 *', '0 0 L * *'])(
    'accepts %j',
    (pattern) => {
      expect(cronFault(pattern)).toBeUndefined()
    },
  )

  it('knows time zones', () => {
    expect(isTimeZone('Europe/Paris')).toBe(true)
    expect(isTimeZone('UTC')).toBe(true)
    expect(isTimeZone('Mars/Olympus')).toBe(false)
  })
})

describe('an interval', () => {
  const next = compileSchedule({ kind: 'every', milliseconds: 1000 })

  it.each([
    [0, 0, 1000],
    [999, 0, 1000],
    [1000, 0, 2000],
    [5400, 1000, 6000],
    [5000, 1000, 6000],
  ])('after %i with a beat at %i comes %i', (after, anchor, time) => {
    expect(next(after, anchor)).toBe(time)
  })

  it('waits for one interval at most after the clock was set back', () => {
    expect(next(0, 3_600_000)).toBe(1000)
    expect(next(0, 400)).toBe(400)
  })
})
