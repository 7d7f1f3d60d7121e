import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { defaultLimits, type LiveLimits } from '../../engine/server/limits.ts'
import type { LiveFrame, LiveValue, NodeStatistics } from '../../engine/server/protocol.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { nextEvent, until } from '../tools/wait.ts'
import { askRaw } from './ask.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'

let engine: FakeEngine
let server: RunningServer
let opened: WebSocket[]

beforeEach(() => {
  engine = fakeEngine()
  opened = []
})
afterEach(async () => {
  for (const socket of opened) socket.terminate()
  await server.close()
})

const start = async (changes: Partial<LiveLimits> = {}) => {
  const live = { ...defaultLimits.live, interval: 20, ...changes }
  server = await startServer({ engine, host: '127.0.0.1', port: 0, limits: { ...defaultLimits, live } })
}

interface Client {
  socket: WebSocket
  frames: LiveFrame[]
  send(value: unknown): void
  /** Waits for a frame that is as wanted. */
  frame<Kind extends LiveFrame['type']>(
    type: Kind,
    wanted?: (frame: Extract<LiveFrame, { type: Kind }>) => boolean,
  ): Promise<Extract<LiveFrame, { type: Kind }>>
}

async function client(): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`)
  opened.push(socket)
  const frames: LiveFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  await nextEvent(socket, 'open')
  return {
    socket,
    frames,
    send: (value) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
    frame: (type, wanted = () => true) => {
      type Wanted = Extract<LiveFrame, { type: typeof type }>
      const fits = (frame: LiveFrame): frame is Wanted => frame.type === type && wanted(frame as Wanted) // just compared
      return until(
        () => frames.find(fits),
        () => `a frame ${type} among ${JSON.stringify(frames)}`,
      )
    },
  }
}

const counted = (messages: number): NodeStatistics => ({ messages, errors: 0, rate: messages / 10 })
const value = (text: string, time = 1): LiveValue => ({ text, size: text.length, topic: 'a/b', time })

describe('what a client gets', () => {
  test('flows, brokers, and the numbers and values of the flows that it watches', async () => {
    await start()
    engine.statisticsNow = { 'one/a': counted(1), 'two/a': counted(2) }
    engine.valuesNow = { one: { 'one/a.out': value('1') }, two: { 'two/a.out': value('2') } }
    engine.engineNow = { rate: 3, received: 4 }
    const { send, frame } = await client()
    send({ type: 'watch', flows: ['one'] })
    expect((await frame('flows')).flows[0]?.flow).toBe('cold-chain')
    expect((await frame('brokers')).brokers[0]?.name).toBe('default')
    const live = await frame('live')
    expect(live.nodes).toEqual({ 'one/a': counted(1) })
    expect(live.values).toEqual({ 'one/a.out': value('1') })
    expect(live.engine).toEqual({ rate: 3, received: 4, dropped: 0 })
  })

  test('then only what changed', async () => {
    await start()
    engine.statisticsNow = { 'one/a': counted(1), 'one/b': counted(1) }
    const { send, frame } = await client()
    send({ type: 'watch', flows: ['one'] })
    await frame('live')
    engine.statisticsNow = { 'one/a': counted(1), 'one/b': counted(2) }
    const second = await frame('live', ({ nodes }) => nodes['one/b']?.messages === 2)
    expect(second.nodes).toEqual({ 'one/b': counted(2) })
    expect(second.values).toEqual({})
  })

  test('changes of counters that the engine changes in place', async () => {
    await start()
    const counter = counted(1)
    engine.statisticsNow = { 'one/a': counter }
    const { send, frame } = await client()
    send({ type: 'watch', flows: ['one'] })
    await frame('live')
    counter.messages = 2
    await frame('live', ({ nodes }) => nodes['one/a']?.messages === 2)
  })

  test('nothing while nothing changes', async () => {
    await start()
    engine.statisticsNow = { 'one/a': counted(1) }
    const { send, frame, frames } = await client()
    send({ type: 'watch', flows: ['one'] })
    await frame('live')
    const reads = engine.reads.statistics
    await until(() => engine.reads.statistics > reads + 5, 'five more ticks')
    expect(frames.filter((entry) => entry.type === 'live')).toHaveLength(1)
  })

  test('all of a flow again when it comes back to it', async () => {
    await start()
    engine.statisticsNow = { 'one/a': counted(1), 'two/a': counted(2) }
    const { send, frame, frames } = await client()
    send({ type: 'watch', flows: ['one'] })
    await frame('live')
    send({ type: 'watch', flows: ['two'] })
    await frame('live', ({ nodes }) => nodes['two/a'] !== undefined)
    frames.length = 0
    send({ type: 'watch', flows: ['one', 'two'] })
    expect((await frame('live')).nodes).toEqual({ 'one/a': counted(1) })
  })

  test('the numbers of alarms at the start and when they change', async () => {
    await start()
    engine.alarmsNow = { active: 1, unacknowledged: 1, shelved: 0, revision: 5 }
    const { send, frame, frames } = await client()
    send({ type: 'watch', flows: [] })
    expect((await frame('alarms')).counts).toEqual(engine.alarmsNow)
    frames.length = 0
    engine.alarmsNow = { active: 0, unacknowledged: 1, shelved: 0, revision: 6 }
    engine.emit('alarms')
    expect((await frame('alarms')).counts.revision).toBe(6)
    expect(frames.some((entry) => entry.type === 'flows')).toBe(false)
  })

  test('why no topics come, once', async () => {
    await start()
    engine.topicsNow = { values: {}, known: 0, left: 0, detail: 'The broker is away.' }
    const { send, frame, frames } = await client()
    send({ type: 'watch', topics: ['a'] })
    expect((await frame('topics')).detail).toBe('The broker is away.')
    engine.topicsNow = { values: {}, known: 0, left: 0 }
    expect((await frame('topics', ({ detail }) => detail === undefined)).known).toBe(0)
    expect(frames.filter((entry) => entry.type === 'topics')).toHaveLength(2)
  })

  test('the lists again when flows or brokers change', async () => {
    await start()
    const { send, frame, frames } = await client()
    send({ type: 'watch', flows: [] })
    await frame('brokers')
    frames.length = 0
    engine.emit('flows')
    await frame('flows')
    expect(frames.some((entry) => entry.type === 'brokers')).toBe(false)
  })

  test('nothing before it watches, and nothing after an empty watch', async () => {
    await start()
    const { send, frame, frames } = await client()
    engine.emit('flows')
    send({ type: 'watch', flows: ['one'] })
    await frame('live')
    send({ type: 'watch' })
    send('{') // its answer says that the watch before it was read
    await frame('error')
    frames.length = 0
    engine.engineNow = { received: 99 }
    engine.emit('flows')
    const reads = engine.reads.values
    const other = await client()
    other.send({ type: 'watch', flows: ['one'] })
    await other.frame('live')
    expect(engine.reads.values).toBeGreaterThan(reads)
    expect(frames).toEqual([])
  })

  test('several clients cost one look at the engine a tick', async () => {
    await start({ interval: 50 })
    const clients = await Promise.all([client(), client(), client()])
    for (const { send } of clients) send({ type: 'watch', flows: ['one'] })
    for (const { frame } of clients) await frame('live')
    const reads = { ...engine.reads }
    await until(() => engine.reads.statistics >= reads.statistics + 5, 'five more ticks')
    expect(engine.reads.values - reads.values).toBe(engine.reads.statistics - reads.statistics)
  })

  test('values over the budget of a frame come with the next ones, each once', async () => {
    await start({ frame: 100 })
    const entries = Array.from({ length: 10 }, (_, index) => [`one/n${index}.out`, value('x'.repeat(40))] as const)
    engine.valuesNow = { one: Object.fromEntries(entries) }
    const { send, frames } = await client()
    send({ type: 'watch', flows: ['one'] })
    const names = () => frames.flatMap((entry) => (entry.type === 'live' ? Object.keys(entry.values) : []))
    await until(
      () => names().length >= 10,
      () => JSON.stringify(names()),
    )
    expect(names().sort()).toEqual(entries.map(([name]) => name).sort())
    expect(frames.filter((entry) => entry.type === 'live').length).toBeGreaterThanOrEqual(4)
  })
})

describe('topics', () => {
  const seen = { ...value('21'), retain: false, qos: 0 as const, count: 1 }

  test('only the chosen filters are watched, with the limit, and their values are sent', async () => {
    await start({ topics: 3 })
    const { send, frame } = await client()
    send({ type: 'watch', topics: ['fridges/+/climate', '$SYS/#'], broker: 'plant' })
    await until(() => engine.watches.length === 1, 'the watch')
    expect(engine.watches[0]?.request).toEqual({
      filters: ['fridges/+/climate', '$SYS/#'],
      limit: 3,
      broker: 'plant',
    })
    engine.topicsNow = { values: { 'fridges/a/climate': seen }, known: 1, left: 7 }
    expect(await frame('topics')).toEqual({ type: 'topics', values: { 'fridges/a/climate': seen }, known: 1, left: 7 })
  })

  test('a watch ends with the next one and with the client', async () => {
    await start()
    const { send, socket } = await client()
    send({ type: 'watch', topics: ['a'] })
    send({ type: 'watch', topics: ['b'] })
    await until(() => engine.watches.length === 2, 'the second watch')
    expect(engine.watches.map((watch) => watch.ended)).toEqual([true, false])
    socket.close()
    await until(() => engine.watches[1]?.ended, 'the end of the watch')
  })

  test('a filter that is none is refused by its name', async () => {
    await start()
    const { send, frame } = await client()
    send({ type: 'watch', topics: ['a/#/b'] })
    expect((await frame('error')).error).toMatchObject({ code: 'TOPIC_FILTER' })
    expect(engine.watches).toEqual([])
  })

  test('an engine that cannot follow topics says so', async () => {
    delete engine.watchTopics
    await start()
    const { send, frame } = await client()
    send({ type: 'watch', topics: ['a'] })
    expect((await frame('error')).error.code).toBe('NOT_WATCHABLE')
  })
})

describe('what a client may not do', () => {
  test.each([
    ['{', 'BROKEN_JSON'],
    ['[]', 'BAD_REQUEST'],
    [{ type: 'watch', flwos: [] }, 'BAD_REQUEST'],
    [{ type: 'watch', flows: ['../etc'] }, 'BAD_REQUEST'],
    [{ type: 'watch', flows: Array.from({ length: 65 }, (_, index) => `f${index}`) }, 'BAD_REQUEST'],
    [{ type: 'shout' }, 'BAD_REQUEST'],
    [`{"type":"watch","flows":${'['.repeat(70)}${']'.repeat(70)}}`, 'TOO_LARGE'],
  ])('%j is answered with an error and the socket stays', async (message, code) => {
    await start()
    const { send, frame } = await client()
    send(message)
    expect((await frame('error')).error).toMatchObject({ code, text: expect.any(String), hint: expect.any(String) })
    send({ type: 'watch', flows: [] })
    await frame('flows')
  })

  test('C39: messages over the size limit close it with 1009', async () => {
    await start({ message: 1000 })
    const { send, socket } = await client()
    send(' '.repeat(1001))
    expect((await nextEvent(socket, 'close'))[0]).toBe(1009)
  })

  test('C39: more messages a second than allowed close it with 1008', async () => {
    await start({ rate: 5 })
    const { send, socket, frames } = await client()
    for (let count = 0; count < 50; count++) send({ type: 'watch', flows: [] })
    expect((await nextEvent(socket, 'close'))[0]).toBe(1008)
    expect(frames.at(-1)).toMatchObject({ type: 'error', error: { code: 'TOO_MANY_MESSAGES' } })
  })

  test('bytes instead of text close it with 1003', async () => {
    await start()
    const { socket } = await client()
    socket.send(new Uint8Array([1, 2]))
    expect((await nextEvent(socket, 'close'))[0]).toBe(1003)
  })

  test('C39: clients over the limit are refused with 503, and may come when one has gone', async () => {
    await start({ clients: 2 })
    const first = await client()
    await client()
    const reply = await upgrade({})
    expect(reply).toMatch(/^HTTP\/1\.1 503 /)
    expect(reply).toContain('"code":"TOO_MANY_CLIENTS"')
    first.socket.close()
    await until(() => server.live().clients === 1, 'one client less')
    await client()
  })

  test('a client that does not answer pings is cut', async () => {
    await start({ ping: 30 })
    const { socket } = await client()
    socket.pause()
    await until(() => server.live().clients === 0, 'the cut')
  })
})

describe('C39: a client that stops reading', () => {
  test('makes the server skip its frames and keep no more than the limit', async () => {
    await start({ interval: 1, buffered: 50_000, frame: 100_000 })
    const slow = await client()
    slow.send({ type: 'watch', flows: ['one'] })
    await slow.frame('live')
    slow.socket.pause()
    let time = 1
    let highest = 0
    const text = 'x'.repeat(90_000)
    // The kernel takes some megabytes before anything waits here.
    await until(
      () => {
        engine.valuesNow = { one: { 'one/a.out': value(text, ++time) } }
        highest = Math.max(highest, server.live().waiting)
        return server.live().skipped > 100
      },
      () => JSON.stringify(server.live()),
      20_000,
    )
    expect(highest).toBeLessThan(50_000 + 2 * 100_000)
    slow.frames.length = 0
    slow.socket.resume()
    const last = time
    await slow.frame('live', (frame) => (frame.values['one/a.out']?.time ?? 0) >= last)
    const missed = slow.frames.length
    expect(missed).toBeLessThan(last)
  })
})

describe('the upgrade', () => {
  const headers = () => ({ host: `127.0.0.1:${server.port}`, origin: `http://127.0.0.1:${server.port}` })

  test('is given to the own page', async () => {
    await start()
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/v1/live`, { headers: headers() })
    opened.push(socket)
    await nextEvent(socket, 'open')
  })

  test.each([
    ['a foreign Host', { host: 'evil.example' }, 403, 'WRONG_HOST'],
    ['a foreign page', { origin: 'http://evil.example' }, 403, 'WRONG_ORIGIN'],
    ['a page without origin', { origin: 'null' }, 403, 'WRONG_ORIGIN'],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }, 403, 'WRONG_ORIGIN'],
    ['another path', { path: '/api/v1/lively' }, 404, 'NOT_FOUND'],
    ['the root', { path: '/' }, 404, 'NOT_FOUND'],
  ])('is refused to %s', async (_, change, status, code) => {
    await start()
    const reply = await upgrade({ ...headers(), ...change })
    expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(reply).toContain(`"code":"${code}"`)
    expect(server.live().clients).toBe(0)
  })
})

test('clients hear of the end and the server does not wait for one that is silent', async () => {
  await start()
  const polite = await client()
  const silent = await client()
  silent.socket.pause()
  const ended = nextEvent(polite.socket, 'close')
  await server.close()
  expect((await ended)[0]).toBe(1001)
})

function upgrade(changes: Record<string, string>): Promise<string> {
  const { path = '/api/v1/live', ...headers } = { host: `127.0.0.1:${server.port}`, ...changes }
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...Object.entries(headers).map(([name, text]) => `${name}: ${text}`),
  ]
  return askRaw(server.port, `${lines.join('\r\n')}\r\n\r\n`)
}
