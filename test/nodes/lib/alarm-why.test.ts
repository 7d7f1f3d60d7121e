import { describe, expect, it } from 'vitest'
import { reasonsOf } from '../../../nodes/lib/alarm-why.ts'
import { Feed } from './alarm-feed.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const slow = { raise: '> 8', deadband: 1, onDelay: '5m', offDelay: '1m' }

/** What it says, as `yes rule: text`; of one rule, or of all that do not hold. */
function why(feed: Feed, now: number, rule?: string): string[] {
  if (feed.state === undefined) throw new Error('nothing was fed')
  return reasonsOf(feed.state, feed.rules, now)
    .filter((reason) => (rule === undefined ? !reason.holds : reason.rule === rule))
    .map(
      ({ rule, holds, text, left }) =>
        `${holds ? 'yes' : 'no'} ${rule}: ${text}${left === undefined ? '' : ` [${left}]`}`,
    )
}

describe('why an alarm did not fire', () => {
  it.each([
    [{ raise: '> 8' }, 7.5, 'no raise: 7.5 is not beyond the limit; 0.5 is missing.'],
    [{ raise: '> 8' }, 8, 'no raise: 8 is not beyond the limit; it is just at it.'],
    [{ raise: '<= 2' }, 2.25, 'no raise: 2.25 is not beyond the limit; 0.25 is missing.'],
    [{ raise: 'outside 2..8' }, 7, 'no raise: 7 is not beyond the limit; 1 is missing.'],
  ])('the level: %j with %j', (config, value, text) => {
    expect(why(new Feed(config).sample(value, 0), 0)).toEqual([text])
  })

  it('n within a time: how many there are, and how long the oldest still counts', () => {
    const feed = new Feed({ raise: '> 8', count: { n: 3, within: '10m' } }).sample(9, 0).sample(9, 4 * minute)
    const text = (found: number, left: string) =>
      `no count: ${found} of 3 values beyond the limit within 10m; the oldest of them counts for ${left}`
    expect(why(feed, 6 * minute)).toEqual([text(2, '4m more. [240000]')])
    expect(why(feed, 12 * minute)).toEqual([text(1, '2m more. [120000]')])
    expect(why(feed, 15 * minute)).toEqual(['no count: 0 of 3 values beyond the limit within 10m.'])
  })

  it('the on-delay, the number of values and the longest gap, with the time left', () => {
    const feed = new Feed({ ...slow, minSamples: 2, maxGap: '3m' }).sample(9, 0)
    expect(why(feed, minute)).toEqual([
      'no onDelay: It has to last 4m more, of 5m. [240000]',
      'no minSamples: 1 of 2 values.',
    ])
    expect(why(feed, minute, 'maxGap')).toEqual([
      'yes maxGap: Without a value for longer than 3m it begins anew: 2m more. [120001]',
    ])
    feed.wait(4 * minute)
    expect(why(feed, 4 * minute, 'nearMiss')).toEqual([
      'no nearMiss: At 1970-01-01T00:03:00Z it had lasted 3m of 5m, then nothing came for longer than the longest gap.',
    ])
  })

  it('a delay that is over waits for a fresh value, after a start and while the data is not to be trusted', () => {
    const restarted = new Feed(slow)
      .sample(9, 0)
      .restart(minute)
      .wait(6 * minute)
    expect(why(restarted, 6 * minute)).toEqual(['no onRestart: It waits for a fresh value after the start.'])
    const bad = new Feed(slow)
      .sample(9, 0)
      .wait(5 * minute)
      .sample(5, 6 * minute)
      .bad(6.5 * minute)
    expect(why(bad.wait(8 * minute), 8 * minute)).toEqual([
      'no raise: 5 is not beyond the limit; 3 is missing.',
      'no data: It waits for a fresh value that can be used.',
      'no data: no number',
      'no acknowledged: Nobody has acknowledged it.',
    ])
    expect(why(bad, 6 * minute + 45 * second, 'offDelay')).toEqual([
      'no offDelay: It has to be back for 15s more, of 1m. [15000]',
    ])
  })

  it('silence: how long it has lasted, and until it counts', () => {
    const feed = new Feed({ raise: '> 8', noData: { after: '15m' } }).sample(5, 0)
    expect(why(feed, 5 * minute, 'data')).toEqual([
      'yes data: The last value came 5m ago; without another one it counts as silent in 10m. [600000]',
    ])
    expect(why(feed.wait(16 * minute), 16 * minute, 'data')).toEqual(['no data: 16m without a value.'])
  })

  it('values that come late, as from a clock that was set back', () => {
    const feed = new Feed({ raise: '> 8', late: 'ignore' }).sample(5, hour).sample(9, hour + minute, { time: 0 })
    expect(why(feed, hour + minute, 'late')).toEqual([
      'no late: Since then only values came that were measured before 1970-01-01T01:00:00Z: they changed nothing (1 so far).',
    ])
    expect(why(feed.sample(5, hour + 2 * minute), hour + 2 * minute, 'late')).toEqual([])
  })

  it('all that keeps it back from people at once, each with the time left', () => {
    const config = { raise: '> 8', activeWhen: { cron: '* 8-18 * * *' }, flap: { n: 2, within: '1m', quiet: '5m' } }
    const feed = new Feed(config)
      .sample(9, 0)
      .sample(5, second)
      .sample(9, 2 * second)
    feed.command('shelve', minute, { until: hour })
    expect(why(feed, 2 * minute, 'gate')).toEqual([
      'no gate: anna has shelved it for 58m more, until 1970-01-01T01:00:00Z. [3480000]',
      'no gate: The schedule of "activeWhen" keeps it back for 7h58m more, until 1970-01-01T08:00:00Z. [28680000]',
      'no gate: It chatters; people are told when it was quiet, in 3m2s at the earliest. [182000]',
    ])
    const once = new Feed({ raise: '> 8' }).sample(9, 0).command('shelve', 0, { oneShot: true })
    expect(why(once, hour, 'gate')).toEqual([
      'no gate: anna has shelved it until it clears, for 7h at most. [25200000]',
    ])
    once.command('unshelve', hour).command('out-of-service', hour)
    expect(why(once, hour, 'gate')).toEqual(['no gate: anna took it out of service at 1970-01-01T01:00:00Z.'])
  })
})

