import { describe, expect, it } from 'vitest'
import inject from '../../nodes/inject.ts'
import { Bench, startTime } from './harness.ts'

const second = 1000
const hour = 3_600_000

/** The seconds since the start at which messages were made. */
function times(bench: Bench): number[] {
  return (bench.takeSent().out ?? []).map(({ time }) => (time - startTime) / second)
}

describe('the inject node', () => {
  it('makes messages at intervals, the first after one of them', () => {
    const bench = new Bench(inject, { every: '10s' })
    bench.advance(35 * second)
    expect(times(bench)).toEqual([10, 20, 30])
  })

  it('gives the time as payload unless it is told otherwise', () => {
    const bench = new Bench(inject, { every: '10s' })
    bench.advance(10 * second)
    const at = startTime + 10 * second
    expect(bench.takeSent().out).toMatchObject([{ topic: 'example/node', payload: at, time: at, scheduled: at }])
  })

  it('keeps its beat over a restart', () => {
    const before = new Bench(inject, { every: '10s' })
    before.advance(14 * second)
    const after = new Bench(inject, { every: '10s' }, before)
    after.advance(10 * second)
    expect(times(before)).toEqual([10])
    expect(times(after)).toEqual([20])
  })

  it('is not put off for ever by restarts', () => {
    let bench = new Bench(inject, { every: '1h' })
    const found: number[] = []
    for (let restart = 0; restart < 10; restart++) {
      bench.advance(hour / 4)
      found.push(...times(bench))
      bench = new Bench(inject, { every: '1h' }, bench)
    }
    expect(found).toEqual([3600, 7200])
  })

  it('makes one message for all times that it missed, and stays in its beat', () => {
    const before = new Bench(inject, { every: '10s' })
    before.now += 57 * second
    const after = new Bench(inject, { every: '10s' }, before)
    const [missed] = after.takeSent().out ?? []
    expect(missed).toMatchObject({ time: startTime + 57 * second, scheduled: startTime + 10 * second })
    after.advance(10 * second)
    expect(times(after)).toEqual([60])
  })

  it('makes one message for a missed cron time', () => {
    const config = { cron: '0 * * * *' }
    const before = new Bench(inject, config)
    before.now += 5.5 * hour
    const after = new Bench(inject, config, before)
    expect(times(after)).toEqual([5.5 * 3600])
    after.advance(hour)
    expect(times(after)).toEqual([6 * 3600])
  })

  it('starts a changed schedule anew', () => {
    const before = new Bench(inject, { every: '1h' })
    before.advance(10 * second)
    const after = new Bench(inject, { every: '10s' }, before)
    after.advance(20 * second)
    expect(times(after)).toEqual([20, 30])
  })

  it('ends a schedule that was taken out', () => {
    const before = new Bench(inject, { every: '10s' })
    const after = new Bench(inject, { once: true }, before)
    after.advance(hour)
    expect(times(after)).toEqual([0])
    expect(after.timers.size).toBe(0)
  })

  it('makes a message at each start when it says once', () => {
    const config = { once: true, every: '10s' }
    const before = new Bench(inject, config)
    before.advance(12 * second)
    const after = new Bench(inject, config, before)
    after.advance(10 * second)
    expect(times(before)).toEqual([0, 10])
    expect(times(after)).toEqual([12, 20])
  })

  it('waits for one interval at most after the clock was set back', () => {
    const before = new Bench(inject, { every: '10s' })
    before.now -= hour
    const after = new Bench(inject, { every: '10s' }, before)
    after.advance(10 * second)
    expect(times(after)).toEqual([10 - 3600])
  })

  it('goes on after an expression that failed', () => {
    const bench = new Bench(inject, { every: '1s', payload: '$n % 2 = 0 ? $n : $error("odd")' })
    bench.advance(4 * second)
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([2, 4])
    expect(bench.failures.map(({ code }) => code)).toEqual(['EXPRESSION_FAILED', 'EXPRESSION_FAILED'])
  })

  it('names an expression that gives nothing', () => {
    const bench = new Bench(inject, { once: true, payload: 'payload.value' })
    expect(bench.failures.map(({ message }) => message)).toEqual([
      '"payload.value" gave nothing where a payload is needed.',
    ])
  })

  it('uses the clock and the randomness of the engine', () => {
    const payloads = [1, 2].map(() => {
      const bench = new Bench(inject, { every: '1s', payload: '[$millis(), $random()]' })
      bench.advance(3 * second)
      return bench.takeSent().out?.map(({ payload }) => payload)
    })
    expect(payloads[0]).toMatchObject([
      [startTime + 1000, expect.any(Number)],
      [startTime + 2000, expect.any(Number)],
      [startTime + 3000, expect.any(Number)],
    ])
    expect(payloads[1]).toEqual(payloads[0])
  })

  it.each([
    [{}, 'it would never make a message; give "every" or "cron", or set "once"'],
    [{ every: '1s', cron: '* * * * *' }, '"every" and "cron" are both there; keep one of them'],
    [{ every: '0s' }, 'that is too short; write at least 10ms'],
    [{ every: '400d' }, 'that is too long; write at most 366d'],
    [{ every: 'soon' }, '"soon" is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 1h30m or 7d'],
    [{ cron: '61 * * * *' }, '"61 * * * *" is not a cron pattern: Invalid value for minute: 61'],
    [{ cron: '0 7 * * *', timeZone: 'Mars' }, 'there is no such time zone; write one such as UTC or Europe/Paris'],
  ])('refuses the config %j', (config, text) => {
    expect(inject.config.safeParse(config).error?.issues.map(({ message }) => message)).toEqual([text])
  })
})
