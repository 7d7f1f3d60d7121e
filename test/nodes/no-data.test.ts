import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import noData from '../../nodes/no-data.ts'
import { Bench } from './harness.ts'

const minute = 60_000

describe('the no-data node', () => {
  it('tells each silence once, and each end of one, for any pauses', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }), (pauses) => {
        const bench = new Bench(noData, { after: '10s' })
        bench.send('in', {})
        const wanted: string[] = []
        for (const pause of pauses) {
          bench.advance(pause * 1000)
          bench.send('in', {})
          if (pause >= 10) wanted.push('missing', 'back')
        }
        expect(bench.sent.map(({ port }) => port)).toEqual(wanted)
      }),
    )
  })

  it('writes its timer only when it has to move', () => {
    const bench = new Bench(noData, { after: '1m' })
    bench.send('in', {})
    const [timer] = [...bench.timers.values()]
    bench.advance(10_000)
    bench.send('in', {})
    expect([...bench.timers.values()]).toEqual([timer])
    bench.advance(69_999 - 10_000)
    expect(bench.sent).toEqual([])
    bench.advance(1)
    expect(bench.sent.map(({ port }) => port)).toEqual(['missing'])
  })

  it('starts the wait anew after a downtime', () => {
    const bench = new Bench(noData, { after: '5m' })
    bench.send('in', {})
    bench.now += 60 * minute
    const again = new Bench(noData, { after: '5m' }, bench)
    again.advance(5 * minute - 1)
    expect(again.sent).toEqual([])
    again.advance(1)
    expect(again.takeSent().missing).toMatchObject([{ payload: { silence: 65 * minute } }])
  })

  it('a short restart does not make the wait longer', () => {
    const bench = new Bench(noData, { after: '5m' })
    bench.send('in', {})
    bench.now += minute
    const again = new Bench(noData, { after: '5m' }, bench)
    again.advance(4 * minute)
    expect(again.sent.map(({ port }) => port)).toEqual(['missing'])
  })

  it('does not tell again after a restart what is known to be missing, and tells when it is back', () => {
    const bench = new Bench(noData, { after: '5m', expected: ['a'] })
    bench.advance(5 * minute)
    expect(bench.takeSent().missing).toMatchObject([{ key: 'a' }])
    const again = new Bench(noData, { after: '5m', expected: ['a'] }, bench)
    again.advance(60 * minute)
    expect(again.sent).toEqual([])
    again.send('in', { key: 'a' })
    expect(again.takeSent().back).toMatchObject([{ key: 'a', payload: { last: null, silence: null } }])
  })

  it('learns a new pace of a device, and waits at least for "after"', () => {
    const silence = (config: object, pauses: number[]) => {
      const bench = new Bench(noData, { learn: true, factor: 2, ...config })
      bench.send('in', {})
      for (const pause of pauses) {
        bench.advance(pause)
        bench.send('in', {})
      }
      bench.sent.splice(0)
      bench.advance(3_600_000)
      return bench.takeSent().missing?.map(({ payload }) => Reflect.get(Object(payload), 'after'))
    }
    expect(silence({}, Array(4).fill(1000))).toBeUndefined()
    expect(silence({}, Array(5).fill(1000))).toEqual([2000])
    expect(silence({}, Array(5).fill(10))).toEqual([1000])
    expect(silence({ after: '1m' }, Array(5).fill(1000))).toEqual([60_000])
    const [slower = 0] = silence({}, [...Array(8).fill(1000), ...Array(30).fill(1900)]) ?? []
    expect(slower).toBeGreaterThan(3700)
    expect(slower).toBeLessThanOrEqual(3800)
    const [faster = 0] = silence({}, [...Array(8).fill(60_000), ...Array(60).fill(1000)]) ?? []
    expect(faster).toBeLessThan(2200)
  })

  it.each([
    [{}, 'it would wait for ever; give "after", or set "learn"'],
    [
      { learn: true, expected: ['a'] },
      'how long they may be silent cannot be learned before they have sent; give "after"',
    ],
  ])('refuses %j', (config, message) => {
    expect(noData.config.safeParse(config).error?.issues).toMatchObject([{ message }])
  })
})
