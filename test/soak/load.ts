import mqtt, { type MqttClient } from 'mqtt'
import WebSocket from 'ws'
import { ask } from '../server/ask.ts'

/** What was done to the engine so far. */
export interface LoadCounts {
  published: number
  delivered: number
  clients: number
  sockets: number
  requests: number
  deploys: number
}

export interface Load {
  readonly counts: LoadCounts
  /** Ends it, and waits for what is under way. */
  stop(): Promise<void>
}

/** Messages that are sent at once, and that may be on their way. */
const burst = 50
const outstanding = 1000

/**
 * Keeps an engine busy with all that lasts years: readings at QoS 1 that are stored, alarmed and sent on, clients that come and
 * go, editors that look on, requests, and deploys that change a node.
 *
 * @param rate readings a second
 */
export async function startLoad(httpPort: number, mqttPort: number, rate: number): Promise<Load> {
  const counts: LoadCounts = { published: 0, delivered: 0, clients: 0, sockets: 0, requests: 0, deploys: 0 }
  await deploy(httpPort, 0)
  const url = `mqtt://127.0.0.1:${mqttPort}`
  const devices = await mqtt.connectAsync(url, { clientId: 'soak-devices' })
  const listener = await mqtt.connectAsync(url, { clientId: 'soak-listener' })
  await listener.subscribeAsync('soak/out/#', { qos: 1 })
  listener.on('message', () => counts.delivered++)
  let confirmed = 0
  const publish = () => {
    for (let sent = 0; sent < burst && counts.published - confirmed < outstanding; sent++) {
      const number = counts.published++
      const reading = { temperature: 20 + 15 * Math.sin(number / 5000) + (number % 7) / 10, number }
      devices.publish(`soak/${number % 100}/climate`, JSON.stringify(reading), { qos: 1 }, () => confirmed++)
    }
  }
  const underWay = new Set<Promise<unknown>>()
  // What fails here ends the run: an engine under load has to answer.
  const background = (work: Promise<unknown>) => {
    const done = work.finally(() => underWay.delete(done))
    underWay.add(done)
  }
  const timers = [
    setInterval(publish, (1000 * burst) / rate),
    setInterval(() => background(comeAndGo(url, counts)), 500),
    setInterval(() => lookOn(httpPort, counts), 700),
    setInterval(() => background(requests(httpPort, counts)), 300),
    setInterval(() => background(deploy(httpPort, ++counts.deploys)), 2000),
  ]
  return {
    counts,
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      await Promise.all(underWay)
      await Promise.all([end(devices), end(listener)])
    },
  }
}

async function comeAndGo(url: string, counts: LoadCounts): Promise<void> {
  const client = await mqtt.connectAsync(url, {
    clientId: `soak-${counts.clients++ % 50}`,
    clean: counts.clients % 2 === 0,
  })
  await client.subscribeAsync('soak/1/#', { qos: 1 })
  await end(client)
}

function lookOn(port: number, counts: LoadCounts): void {
  counts.sockets++
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`)
  socket.once('open', () => {
    socket.send(JSON.stringify({ type: 'watch', flows: ['soak'], values: [] }))
    setTimeout(() => socket.close(), 400)
  })
}

async function requests(port: number, counts: LoadCounts): Promise<void> {
  for (const path of ['statistics', 'brokers', 'alarms', 'flows/soak', 'dead-letters', 'learned']) {
    counts.requests++
    const { status } = await ask(port, 'GET', `/api/v1/${path}`)
    if (status !== 200) throw new Error(`GET /api/v1/${path} answered ${status}`)
  }
}

async function deploy(port: number, turn: number): Promise<void> {
  const { status, text } = await ask(port, 'PUT', '/api/v1/flows/soak', { body: { document: soakFlow(turn) } })
  if (status !== 200) throw new Error(`The deploy was answered ${status}: ${text}`)
}

function end(client: MqttClient): Promise<void> {
  return client.endAsync()
}

function soakFlow(turn: number) {
  return {
    flow: 'soak',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'soak/{device}/climate', qos: 1 } },
      {
        id: 'hot',
        type: 'alarm',
        config: { key: 'params.device', value: 'payload.temperature', raise: '> 30', deadband: 2 },
      },
      { id: 'mean', type: 'window', config: { key: 'params.device', value: 'payload.temperature', length: '10s' } },
      { id: 'shape', type: 'transform', config: { payload: `{ 't': payload.temperature, 'turn': ${turn} }` } },
      { id: 'rows', type: 'store', config: { table: 'soak_readings', columns: { t: 'payload.t' }, keep: '20s' } },
      { id: 'out', type: 'mqtt-out', config: { topic: 'soak/out/{device}', qos: 1 } },
    ],
    wires: [
      { from: 'in.out', to: 'hot.in' },
      { from: 'in.out', to: 'mean.in' },
      { from: 'in.out', to: 'shape.in' },
      { from: 'shape.out', to: 'rows.in' },
      { from: 'shape.out', to: 'out.in' },
    ],
  }
}
