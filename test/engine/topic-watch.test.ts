import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import type { TopicWatch } from '../../engine/server/api.ts'
import type { TopicValue } from '../../engine/server/protocol.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { rowsOf } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(url?: string): Promise<TestEngine> {
  const test = await startEngine({}, url === undefined ? {} : { broker: url })
  ends.push(() => test.close())
  return test
}

async function client(url: string): Promise<MqttClient> {
  const connected = await mqtt.connectAsync(url)
  ends.push(() => connected.endAsync(true))
  return connected
}

/** Collects what a watch gives, the latest of each topic. */
function collect(watch: TopicWatch) {
  const values: Record<string, TopicValue> = {}
  let last = { known: 0, left: 0 }
  return {
    values,
    read() {
      const { values: changed, ...rest } = watch.take()
      Object.assign(values, changed)
      last = rest
      return last
    },
    /** Resolves when a topic has been seen so often. */
    async seen(topic: string, count = 1): Promise<TopicValue> {
      return until(
        () => {
          this.read()
          const value = values[topic]
          return value !== undefined && value.count >= count ? value : undefined
        },
        () => `${count} messages on ${topic}: ${JSON.stringify(values)}`,
      )
    },
  }
}

describe.each(['the embedded broker', 'mosquitto'])('watching topics at %s', (kind) => {
  async function both() {
    const mosquitto = kind === 'mosquitto' ? await startMosquitto() : undefined
    if (mosquitto !== undefined) ends.push(() => mosquitto.stop())
    const test = await start(mosquitto?.url)
    await until(() => test.engine.health().ready || mosquitto !== undefined, 'the engine')
    const publisher = await client(mosquitto?.url ?? `mqtt://127.0.0.1:${test.engine.mqttPort}`)
    const watch = (filters: string[], limit = 100) => {
      const made = test.engine.watchTopics?.({ filters, limit })
      if (made === undefined) throw new Error('the engine cannot watch')
      ends.push(() => made.end())
      return { watch: made, ...collect(made) }
    }
    return { test, publisher, watch, mosquitto }
  }

  it('gives the last value of each topic, with its count, and only what changed', async () => {
    const { publisher, watch } = await both()
    const seen = watch(['rooms/+/climate', 'other'])
    await publisher.publishAsync('rooms/a/climate', '{"t":20}', { qos: 1, retain: true })
    expect(await seen.seen('rooms/a/climate')).toMatchObject({ text: '{"t":20}', size: 8, count: 1 })
    await publisher.publishAsync('rooms/b/climate', 'plain text', { qos: 1 })
    await publisher.publishAsync('rooms/b/light', '1', { qos: 1 })
    await publisher.publishAsync('other', Buffer.from([0xff, 0]), { qos: 1 })
    expect(await seen.seen('other')).toMatchObject({ text: '"2 bytes"', size: 2, retain: false, qos: 0 })
    expect(seen.values['rooms/b/climate']).toMatchObject({ text: '"plain text"' })
    expect(Object.keys(seen.values).sort()).toEqual(['other', 'rooms/a/climate', 'rooms/b/climate'])
    expect(seen.watch.take()).toEqual({ values: {}, known: 3, left: 0 })
    await publisher.publishAsync('rooms/b/climate', '2', { qos: 1 })
    expect(await seen.seen('rooms/b/climate', 2)).toMatchObject({ text: '2', count: 2 })
  })

  it('marks what is retained, for a second watch of the same filter too, and tells when it is removed', async () => {
    const { publisher, watch } = await both()
    await publisher.publishAsync('kept/a', '"old"', { qos: 1, retain: true })
    const first = watch(['kept/#'])
    expect(await first.seen('kept/a')).toMatchObject({ text: '"old"', retain: true, count: 1 })
    const second = watch(['kept/#'])
    expect(await second.seen('kept/a')).toMatchObject({ text: '"old"', retain: true, count: 1 })
    const wider = watch(['kept/+', '+/a'])
    expect(await wider.seen('kept/a')).toMatchObject({ retain: true, count: 1 })
    await publisher.publishAsync('kept/a', '', { qos: 1, retain: true })
    for (const seen of [first, second]) expect(await seen.seen('kept/a', 2)).toMatchObject({ size: 0, count: 2 })
  })

  it('follows no more topics than the limit and counts the rest', async () => {
    const { publisher, watch } = await both()
    const seen = watch(['many/#'], 3)
    await publisher.publishAsync('many/0', '0', { qos: 1, retain: true })
    await seen.seen('many/0')
    for (let n = 1; n < 10; n++) await publisher.publishAsync(`many/${n}`, String(n), { qos: 1 })
    await until(() => seen.read().left === 7, 'seven messages that are left out')
    expect(seen.read()).toMatchObject({ known: 3 })
  })

  it('cuts what is long, never through a character', async () => {
    const { publisher, watch } = await both()
    await publisher.publishAsync('long', `x${'ä'.repeat(4000)}`, { qos: 1, retain: true })
    const value = await watch(['long']).seen('long')
    expect(value.size).toBe(8001)
    expect(JSON.parse(value.text)).toBe(`x${'ä'.repeat(2047)}`)
  })
})

