import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionConfig } from '../../engine/mqtt/contract.ts'
import { makeCertificates } from '../tools/certificates.ts'
import { type Mosquitto, type MosquittoOptions, startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { startWebSocketBridge } from '../tools/web-socket-bridge.ts'
import { configOf, memoryOutbox, openIncoming, openOutgoing } from './tools.ts'

let broker: Mosquitto
const ends: (() => Promise<unknown>)[] = []
let ids = 0
const uniqueId = () => `engine-${++ids}`

beforeAll(async () => {
  broker = await startMosquitto({ config: ['max_queued_messages 100000'] })
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
afterAll(() => broker.stop())

async function mosquitto(options?: MosquittoOptions): Promise<Mosquitto> {
  const own = await startMosquitto(options)
  ends.push(own.stop)
  return own
}

function incoming(...parameters: Parameters<typeof openIncoming>) {
  const side = openIncoming(...parameters)
  ends.push(() => side.link.close())
  return side
}

function outgoing(...parameters: Parameters<typeof openOutgoing>) {
  const side = openOutgoing(...parameters)
  ends.push(() => side.link.close())
  return side
}

/** Resolves when the broker has granted all that was asked for. */
function subscribed() {
  const stored: ReadonlyMap<string, number>[] = []
  return {
    onSubscribed: (filters: ReadonlyMap<string, number>) => {
      stored.push(filters)
    },
    granted: (count: number) => until(() => stored.at(-1)?.size === count, `${count} granted subscriptions`),
  }
}

describe.each([4, 5] as const)('with mosquitto and MQTT version %i', (protocolVersion) => {
  const config = (clientId = uniqueId()) => configOf(broker.url, { protocolVersion, clientId })

  test('messages of each QoS arrive once, with their topic, payload, QoS and retain', async () => {
    const { onSubscribed, granted } = subscribed()
    const side = incoming(config(), { settle: true, filters: { 'a/+': 2 }, onSubscribed })
    await granted(1)
    const out = outgoing(config())
    await out.connected()
    out.link.publish([{ topic: 'a/0', payload: 'zero', retain: false }])
    out.outbox.add({ topic: 'a/1', payload: 'one', qos: 1 })
    out.outbox.add({ topic: 'a/2', payload: Buffer.from('zwölf'), qos: 2 })
    out.link.wake()
    await out.drained()
    await until(() => side.publishes().length === 3 && side.received.length === 4, 'three messages and a release')
    const seen = side.publishes().sort((left, right) => left.qos - right.qos)
    expect(
      seen.map(({ topic, payload, qos, retain, duplicate }) => [
        topic,
        Buffer.from(payload).toString(),
        qos,
        retain,
        duplicate,
      ]),
    ).toEqual([
      ['a/0', 'zero', 0, false, false],
      ['a/1', 'one', 1, false, false],
      ['a/2', 'zwölf', 2, false, false],
    ])
    expect(side.link.state()).toMatchObject({ status: 'connected', protocolVersion })
  })

  test('10,000 messages go through at QoS 1 and 2, none lost, none twice, in order', async () => {
    const { onSubscribed, granted } = subscribed()
    const side = incoming(config(), { settle: true, filters: { [`bulk${protocolVersion}/#`]: 2 }, onSubscribed })
    await granted(1)
    const outbox = memoryOutbox()
    for (let index = 0; index < 10_000; index++) {
      outbox.add({ topic: `bulk${protocolVersion}/${index % 7}`, payload: String(index), qos: index % 2 === 0 ? 1 : 2 })
    }
    const out = outgoing(config(), { outbox })
    await out.drained()
    await until(
      () => side.publishes().length >= 10_000,
      () => `10,000 messages; ${side.publishes().length} came`,
    )
    for (const qos of [1, 2]) {
      const numbers = side
        .publishes()
        .filter((packet) => packet.qos === qos)
        .map(({ payload }) => Number(Buffer.from(payload).toString()))
      expect(numbers).toEqual([...numbers].sort((left, right) => left - right))
      expect(new Set(numbers).size).toBe(5000)
    }
  })

  test('what was not settled comes again with DUP after a cut, what was settled and confirmed does not', async () => {
    const clientId = uniqueId()
    const topic = `dup/${protocolVersion}`
    const { onSubscribed, granted } = subscribed()
    const first = openIncoming(config(clientId), { filters: { [topic]: 1 }, onSubscribed })
    await granted(1)
    const out = outgoing(config())
    for (const payload of ['one', 'two', 'three']) out.outbox.add({ topic, payload, qos: 1 })
    out.link.wake()
    await first.count(3)
    first.link.settle(first.received.slice(0, 1))
    await new Promise<void>((resolve) => first.link.confirm(resolve))
    await first.link.close()
    const second = incoming(config(clientId), {
      settle: true,
      filters: { [topic]: 1 },
      knownFilters: new Map([[topic, 1]]),
    })
    await second.count(2)
    expect(second.connections).toEqual([{ epoch: 1, sessionPresent: true }])
    expect(second.texts()).toEqual(['two', 'three'])
    expect(second.publishes().every(({ duplicate }) => duplicate)).toBe(true)
  })

  test('what is published while nobody is connected comes with the session', async () => {
    const clientId = uniqueId()
    const topic = `away/${protocolVersion}`
    const { onSubscribed, granted } = subscribed()
    const first = openIncoming(config(clientId), { filters: { [topic]: 1 }, onSubscribed })
    await granted(1)
    await first.link.close()
    const out = outgoing(config())
    for (let index = 0; index < 5000; index++) out.outbox.add({ topic, payload: String(index), qos: 1 })
    out.link.wake()
    await out.drained()
    const second = incoming(config(clientId), {
      settle: true,
      filters: { [topic]: 1 },
      knownFilters: new Map([[topic, 1]]),
    })
    await second.count(5000)
    expect(second.texts()).toEqual(Array.from({ length: 5000 }, (_, index) => String(index)))
  })

  test('a pause holds the stream back and loses nothing', async () => {
    const topic = `pause/${protocolVersion}`
    const { onSubscribed, granted } = subscribed()
    const side = incoming(config(), { settle: true, filters: { [topic]: 1 }, onSubscribed })
    await granted(1)
    const out = outgoing(config())
    for (let index = 0; index < 3000; index++) out.outbox.add({ topic, payload: 'x'.repeat(1000), qos: 1 })
    out.link.wake()
    await side.count(10)
    side.link.pause()
    const before = side.received.length
    await out.drained()
    expect(side.received.length).toBe(before)
    side.link.resume()
    await side.count(3000)
  })

  test('a shared subscription is served', async () => {
    const filter = `$share/group/shared/${protocolVersion}/+`
    const { onSubscribed, granted } = subscribed()
    const side = incoming(config(), { settle: true, filters: { [filter]: 1 }, onSubscribed })
    await granted(1)
    const out = outgoing(config())
    out.outbox.add({ topic: `shared/${protocolVersion}/a`, qos: 1 })
    out.link.wake()
    await side.count(1)
  })

  test('a retained message comes with a new subscription', async () => {
    const topic = `retained/${protocolVersion}`
    const out = outgoing(config())
    out.outbox.add({ topic, payload: 'kept', qos: 1, retain: true })
    out.link.wake()
    await out.drained()
    const side = incoming(config(), { settle: true, filters: { [topic]: 0 } })
    await side.count(1)
    expect(side.publishes()[0]).toMatchObject({ retain: true, qos: 0 })
  })
})

test('user properties go through both links with MQTT 5', async () => {
  const { onSubscribed, granted } = subscribed()
  const side = incoming(configOf(broker.url, { clientId: uniqueId() }), {
    settle: true,
    filters: { props: 1 },
    onSubscribed,
  })
  await granted(1)
  const out = outgoing(configOf(broker.url, { clientId: uniqueId() }))
  const props = { unit: '°C', tag: ['a', '', 'a'] }
  out.outbox.add({ topic: 'props', qos: 1, props })
  out.link.wake()
  await out.connected()
  out.link.publish([{ topic: 'props', payload: '', retain: false, props }])
  await side.count(2)
  expect(side.publishes().map((packet) => ({ ...packet.props }))).toEqual([props, props])
})

describe('a broker that goes away', () => {
  test('by a restart: links come back, the session and the outbox go on, nothing is lost', async () => {
    const own = await mosquitto({ persistent: true })
    const clientId = uniqueId()
    const { onSubscribed, granted } = subscribed()
    const side = incoming(configOf(own.url, { clientId }), { settle: true, filters: { a: 2 }, onSubscribed })
    await granted(1)
    const out = outgoing(configOf(own.url, { clientId }))
    for (let index = 0; index < 500; index++)
      out.outbox.add({ topic: 'a', payload: String(index), qos: index % 2 === 0 ? 1 : 2 })
    out.link.wake()
    await side.count(20)
    await own.stop()
    for (let index = 500; index < 600; index++) out.outbox.add({ topic: 'a', payload: String(index), qos: 1 })
    out.link.wake()
    await until(() => side.link.state().detail?.includes('Nothing listens'), 'the reason')
    expect(side.link.state().status).toBe('reconnecting')
    await own.start()
    await out.drained()
    await until(
      () => new Set(side.texts()).size === 600,
      () => `600 messages; ${new Set(side.texts()).size} came`,
    )
    expect(side.connections.at(-1)).toEqual({ epoch: side.connections.length, sessionPresent: true })
    const exactlyOnce = side.publishes().filter(({ qos }) => qos === 2)
    const fresh = exactlyOnce
      .filter(({ duplicate }) => !duplicate)
      .map(({ payload }) => Buffer.from(payload).toString())
    expect(new Set(fresh).size).toBe(fresh.length)
  })

  test('by a kill: both links say so and come back', async () => {
    const own = await mosquitto()
    const side = incoming(configOf(own.url, { clientId: uniqueId() }), { filters: { a: 1 } })
    const out = outgoing(configOf(own.url, { clientId: uniqueId() }))
    await side.connected()
    await out.connected()
    await own.kill()
    await until(
      () => out.link.state().status === 'reconnecting' && side.link.state().status === 'reconnecting',
      'both to notice',
    )
    await own.start()
    await side.connected(2)
    await out.connected()
    expect(side.connections[1]).toEqual({ epoch: 2, sessionPresent: false })
  })

  test('frozen: the keepalive notices, and the link comes back when it wakes', async () => {
    const own = await mosquitto()
    const side = incoming(configOf(own.url, { clientId: uniqueId(), keepalive: 1, connectTimeout: 300 }), {
      filters: { a: 1 },
    })
    await side.connected()
    own.process.kill('SIGSTOP')
    await until(() => side.logs.join('\n').includes('gave no sign of life'), 'the keepalive')
    own.process.kill('SIGCONT')
    await side.connected(2)
  })
})

describe('TLS', () => {
  const directory = temporaryDirectory('tls')
  const certificates = makeCertificates(directory.path)
  const strangers = makeCertificates(temporaryDirectory('tls').path, ['DNS:elsewhere.example'])
  const listener = [`certfile ${certificates.server.certificate.file}`, `keyfile ${certificates.server.key.file}`]
  const ca = certificates.authority.text
  const tlsUrl = (own: Mosquitto, login = '', host = '127.0.0.1') => `mqtts://${login}${host}:${own.port}`

  test.each([4, 5] as const)('with user and password in the URL, version %i', async (protocolVersion) => {
    const own = await mosquitto({ listener, users: { 'al@ice': 'p:ss/w%rd' } })
    const config = configOf(tlsUrl(own, 'al%40ice:p%3Ass%2Fw%25rd@', 'localhost'), { protocolVersion, tls: { ca } })
    const { onSubscribed, granted } = subscribed()
    const side = incoming(config, { settle: true, filters: { a: 2 }, onSubscribed })
    await granted(1)
    const out = outgoing(config)
    out.outbox.add({ topic: 'a', payload: 'x'.repeat(300_000), qos: 2 })
    out.link.wake()
    await side.count(2)
    expect(side.publishes()[0]?.payload.length).toBe(300_000)
    expect(JSON.stringify([side.link.state(), side.logs, out.logs])).not.toContain('p:ss')
    expect(side.link.state().url).toBe(`mqtts://localhost:${own.port}`)
  })

  test('with a wrong password is refused with a sentence', async () => {
    const own = await mosquitto({ listener, users: { alice: 'right' } })
    const side = incoming(configOf(tlsUrl(own, 'alice:wrong@'), { tls: { ca } }))
    await until(() => side.link.state().status === 'refused', 'the refusal')
    expect(side.link.state().detail).toContain('does not let this client in; look at user name, password')
  })

  test('with a client certificate', async () => {
    const own = await mosquitto({
      listener: [...listener, 'require_certificate true', `cafile ${certificates.authority.file}`],
    })
    const { certificate, key } = certificates.client
    const side = incoming(configOf(tlsUrl(own), { tls: { ca, cert: certificate.text, key: key.text } }))
    await side.connected()
    const without = incoming(configOf(tlsUrl(own), { tls: { ca }, clientId: uniqueId() }))
    await until(() => without.link.state().detail !== undefined, 'a reason')
    expect(without.link.state().detail).toContain('wants a client certificate')
  })

  test('with a certificate of nobody we trust, or for another host, does not connect and says why', async () => {
    const own = await mosquitto({ listener })
    const nobody = incoming(configOf(tlsUrl(own)))
    await until(
      () => nobody.link.state().detail?.includes('signed by nobody we trust'),
      () => `the reason; ${nobody.link.state().detail}`,
    )
    const trusting = incoming(configOf(tlsUrl(own), { tls: { rejectUnauthorized: false }, clientId: uniqueId() }))
    await trusting.connected()
    const other = await mosquitto({
      listener: [`certfile ${strangers.server.certificate.file}`, `keyfile ${strangers.server.key.file}`],
    })
    const elsewhere = incoming(configOf(tlsUrl(other), { tls: { ca: strangers.authority.text } }))
    await until(
      () => elsewhere.link.state().detail?.includes('is for another host'),
      () => `the reason; ${elsewhere.link.state().detail}`,
    )
  })

  test('towards a port without TLS, and the other way round, says so', async () => {
    const plain = await mosquitto()
    const side = incoming(configOf(tlsUrl(plain)))
    await until(() => side.link.state().detail !== undefined, 'a reason')
    expect(side.link.state().detail).toMatch(/does not speak TLS|cut the connection|closed the connection/)
    const own = await mosquitto({ listener })
    const other = incoming(configOf(own.url, { clientId: uniqueId() }))
    await until(() => other.link.state().detail !== undefined, 'a reason')
    expect(other.link.state().detail).toMatch(/does not speak MQTT|cut the connection|closed the connection/)
  })
})

describe('WebSockets', () => {
  const exchange = async (config: ConnectionConfig) => {
    const { onSubscribed, granted } = subscribed()
    const side = incoming(config, { settle: true, filters: { [`web/${config.clientId}`]: 2 }, onSubscribed })
    await granted(1)
    const out = outgoing(config)
    for (let index = 0; index < 200; index++)
      out.outbox.add({ topic: `web/${config.clientId}`, payload: `${index}`, qos: 2 })
    out.link.wake()
    await out.drained()
    await side.count(400)
    return side
  }

  test('carry the same, and the link comes back after a cut', async () => {
    const bridge = await startWebSocketBridge(broker.port)
    const side = await exchange(configOf(`${bridge.url}/mqtt`, { clientId: uniqueId() }))
    await bridge.stop()
    await until(() => side.link.state().status === 'reconnecting', 'the end')
    expect(side.link.state().detail).toMatch(/closed the connection|Nothing listens/)
  })

  test('carry the same over TLS', async () => {
    const { server, authority } = makeCertificates(temporaryDirectory('wss').path)
    const bridge = await startWebSocketBridge(broker.port, {
      tls: { cert: server.certificate.text, key: server.key.text },
    })
    ends.push(bridge.stop)
    await exchange(configOf(`${bridge.url}/mqtt`, { clientId: uniqueId(), tls: { ca: authority.text } }))
  })

  test('on a wrong path are refused with a sentence', async () => {
    const bridge = await startWebSocketBridge(broker.port)
    ends.push(bridge.stop)
    const side = incoming(configOf(`${bridge.url}/elsewhere`, { clientId: uniqueId() }))
    await until(() => side.link.state().detail !== undefined, 'the reason')
    expect(side.link.state().detail).toContain('answered the WebSocket request with HTTP 400; look at the path')
  })
})

test('another client with the same id is found out, although mosquitto 2.0 does not say so', async () => {
  const own = await mosquitto()
  const one = incoming(configOf(own.url, { clientId: 'twin' }))
  await one.connected()
  incoming(configOf(own.url, { clientId: 'twin' }))
  await until(
    () => one.states.some(({ detail }) => detail?.includes('does another client use the id "twin"?')),
    () => `the reason; ${one.logs.join('\n')}`,
  )
})

test('a server that announces limits is kept to them', async () => {
  const own = await mosquitto({
    config: ['max_packet_size 2000', 'max_inflight_messages 5', 'retain_available false', 'max_qos 1'],
  })
  const outbox = memoryOutbox()
  outbox.add({ qos: 1, payload: 'x'.repeat(5000) })
  outbox.add({ qos: 2 })
  outbox.add({ qos: 1, retain: true })
  for (let index = 0; index < 50; index++) outbox.add({ qos: 1 })
  const out = outgoing(configOf(own.url, { clientId: uniqueId() }), { outbox })
  await out.drained()
  expect(outbox.events.filter((event) => event.startsWith('refuse')).length).toBe(3)
  expect(outbox.events.filter((event) => event.startsWith('remove')).length).toBe(50)
  expect(out.states.filter(({ status }) => status === 'connected').length).toBe(1)
})
