import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import rateLimit from '../../nodes/rate-limit.ts'
import { Bench } from './harness.ts'

const arrivals = fc.array(fc.record({ pause: fc.integer({ min: 0, max: 40 }), key: fc.constantFrom('a', 'b') }), {
  maxLength: 60,
})
const limits = fc.record({ count: fc.integer({ min: 1, max: 4 }), per: fc.integer({ min: 1, max: 60 }) })

interface Passed {
  port: string
  payload: unknown
  at: number
}

/** Sends numbered messages with pauses, then waits until nothing is left. Tells what came out of each key and when. */
function run(config: Record<string, unknown>, steps: readonly { pause: number; key: string }[]) {
  const bench = new Bench(rateLimit, config)
  const start = bench.now
  const found: Record<string, Passed[]> = { a: [], b: [] }
  const inputs: Record<string, { at: number; payload: number }[]> = { a: [], b: [] }
  const collect = () => {
    for (const { port, message } of bench.sent.splice(0)) {
      found[message.key]?.push({ port, payload: message.payload, at: bench.now - start })
    }
  }
  const wait = (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed++) {
      bench.advance(1)
      collect()
    }
  }
  for (const [index, { pause, key }] of steps.entries()) {
    wait(pause)
    inputs[key]?.push({ at: bench.now - start, payload: index })
    bench.send('in', { key, payload: index })
    collect()
  }
  for (let round = 0; bench.timers.size > 0 && round < 100; round++) wait(100)
  return { found, inputs, bench }
}

describe('the rate-limit node', () => {
  it('drops as the plain rule says, for any arrivals', () => {
    fc.assert(
      fc.property(limits, arrivals, ({ count, per }, steps) => {
        const { found, inputs } = run({ count, per: `${per}ms` }, steps)
        for (const key of ['a', 'b']) {
          const passed: number[] = []
          const wanted = (inputs[key] ?? []).map(({ at, payload }) => {
            const passes = passed.filter((time) => time > at - per).length < count
            if (passes) passed.push(at)
            return { port: passes ? 'out' : 'over', payload, at }
          })
          expect(found[key]).toEqual(wanted)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('a queue lets each go as soon as the plain rule allows, in order', () => {
    fc.assert(
      fc.property(limits, arrivals, ({ count, per }, steps) => {
        const { found, inputs, bench } = run({ count, per: `${per}ms`, over: 'queue' }, steps)
        for (const key of ['a', 'b']) {
          const times: number[] = []
          const wanted = (inputs[key] ?? []).map(({ at, payload }, index) => {
            const earliest = Math.max(at, times[index - 1] ?? 0, (times[index - count] ?? -per) + per)
            times.push(earliest)
            return { port: 'out', payload, at: earliest }
          })
          expect(found[key]).toEqual(wanted)
        }
        // nothing but when they went is left
        expect([...bench.state.keys()].every((key) => key === 'a' || key === 'b')).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('latest loses no message, keeps to the limit, and hears the last word', () => {
    fc.assert(
      fc.property(limits, arrivals, ({ count, per }, steps) => {
        const { found, inputs } = run({ count, per: `${per}ms`, over: 'latest' }, steps)
        for (const key of ['a', 'b']) {
          const all = found[key] ?? []
          const out = all.filter(({ port }) => port === 'out')
          expect(all.map(({ payload }) => payload).sort((x, y) => Number(x) - Number(y))).toEqual(
            inputs[key]?.map(({ payload }) => payload),
          )
          expect(out.at(-1)?.payload).toBe(inputs[key]?.at(-1)?.payload)
          for (const { at } of out) {
            expect(out.filter((one) => one.at > at - per && one.at <= at).length).toBeLessThanOrEqual(count)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('a queue that is full sends further messages to over', () => {
    const bench = new Bench(rateLimit, { per: '1s', over: 'queue', limit: 2 })
    for (const payload of [1, 2, 3, 4]) bench.send('in', { payload })
    expect(bench.takeSent()).toMatchObject({ out: [{ payload: 1 }], over: [{ payload: 4 }] })
    bench.advance(5000)
    expect(bench.takeSent().out).toMatchObject([{ payload: 2 }, { payload: 3 }])
  })

  it('a message that is dropped costs no write', () => {
    const bench = new Bench(rateLimit, { per: '1m' })
    bench.send('in', { payload: 1 })
    const kept = [...bench.state.values()][0]
    bench.advance(1000)
    bench.send('in', { payload: 2 })
    expect([...bench.state.values()][0]).toBe(kept)
  })

  it('what waits goes on over a restart', () => {
    const bench = new Bench(rateLimit, { per: '1s', over: 'queue' })
    for (const payload of [1, 2, 3]) bench.send('in', { payload })
    const again = new Bench(rateLimit, { per: '1s', over: 'queue' }, bench)
    again.advance(3000)
    expect(again.takeSent().out).toMatchObject([{ payload: 2 }, { payload: 3 }])
  })

  it('does not wait for longer than a span when the clock is set back', () => {
    const bench = new Bench(rateLimit, { per: '1s' })
    bench.send('in', { payload: 1 })
    bench.now -= 3_600_000
    bench.send('in', { payload: 2 })
    bench.advance(1000)
    bench.send('in', { payload: 3 })
    expect(bench.sent.map(({ port }) => port)).toEqual(['out', 'over', 'out'])
  })
})
