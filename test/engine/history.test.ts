import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import type { EngineOptions } from '../../engine/engine.ts'
import type { Packet } from '../../engine/spec/message.ts'
import { type HistoryQuery, readHistory } from '../../engine/store/history-read.ts'
import { type MosquittoOptions, startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function broker(options: MosquittoOptions = {}) {
  const mosquitto = await startMosquitto({
    config: ['max_queued_messages 0', 'max_inflight_messages 0'],
    persistent: true,
    ...options,
  })
  ends.push(() => mosquitto.stop())
  return mosquitto
}

async function engineWith(
  documents: Record<string, unknown>,
  options: Partial<EngineOptions> = {},
): Promise<TestEngine & { publisher: MqttClient }> {
  const test = await startEngine(documents, options)
  ends.push(() => test.close())
  await until(() => test.engine.health().ready, 'the connections')
  const publisher = await mqtt.connectAsync(options.broker ?? `mqtt://127.0.0.1:${test.engine.mqttPort}`)
  ends.push(() => publisher.endAsync(true))
  return Object.assign(test, { publisher })
}

function recorded({ data }: TestEngine, query?: HistoryQuery): Packet[] {
  const reader = readHistory(data, query)
  try {
    return [...reader]
  } finally {
    reader.close()
  }
}

const texts = (packets: readonly Packet[]) => packets.map(({ topic, payload }) => `${topic} ${Buffer.from(payload)}`)

const inFlow = (topic: string, qos: 0 | 1 | 2, history: unknown) => ({
  ...flowOf('plant', [['in', 'mqtt-in', { topic, qos }]], []),
  history,
})

describe('what is recorded', () => {
  it('a flow with a history records what its nodes subscribe to, with the commit that comes before the ack', async () => {
    const test = await engineWith({ plant: inFlow('plant/{line}/temp', 1, {}) })
    await test.publisher.publishAsync('plant/1/temp', '20.5', { qos: 1 })
    await test.publisher.publishAsync('plant/2/temp', '21', { qos: 1, retain: true })
    await test.publisher.publishAsync('elsewhere', 'x', { qos: 1 })
    await until(() => recorded(test).length === 2, 'two messages')
    expect(texts(recorded(test))).toEqual(['plant/1/temp 20.5', 'plant/2/temp 21'])
    const [item] = test.engine.history.list().items
    expect(item).toMatchObject({
      connection: 'default',
      flow: 'plant',
      filters: ['plant/+/temp'],
      messages: 2,
      active: true,
    })
    expect(item).toMatchObject({ keep: 30 * 86_400_000, size: 500_000_000, bytes: 12 + 4 + 12 + 2, dropped: 0 })
  })

  it('filters that no node subscribes to are subscribed, at QoS 1, for flows and for connections', async () => {
    const mosquitto = await broker()
    const test = await engineWith(
      { plant: inFlow('plant/1/temp', 0, { filters: ['other/#'] }) },
      { broker: mosquitto.url, history: { default: { filters: ['plant/{line}/hum'], keep: 86_400_000 } } },
    )
    await test.publisher.publishAsync('plant/1/temp', '1', { qos: 1 })
    await test.publisher.publishAsync('plant/1/hum', '2', { qos: 1 })
    await test.publisher.publishAsync('other/a/b', '3', { qos: 1 })
    await until(() => recorded(test).length === 2, 'two messages')
    const found = recorded(test).map(({ topic, qos }) => `${topic} ${qos}`)
    expect(found.sort()).toEqual(['other/a/b 1', 'plant/1/hum 1'])
    expect(test.engine.history.list().items.map(({ flow, filters }) => [flow, filters])).toEqual([
      ['plant', ['other/#']],
      [undefined, ['plant/+/hum']],
    ])
  })

  it('a message is recorded once however many filters overlap, and nodes get it as if there were no history', async () => {
    const mosquitto = await broker()
    const flow = {
      ...flowOf(
        'plant',
        [
          ['wide', 'mqtt-in', { topic: 'plant/#', qos: 1 }],
          ['line', 'mqtt-in', { topic: 'plant/1/+', qos: 1 }],
          ['count', 'counter', {}],
        ],
        ['wide.out count.in', 'line.out count.in'],
      ),
      history: { filters: ['+/1/temp', 'plant/+/temp', '+/+/temp', 'plant/1/temp'] },
    }
    const second = { ...inFlow('plant/1/temp', 1, { keep: '60d' }), flow: 'second' }
    const test = await engineWith({ plant: flow, second }, { broker: mosquitto.url })
    for (let n = 0; n < 50; n++) await test.publisher.publishAsync('plant/1/temp', String(n), { qos: 1 })
    await test.publisher.publishAsync('plant/2/temp', 'last', { qos: 1 })
    await until(() => texts(recorded(test)).includes('plant/2/temp last'), 'the last message')
    const found = texts(recorded(test))
    expect(found).toEqual([...Array.from({ length: 50 }, (_, n) => `plant/1/temp ${n}`), 'plant/2/temp last'])
    expect(test.engine.statistics()['plant/count']?.messages).toBe(101)
    // What the one keeps longest is in that one.
    const sizes = test.engine.history.list().items.map(({ flow: name, messages }) => [name, messages])
    expect(Object.fromEntries(sizes)).toEqual({ plant: 1, second: 50 })
  })

  it('messages at QoS 0 are recorded too, within a second, and their flow needs no commit for each batch', async () => {
    const test = await engineWith({ plant: inFlow('plant/#', 0, {}) })
    for (let n = 0; n < 20; n++) await test.publisher.publishAsync('plant/a', String(n))
    await until(() => recorded(test).length === 20, 'all messages')
    const rows = test.engine.store.database.prepare('SELECT count(*) FROM rw_history_staged').pluck().get()
    expect(rows).toBeLessThan(10)
  })

  it('what was recorded is there after a restart, and stays when its flow records no more', async () => {
    const test = await engineWith({ plant: inFlow('plant/#', 1, {}) })
    await test.publisher.publishAsync('plant/a', '1', { qos: 1 })
    await until(() => recorded(test).length === 1, 'the message')
    const { document, hash } = test.engine.flows.get('plant')
    const { history: _, ...without } = document
    await test.engine.flows.put('plant', without, hash)
    await test.publisher.publishAsync('plant/a', '2', { qos: 1 })
    await until(() => test.engine.statistics()['plant/in']?.messages === 2, 'the second message')
    await test.restart()
    expect(texts(recorded(test))).toEqual(['plant/a 1'])
    expect(test.engine.history.list().items).toMatchObject([{ flow: 'plant', active: false, messages: 1 }])
    await expect(test.engine.history.clear({ flow: 'plant' })).resolves.toEqual({ messages: 1 })
    expect(test.engine.history.list().items).toEqual([])
  })

  it('user properties and bytes are kept', async () => {
    const mosquitto = await broker()
    const test = await engineWith({ plant: inFlow('plant/#', 2, {}) }, { broker: mosquitto.url })
    const sender = await mqtt.connectAsync(mosquitto.url, { protocolVersion: 5 })
    ends.push(() => sender.endAsync(true))
    const payload = Buffer.from([0, 255, 1])
    await sender.publishAsync('plant/a', payload, {
      qos: 2,
      properties: { userProperties: { unit: 'C', n: ['1', '2'] } },
    })
    await until(() => recorded(test).length === 1, 'the message')
    const [found] = recorded(test)
    expect(found).toMatchObject({ qos: 2, retain: false, props: { unit: 'C', n: ['1', '2'] } })
    expect(Buffer.from(found?.payload ?? []).equals(payload)).toBe(true)
  })
})

it('the newest messages of a topic are shown with payloads cut, page by page', async () => {
  const test = await engineWith({ plant: inFlow('plant/#', 1, {}) })
  for (let n = 0; n < 30; n++) await test.publisher.publishAsync(`plant/${n % 3}`, JSON.stringify({ n }), { qos: 1 })
  await test.publisher.publishAsync('plant/large', 'x'.repeat(10_000), { qos: 1 })
  await until(() => recorded(test).length === 31, 'all messages')
  const page = await test.engine.history.messages({ filter: 'plant/1', limit: 4 })
  expect(page.items.map(({ text }) => text)).toEqual(['{"n":19}', '{"n":22}', '{"n":25}', '{"n":28}'])
  expect(page.more).toBe(true)
  const [large] = (await test.engine.history.messages({ filter: 'plant/large', limit: 100 })).items
  expect(large).toMatchObject({ topic: 'plant/large', size: 10_000, qos: 1, retain: false, connection: 'default' })
  expect(large?.text.length).toBeLessThan(5000)
  const all = await test.engine.history.messages({ limit: 1000, from: 0 })
  expect(all).toMatchObject({ more: false, from: 0 })
  expect(all.items).toHaveLength(31)
  await expect(test.engine.history.messages({ filter: 'a/#/b', limit: 1 })).rejects.toMatchObject({
    code: 'TOPIC_FILTER',
  })
})
