import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import onChange from '../../nodes/on-change.ts'
import { Bench, startTime } from './harness.ts'

const minute = 60_000

/** The ports that messages with these payloads go to. */
function ports(config: unknown, payloads: readonly unknown[]): string[] {
  const bench = new Bench(onChange, config)
  for (const payload of payloads) bench.send('in', { payload })
  return bench.sent.map(({ port }) => port)
}

describe('the on-change node', () => {
  it.each([
    [{}, [1, 1, 2, '2', 2], 'out rest out out out'],
    [{}, [null, null, false, 0, -0, ''], 'out rest out out rest out'],
    [
      {},
      [
        { a: 1, b: [1, 2] },
        { b: [1, 2], a: 1 },
        { a: 1, b: [2, 1] },
      ],
      'out rest out',
    ],
    [{}, [{ a: 1 }, { a: 1, b: null }, { b: null, a: 1 }, [1], { 0: 1 }], 'out out rest out out'],
    [{}, [Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(2)], 'out rest out'],
    [{ deadband: 0 }, [1, 1, 1.0001], 'out rest out'],
    [{ deadband: 0.2 }, [20.1, 20.3, 19.9, 20.31], 'out rest rest out'],
    [{ deadband: 1 }, [0, 0.6, 1.2, 1.8, 2.4], 'out rest out rest out'],
    [{ percent: 10 }, [-100, -110, -111, -100], 'out rest out rest'],
    [{ percent: 50 }, [0, 0, 0.001], 'out rest out'],
    [{ deadband: 1 }, ['1', null, Number.NaN, 1], 'error error error out'],
    [{ value: 'payload.x' }, [{ x: 1 }, { x: 1, y: 2 }, {}, { x: null }], 'out rest error out'],
  ])('%j: %j', (config, payloads, wanted) => {
    expect(ports(config, payloads).join(' ')).toBe(wanted)
  })

  it('leaves out what was measured before the last report', () => {
    const bench = new Bench(onChange, {})
    bench.send('in', { payload: 1, time: startTime })
    bench.send('in', { payload: 2, time: startTime - 1 })
    bench.send('in', { payload: 2, time: startTime })
    expect(bench.sent.map(({ port }) => port)).toEqual(['out', 'rest', 'out'])
  })

  it('a late message is no reason to report again', () => {
    const bench = new Bench(onChange, { atLeastEvery: '1m' })
    bench.send('in', { payload: 1, time: startTime })
    bench.advance(minute)
    bench.send('in', { payload: 1, time: startTime - 1 })
    bench.send('in', { payload: 1, time: startTime + 1 })
    expect(bench.sent.map(({ port }) => port)).toEqual(['out', 'rest', 'out'])
  })

  it('writes nothing for a message without a change', () => {
    const bench = new Bench(onChange, {})
    bench.send('in', { payload: 1 })
    const before = new Map(bench.state)
    bench.advance(minute)
    bench.send('in', { payload: 1 })
    expect(bench.state).toEqual(before)
  })

  it('goes on over a restart', () => {
    const bench = new Bench(onChange, {})
    bench.send('in', { payload: Uint8Array.of(7) })
    const again = new Bench(onChange, {}, bench)
    again.send('in', { payload: Uint8Array.of(7) })
    expect(again.sent.map(({ port }) => port)).toEqual(['rest'])
  })

  it('reports as the plain rule says, for any keys, values and pauses', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      // quarters, so that the plain rule has no rounding
      value: fc.integer({ min: -40, max: 40 }).map((quarters) => quarters / 4),
      pause: fc.integer({ min: 0, max: 5 }),
      late: fc.integer({ min: 0, max: 3 }),
    })
    const config = fc.record({
      deadband: fc.integer({ min: 0, max: 20 }),
      every: fc.option(fc.integer({ min: 1, max: 9 })),
    })
    fc.assert(
      fc.property(config, fc.array(step, { maxLength: 60 }), ({ deadband, every }, steps) => {
        const bench = new Bench(onChange, {
          deadband: deadband / 4,
          ...(every === null ? {} : { atLeastEvery: `${every}s` }),
        })
        const last: Record<string, { value: number; time: number; at: number }> = {}
        for (const { key, value, pause, late } of steps) {
          bench.advance(pause * 1000)
          const time = bench.now - late * 1000
          bench.send('in', { key, payload: value, time })
          const before = last[key]
          const wanted =
            before === undefined ||
            (time >= before.time &&
              (Math.abs(value - before.value) > deadband / 4 ||
                (every !== null && bench.now - before.at >= every * 1000)))
          if (wanted) last[key] = { value, time, at: bench.now }
          expect(Object.keys(bench.takeSent())).toEqual([wanted ? 'out' : 'rest'])
        }
      }),
    )
  })

  it('takes one kind of deadband', () => {
    expect(onChange.config.safeParse({ deadband: 1, percent: 1 }).error?.issues).toMatchObject([
      { path: ['percent'], message: '"deadband" and "percent" are both there; keep one of them' },
    ])
  })
})