it('leaves the flows alone: their session has no filter of a watch, and the watch has a session of its own that goes', async () => {
  const mosquitto = await startMosquitto({ persistent: true, config: ['log_type all'] })
  ends.push(() => mosquitto.stop())
  const flow = flowOf(
    'keep',
    [
      ['in', 'mqtt-in', { topic: 'in/+', qos: 1 }],
      ['keep', 'store', { table: 'kept', columns: { text: 'payload' } }],
    ],
    ['in.out keep.in'],
  )
  const test = await startEngine({ keep: flow }, { broker: mosquitto.url })
  ends.push(() => test.close())
  await until(() => test.engine.health().ready, 'the engine')
  const publisher = await client(mosquitto.url)
  const watch = test.engine.watchTopics?.({ filters: ['in/#'], limit: 10 })
  if (watch === undefined) throw new Error('the engine cannot watch')
  const seen = collect(watch)
  await until(() => /as rulewire-\w+-watch-\w+ \(p5, c1,/.test(mosquitto.log()), 'the connection of the watch')
  await publisher.publishAsync('in/a', 'one', { qos: 1, retain: true })
  await seen.seen('in/a')
  await until(() => rowsOf(test.data, 'SELECT * FROM kept').length === 1, 'the row')
  watch.end()
  watch.end()
  await until(() => /rulewire-\w+-watch-\w+ disconnected/.test(mosquitto.log()), 'the end of the connection')
  expect(rowsOf(test.data, 'SELECT filter, qos FROM rw_filters')).toEqual([{ filter: 'in/+', qos: 1 }])
  expect(rowsOf(test.data, 'SELECT text FROM kept')).toEqual([{ text: 'one' }])
})

it('says why nothing comes, and goes on when the broker is back', async () => {
  const mosquitto = await startMosquitto()
  ends.push(() => mosquitto.stop())
  const test = await start(mosquitto.url)
  const watch = test.engine.watchTopics?.({ filters: ['a'], limit: 10 })
  if (watch === undefined) throw new Error('the engine cannot watch')
  await until(() => test.engine.health().ready, 'the engine')
  await mosquitto.stop()
  await until(() => watch.take().detail?.includes('127.0.0.1'), 'a sentence')
  await mosquitto.start()
  const publisher = await client(mosquitto.url)
  await publisher.publishAsync('a', '1', { qos: 1, retain: true })
  expect(await collect(watch).seen('a')).toMatchObject({ text: '1', retain: true })
  expect(watch.take().detail).toBeUndefined()
  watch.end()
})

it('refuses filters that are none or would take messages away, and unknown connections', async () => {
  const { engine } = await start()
  const watch = (filters: string[], broker?: string) => () =>
    engine.watchTopics?.({ filters, limit: 1, ...(broker === undefined ? {} : { broker }) })
  expect(watch(['a/#/b'])).toThrow(expect.objectContaining({ code: 'TOPIC_FILTER' }))
  expect(watch(['$share/group/a'])).toThrow(expect.objectContaining({ code: 'TOPIC_FILTER' }))
  expect(watch(['a'], 'defualt')).toThrow(/There is no broker connection "defualt"; did you mean "default"\?/)
})
