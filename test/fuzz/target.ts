import { type ChildProcess, fork } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { ask } from '../server/ask.ts'
import { type FakeBroker, startFakeBroker } from '../tools/fake-broker.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until, within } from '../tools/wait.ts'
import type { Reading } from './watch.ts'

const root = join(import.meta.dirname, '..', '..')

/** Connections to a broker of ours: several, because one that was sent nonsense waits longer each time before it comes back. */
const fuzzedConnections = Array.from({ length: 8 }, (_, index) => `fuzzed-${index}`)

/** The real program with everything that it listens on, and an honest client that tells whether it still works. */
export interface Target {
  readonly httpPort: number
  readonly mqttPort: number
  readonly flows: string
  /** A broker of ours that the engine connects to. */
  readonly broker: FakeBroker
  /** Throws when the process has ended, does not answer an honest question, or loses an honest message. */
  checkAlive(): Promise<void>
  /** What was measured since the last call. */
  read(): Promise<Reading>
  /** All that it wrote. */
  log(): string
  stop(): Promise<void>
}

/** Starts `rulewire start` with the example flows and one that answers an honest client. */
export async function startTarget(): Promise<Target> {
  const { path } = temporaryDirectory('fuzz')
  const flows = join(path, 'flows')
  mkdirSync(flows)
  for (const name of readdirSync(join(root, 'flows'))) {
    if (!/\.(schema|test)\.json$/.test(name)) copyFileSync(join(root, 'flows', name), join(flows, name))
  }
  const broker = await startFakeBroker()
  const child = fork(
    join(root, 'engine', 'main.ts'),
    [
      'start',
      ...['--flows', flows, '--data', join(path, 'data'), '--port', '0', '--mqtt-port', '0'],
      ...fuzzedConnections.flatMap((name) => ['--connection', `${name}=${broker.url}`]),
      ...['--log-level', 'warn'],
    ],
    {
      cwd: path,
      execArgv: ['--expose-gc', '--import', join(import.meta.dirname, 'watch.ts')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  let log = ''
  const collect = (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-2_000_000)
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  await until(
    () => log.includes('Ctrl-C') || child.exitCode !== null,
    () => `the start:\n${log}`,
    60_000,
  )
  const alive = () => {
    if (child.exitCode === null && child.signalCode === null) return
    throw new Error(`The process has ended (${child.exitCode ?? child.signalCode}):\n${log.slice(-4000)}`)
  }
  alive()
  const httpPort = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(log)?.[1])
  const mqttPort = Number(/mqtt:\/\/127\.0\.0\.1:(\d+)/.exec(log)?.[1])
  await putFlow(httpPort, echoFlow)
  await putFlow(httpPort, clientFlow)
  await ask(httpPort, 'PUT', '/api/v1/secrets/hook', { body: { value: 'key' } })
  await putFlow(httpPort, hookFlow)
  const honest = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { clientId: 'honest', clean: false })
  await honest.subscribeAsync('honest/answer', { qos: 1 })
  child.send('begin')
  let sent = 0
  return {
    httpPort,
    mqttPort,
    flows,
    broker,
    log: () => log,
    checkAlive: async () => {
      alive()
      const { status } = await within(ask(httpPort, 'GET', '/livez'), 'an answer of /livez', 30_000)
      if (status !== 200) throw new Error(`/livez answers ${status}`)
      const number = ++sent
      const answered = new Promise<void>((resolve) => {
        const listen = (_: string, payload: Buffer) => {
          if (payload.toString() !== String(number + 1)) return
          honest.off('message', listen)
          resolve()
        }
        honest.on('message', listen)
      })
      await honest.publishAsync('honest/question', JSON.stringify({ number }), { qos: 1 })
      await within(answered, () => `the answer to an honest message:\n${log.slice(-3000)}`, 30_000)
      alive()
    },
    read: async () => {
      alive()
      const reading = nextEvent(child, 'message', 30_000)
      child.send('report')
      const [found] = await reading
      return found as Reading // watch.ts sends it
    },
    stop: async () => {
      await honest.endAsync(true)
      await end(child)
      process.off('exit', endWithUs)
      await broker.stop()
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = nextEvent(child, 'exit', 30_000)
  child.kill('SIGKILL')
  await ended
}

async function putFlow(port: number, document: { flow: string }): Promise<void> {
  const { status, text } = await ask(port, 'PUT', `/api/v1/flows/${document.flow}`, { body: { document } })
  if (status !== 200) throw new Error(`The flow ${document.flow} was refused: ${text}`)
}

const echoFlow = {
  flow: 'honest',
  nodes: [
    { id: 'question', type: 'mqtt-in', config: { topic: 'honest/question', qos: 1 } },
    { id: 'add', type: 'transform', config: { payload: 'payload.number + 1' } },
    { id: 'answer', type: 'mqtt-out', config: { topic: 'honest/answer', qos: 1 } },
  ],
  wires: [
    { from: 'question.out', to: 'add.in' },
    { from: 'add.out', to: 'answer.in' },
  ],
}

/** Takes everything from our broker at QoS 2 and sends it back there. */
const clientFlow = {
  flow: 'client',
  nodes: fuzzedConnections.flatMap((broker) => [
    { id: `in-${broker}`, type: 'mqtt-in', config: { broker, topic: 'fuzz/#', qos: 2 } },
    { id: `out-${broker}`, type: 'mqtt-out', config: { broker, topic: 'back', qos: 2 } },
  ]),
  wires: fuzzedConnections.map((broker) => ({ from: `in-${broker}.out`, to: `out-${broker}.in` })),
}

/** Takes requests in each of the ways that there are. */
const hookFlow = {
  flow: 'hooks',
  nodes: [
    { id: 'order', type: 'http-in', config: { path: 'orders/{order}', auth: 'none' } },
    { id: 'form', type: 'http-in', config: { path: 'form', auth: 'none', body: 'form' } },
    { id: 'bytes', type: 'http-in', config: { path: 'bytes/{name}', auth: 'none', method: 'PUT', body: 'bytes' } },
    {
      id: 'signed',
      type: 'http-in',
      config: { path: 'order', auth: 'signature', secret: { $secret: 'hook' }, bodyLimit: 1000 },
    },
    {
      id: 'level',
      type: 'http-in',
      config: { path: 'level/{tank}', method: 'GET', auth: 'none', respond: 'from-flow', answer: 'payload' },
    },
    { id: 'double', type: 'transform', config: { payload: "{ 'order': params.order, 'twice': payload.order * 2 }" } },
  ],
  wires: [
    { from: 'order.out', to: 'double.in' },
    { from: 'level.out', to: 'level.answer' },
  ],
}
