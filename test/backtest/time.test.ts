import { describe, expect, it } from 'vitest'
import { isTimeZone, timeReader } from '../../engine/backtest/time.ts'

describe('a time in a file', () => {
  const utc = timeReader('UTC')
  const noon = Date.UTC(2026, 4, 1, 12)

  it.each([
    ['2026-05-01T12:00:00Z', noon],
    ['2026-05-01T14:00:00+02:00', noon],
    ['2026-05-01 14:00:00+02:00', noon],
    ['2026-05-01 12:00:00', noon],
    ['2026-05-01 12:00:00 Z', noon],
    ['2026-05-01 12:00', noon],
    ['2026-05-01T12:00:00.250', noon + 250],
    ['2026-05-01 12:00:00,250', noon + 250],
    ['2026-05-01 12:00:00.123456789', noon + 123],
    [' 2026-05-01 12:00:00 ', noon],
    ['2026-05-01', Date.UTC(2026, 4, 1)],
    [String(noon), noon],
    [noon, noon],
    [String(noon / 1000), noon],
    [noon / 1000 + 0.5, noon + 500],
    [`${noon}000`, noon],
    [`${noon}000000`, noon],
  ])('%j is read', (text, time) => {
    expect(utc(text)).toBe(time)
  })

  it.each([
    '',
    'yesterday',
    '01.05.2026',
    '2026-13-01',
    '2026-02-30 10:00:00',
    '2026-05-01 25:00:00',
    null,
    true,
    Number.NaN,
  ])('%j is none', (text) => {
    expect(utc(text)).toBeUndefined()
  })

  it('without a zone is of the zone that was said, in summer and in winter and over a change of the clocks', () => {
    const paris = timeReader('Europe/Paris')
    expect(paris('2026-07-01 12:00:00')).toBe(Date.UTC(2026, 6, 1, 10))
    expect(paris('2026-01-01 12:00:00')).toBe(Date.UTC(2026, 0, 1, 11))
    expect(paris('2026-03-29 01:59:00')).toBe(Date.UTC(2026, 2, 29, 0, 59))
    expect(paris('2026-03-29 03:00:00')).toBe(Date.UTC(2026, 2, 29, 1))
    expect(paris('2026-10-25 03:00:00')).toBe(Date.UTC(2026, 9, 25, 2))
    expect(paris('2026-07-01T12:00:00Z')).toBe(Date.UTC(2026, 6, 1, 12))
    expect(timeReader('Asia/Kathmandu')('2026-01-01 05:45:00')).toBe(Date.UTC(2026, 0, 1))
  })

  it('can only be of a zone that there is', () => {
    expect([isTimeZone('Europe/Paris'), isTimeZone('UTC'), isTimeZone('Mars/Base')]).toEqual([true, true, false])
  })
})
