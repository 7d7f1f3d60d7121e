import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import batch from '../../nodes/batch.ts'
import { Bench } from './harness.ts'

describe('the batch node', () => {
  it('loses nothing and mixes no keys, for any messages', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b'), pause: fc.integer({ min: 0, max: 8 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), fc.integer({ min: 1, max: 5 }), (steps, count) => {
        const bench = new Bench(batch, { count, within: '10ms' })
        const open: Record<string, { since: number; items: number[] }> = {}
        const wanted: string[] = []
        const close = (key: string) => {
          wanted.push(`${key} ${JSON.stringify(open[key]?.items)}`)
          delete open[key]
        }
        for (const [index, { key, pause }] of steps.entries()) {
          bench.advance(pause)
          for (const one of ['a', 'b']) if ((open[one]?.since ?? Number.POSITIVE_INFINITY) + 10 <= bench.now) close(one)
          bench.send('in', { key, payload: index })
          open[key] ??= { since: bench.now, items: [] }
          open[key].items.push(index)
          if (open[key].items.length === count) close(key)
        }
        bench.advance(10)
        for (const one of ['a', 'b']) if (open[one] !== undefined) close(one)
        const found = bench.sent.map(({ message }) => `${message.key} ${JSON.stringify(message.payload)}`)
        // two keys whose time is over between two messages have no order that matters
        expect(found.toSorted()).toEqual(wanted.toSorted())
        expect(bench.state.size + bench.timers.size).toBe(0)
      }),
    )
  })

  it('has the fields of the latest message', () => {
    const bench = new Bench(batch, { within: '1s' })
    bench.send('in', { key: 'k', id: 'x', payload: Uint8Array.of(1), params: { a: '1' } })
    bench.send('in', { key: 'k', id: 'y', payload: 2, params: { a: '2' } })
    const again = new Bench(batch, { within: '1s' }, bench)
    again.advance(1000)
    expect(again.takeSent().out).toMatchObject([
      { id: 'y', key: 'k', params: { a: '2' }, payload: [Uint8Array.of(1), 2] },
    ])
  })

  it('without a count, sends at the latest with 1,000 items', () => {
    const bench = new Bench(batch, { within: '1h' })
    for (let count = 0; count < 1001; count++) bench.send('in', { payload: count })
    expect(bench.takeSent().out?.map(({ payload }) => Array.isArray(payload) && payload.length)).toEqual([1000])
  })

  it('needs a count or a time', () => {
    expect(batch.config.safeParse({}).error?.issues).toMatchObject([
      { message: 'neither "count" nor "within" is there; give at least one of them' },
    ])
  })
})
