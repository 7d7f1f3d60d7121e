import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, expect, it } from 'vitest'
import { readHistory } from '../../engine/store/history-read.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { rowsOrNone } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const flow = {
  ...flowOf(
    'plant',
    [
      ['in', 'mqtt-in', { topic: 'plant/{n}', qos: 1 }],
      ['keep', 'store', { table: 'kept', columns: { n: 'payload' } }],
    ],
    ['in.out keep.in'],
  ),
  history: {},
}

const stored = ({ data }: TestEngine) => rowsOrNone(data, 'SELECT n FROM kept').map(({ n }) => Number(n))
const recorded = ({ data }: TestEngine) => {
  const reader = readHistory(data)
  const found = [...reader].map(({ payload }) => Number(Buffer.from(payload).toString()))
  reader.close()
  return found
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

async function client(url: string, keepalive = 60): Promise<MqttClient> {
  const connected = await mqtt.connectAsync(url, { keepalive })
  ends.push(() => connected.endAsync(true))
  return connected
}

for (const embedded of [true, false]) {
  it(`a disk that gets short: history stops, then the intake; ${embedded ? 'the embedded' : 'another'} broker keeps what comes, and all of it is taken later`, async () => {
    let free = 1_000_000_000
    const mosquitto = embedded ? undefined : await startMosquitto({ config: ['max_queued_messages 0'] })
    if (mosquitto !== undefined) ends.push(() => mosquitto.stop())
    const disk = { history: 200_000_000, intake: 50_000_000, free: async () => free, every: 20 }
    const test = await startEngine({ plant: flow }, { broker: mosquitto?.url, disk })
    ends.push(() => test.close())
    await until(() => test.engine.health().ready, 'the connections')
    const url = mosquitto?.url ?? `mqtt://127.0.0.1:${test.engine.mqttPort}`
    const publisher = await client(url, 1)
    const send = (from: number, to: number) =>
      Promise.all(range(from, to).map((n) => publisher.publishAsync(`plant/${n % 3}`, String(n), { qos: 1 })))
    await send(0, 10)
    await until(() => stored(test).length === 10, 'ten rows')

    free = 100_000_000
    await until(() => test.engine.health().notices.some(({ code }) => code === 'HISTORY_STOPPED'), 'the notice')
    expect(test.engine.health().ready).toBe(true)
    expect(test.engine.history.list().stopped).toContain('Only 100 MB are free')
    await send(10, 20)
    await until(() => stored(test).length === 20, 'twenty rows')
    expect(recorded(test)).toEqual(range(0, 10))
    expect(test.engine.history.list().missed).toBe(10)

    free = 10_000_000
    await until(() => test.engine.health().reasons.some(({ code }) => code === 'DISK_LOW'), 'the reason')
    const late = send(20, 30)
    // Another broker takes them for us; the embedded one would fill the same disk.
    if (!embedded) await late
    // Who connects now, and pings, is not sent away.
    const other = await client(url, 1)
    let pongs = 0
    for (const one of [publisher, other]) one.on('packetreceive', ({ cmd }) => (pongs += cmd === 'pingresp' ? 1 : 0))
    await until(() => pongs >= 4, 'answers to their pings')
    expect([publisher.connected, other.connected]).toEqual([true, true])
    expect(stored(test)).toHaveLength(20)

    free = 1_000_000_000
    await until(() => stored(test).length === 30, 'thirty rows')
    await late
    expect(stored(test).sort((a, b) => a - b)).toEqual(range(0, 30))
    expect(test.engine.health()).toMatchObject({ ready: true, notices: [] })
    await send(30, 31)
    await until(() => recorded(test).includes(30), 'a recorded message')
  }, 60_000)
}

it('an engine that starts on a short disk takes nothing until there is room', async () => {
  let free = 10_000_000
  const mosquitto = await startMosquitto({ config: ['max_queued_messages 0'] })
  ends.push(() => mosquitto.stop())
  const test = await startEngine(
    { plant: flow },
    { broker: mosquitto.url, disk: { free: async () => free, every: 20 } },
  )
  ends.push(() => test.close())
  expect(test.engine.health().ready).toBe(false)
  await until(() => test.engine.brokers()[0]?.incoming.status === 'connected', 'the connection')
  const publisher = await client(mosquitto.url)
  await publisher.publishAsync('plant/1', '1', { qos: 1 })
  expect(stored(test)).toEqual([])
  free = 1_000_000_000
  await until(() => stored(test).length === 1, 'the row')
}, 30_000)
