import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import debounce from '../../nodes/debounce.ts'
import { Bench, startTime } from './harness.ts'

describe('the debounce node', () => {
  it('waits for each key by itself', () => {
    const bench = new Bench(debounce, { key: 'payload.k', quiet: '2s' })
    bench.send('in', { payload: { k: 'a', n: 1 } })
    bench.advance(1000)
    bench.send('in', { payload: { k: 'b', n: 2 } })
    bench.advance(1000)
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([{ k: 'a', n: 1 }])
    bench.advance(1000)
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([{ k: 'b', n: 2 }])
    expect(bench.state.size).toBe(0)
  })

  it('hands the message on as it was, with bytes and further fields', () => {
    const bench = new Bench(debounce, { quiet: '1s' })
    const fields = {
      payload: { raw: Uint8Array.of(1, 2) },
      props: { a: ['b', 'c'] },
      params: { p: 'q' },
      area: 'north',
    }
    bench.send('in', { ...fields, id: 'x', time: 5, received: 6 })
    bench.advance(1000)
    expect(bench.takeSent().out).toMatchObject([{ ...fields, id: 'x', time: 5, received: 6 }])
  })

  it('a late message starts the wait anew but takes nobody’s place', () => {
    const bench = new Bench(debounce, { quiet: '1s' })
    bench.send('in', { payload: 'new', time: startTime })
    bench.advance(900)
    bench.send('in', { payload: 'old', time: startTime - 1 })
    bench.advance(900)
    expect(bench.takeSent()).toEqual({})
    bench.advance(100)
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual(['new'])
  })

  it('goes on over a restart, and ends at the start what was over meanwhile', () => {
    const bench = new Bench(debounce, { quiet: '10s' })
    bench.send('in', { payload: 1 })
    bench.now += 60_000
    const again = new Bench(debounce, { quiet: '10s' }, bench)
    expect(again.takeSent().out?.map(({ payload }) => payload)).toEqual([1])
  })

  it('ends a wait that is over before it takes the next message, when the timer comes late', () => {
    const bench = new Bench(debounce, { quiet: '1s' })
    bench.send('in', { payload: 1 })
    bench.now += 1000
    bench.send('in', { payload: 2 })
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([1])
    bench.advance(1000)
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([2])
  })

  it('sends the last message of each burst, for any bursts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), (pauses) => {
        const bench = new Bench(debounce, { quiet: '10ms' })
        for (const [index, pause] of pauses.entries()) {
          bench.send('in', { payload: index })
          bench.advance(pause)
        }
        bench.advance(10)
        const wanted = pauses.flatMap((pause, index) => (pause >= 10 || index === pauses.length - 1 ? [index] : []))
        expect(bench.sent.map(({ message }) => message.payload)).toEqual(wanted)
      }),
    )
  })

  it.each([
    [{ quiet: '0s' }, 'there must be some quiet to wait for; write 500ms, for example'],
    [{ quiet: '2s', atMost: '1s' }, '"atMost" is shorter than "quiet", so there would never be quiet; make it longer'],
  ])('refuses %j', (config, message) => {
    expect(debounce.config.safeParse(config).error?.issues).toMatchObject([{ message }])
  })
})