describe('why an alarm does not clear', () => {
  it.each([
    [{ raise: '> 8', deadband: 1 }, 9, 7.5, '7.5 is not back: it clears at 7 or below; 0.5 is missing.'],
    [{ raise: '>= 8' }, 9, 8, '8 is not back: it clears below 8.'],
    [{ raise: '< 2', deadband: 0.1 }, 1, 2, '2 is not back: it clears at 2.1 or above; 0.1 is missing.'],
    [{ raise: '<= 2' }, 1, 2, '2 is not back: it clears above 2.'],
    [{ raise: 'outside 2..8', deadband: 1 }, 9, 7.5, '7.5 is not back: it clears from 3 to 7; 0.5 is missing.'],
    [{ raise: 'inside 2..8', deadband: 1 }, 5, 1.5, '1.5 is not back: it clears below 1 or above 9; 0.5 is missing.'],
  ])('the deadband: %j with %j and %j', (config, first, value, text) => {
    expect(why(new Feed(config).sample(first, 0).sample(value, second), second, 'clear')).toEqual([`no clear: ${text}`])
  })

  it('a limit that a deploy has moved, and a latch', () => {
    const moved = new Feed({ raise: '> 8' }).sample(9, 0).restart(second, { raise: '> 10' })
    expect(why(moved, second, 'clear')).toEqual(['yes clear: 9 is back; the next value decides.'])
    const latched = new Feed({ raise: '> 8', latch: true }).sample(9, 0).sample(5, second)
    expect(why(latched, second, 'latch')).toEqual(['no latch: It stays until a person resets it.'])
  })
})
