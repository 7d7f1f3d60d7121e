import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import window from '../../nodes/window.ts'
import { Bench, startTime } from './harness.ts'

interface Step {
  key: string
  value: number
  pause: number
  late: number
}

interface Item {
  key: string
  value: number
  time: number
  now: number
}

const steps = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b'),
    value: fc.integer({ min: -50, max: 50 }),
    pause: fc.integer({ min: 0, max: 30 }),
    late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 60 })),
  }),
  { maxLength: 50 },
)
const results = ['count', 'sum', 'min', 'max', 'first', 'last', 'median']

/** Runs the steps, milliseconds; gives what went in, and what came out with the virtual time. */
function run(config: object, list: readonly Step[]) {
  const bench = new Bench(window, { results, ...config })
  const items: Item[] = []
  const found: { port: string; payload: unknown; at: number }[] = []
  const collect = () => {
    for (const { port, message } of bench.sent.splice(0)) found.push({ port, payload: message.payload, at: bench.now })
  }
  const advance = (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed++) {
      bench.advance(1)
      collect()
    }
  }
  for (const { key, value, pause, late } of list) {
    advance(pause)
    const time = bench.now - late
    items.push({ key, value, time, now: bench.now })
    bench.send('in', { key, payload: value, time })
    collect()
  }
  advance(200)
  return { items, found, bench }
}

/** The results of items, by the plain formulas. */
function record(key: string, from: number, to: number, items: readonly Item[]) {
  const values = items.map(({ value }) => value)
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length / 2
  const byTime = items.toSorted((one, other) => one.time - other.time)
  return {
    key,
    from,
    to,
    count: values.length,
    sum: values.reduce((one, other) => one + other, 0) + 0,
    min: Math.min(...values) + 0,
    max: Math.max(...values) + 0,
    first: (byTime[0]?.value ?? 0) + 0,
    last: (byTime.at(-1)?.value ?? 0) + 0,
    median: ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2 + 0,
  }
}

function comparable(list: readonly unknown[]): string[] {
  return list.map((one) => JSON.stringify(one)).sort()
}

