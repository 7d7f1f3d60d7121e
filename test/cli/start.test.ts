import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Mosquitto, startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until, within } from '../tools/wait.ts'
import { type Child, spawnRulewire } from './child.ts'

let directory: string
let children: Child[]
let clients: MqttClient[]
let brokers: Mosquitto[]
let remove: () => void
beforeEach(() => {
  const made = temporaryDirectory('start')
  directory = made.path
  remove = made.remove
  children = []
  clients = []
  brokers = []
})
afterEach(async () => {
  for (const client of clients) await client.endAsync(true)
  for (const child of children) await child.kill()
  for (const broker of brokers) await broker.stop()
  remove()
})

const anywhere = ['--port', '0', '--mqtt-port', '0']
const start = (args: readonly string[], env: Record<string, string> = {}) => {
  const child = spawnRulewire(['start', ...args], { cwd: directory, env })
  children.push(child)
  return child
}
const withFlow = (document: { flow: string; nodes: unknown[]; wires: unknown[] }) => {
  mkdirSync(join(directory, 'flows'), { recursive: true })
  writeFileSync(join(directory, 'flows', `${document.flow}.json`), JSON.stringify(document))
}
const copyFlow = {
  flow: 'copy',
  nodes: [
    { id: 'from', type: 'mqtt-in', config: { topic: 'from/{name}', qos: 1 } },
    { id: 'to', type: 'mqtt-out', config: { topic: 'to/{name}', qos: 1 } },
  ],
  wires: [{ from: 'from.out', to: 'to.in' }],
}

/** The next message on a topic; it listens when the promise of it resolves. */
async function listen(port: string, topic: string) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`)
  clients.push(client)
  await client.subscribeAsync(topic, { qos: 1 })
  const message = new Promise<string>((resolve) => client.once('message', (name, bytes) => resolve(`${name} ${bytes}`)))
  return { message: within(message, `a message on ${topic}`) }
}

describe('start', () => {
  test('in an empty directory makes the examples and data, runs them, and ends with 0 at SIGTERM', async () => {
    const child = start(anywhere)
    await child.started()
    expect(child.out).toContain('./flows (made just now, with examples)')
    expect(child.out).toMatch(/^ {2}cold-chain +running /m)
    expect(readdirSync(join(directory, 'flows'))).toContain('cold-chain.json')
    expect(existsSync(join(directory, 'data', 'rulewire.db'))).toBe(true)
    expect(await (await fetch(`${child.url}/livez`)).json()).toEqual({ ok: true, reasons: [] })
    child.process.kill('SIGTERM')
    expect(await child.ended).toEqual({ code: 0, signal: null })
    expect(child.err).not.toMatch(/^\s+at /m)
  })

  test('runs flows: a message published over the API goes through one and out to a subscriber', async () => {
    withFlow(copyFlow)
    const child = start(anywhere)
    await child.started()
    const { message } = await listen(child.mqttPort, 'to/x')
    const body = JSON.stringify({ topic: 'from/x', payload: '{"n":1}', qos: 1 })
    const reply = await fetch(`${child.url}/api/v1/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(await reply.json()).toEqual({ published: 'from/x' })
    expect(await message).toBe('to/x {"n":1}')
    child.process.kill('SIGINT')
    expect(await child.ended).toEqual({ code: 0, signal: null })
  })

  test('shows the problems of flows that do not run, and runs the others', async () => {
    withFlow(copyFlow)
    withFlow({ ...copyFlow, flow: 'broken', wires: [{ from: 'from.uot', to: 'to.in' }] })
    const child = start(anywhere)
    await child.started()
    expect(child.out).toContain('runs 1 flow.')
    expect(child.out).toMatch(/^ {2}broken +failed +\(1 error\)$/m)
    expect(child.out).toMatch(/broken\.json:1:\d+ error WIRE_NOWHERE .*did you mean "out"/)
  })

  test('uses another broker when one is named', async () => {
    withFlow(copyFlow)
    const mosquitto = await startMosquitto()
    brokers.push(mosquitto)
    const child = start(['--port', '0'], { RULEWIRE_BROKER: mosquitto.url })
    await child.started()
    expect(child.out).toContain(mosquitto.url)
    expect(child.out).not.toContain('embedded')
    await until(
      async () => (await fetch(`${child.url}/readyz`)).status === 200,
      () => child.err,
    )
    const { message } = await listen(String(mosquitto.port), 'to/y')
    spawn('/usr/bin/mosquitto_pub', ['-p', String(mosquitto.port), '-t', 'from/y', '-m', 'hello', '-q', '1'])
    expect(await message).toBe('to/y hello')
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(0)
  })

  test('writes its log as JSON lines when asked to, and nothing but the greeting to standard output', async () => {
    withFlow(copyFlow)
    const child = start([...anywhere, '--log-format', 'json', '--log-level', 'debug'])
    await child.started()
    child.process.kill('SIGTERM')
    await child.ended
    const lines = child.err.trim().split('\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), level: expect.any(String) })
    expect(child.out).toMatch(/^Rulewire /)
  })

  test('a second signal ends at once with 130', async () => {
    const asked = Promise.withResolvers<void>()
    // It never answers, so the engine waits for it when it ends.
    const silent = createServer(() => asked.resolve()).listen(0, '127.0.0.1')
    await nextEvent(silent, 'listening')
    const address = silent.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
    const [from] = copyFlow.nodes
    withFlow({
      flow: 'hook',
      nodes: [from, { id: 'hook', type: 'http-out', config: { url } }],
      wires: [{ from: 'from.out', to: 'hook.in' }],
    })
    const child = start(anywhere)
    await child.started()
    spawn('/usr/bin/mosquitto_pub', ['-p', child.mqttPort, '-t', 'from/z', '-m', '1', '-q', '1'])
    await within(asked.promise, () => child.err)
    child.process.kill('SIGTERM')
    await until(
      () => child.err.includes('SIGTERM: finishing'),
      () => child.err,
    )
    child.process.kill('SIGTERM')
    expect(await child.ended).toEqual({ code: 130, signal: null })
    silent.closeAllConnections()
    silent.close()
  })
})

