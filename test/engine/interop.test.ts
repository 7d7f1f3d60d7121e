import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import mqtt, { type IClientOptions } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import { makeCertificates } from '../tools/certificates.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Warm readings of a room go out in Celsius, in order. */
const rooms = flowOf(
  'rooms',
  [
    ['in', 'mqtt-in', { topic: 'rooms/{room}/f', qos: 1 }],
    ['warm', 'filter', { when: 'payload.f > 80' }],
    ['celsius', 'transform', { payload: '{ "c": $round((payload.f - 32) / 1.8, 1) }' }],
    ['out', 'mqtt-out', { topic: 'rooms/{room}/warm', qos: 1 }],
  ],
  ['in.out warm.in', 'warm.pass celsius.in', 'celsius.out out.in'],
)

async function playRooms(test: TestEngine, url: string, options: IClientOptions = {}): Promise<void> {
  await until(
    () => test.engine.health().ready,
    () => JSON.stringify(test.engine.health().reasons),
  )
  const client = await mqtt.connectAsync(url, options)
  ends.push(() => client.endAsync(true))
  const heard: string[] = []
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
  await client.subscribeAsync('rooms/+/warm', { qos: 1 })
  for (const f of [70, 86, 75, 95]) await client.publishAsync('rooms/attic/f', JSON.stringify({ f }), { qos: 1 })
  await until(() => heard.length >= 2, 'two warm readings')
  expect(heard).toEqual(['rooms/attic/warm {"c":30}', 'rooms/attic/warm {"c":35}'])
}

async function engineAt(url: string, options: Parameters<typeof startEngine>[1] = {}): Promise<TestEngine> {
  const test = await startEngine({ rooms }, { broker: url, ...options })
  ends.push(() => test.close())
  return test
}

describe('the same flow', () => {
  it.each([4, 5] as const)('runs with mosquitto over MQTT protocol level %i', async (protocolVersion) => {
    const mosquitto = await startMosquitto()
    ends.push(() => mosquitto.stop())
    const test = await engineAt('mqtt://127.0.0.1:1', {
      broker: undefined,
      mqtt: { host: '127.0.0.1', port: 0 },
      connections: [{ name: 'plant', url: mosquitto.url, protocolVersion }],
    })
    const there = structuredClone(rooms) as { nodes: { config: Record<string, unknown> }[] }
    for (const node of there.nodes) if ('topic' in node.config) node.config.broker = 'plant'
    await test.engine.flows.put('rooms', there)
    await playRooms(test, mosquitto.url)
    expect(test.engine.brokers().find(({ name }) => name === 'plant')?.incoming.protocolVersion).toBe(protocolVersion)
  })

  it('runs with the embedded broker', async () => {
    const test = await engineAt('', { broker: undefined })
    await playRooms(test, `mqtt://127.0.0.1:${test.engine.mqttPort}`)
  })

  it('runs over TLS with user and password, and a wrong password is told in a sentence', async () => {
    const { path } = temporaryDirectory('tls')
    const { authority, server } = makeCertificates(path)
    const mosquitto = await startMosquitto({
      listener: [`cafile ${authority.file}`, `certfile ${server.certificate.file}`, `keyfile ${server.key.file}`],
      users: { plant: 'se cret' },
    })
    ends.push(() => mosquitto.stop())
    const url = `mqtts://plant:se%20cret@127.0.0.1:${mosquitto.port}`
    const test = await engineAt(url, { brokerAccess: { tls: { ca: authority.text } } })
    await playRooms(test, `mqtts://127.0.0.1:${mosquitto.port}`, {
      ca: authority.text,
      username: 'plant',
      password: 'se cret',
    })
    expect(JSON.stringify([test.engine.brokers(), test.log])).not.toContain('cret')
    const wrong = await engineAt(url.replace('se%20cret', 'wrong'), { brokerAccess: { tls: { ca: authority.text } } })
    await until(() => wrong.engine.brokers()[0]?.incoming.detail, 'the refusal')
    expect(wrong.engine.brokers()[0]?.incoming.detail).toMatch(/user name|password|authori/i)
    expect(wrong.engine.health().ready).toBe(false)
  })

  it('goes on after the broker was away', async () => {
    const mosquitto = await startMosquitto({ persistent: true })
    ends.push(() => mosquitto.stop())
    const test = await engineAt(mosquitto.url)
    await until(() => test.engine.health().ready, 'the engine')
    await mosquitto.restart()
    await until(
      () => !test.engine.health().ready || test.engine.brokers()[0]?.incoming.status === 'connected',
      'the loss',
    )
    await playRooms(test, mosquitto.url)
  })
})

describe("Python's paho-mqtt", () => {
  it('publishes at QoS 0, 1 and 2 with retain and a will through the embedded broker and a flow', async () => {
    const flow = flowOf(
      'echo',
      [
        ['in', 'mqtt-in', { topic: 'paho/{what}', qos: 2 }],
        ['out', 'mqtt-out', { topic: 'echo/{what}', qos: 2 }],
      ],
      ['in.out out.in'],
    )
    const test = await startEngine({ echo: flow })
    ends.push(() => test.close())
    await until(() => test.engine.health().ready, 'the engine')
    const script = fileURLToPath(new URL('paho_device.py', import.meta.url))
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, String(test.engine.mqttPort)], {
      timeout: 15_000,
    })
    expect(JSON.parse(stdout)).toEqual({
      'echo/qos0': ['0', 2],
      'echo/qos1': ['1', 2],
      'echo/qos2': ['2', 2],
      'echo/kept': ['kept', 2],
      'echo/will': ['gone', 2],
      'paho/kept': ['kept', 1],
    })
  })
})
