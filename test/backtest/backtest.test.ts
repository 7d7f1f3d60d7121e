import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../engine/run/random.ts'
import type { Packet } from '../../engine/spec/message.ts'
import { alarmPlan, backtest, inputOf, packet, planOf, start } from './samples.ts'

const plan = alarmPlan({ raise: '> 30', deadband: 2, onDelay: '30s', offDelay: '10s' })

/** A noisy wave in three rooms, a message every two seconds. */
function wave(count: number, seed = 1): Packet[] {
  const random = seededRandom(seed)
  const rooms = ['attic', 'cellar', 'hall']
  return Array.from({ length: count }, (_, place) => {
    const value = 28 + 5 * Math.sin(place / 40) + 2 * random()
    return packet(2 * place, `rooms/${rooms[place % 3]}`, Number(value.toFixed(2)))
  })
}

describe('a backtest', () => {
  it('tells of alarms with their times and values, of messages on wires, and of values for a chart', async () => {
    const packets = [
      packet(0, 'rooms/attic', 25),
      packet(10, 'rooms/attic', 31),
      packet(20, 'rooms/attic', 35),
      packet(60, 'rooms/attic', 33),
      packet(70, 'rooms/attic', 27),
      packet(100, 'rooms/attic', 26),
      packet(110, 'garden/hut', 50),
    ]
    const result = await backtest({ plan, input: inputOf(packets) })
    expect(result).toMatchObject({
      flow: 'sample',
      from: start,
      to: start + 110_000,
      messages: 7,
      taken: 6,
      late: 0,
      wires: [{ from: 'in.out', to: 'hot.in', messages: 6 }],
      seriesLeft: 0,
      deadLetters: { count: 0, first: [] },
    })
    const about = { node: 'hot', key: 'attic', level: 'alarm', limit: 30 }
    const [raised, cleared] = [start + 40_000, start + 80_000]
    expect(result.alarms).toEqual({
      spans: [{ ...about, raised, cleared, value: 35, worst: 35 }],
      total: 1,
      events: [
        { ...about, transition: 'RAISED', time: raised, value: 35 },
        { ...about, transition: 'CLEARED', time: cleared, value: 27 },
      ],
      eventsTotal: 2,
    })
    expect(result.nodes.hot).toMatchObject({ type: 'alarm', messages: 6, errors: 0, alarms: { RAISED: 1, CLEARED: 1 } })
    expect(result.series).toMatchObject([
      { node: 'hot', key: 'attic', count: 6, limits: [{ level: 'alarm', text: '> 30', raise: [30], clear: [28] }] },
    ])
  })

  it('gives the same result each time, and however its input is cut', async () => {
    const packets = wave(3000)
    const whole = await backtest({ plan, input: inputOf(packets, packets.length) })
    expect(whole.alarms.total).toBeGreaterThan(10)
    for (const size of [1, 7, 1000]) expect(await backtest({ plan, input: inputOf(packets, size) })).toEqual(whole)
    const other = alarmPlan({ raise: '> 31', deadband: 2, onDelay: '30s', offDelay: '10s' })
    const { against, ...beside } = await backtest({
      plan,
      input: inputOf(packets, 13),
      against: { label: 'b', plan: other },
    })
    expect(beside).toEqual(whole)
    expect(against?.alarms).toEqual((await backtest({ plan: other, input: inputOf(packets) })).alarms)
  })

  it('compares two versions in one pass', async () => {
    const packets = [
      ...[0, 40].map((at) => packet(at, 'rooms/attic', 33)),
      packet(50, 'rooms/attic', 20),
      ...[5000, 5040].map((at) => packet(at, 'rooms/hall', 30.5)),
      packet(5050, 'rooms/hall', 20),
    ]
    const other = alarmPlan({ raise: '> 31', deadband: 2, onDelay: '20s', offDelay: '10s' })
    const { against } = await backtest({ plan, input: inputOf(packets), against: { label: 'older', plan: other } })
    expect(against).toMatchObject({
      label: 'older',
      counts: { same: 0, moved: 1, new: 1, gone: 0 },
      differences: [
        { kind: 'moved', key: 'attic', span: { raised: start + 30_000 }, other: { raised: start + 20_000 } },
        { kind: 'new', key: 'hall', span: { raised: start + 5_030_000 } },
      ],
      left: 0,
    })
    const same = await backtest({ plan, input: inputOf(packets), against: { label: 'itself', plan } })
    expect(same.against?.counts).toEqual({ same: 2, moved: 0, new: 0, gone: 0 })
  })

  it('takes only messages of the time that was asked for, and lets time go on to its end', async () => {
    const packets = [packet(0, 'rooms/attic', 40), packet(100, 'rooms/attic', 40), packet(200, 'rooms/attic', 40)]
    const from = start + 50_000
    const some = await backtest({ plan, input: inputOf(packets), from, to: start + 150_000 })
    expect(some).toMatchObject({ messages: 1, from: start + 100_000, to: start + 100_000, alarms: { total: 0 } })
    const until = await backtest({ plan, input: inputOf(packets), from, to: start + 150_000, until: start + 150_000 })
    expect(until.alarms.spans).toMatchObject([{ raised: start + 130_000, cleared: null }])
    const none = await backtest({ plan, input: inputOf([]) })
    expect(none).toMatchObject({ messages: 0, from: null, to: null, alarms: { total: 0 } })
  })

  it('runs messages that are older than the one before at its time, and counts them', async () => {
    const packets = [packet(10, 'rooms/attic', 20), packet(5, 'rooms/hall', 40), packet(60, 'rooms/hall', 40)]
    const result = await backtest({ plan, input: inputOf(packets) })
    expect(result.late).toBe(1)
    expect(result.alarms.spans).toMatchObject([{ key: 'hall', raised: start + 40_000 }])
  })

  it('finishes timers, stores rows, asks for them, publishes and posts, and nothing of it leaves', async () => {
    const busy = planOf({
      nodes: [
        { id: 'in', type: 'mqtt-in', config: { topic: 'rooms/{room}' } },
        {
          id: 'keep',
          type: 'store',
          config: { table: 'values_kept', columns: { room: 'params.room', value: 'payload' } },
        },
        { id: 'wait', type: 'delay', config: { for: '1m' } },
        { id: 'ask', type: 'query', config: { sql: 'SELECT count(*) AS n FROM values_kept' } },
        { id: 'out', type: 'mqtt-out', config: { topic: 'count/{room}', qos: 1 } },
        { id: 'post', type: 'http-out', config: { url: 'http://127.0.0.1:9/nobody' } },
        { id: 'bad', type: 'transform', config: { payload: '$number("x" & payload)' } },
      ],
      wires: [
        { from: 'in.out', to: 'keep.in' },
        { from: 'in.out', to: 'wait.in' },
        { from: 'wait.out', to: 'ask.in' },
        { from: 'ask.out', to: 'out.in' },
        { from: 'in.out', to: 'post.in' },
        { from: 'in.out', to: 'bad.in' },
      ],
    })
    const packets = [packet(0, 'rooms/a', 1), packet(30, 'rooms/a', 2), packet(300, 'rooms/a', 3)]
    const result = await backtest({ plan: busy, input: inputOf(packets) })
    expect(result.nodes.keep).toMatchObject({ rows: 3 })
    expect(result.nodes.out).toMatchObject({ published: 2 })
    expect(result.nodes.post).toMatchObject({ requests: 3 })
    expect(result.nodes.bad).toMatchObject({ messages: 3, errors: 3, outputs: { out: 0, error: 0 } })
    expect(result.deadLetters).toMatchObject({ count: 3, first: [{ node: 'bad', time: start }, {}, {}] })
  })

  it('gives random numbers of its seed', async () => {
    const dice = planOf({
      nodes: [
        { id: 'in', type: 'mqtt-in', config: { topic: 'rooms/+' } },
        { id: 'luck', type: 'filter', config: { when: '$random() > 0.5' } },
      ],
      wires: [{ from: 'in.out', to: 'luck.in' }],
    })
    const passed = async (seed: number) => {
      const result = await backtest({ plan: dice, input: inputOf(wave(500)), seed })
      return result.nodes.luck?.outputs.pass
    }
    expect(await passed(1)).toBe(await passed(1))
    expect(await passed(2)).not.toBe(await passed(1))
  })

  it('gives a node the messages of its own connection, and those of a file to all', async () => {
    const both = planOf({
      nodes: [
        { id: 'here', type: 'mqtt-in', config: { topic: 'a' } },
        { id: 'there', type: 'mqtt-in', config: { topic: 'a', broker: 'plant' } },
      ],
      wires: [],
    })
    const packets = ['default', 'plant', 'plant', ''].map((connection, at) => ({ ...packet(at, 'a', 1), connection }))
    const { nodes } = await backtest({ plan: both, input: inputOf(packets) })
    expect([nodes.here?.outputs.out, nodes.there?.outputs.out]).toEqual([2, 3])
  })

  it('says how far it is, gives way, and ends where it is told to', async () => {
    const packets = wave(5000)
    let now = 0
    const seen: number[] = []
    const run = backtest({
      plan,
      input: inputOf(packets, 100),
      elapsed: () => {
        now += 50
        return now
      },
      progress: ({ messages, total, rate, time }) => {
        seen.push(messages)
        expect([total, rate > 0, time === null || time >= start]).toEqual([5000, true, true])
      },
      breathe: () => (seen.length < 20 ? Promise.resolve() : Promise.reject(new Error('enough'))),
    })
    await expect(run).rejects.toThrow('enough')
    expect(seen.length).toBe(20)
    expect(seen).toEqual(seen.toSorted((left, right) => left - right))
  })

  it('keeps a bounded list of alarms and charts, and counts the rest', async () => {
    const flip = alarmPlan({ raise: '> 30' })
    const packets = Array.from({ length: 45_000 }, (_, at) =>
      packet(at, `rooms/r${at % 200}`, Math.floor(at / 200) % 2 === 0 ? 31 : 1),
    )
    const { alarms, series, seriesLeft } = await backtest({ plan: flip, input: inputOf(packets) })
    expect(alarms.eventsTotal).toBe(45_000)
    expect([alarms.events.length, alarms.total, alarms.spans.length]).toEqual([20_000, 22_600, 22_600])
    expect([series.length, seriesLeft]).toEqual([24, 176])
    expect(series.every(({ time }) => time.length <= 200)).toBe(true)
  })

  it('compares only as far as its list of alarms goes, and says how far that is', async () => {
    const packets = Array.from({ length: 60 }, (_, at) => packet(at, `rooms/r${at}`, at === 10 || at === 55 ? 40 : 31))
    const { alarms, against } = await backtest({
      plan: alarmPlan({ raise: '> 30' }),
      against: { label: 'higher', plan: alarmPlan({ raise: '> 35' }) },
      input: inputOf(packets),
      listed: 50,
    })
    expect([alarms.total, alarms.spans.length, against?.alarms.total]).toEqual([60, 50, 2])
    expect(against?.until).toBe(start + 49_000)
    // The second alarm of the other version is not "gone": the list of this one had ended before.
    expect(against?.counts).toEqual({ same: 1, moved: 0, new: 48, gone: 0 })
  })
})