describe('the window node', () => {
  it('tumbling by time: as the plain rule says, for any messages', () => {
    const shape = fc.record({ length: fc.integer({ min: 1, max: 50 }), wait: fc.integer({ min: 0, max: 30 }) })
    fc.assert(
      fc.property(shape, steps, ({ length, wait }, list) => {
        const { items, found, bench } = run({ length: `${length}ms`, wait: `${wait}ms` }, list)
        const groups = new Map<string, Item[]>()
        const late: unknown[] = []
        for (const item of items) {
          const from = Math.floor(item.time / length) * length
          if (from + length + wait <= item.now) late.push(item.value)
          else groups.set(`${item.key} ${from}`, [...(groups.get(`${item.key} ${from}`) ?? []), item])
        }
        const wanted = [...groups].map(([name, group]) => {
          const [key = '', from = ''] = name.split(' ')
          const to = Number(from) + length
          return { port: 'out', payload: record(key, Number(from), to, group), at: to + wait }
        })
        expect(comparable(found.filter(({ port }) => port === 'out'))).toEqual(comparable(wanted))
        expect(found.filter(({ port }) => port === 'late').map(({ payload }) => payload)).toEqual(late)
        expect(bench.state.size).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  it('sliding by time: as the plain rule says, for any messages', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), steps, (length, list) => {
        const { items, found } = run({ kind: 'sliding', length: `${length}ms` }, list)
        const taken: Item[] = []
        const wanted = items.map((item) => {
          const own = () => taken.filter(({ key }) => key === item.key)
          const newest = Math.max(...own().map(({ time }) => time))
          if (item.time <= newest - length) return { port: 'late', payload: item.value, at: item.now }
          taken.push(item)
          const to = Math.max(newest, item.time)
          const inside = own().filter(({ time }) => time > to - length)
          return { port: 'out', payload: record(item.key, to - length, to, inside), at: item.now }
        })
        expect(found).toEqual(wanted)
      }),
      { numRuns: 100 },
    )
  })

  it('by count: as the plain rule says, for any messages', () => {
    const shape = fc.record({ count: fc.integer({ min: 1, max: 6 }), kind: fc.constantFrom('tumbling', 'sliding') })
    fc.assert(
      fc.property(shape, steps, ({ count, kind }, list) => {
        const { items, found } = run({ kind, count }, list)
        const own: Record<string, Item[]> = { a: [], b: [] }
        const wanted = items.flatMap((item) => {
          const all = own[item.key] ?? []
          all.push(item)
          if (kind === 'tumbling' && all.length % count !== 0) return []
          const inside = all.slice(-count)
          const times = inside.map(({ time }) => time)
          const payload = record(item.key, Math.min(...times), Math.max(...times), inside)
          return [{ port: 'out', payload, at: item.now }]
        })
        expect(found).toEqual(wanted)
      }),
      { numRuns: 100 },
    )
  })

  it('session: as the plain rule says, for messages in order', () => {
    const shape = fc.record({ gap: fc.integer({ min: 1, max: 25 }), wait: fc.integer({ min: 0, max: 10 }) })
    fc.assert(
      fc.property(shape, steps, ({ gap, wait }, list) => {
        const inOrder = list.map((step) => ({ ...step, late: 0 }))
        const { items, found } = run({ kind: 'session', gap: `${gap}ms`, wait: `${wait}ms` }, inOrder)
        const sessions: Item[][] = []
        for (const item of items) {
          const open = sessions.findLast(([first]) => first?.key === item.key)
          const last = open?.at(-1)
          // A message that comes while the window still waits, but after the gap, ends it. One at the very end of the wait finds it closed.
          const joins = last !== undefined && item.time <= last.time + gap && item.now < last.time + gap + wait
          if (joins) open?.push(item)
          else sessions.push([item])
        }
        const wanted = sessions.map((session) =>
          record(session[0]?.key ?? '', session[0]?.time ?? 0, session.at(-1)?.time ?? 0, session),
        )
        expect(comparable(found.map(({ payload }) => payload))).toEqual(comparable(wanted))
      }),
      { numRuns: 50 },
    )
  })

  it('session: takes late messages that touch it, and sends the others to late', () => {
    const bench = new Bench(window, { kind: 'session', gap: '10s', wait: '5s', results: ['count'] })
    bench.send('in', { payload: 1, time: startTime - 4000 })
    bench.send('in', { payload: 2, time: startTime - 14_000 })
    bench.send('in', { payload: 3, time: startTime - 24_001 })
    expect(Object.keys(bench.takeSent())).toEqual(['late'])
    bench.advance(11_000)
    expect(bench.takeSent().out).toMatchObject([
      { payload: { from: startTime - 14_000, to: startTime - 4000, count: 2 } },
    ])
    bench.send('in', { payload: 4, time: startTime - 4000 })
    expect(Object.keys(bench.takeSent())).toEqual(['late'])
  })

  it('keeps items up to the limit, and says so while it matters', () => {
    const bench = new Bench(window, { kind: 'sliding', length: '10s', limit: 2, results: ['count', 'sum'] })
    const sent = [1, 2, 4, 8].map((payload) => {
      bench.send('in', { payload })
      bench.advance(4000)
      return bench.takeSent().out?.[0]?.payload
    })
    expect(sent).toMatchObject([
      { count: 1, sum: 1 },
      { count: 2, sum: 3 },
      { count: 2, sum: 6, truncated: true },
      { count: 2, sum: 12, truncated: true },
    ])
    bench.advance(8000)
    bench.send('in', { payload: 16 })
    expect(bench.takeSent().out?.[0]?.payload).toEqual({
      key: 'example',
      from: bench.now - 10_000,
      to: bench.now,
      count: 1,
      sum: 16,
    })
  })

  it('the sums of a tumbling window are exact beyond the limit', () => {
    const bench = new Bench(window, { length: '1m', limit: 2, results: ['count', 'sum', 'median'] })
    for (const payload of [1, 2, 3, 4]) bench.send('in', { payload })
    bench.advance(61_000)
    expect(bench.takeSent().out).toMatchObject([{ payload: { count: 4, sum: 10, median: 3.5, truncated: true } }])
  })

  it('without percentiles a window keeps no items', () => {
    const bench = new Bench(window, { length: '1h' })
    for (let count = 0; count < 500; count++) bench.send('in', { payload: count })
    expect(JSON.stringify([...bench.state.values()]).length).toBeLessThan(400)
  })

  it('sends a window that ended while the engine was down at the start', () => {
    const bench = new Bench(window, { length: '1m', results: ['sum'] })
    bench.send('in', { payload: 1 })
    bench.send('in', { payload: 2 })
    bench.now += 3_600_000
    const again = new Bench(window, { length: '1m', results: ['sum'] }, bench)
    expect(again.takeSent().out).toMatchObject([{ payload: { sum: 3, to: startTime + 60_000 } }])
  })

  it('a window keeps its end when the length is changed', () => {
    const bench = new Bench(window, { length: '1m', results: ['sum'] })
    bench.send('in', { payload: 1 })
    const again = new Bench(window, { length: '1h', results: ['sum'] }, bench)
    again.advance(61_000)
    expect(again.takeSent().out).toMatchObject([{ payload: { from: startTime, to: startTime + 60_000, sum: 1 } }])
  })

  it('an expression that fails does not keep later windows from being sent', () => {
    for (const shape of [{ count: 2 }, { kind: 'session', gap: '5s' }, { length: '10s' }]) {
      const bench = new Bench(window, { ...shape, compute: '$sum($items)' })
      bench.send('in', { payload: 'x' })
      bench.send('in', { payload: 1 })
      bench.advance(20_000)
      bench.send('in', { payload: 2 })
      bench.send('in', { payload: 3 })
      bench.advance(20_000)
      expect(bench.failures.map(({ code }) => code)).toEqual(['EXPRESSION_FAILED'])
      expect(bench.takeSent().out).toMatchObject([{ payload: 5 }])
    }
  })

  it('takes a time in the future for now', () => {
    const bench = new Bench(window, { length: '1m', results: ['count'] })
    bench.send('in', { payload: 1, time: startTime + 999_999_999 })
    bench.advance(61_000)
    expect(bench.takeSent().out).toMatchObject([{ payload: { from: startTime, count: 1 } }])
  })

  it.each([
    { length: '1m' },
    { count: 3 },
    { kind: 'sliding', length: '1m' },
    { kind: 'sliding', count: 3 },
    { kind: 'session', gap: '1m' },
  ])(
    '%j: a number so huge that squares would have no value is an error, also as the first one, and the window goes on without it',
    (config) => {
      const bench = new Bench(window, { ...config, results: ['count', 'sum', 'stddev'] })
      for (const payload of [1e300, 1, -1e308, 2, 3]) bench.send('in', { payload })
      bench.advance(5 * 60_000)
      expect(bench.failures.map(({ message }) => message)).toEqual([
        '"payload" gave the number 1e+300 where a number up to 1e+150 is needed.',
        '"payload" gave the number -1e+308 where a number up to 1e+150 is needed.',
      ])
      expect(bench.takeSent().out?.at(-1)?.payload).toMatchObject({ count: 3, sum: 6, stddev: 1 })
    },
  )

  it.each([
    [{}, 'neither "length" nor "count" is there; give one of them'],
    [{ length: '1s', count: 1 }, '"length" and "count" are both there; keep one of them'],
    [{ length: '0s' }, 'a window has some length; write 1h, for example'],
    [{ kind: 'session' }, 'a session needs "gap"; write 5m, for example'],
    [
      { kind: 'session', gap: '1m', length: '1m' },
      'a session has no length of its own; leave it out, or choose another kind',
    ],
    [{ kind: 'session', gap: '1m', count: 1 }, 'a session has no count; leave it out, or choose another kind'],
    [{ length: '1m', gap: '1m' }, 'only a session has a gap; leave it out, or set "kind" to session'],
    [{ count: 1, results: ['sum'], compute: '1' }, '"results" and "compute" are both there; keep one of them'],
    [{ count: 2000, kind: 'sliding' }, 'it is less than "count"; write 2000 or more'],
    [
      { count: 1, results: ['average'] },
      'that is no result; write count, sum, mean, min, max, first, last, range, stddev, median, or a percentile such as p95',
    ],
  ])('refuses %j', (config, message) => {
    expect(window.config.safeParse(config).error?.issues.map((issue) => issue.message)).toEqual([message])
  })
})
