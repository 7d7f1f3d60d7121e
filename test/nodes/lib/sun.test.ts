import { describe, expect, it } from 'vitest'
import { nextSunEvent, type SunEvent } from '../../../nodes/lib/sun.ts'

const minute = 60_000
const places = {
  London: { latitude: 51.5074, longitude: -0.1278 },
  'New York': { latitude: 40.7128, longitude: -74.006 },
  Sydney: { latitude: -33.8688, longitude: 151.2093 },
  Tromso: { latitude: 69.6492, longitude: 18.9553 },
} as const

describe('sunrise and sunset', () => {
  // from printed almanacs, whole minutes
  it.each([
    ['London', 'sunrise', '2026-06-21T00:00Z', '2026-06-21T03:43Z'],
    ['London', 'sunset', '2026-06-21T00:00Z', '2026-06-21T20:21Z'],
    ['London', 'sunrise', '2026-12-21T00:00Z', '2026-12-21T08:04Z'],
    ['London', 'sunset', '2026-12-21T00:00Z', '2026-12-21T15:53Z'],
    ['New York', 'sunrise', '2026-03-20T00:00Z', '2026-03-20T10:59Z'],
    ['New York', 'sunset', '2026-03-20T00:00Z', '2026-03-20T23:08Z'],
    ['Sydney', 'sunrise', '2026-12-21T12:00Z', '2026-12-21T18:41Z'],
    ['Sydney', 'sunset', '2026-12-21T00:00Z', '2026-12-21T09:05Z'],
  ] as const)('%s: %s after %s is at %s', (name, event, after, wanted) => {
    const found = nextSunEvent(event, Date.parse(after), places[name]) ?? 0
    expect(Math.abs(found - Date.parse(wanted))).toBeLessThanOrEqual(2 * minute)
  })

  it('takes turns for a year, everywhere between the polar circles', () => {
    for (const latitude of [-64, -30, 0, 45, 64]) {
      for (const longitude of [-179, 0, 179]) {
        let at = Date.UTC(2026, 0, 1)
        for (let count = 0; count < 366; count++) {
          for (const event of ['sunset', 'sunrise'] satisfies SunEvent[]) {
            const next = nextSunEvent(event, at, { latitude, longitude })
            expect(next).toBeGreaterThan(at)
            at = next ?? 0
          }
        }
        expect(Math.abs(at - Date.UTC(2027, 0, 2))).toBeLessThan(2 * 86_400_000)
      }
    }
  })

  it('leaves out days on which the sun does not set or rise', () => {
    const find = (event: SunEvent, after: string) =>
      new Date(nextSunEvent(event, Date.parse(after), places.Tromso) ?? 0).toISOString().slice(0, 7)
    expect(find('sunset', '2026-06-01')).toBe('2026-07')
    expect(find('sunrise', '2026-12-10')).toBe('2027-01')
    expect(
      new Date(nextSunEvent('sunrise', Date.UTC(2026, 0, 1), { latitude: 90, longitude: 0 }) ?? 0).getUTCMonth(),
    ).toBe(2)
  })

  it('beyond the polar circles the last sunrise comes after the last sunset before a summer without night, and so in winter', () => {
    for (const latitude of [65.87, 69.65, 78.2, 89.9, 90, -66.2]) {
      for (const longitude of [-150, 0, 100]) {
        let [at, before] = [Date.UTC(2025, 0, 1), '']
        while (at < Date.UTC(2026, 2, 1)) {
          const times = (['sunrise', 'sunset'] as const).map(
            (event) => nextSunEvent(event, at, { latitude, longitude }) ?? 0,
          )
          const [rise = 0, set = 0] = times
          const next = rise < set ? 'sunrise' : 'sunset'
          expect(next, `${latitude} ${longitude} after ${new Date(at).toISOString()}`).not.toBe(before)
          const middle = new Date((at + Math.min(rise, set)) / 2).getUTCMonth()
          const summer = (middle >= 3 && middle <= 8) === latitude > 0
          if (before !== '' && Math.min(rise, set) - at > 20 * 86_400_000)
            expect(next).toBe(summer ? 'sunset' : 'sunrise')
          at = Math.min(rise, set)
          before = next
        }
      }
    }
  })
})
