import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import mqtt from 'mqtt'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { nextEvent, until, within } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker } from './harness.ts'

afterAll(removeDatabases)

const run = promisify(execFile)

let served: TestBroker
beforeEach(async () => {
  served = await startTestBroker()
})
afterEach(() => served.stop())

it('serves mosquitto_pub and mosquitto_sub at every QoS, with sessions that last', async () => {
  const { port } = served.broker
  const publish = (...values: string[]) => run('/usr/bin/mosquitto_pub', ['-p', String(port), ...values])
  const receive = async (count: number) => {
    const values = [
      '-p',
      String(port),
      '-i',
      'keeper',
      '-c',
      '-q',
      '2',
      '-t',
      'm/#',
      '-C',
      String(count),
      '-F',
      '%t %q %r %p',
    ]
    const child = spawn('/usr/bin/mosquitto_sub', values, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    const ended = nextEvent(child, 'close')
    return async () => {
      await ended
      return output.trim().split('\n')
    }
  }

  const first = await receive(3)
  await until(() => served.broker.clients().some(({ subscriptions }) => subscriptions === 1), 'the subscription')
  for (const qos of ['0', '1', '2']) await publish('-t', `m/${qos}`, '-m', `value ${qos}`, '-q', qos)
  expect((await first()).sort()).toEqual(['m/0 0 0 value 0', 'm/1 1 0 value 1', 'm/2 2 0 value 2'])

  for (const qos of ['1', '2']) await publish('-t', `m/${qos}`, '-m', `away ${qos}`, '-q', qos)
  const second = await receive(2)
  expect(await second()).toEqual(['m/1 1 0 away 1', 'm/2 2 0 away 2'])
})

it('gives a new mosquitto_sub what is retained, and forgets what is retained empty', async () => {
  const port = String(served.broker.port)
  await run('/usr/bin/mosquitto_pub', ['-p', port, '-t', 'r/kept', '-m', 'kept', '-r', '-q', '1'])
  await run('/usr/bin/mosquitto_pub', ['-p', port, '-t', 'r/gone', '-m', 'gone', '-r'])
  await run('/usr/bin/mosquitto_pub', ['-p', port, '-t', 'r/gone', '-n', '-r'])
  const { stdout } = await run('/usr/bin/mosquitto_sub', [
    '-p',
    port,
    '-t',
    'r/#',
    '-F',
    '%t %r %p',
    '--retained-only',
    '-C',
    '1',
  ])
  expect(stdout.trim()).toBe('r/kept 1 kept')
  expect(served.broker.retained).toBe(1)
})

it('publishes the will of a mosquitto_sub that is killed', async () => {
  const port = String(served.broker.port)
  const watcher = await mqtt.connectAsync(served.url, { protocolVersion: 4 })
  const heard = within(
    new Promise<[string, Buffer]>((resolve) => watcher.once('message', (...heard) => resolve([heard[0], heard[1]]))),
  )
  await watcher.subscribeAsync('wills/+', { qos: 1 })
  const values = ['-p', port, '-t', 'none', '--will-topic', 'wills/one', '--will-payload', 'killed', '--will-qos', '1']
  const child = spawn('/usr/bin/mosquitto_sub', values, { stdio: 'ignore' })
  await until(() => served.broker.clients().length === 2, 'mosquitto_sub to connect')
  child.kill('SIGKILL')
  const [topic, payload] = await heard
  expect([topic, String(payload)]).toEqual(['wills/one', 'killed'])
  await watcher.endAsync()
})

it('serves MQTT.js over TCP and inside the process, at every QoS', async () => {
  const outside = await mqtt.connectAsync(served.url, { protocolVersion: 4 })
  const inside = new mqtt.MqttClient(() => served.broker.connect() as never, {
    protocolVersion: 4,
    clientId: 'engine',
    clean: false,
  })
  await within(new Promise((resolve) => inside.once('connect', resolve)))
  const heard: string[] = []
  inside.on('message', (topic, payload, packet) => heard.push(`${topic} ${payload} ${packet.qos}`))
  outside.on('message', (topic, payload, packet) => heard.push(`${topic} ${payload} ${packet.qos}`))
  await inside.subscribeAsync('in/#', { qos: 2 })
  await outside.subscribeAsync('out/#', { qos: 1 })
  for (const qos of [0, 1, 2] as const) {
    await outside.publishAsync('in/x', String(qos), { qos })
    await inside.publishAsync('out/x', String(qos), { qos })
  }
  await until(
    () => heard.length === 6,
    () => heard.join(),
  )
  expect(heard.sort()).toEqual(['in/x 0 0', 'in/x 1 1', 'in/x 2 2', 'out/x 0 0', 'out/x 1 1', 'out/x 2 1'])
  expect(served.broker.clients().find(({ clientId }) => clientId === 'engine')?.address).toBeUndefined()
  await Promise.all([outside.endAsync(), inside.endAsync()])
})

it('refuses MQTT 5 in words that MQTT.js and mosquitto_pub understand', async () => {
  const newer = mqtt.connect(served.url, { protocolVersion: 5, reconnectPeriod: 0 })
  const error = await within(new Promise((resolve) => newer.once('error', resolve)))
  expect(String(error)).toContain('Unacceptable protocol version')
  await newer.endAsync(true)
  const refused = run('/usr/bin/mosquitto_pub', [
    '-p',
    String(served.broker.port),
    '-V',
    'mqttv5',
    '-t',
    'x',
    '-m',
    'x',
  ])
  await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('Unsupported Protocol Version') })
  expect(served.broker.counters.refusedVersions).toBe(2)
})

it('serves paho of Python, its retained messages and its will', async () => {
  const script = join(import.meta.dirname, 'paho_client.py')
  const { stdout } = await run('/usr/bin/python3', [script, String(served.broker.port)])
  const { messages, version5, ...seen } = JSON.parse(stdout)
  expect(seen).toEqual({ connected: 0, session: 0, granted: [2], published: [true, true, true] })
  expect(messages).toEqual([
    ['paho/0', 'at 0', 0, 0],
    ['paho/1', 'at 1', 1, 0],
    ['paho/2', 'at 2', 2, 0],
    ['paho/will', 'gone', 1, 0],
  ])
  expect(version5).toBe('132')
  expect(served.broker.retained).toBe(4)
})
