import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import delay from '../../nodes/delay.ts'
import { Bench } from './harness.ts'

describe('the delay node', () => {
  it('sends each message at its time, and those of one time in their order', () => {
    const step = fc.record({ pause: fc.integer({ min: 0, max: 5 }), wait: fc.integer({ min: 0, max: 20 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const bench = new Bench(delay, { until: 'payload.at' })
        const wanted = steps.map(({ pause, wait }, n) => {
          bench.advance(pause)
          const at = bench.now + wait
          bench.send('in', { payload: { at, n } })
          return { at, n }
        })
        bench.advance(100)
        const found = bench.sent.map(({ message }) => message.payload)
        expect(found).toEqual(wanted.toSorted((one, other) => one.at - other.at || one.n - other.n))
        expect(bench.state.size + bench.timers.size).toBe(0)
      }),
    )
  })

  it('keeps what waits over a restart; what was due meanwhile goes on at the start, in order', () => {
    const bench = new Bench(delay, { for: '10s' })
    for (const payload of [1, 2, 3]) {
      bench.send('in', { payload })
      bench.advance(4000)
    }
    bench.now += 3000
    const again = new Bench(delay, { for: '10s' }, bench)
    expect([...(bench.takeSent().out ?? []), ...(again.takeSent().out ?? [])].map(({ payload }) => payload)).toEqual([
      1, 2,
    ])
    again.advance(60_000)
    expect(again.takeSent().out?.map(({ payload }) => payload)).toEqual([3])
  })

  it('refuses what is beyond the limit, for each key', () => {
    const bench = new Bench(delay, { for: '1s', limit: 1 })
    bench.send('in', { key: 'a', payload: 1 })
    bench.send('in', { key: 'a', payload: 2 })
    bench.send('in', { key: 'b', payload: 3 })
    expect(bench.takeSent()).toMatchObject({ error: [{ payload: 2 }] })
    expect(bench.failures.map(({ message }) => message)).toEqual(['What waits for "a" is 2, the limit is 1.'])
    bench.advance(1000)
    expect(bench.takeSent().out).toMatchObject([{ payload: 1 }, { payload: 3 }])
  })

  it.each([
    [{}, 'neither "for" nor "until" is there; give one of them'],
    [{ for: '1s', until: 'time' }, '"for" and "until" are both there; keep one of them'],
    [{ for: '0s' }, 'a delay takes some time; write 5s, for example'],
  ])('refuses %j', (config, message) => {
    expect(delay.config.safeParse(config).error?.issues).toMatchObject([{ message }])
  })
})
