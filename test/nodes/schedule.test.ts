import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import schedule from '../../nodes/schedule.ts'
import { Bench } from './harness.ts'

const hour = 3_600_000

/** A bench whose virtual time begins at another time. */
function benchAt(config: object, time: string): Bench {
  const before = new Bench(schedule, { spans: [{ from: '00:00', to: '00:00' }] })
  before.state.clear()
  before.timers.clear()
  before.now = Date.parse(time)
  return new Bench(schedule, config, before)
}

/** The changes within some hours as `on 01-31T12:00`. */
function changes(config: object, time: string, hours: number): string[] {
  const bench = benchAt(config, time)
  const found: string[] = []
  const end = bench.now + hours * hour
  const collect = () => {
    for (const { message } of bench.sent.splice(0)) {
      const { on, since } = Object(message.payload)
      found.push(`${on ? 'on' : 'off'} ${new Date(since).toISOString().slice(5, 16)}`)
    }
  }
  collect()
  while (bench.now < end) {
    bench.advance(15 * 60_000)
    collect()
  }
  return found
}

describe('the schedule node', () => {
  it('knows days by the time zone, and nights that go over midnight', () => {
    const config = { spans: [{ from: '22:00', to: '06:00', days: ['fri', 'sat'] }], timeZone: 'America/New_York' }
    // 2026-01-02 is a Friday; New York is 5 hours behind
    expect(changes(config, '2026-01-02T12:00Z', 72)).toEqual([
      'off 01-02T12:00',
      'on 01-03T03:00',
      'off 01-03T11:00',
      'on 01-04T03:00',
      'off 01-04T11:00',
    ])
    expect(changes(config, '2026-01-04T05:00Z', 1)).toEqual(['on 01-04T05:00'])
  })

  it('keeps to the clock on the wall when it is set forward and back', () => {
    const night = { spans: [{ from: '22:00', to: '06:00' }], timeZone: 'Europe/Paris' }
    expect(changes(night, '2026-03-28T12:00Z', 20)).toEqual(['off 03-28T12:00', 'on 03-28T21:00', 'off 03-29T04:00'])
    expect(changes(night, '2026-10-24T12:00Z', 20)).toEqual(['off 10-24T12:00', 'on 10-24T20:00', 'off 10-25T05:00'])
    const gap = { spans: [{ from: '02:30', to: '04:00' }], timeZone: 'Europe/Paris' }
    expect(changes(gap, '2026-03-28T12:00Z', 20)).toEqual(['off 03-28T12:00', 'on 03-29T01:00', 'off 03-29T02:00'])
    expect(changes(gap, '2026-10-24T12:00Z', 20)).toEqual(['off 10-24T12:00', 'on 10-25T00:30', 'off 10-25T03:00'])
  })

  it('is off through a summer without night and on through a winter without day, from sunset to sunrise', () => {
    const night = { spans: [{ from: 'sunset', to: 'sunrise' }], latitude: 69.6492, longitude: 18.9553 }
    for (const [time, port] of [
      ['2026-06-21T00:00Z', 'outside'],
      ['2026-12-21T11:00Z', 'inside'],
      ['2026-03-21T11:00Z', 'outside'],
      ['2026-03-21T23:00Z', 'inside'],
    ] as const) {
      const bench = benchAt(night, time)
      bench.takeSent()
      bench.send('in', {})
      expect([time, Object.keys(bench.takeSent())]).toEqual([time, [port]])
    }
  })

  it('takes spans that meet for one', () => {
    const config = {
      spans: [
        { from: '08:00', to: '12:00' },
        { from: '12:00', to: '14:00' },
        { from: '13:00', to: '15:00' },
      ],
    }
    expect(changes(config, '2026-01-01T00:00Z', 24)).toEqual(['off 01-01T00:00', 'on 01-01T08:00', 'off 01-01T15:00'])
  })

  it('is always on from a time to the same time', () => {
    expect(changes({ spans: [{ from: '00:00', to: '00:00' }] }, '2026-01-01T10:00Z', 72)).toEqual(['on 01-01T10:00'])
  })

  it('takes cron patterns: the first Monday of a month', () => {
    const config = { spans: [{ from: '0 8 1-7 * *', to: '0 9 * * *', days: ['mon'] }] }
    expect(changes(config, '2026-01-01T00:00Z', 24 * 40)).toEqual([
      'off 01-01T00:00',
      'on 01-05T08:00',
      'off 01-05T09:00',
      'on 02-02T08:00',
      'off 02-02T09:00',
    ])
  })

  it('says at any time what the plain rule says', () => {
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    fc.assert(
      fc.property(time, time, fc.integer({ min: 0, max: 3 * 1440 }), (from, to, minutes) => {
        const [begin, end] = [from[0] * 60 + from[1], to[0] * 60 + to[1]]
        const text = (one: readonly [number, number]) => one.map((part) => String(part).padStart(2, '0')).join(':')
        const bench = benchAt({ spans: [{ from: text(from), to: text(to) }] }, '2026-01-01T00:00Z')
        bench.advance(minutes * 60_000)
        bench.takeSent()
        bench.send('in', {})
        const now = minutes % 1440
        const on = begin < end ? now >= begin && now < end : now >= begin || now < end
        expect(Object.keys(bench.takeSent())).toEqual([on ? 'inside' : 'outside'])
      }),
      { numRuns: 100 },
    )
  })

  it('tells after a downtime what has changed, and nothing when nothing has', () => {
    const config = { spans: [{ from: '08:00', to: '18:00' }] }
    const bench = benchAt(config, '2026-01-01T07:00Z')
    expect(bench.takeSent().change).toMatchObject([{ payload: { on: false } }])
    bench.now += 2 * hour
    const later = new Bench(schedule, config, bench)
    expect(later.takeSent().change).toMatchObject([{ topic: 'example/node', payload: { on: true } }])
    const again = new Bench(schedule, config, later)
    expect(again.takeSent()).toEqual({})
  })

  it('looks again when its spans are changed', () => {
    const bench = benchAt({ spans: [{ from: '08:00', to: '18:00' }] }, '2026-01-01T10:00Z')
    const other = new Bench(schedule, { spans: [{ from: '12:00', to: '18:00' }] }, bench)
    expect(other.takeSent().change).toMatchObject([{ payload: { on: false } }])
  })

  it.each([
    [
      { spans: [{ from: '8', to: '18:00' }] },
      '"8" is not a time such as 08:00, sunrise, sunset-30m, or a cron pattern',
    ],
    [
      { spans: [{ from: 'sunset', to: '18:00' }] },
      'the sun rises at another time everywhere; give "latitude" and "longitude"',
    ],
    [
      { spans: [{ from: 'sunset-30', to: '18:00' }], latitude: 1, longitude: 1 },
      '"30" is no time before or after sunset; write up to 12h, such as sunset-30m',
    ],
    [
      { spans: [{ from: '25:00', to: '18:00' }] },
      '"25:00" is not a time such as 08:00, sunrise, sunset-30m, or a cron pattern',
    ],
    [
      { spans: [{ from: '0 8 * *', to: '18:00' }] },
      '"0 8 * *" is not a cron pattern: it has 5 parts (minute hour day month weekday), or 6 with seconds in front',
    ],
    [
      { spans: [{ from: '8:00', to: '9:00' }], timeZone: 'Mars' },
      'there is no such time zone; write one such as UTC or Europe/Paris',
    ],
  ])('refuses %j', (config, message) => {
    expect(schedule.config.safeParse(config).error?.issues.map((issue) => issue.message)).toEqual([message])
  })
})
