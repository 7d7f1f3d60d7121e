import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import counter from '../../nodes/counter.ts'
import { Bench, startTime } from './harness.ts'

describe('the counter node', () => {
  it('measures running time and starts as the plain rule says', () => {
    const step = fc.record({ pause: fc.integer({ min: 0, max: 30 }), on: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (steps, gap) => {
        const bench = new Bench(counter, { running: 'payload', longestGap: `${gap}s` })
        const wanted = { runtime: 0, cycles: 0 }
        let before = false
        for (const { pause, on } of steps) {
          bench.advance(pause * 1000)
          if (before) wanted.runtime += Math.min(pause, gap) * 1000
          if (on && !before) wanted.cycles++
          before = on
          bench.send('in', { payload: on })
          expect(bench.takeSent().out).toMatchObject([{ payload: { ...wanted, running: on } }])
        }
      }),
    )
  })

  it('loses nothing to rounding', () => {
    const bench = new Bench(counter, { add: 'payload' })
    for (let count = 0; count < 10; count++) bench.send('in', { payload: 0.1 })
    expect(bench.sent.at(-1)?.message.payload).toMatchObject({ count: 10, total: 1 })
  })

  it('counts a late message, but not as running time', () => {
    const bench = new Bench(counter, { running: 'payload.on', add: 'payload.n' })
    bench.send('in', { payload: { on: true, n: 1 } })
    bench.advance(1000)
    bench.send('in', { payload: { on: true, n: 1 } })
    bench.send('in', { payload: { on: false, n: 5 }, time: startTime + 500 })
    bench.advance(1000)
    bench.send('in', { payload: { on: false, n: 1 } })
    expect(bench.sent.at(-1)?.message.payload).toMatchObject({ count: 4, total: 8, runtime: 2000, cycles: 1 })
  })

  it('a reset closes the running time, and the machine runs on', () => {
    const bench = new Bench(counter, { running: 'payload' })
    bench.send('in', { payload: true })
    bench.advance(60_000)
    bench.send('reset', {})
    expect(bench.takeSent().closed).toMatchObject([{ payload: { runtime: 60_000, cycles: 1 } }])
    bench.advance(1000)
    bench.send('in', { payload: true })
    expect(bench.takeSent().out).toMatchObject([{ payload: { since: startTime + 60_000, runtime: 1000, cycles: 0 } }])
  })

  it('a reset of a key that is not known gives zeros', () => {
    const bench = new Bench(counter, { add: 'payload' })
    bench.send('reset', { key: 'new' })
    expect(bench.takeSent().closed).toMatchObject([{ key: 'new', payload: { key: 'new', count: 0, total: 0 } }])
  })

  it('goes on over a restart', () => {
    const bench = new Bench(counter, {})
    bench.send('in', {})
    const again = new Bench(counter, {}, bench)
    again.send('in', {})
    expect(again.sent.at(-1)?.message.payload).toMatchObject({ count: 2 })
  })

  it('a number so huge that sums would soon have no value is an error, and the total goes on without it', () => {
    for (const config of [{ add: 'payload' }, { meter: 'payload' }]) {
      const bench = new Bench(counter, config)
      for (const payload of [1e308, 5, -1e308, 1.1e150, 7]) bench.send('in', { payload })
      expect(bench.failures.map(({ message }) => message)).toEqual(
        ['1e+308', '-1e+308', '1.1e+150'].map(
          (found) => `"payload" gave the number ${found} where a number up to 1e+150 is needed.`,
        ),
      )
      expect(bench.takeSent().out?.at(-1)).toMatchObject({ payload: { count: 2, total: 'add' in config ? 12 : 2 } })
    }
  })

  it.each([
    [{ running: 'payload' }, 1],
    [{ add: 'payload' }, 'a'],
    [{ meter: 'payload' }, null],
  ])('%j: a value that is wrong changes nothing', (config, payload) => {
    const bench = new Bench(counter, config)
    bench.send('in', { payload })
    expect(bench.failures.map(({ code }) => code)).toEqual(['WRONG_RESULT'])
    expect(bench.state.size).toBe(0)
  })
})