describe('what keeps it from starting is said once, with the way out, and ends with 1', () => {
  const refused = async (child: Child) => {
    expect((await child.ended).code).toBe(1)
    expect(child.out).toBe('')
    expect(child.err).not.toMatch(/^\s+at /m)
    return child.err
      .split('\n')
      .filter((line) => !/^\d\d:\d\d:\d\d /.test(line))
      .join('\n')
  }

  test('a taken port of the editor, before any flow runs, and nothing stays locked', async () => {
    withFlow(copyFlow)
    const other = createServer().listen(0, '127.0.0.1')
    await nextEvent(other, 'listening')
    const address = other.address()
    const port = String(typeof address === 'object' ? address?.port : 0)
    const first = start(['--port', port, '--mqtt-port', '0'])
    const text = await refused(first)
    expect(first.err).not.toContain('flow copy deployed')
    expect(text).toContain(`rulewire: PORT_TAKEN Port ${port} on 127.0.0.1 is taken, so the HTTP server cannot start.`)
    expect(text).toContain('--port')
    other.close()
    const second = start(['--port', port, '--mqtt-port', '0'])
    await second.started()
  })

  test('a taken MQTT port, with how to use the broker that is there', async () => {
    withFlow(copyFlow)
    const mosquitto = await startMosquitto()
    brokers.push(mosquitto)
    const text = await refused(start(['--port', '0', '--mqtt-port', String(mosquitto.port)]))
    expect(text).toContain(`rulewire: PORT_TAKEN Port ${mosquitto.port} `)
    expect(text).toContain('--mqtt-port')
    expect(text).toContain('--broker mqtt://')
  })

  test('another engine on the same data', async () => {
    withFlow(copyFlow)
    const first = start(anywhere)
    await first.started()
    const text = await refused(start(anywhere))
    expect(text).toContain(`rulewire: DATA_LOCKED Another engine `)
  })

  test('a flows directory that was named and is not there', async () => {
    expect(await refused(start([...anywhere, '--flows', 'flwos']))).toContain('rulewire: FLOWS_MISSING ')
    expect(readdirSync(directory)).toEqual([])
  })

  test('a data directory that is a file', async () => {
    withFlow(copyFlow)
    writeFileSync(join(directory, 'data'), '')
    expect(await refused(start(anywhere))).toContain('rulewire: DATA_UNUSABLE ')
  })
})
