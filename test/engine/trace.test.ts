import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const rooms = flowOf(
  'rooms',
  [
    ['in', 'mqtt-in', { topic: 'rooms/{room}', qos: 1 }],
    ['warm', 'filter', { when: 'payload.t > 20' }],
    ['hot', 'alarm', { key: 'params.room', value: 'payload.t', raise: '> 30', onDelay: '1h' }],
    ['out', 'mqtt-out', { topic: 'warm/{room}', payload: 'payload.t', qos: 1 }],
    ['keep', 'store', { table: 'kept', columns: { t: 'payload.t' } }],
    ['tick', 'inject', { every: '50ms', payload: '1' }],
  ],
  ['in.out warm.in', 'warm.pass hot.in', 'warm.pass out.in', 'warm.pass keep.in', 'warm.reject keep.in'],
)

async function start(): Promise<{ test: TestEngine; publisher: MqttClient }> {
  const test = await startEngine({ rooms })
  ends.push(() => test.close())
  await until(() => test.engine.health().ready, 'the engine')
  const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
  ends.push(() => publisher.endAsync(true))
  return { test, publisher }
}

describe('a trace', () => {
  it('records the next message hop by hop, and no other', async () => {
    const { test, publisher } = await start()
    const { trace } = test.engine
    const { id, state } = trace.arm({ flow: 'rooms', node: 'in' })
    expect(state).toBe('armed')
    await publisher.publishAsync('rooms/a', '{"t":31}', { qos: 1 })
    await publisher.publishAsync('rooms/b', '{"t":10}', { qos: 1 })
    await until(() => trace.get(id).state === 'done', 'the trace')
    const done = trace.get(id)
    expect(done.hops.map(({ node, port, from }) => [node, port, from])).toEqual([
      ['in', ':packet', undefined],
      ['warm', 'in', { hop: 0, port: 'out' }],
      ['hot', 'in', { hop: 1, port: 'pass' }],
      ['out', 'in', { hop: 1, port: 'pass' }],
      ['keep', 'in', { hop: 1, port: 'pass' }],
    ])
    expect(new Set(done.hops.map(({ flow }) => flow))).toEqual(new Set(['rooms']))
    const [packet, warm, hot, out, keep] = done.hops
    expect(packet).toMatchObject({
      message: { topic: 'rooms/a', payload: { text: '{"t":31}', size: 8 } },
      out: [{ port: 'out', message: { topic: 'rooms/a', key: 'rooms/a', payload: { text: '{"t":31}' } } }],
    })
    expect(JSON.parse(warm?.message.fields.text ?? '')).toMatchObject({ params: { room: 'a' }, qos: 1 })
    expect(warm?.out.map(({ port }) => port)).toEqual(['pass'])
    expect(hot).toMatchObject({ state: [{ key: 'a' }], timers: [{ key: 'a' }] })
    expect(hot?.state[0]?.before).toBeUndefined()
    expect(hot?.state[0]?.after?.text).toContain('PENDING')
    expect(out?.effects).toEqual([
      {
        kind: 'publish',
        broker: 'default',
        topic: 'warm/a',
        payload: { text: '31', size: 2 },
        qos: 1,
        retain: false,
      },
    ])
    expect(keep?.rows).toMatchObject([{ table: 'kept' }])
    expect(JSON.parse(keep?.rows[0]?.row.text ?? '')).toMatchObject({ t: 31 })
    for (const hop of done.hops) expect(hop.micros).toBeGreaterThanOrEqual(0)
    expect(done.micros).toBeGreaterThan(0)
  })

  it('waits for a topic, at any source', async () => {
    const { test, publisher } = await start()
    const { trace } = test.engine
    const { id } = trace.arm({ flow: 'rooms', filter: 'rooms/{any}' })
    await until(() => (test.engine.statistics()['rooms/tick']?.messages ?? 0) > 2, 'ticks, which have no topic')
    expect(trace.get(id).state).toBe('armed')
    await publisher.publishAsync('rooms/a', '{"t":1}', { qos: 1 })
    await until(() => trace.get(id).state === 'done', 'the trace')
    expect(trace.get(id)).toMatchObject({
      filter: 'rooms/+',
      hops: [{ port: ':packet' }, { node: 'warm' }, { node: 'keep' }],
    })
    const timers = trace.arm({ flow: 'rooms', node: 'tick' })
    await until(() => trace.get(timers.id).state === 'done', 'the timer')
    expect(trace.get(timers.id).hops[0]).toMatchObject({ node: 'tick', port: ':timer' })
  })

  it('shows why a message failed, and the dead letter is as without it', async () => {
    const { test, publisher } = await start()
    const { trace } = test.engine
    const { id } = trace.arm({ flow: 'rooms', node: 'in' })
    await publisher.publishAsync('rooms/a', '{"t":"warm"}', { qos: 1 })
    await until(() => trace.get(id).state === 'done', 'the trace')
    const failed = trace.get(id).hops.find(({ node }) => node === 'warm')
    expect(failed).toMatchObject({ out: [], error: { code: 'EXPRESSION_FAILED', kept: 'dead-letter' } })
    await until(() => test.engine.deadLetters.list({}).total === 1, 'the dead letter')
    expect(test.engine.deadLetters.list({}).items).toMatchObject([{ node: 'warm', code: 'EXPRESSION_FAILED' }])
  })

  it('expires, is forgotten later, and leaves nobody who is asked', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1))
    const quiet = flowOf('quiet', [['in', 'mqtt-in', { topic: 'x', qos: 1 }]], [])
    const test = await startEngine({ quiet }, { clock })
    ends.push(async () => {
      const closed = test.close()
      clock.settle()
      await closed
    })
    const { trace } = test.engine
    const { id, expires, armed } = trace.arm({ flow: 'quiet' })
    expect(expires - armed).toBe(60_000)
    clock.advanceTo(expires)
    expect(trace.get(id)).toMatchObject({ state: 'expired', hops: [] })
    clock.advanceTo(expires + 600_000)
    expect(() => trace.get(id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })

  it('names what there is, and does not take too many', async () => {
    const { test } = await start()
    const { trace } = test.engine
    expect(() => trace.arm({ flow: 'roms' })).toThrow('There is no flow "roms"; did you mean "rooms"?')
    expect(() => trace.arm({ flow: 'rooms', node: 'inn' })).toThrow('There is no node "inn"; did you mean "in"?')
    expect(() => trace.arm({ flow: 'rooms', filter: 'a/#/b' })).toThrow(
      expect.objectContaining({ code: 'TOPIC_FILTER' }),
    )
    for (let count = 0; count < 20; count++) trace.arm({ flow: 'rooms', node: 'in' })
    expect(() => trace.arm({ flow: 'rooms' })).toThrow(expect.objectContaining({ code: 'TOO_MANY_TRACES' }))
  })

  it('is done for all who wait for the same message', async () => {
    const { test, publisher } = await start()
    const { trace } = test.engine
    const ids = [trace.arm({ flow: 'rooms', node: 'in' }).id, trace.arm({ flow: 'rooms', filter: 'rooms/a' }).id]
    await publisher.publishAsync('rooms/a', '{"t":1}', { qos: 1 })
    await until(() => ids.every((id) => trace.get(id).state === 'done'), 'both traces')
    expect(trace.get(ids[0] ?? '').hops).toEqual(trace.get(ids[1] ?? '').hops)
  })
})
