import { connect } from 'node:net'
import mqttPacket from 'mqtt-packet'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { RulewireError } from '../../../engine/errors.ts'
import { startBroker } from '../../../engine/mqtt/broker/broker.ts'
import { Pace } from '../../../engine/mqtt/broker/policy.ts'
import type { BrokerUsers } from '../../../engine/mqtt/broker/users.ts'
import { until } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker, type TestBrokerOptions } from './harness.ts'
import { connectRaw, openRaw, RawClient } from './raw.ts'

afterAll(removeDatabases)

let served: TestBroker
async function start(options: TestBrokerOptions = {}): Promise<number> {
  served = await startTestBroker(options)
  return served.broker.port
}
afterEach(() => served.stop())

const warnings = () => served.lines.filter((line) => line.startsWith('warn'))

describe('C44: a packet', () => {
  it('of exactly the limit passes, one byte more ends the connection and is logged once a minute', async () => {
    let time = 1000
    const port = await start({ now: () => time, limits: { packet: 1000 } })
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a', 0)
    const packetOf = (bytes: number) => {
      const packet = mqttPacket.generate({
        cmd: 'publish',
        topic: 'a',
        payload: 'x'.repeat(bytes - 6),
        qos: 0,
        retain: false,
        dup: false,
      })
      expect(packet.length).toBe(bytes)
      return packet
    }
    const publisher = await connectRaw(port, { clientId: 'p' })
    publisher.stream.write(packetOf(1000))
    expect((await subscriber.take('publish')).payload.length).toBe(994)
    for (let count = 0; count < 3; count++) {
      const big = await connectRaw(port, { clientId: 'big' })
      big.stream.write(packetOf(1001))
      await until(() => big.closed, 'the connection to close')
      if (count === 1) time += 61_000
    }
    expect(served.broker.counters.tooLarge).toBe(3)
    expect(warnings()).toEqual([
      'warn MQTT client big is disconnected: it sends a packet of 1001 bytes, the limit is 1000',
      'warn MQTT client big is disconnected: it sends a packet of 1001 bytes, the limit is 1000 (and 1 more like it)',
    ])
    await publisher.fence()
    expect(subscriber.received).toEqual([])
  })

  it('over the limit is refused from its first bytes on, even byte by byte and before CONNECT', async () => {
    const port = await start()
    const client = new RawClient(connect(port, '127.0.0.1'))
    client.stream.write(Buffer.from([0x10]))
    for (const byte of [0xff, 0xff, 0xff, 0x7f]) client.stream.write(Buffer.from([byte]))
    await until(() => client.closed, 'the connection to close')
    expect(served.broker.counters.tooLarge).toBe(1)
  })

  it('cut into single bytes is understood', async () => {
    const port = await start()
    const client = new RawClient(connect({ port, host: '127.0.0.1', noDelay: true }))
    const bytes = Buffer.concat([
      mqttPacket.generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        keepalive: 0,
        clientId: 'slow',
      }),
      mqttPacket.generate({
        cmd: 'publish',
        topic: 'a',
        payload: 'y'.repeat(300),
        qos: 1,
        retain: false,
        dup: false,
        messageId: 3,
      }),
    ])
    for (const byte of bytes) {
      client.stream.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await client.take('connack')).returnCode).toBe(0)
    expect((await client.take('puback')).messageId).toBe(3)
  })
})

describe('a CONNECT', () => {
  it('C44: that does not come in time ends the connection', async () => {
    const port = await start({ limits: { connectWithin: 30 } })
    const client = new RawClient(connect(port, '127.0.0.1'))
    client.stream.write(Buffer.from([0x10, 20, 0]))
    await until(() => client.closed, 'the connection to close')
  })

  it('of MQTT 5 and of unknown versions is answered with "unacceptable protocol version"', async () => {
    const port = await start()
    for (const level of [5, 6, 0]) {
      const client = new RawClient(connect(port, '127.0.0.1'))
      client.stream.write(Buffer.from([0x10, 13, 0, 4, 77, 81, 84, 84, level, 2, 0, 0, 0, 0, 1]))
      expect((await client.take('connack')).returnCode).toBe(1)
      await until(() => client.closed, 'the connection to close')
    }
    expect(served.broker.counters.refusedVersions).toBe(3)
  })

  it('without a client id gets one for a clean session, and CONNACK 2 for one that lasts', async () => {
    const port = await start()
    await connectRaw(port, { clientId: '', clean: true })
    const client = new RawClient(connect(port, '127.0.0.1'))
    client.stream.write(Buffer.from([0x10, 12, 0, 4, 77, 81, 84, 84, 4, 0, 0, 0, 0, 0]))
    expect((await client.take('connack')).returnCode).toBe(2)
  })

  it('with a will on a topic of the broker is refused', async () => {
    const port = await start()
    const will = { topic: '$SYS/x', payload: Buffer.from('x'), qos: 0 as const, retain: false }
    expect((await openRaw(port, { will }).take('connack')).returnCode).toBe(5)
  })

  it('C44: over the number of connections is closed and counted', async () => {
    const port = await start({ limits: { connections: 2 } })
    await connectRaw(port, { clientId: 'a' })
    await connectRaw(port, { clientId: 'b' })
    const third = openRaw(port, { clientId: 'c' })
    await until(() => third.closed, 'the connection to close')
    expect(served.broker.counters.refusedConnections).toBe(1)
    // The engine itself always gets in.
    await connectRaw(served.broker.connect(), { clientId: 'engine' })
  })

  it('that needs one session too many gets CONNACK 3, clean ones still come in', async () => {
    const port = await start({ limits: { sessions: 1 } })
    const first = await connectRaw(port, { clientId: 'a', clean: false })
    await first.subscribe('x', 1)
    expect((await openRaw(port, { clientId: 'b', clean: false }).take('connack')).returnCode).toBe(3)
    await connectRaw(port, { clientId: 'c' })
    await first.disconnect()
    expect((await connectRaw(port, { clientId: 'a', clean: false })).sessionPresent).toBe(true)
  })

  it('with a client id of the engine is refused, also while the engine is not connected', async () => {
    const port = await start()
    const engine = await connectRaw(served.broker.connect(), { clientId: 'engine', clean: false })
    expect((await openRaw(port, { clientId: 'engine' }).take('connack')).returnCode).toBe(2)
    await engine.ping()
    await engine.disconnect()
    expect((await openRaw(port, { clientId: 'engine' }).take('connack')).returnCode).toBe(2)
    await connectRaw(served.broker.connect(), { clientId: 'engine', clean: false })
  })
})

describe('a subscription', () => {
  it('that is shared, malformed or one too many is refused and the others granted', async () => {
    const port = await start({ limits: { subscriptions: 2 } })
    const client = await connectRaw(port, { clientId: 's', clean: false })
    const filters = ['a', '$share/group/a', 'b/#/c', 'b+', 'b', 'one/too/many', 'a']
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: filters.slice(0, 2).map((topic) => ({ topic, qos: 1 as const })),
    })
    expect((await client.take('suback')).granted).toEqual([1, 128])
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: ['b', 'one/too/many', 'a'].map((topic) => ({ topic, qos: 1 as const })),
    })
    expect((await client.take('suback')).granted).toEqual([1, 128, 1])
    expect(served.broker.counters.refusedSubscriptions).toBe(2)
    expect(warnings()[0]).toContain('MQTT client s cannot subscribe to $share/group/a: this broker has no shared')
    // Not stored either, so a restart does not bring it back.
    await client.disconnect()
    const stored = served.database.prepare('SELECT filter FROM rw_broker_subscriptions ORDER BY filter').pluck().all()
    expect(stored).toEqual(['a', 'b'])
  })

  it('to topics of the broker hears nothing of other clients', async () => {
    const port = await start()
    const client = await connectRaw(port, { clientId: 's' })
    await client.subscribe('$SYS/#', 0)
    await client.subscribe('#', 0)
    await (await connectRaw(port, { clientId: 'other' })).disconnect()
    await client.ping()
    expect(client.received).toEqual([])
  })
})

describe('a message', () => {
  it('to a topic that starts with "$" or holds a NUL ends the connection', async () => {
    const port = await start()
    for (const topic of ['$SYS/x', '$other', 'a\0b']) {
      const client = await connectRaw(port, { clientId: 'p' })
      client.send({ cmd: 'publish', topic, payload: 'x', qos: 1, retain: false, dup: false, messageId: 1 })
      await until(() => client.closed, 'the connection to close')
      expect(client.received).toEqual([])
    }
    expect(served.broker.counters.refusedPublishes).toBe(3)
  })

  it('for a full queue pushes the oldest out, which is counted and logged once', async () => {
    const port = await start({ limits: { queue: 10 } })
    const keeper = { clientId: 'keeper', clean: false }
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 1)
    await subscriber.disconnect()
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (let count = 0; count < 25; count++) {
      publisher.send({
        cmd: 'publish',
        topic: 'a',
        payload: `${count}`,
        qos: 1,
        retain: false,
        dup: false,
        messageId: count + 1,
      })
    }
    await publisher.fence()
    await until(() => publisher.received.length === 25, 'all acks')
    expect(served.broker.counters.droppedQueued).toBe(15)
    expect(warnings()).toEqual(['warn The queue of MQTT client keeper is full (10 messages): the oldest is dropped'])
    const again = await connectRaw(port, keeper)
    const heard: string[] = []
    while (heard.length < 10) {
      const { payload, messageId = 0 } = await again.take('publish')
      heard.push(String(payload))
      again.send({ cmd: 'puback', messageId })
    }
    expect(heard).toEqual(['15', '16', '17', '18', '19', '20', '21', '22', '23', '24'])
    await again.ping()
    expect(again.received).toEqual([])
    expect(served.broker.clients().find(({ clientId }) => clientId === 'keeper')?.queued).toBe(0)
  })

  it('over the number of retained ones is delivered but not kept, while kept topics can change', async () => {
    const port = await start({ limits: { retained: 2 } })
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('#', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (const topic of ['a', 'b', 'c', 'a']) await publisher.publish(topic, topic, 1, { retain: true })
    expect((await subscriber.takePublishes(4)).map(({ topic }) => topic)).toEqual(['a', 'b', 'c', 'a'])
    expect(served.broker.counters.refusedRetained).toBe(1)
    await publisher.publish('b', '', 1, { retain: true })
    await publisher.publish('c', 'c', 1, { retain: true })
    expect(served.broker.retained).toBe(2)
    expect(served.database.prepare('SELECT topic FROM rw_broker_retained ORDER BY topic').pluck().all()).toEqual([
      'a',
      'c',
    ])
  })

  it('one more at QoS 2 than may be open ends the connection', async () => {
    const port = await start({ limits: { incoming: 3 } })
    const client = await connectRaw(port, { clientId: 'p' })
    for (let messageId = 1; messageId <= 4; messageId++) {
      client.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 2, retain: false, dup: false, messageId })
    }
    await until(() => client.closed, 'the connection to close')
    expect(client.received.filter(({ cmd }) => cmd === 'pubrec').length).toBeLessThanOrEqual(3)
  })

  it('over the rate that a client may publish waits, and none is lost', async () => {
    let time = 5000
    const timers: { at: number; run: () => void }[] = []
    const pace = new Pace<object>(
      200,
      () => time,
      (milliseconds, run) => timers.push({ at: time + milliseconds, run }),
    )
    const passed: number[] = []
    const client = {}
    for (let count = 0; count < 260; count++) pace.pass(client, () => passed.push(count))
    expect(passed.length).toBe(201)
    for (let timer = timers.shift(); timer !== undefined; timer = timers.shift()) {
      time = timer.at
      timer.run()
    }
    expect(passed).toEqual(Array.from({ length: 260 }, (_, count) => count))
    expect(time).toBe(5295)

    const port = await start({ limits: { publishRate: 2000 } })
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a', 0)
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (let count = 0; count < 2200; count++) {
      publisher.send({ cmd: 'publish', topic: 'a', payload: `${count}`, qos: 0, retain: false, dup: false })
    }
    const heard = await subscriber.takePublishes(2200)
    expect(heard.map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 2200 }, (_, count) => count))
  })
})

describe('a client that does not read', () => {
  const filler = Buffer.alloc(10_000, 'x')

  it('makes publishers wait for a while, then misses QoS 0, and holds no more memory than its buffer', async () => {
    const port = await start({ limits: { buffer: 100_000, patience: 50 } })
    const lazy = await connectRaw(port, { clientId: 'lazy' })
    await lazy.subscribe('a', 0)
    lazy.stream.pause()
    const publisher = await connectRaw(port, { clientId: 'p' })
    const [socket] = [publisher.stream]
    // More than the buffers of the system and of the broker take.
    for (let count = 0; count < 2000; count++) {
      if (
        !socket.write(
          mqttPacket.generate({ cmd: 'publish', topic: 'a', payload: filler, qos: 0, retain: false, dup: false }),
        )
      ) {
        await new Promise((resolve) => socket.once('drain', resolve))
      }
    }
    await publisher.fence()
    expect(served.broker.counters.droppedSlow).toBeGreaterThan(0)
    expect(warnings()).toEqual(['warn MQTT client lazy takes nothing: it misses messages at QoS 0'])
    const { sent, droppedSlow } = served.broker.counters
    expect(sent + droppedSlow).toBe(2000)
    lazy.stream.resume()
    await lazy.takePublishes(sent)
    // It takes part again.
    await publisher.publish('a', 'again', 1)
    expect(String((await lazy.take('publish')).payload)).toBe('again')
  })

  it('loses nothing that is kept for a session that lasts', async () => {
    const port = await start({ limits: { buffer: 100_000, patience: 50, inFlight: 500 } })
    const keeper = { clientId: 'keeper', clean: false }
    const lazy = await connectRaw(port, keeper)
    await lazy.subscribe('a', 1)
    lazy.stream.pause()
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (let count = 0; count < 1000; count++) {
      publisher.send({
        cmd: 'publish',
        topic: 'a',
        payload: filler,
        qos: 1,
        retain: false,
        dup: false,
        messageId: count + 1,
      })
    }
    await until(
      () => publisher.received.length === 1000,
      () => `${publisher.received.length} acks`,
    )
    lazy.stream.resume()
    for (let count = 0; count < 1000; count++) {
      lazy.send({ cmd: 'puback', messageId: (await lazy.take('publish')).messageId ?? 0 })
    }
    await lazy.ping()
    expect(served.broker.clients().find(({ clientId }) => clientId === 'keeper')?.queued).toBe(0)
  })

  it('and confirms nothing is disconnected when too much waits for its clean session', async () => {
    const port = await start({ limits: { queue: 100, inFlight: 10, patience: 20 } })
    const lazy = await connectRaw(port, { clientId: 'lazy' })
    await lazy.subscribe('a', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (let count = 0; count < 200; count++) {
      publisher.send({
        cmd: 'publish',
        topic: 'a',
        payload: 'x',
        qos: 1,
        retain: false,
        dup: false,
        messageId: count + 1,
      })
    }
    await until(() => lazy.closed, 'the slow one to be disconnected')
    expect(served.broker.counters.closedSlow).toBe(1)
    await until(() => publisher.received.length === 200, 'all acks')
  })
})

describe('C43: users', () => {
  const users: BrokerUsers = {
    authenticate: async ({ name, password }) => name === 'sensor' && String(password) === 'secret',
    mayPublish: (name, topic) => topic.startsWith(`${name}/`),
    maySubscribe: (name, filter) => filter.startsWith(`${name}/`),
  }
  const sensor = { clientId: 'c', username: 'sensor', password: Buffer.from('secret') }

  it('are asked for the password, each topic, each filter and the will; the engine is not', async () => {
    const port = await start({ users })
    expect((await openRaw(port, { ...sensor, password: Buffer.from('wrong') }).take('connack')).returnCode).toBe(4)
    expect((await openRaw(port, { clientId: 'c' }).take('connack')).returnCode).toBe(4)
    const will = { topic: 'other/will', payload: Buffer.from('x'), qos: 0 as const, retain: false }
    expect((await openRaw(port, { ...sensor, will }).take('connack')).returnCode).toBe(5)
    const client = await connectRaw(port, sensor)
    expect(await client.subscribe('sensor/#', 1)).toBe(1)
    expect(await client.subscribe('#', 1)).toBe(128)
    await client.publish('sensor/x', 'mine', 1)
    expect((await client.take('publish')).topic).toBe('sensor/x')
    client.send({ cmd: 'publish', topic: 'other/x', payload: 'x', qos: 0, retain: false, dup: false })
    await until(() => client.closed, 'the connection to close')
    const engine = await connectRaw(served.broker.connect(), { clientId: 'engine' })
    expect(await engine.subscribe('#', 1)).toBe(1)
    expect(served.broker.counters.refusedClients).toBe(3)
  })

  it('lose subscriptions of their session that they may not have any more', async () => {
    const file = await start({ users }).then(() => served.file)
    const client = await connectRaw(served.broker.port, { ...sensor, clean: false })
    await client.subscribe('sensor/#', 1)
    await client.disconnect()
    await served.stop()
    await start({ file, users: { ...users, maySubscribe: () => false } })
    await connectRaw(served.broker.port, { ...sensor, clean: false })
    const stored = () => served.database.prepare('SELECT count(*) FROM rw_broker_subscriptions').pluck().get()
    await until(() => stored() === 0, 'the subscription to go')
  })

  it('must be there before others than this machine can connect, unless that is meant', async () => {
    await start()
    const options = { port: 0, host: '0.0.0.0', store: served.store, now: Date.now, log: () => undefined }
    await expect(startBroker(options)).rejects.toMatchObject({ code: 'UNSAFE_BIND' })
  })
})

it('a port that is taken is an error that says what to do', async () => {
  const port = await start()
  const second = startTestBroker({ port })
  await expect(second).rejects.toBeInstanceOf(RulewireError)
  await expect(second).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `Port ${port} on 127.0.0.1 is taken, so the MQTT broker cannot start.`,
    hint: `Use the broker that is there with --broker mqtt://127.0.0.1:${port}, or --mqtt-port for another port.`,
  })
})

it('an address that this machine does not have is an error that says so', async () => {
  await start()
  const options = { port: 0, host: '192.0.2.1', store: served.store, now: Date.now, log: () => undefined }
  await expect(startBroker({ ...options, anonymous: true })).rejects.toMatchObject({
    code: 'BIND_FAILED',
    message: expect.stringMatching(/^The MQTT broker cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL/),
    hint: 'Choose an address of this machine with --mqtt-host, and a port above 1023 with --mqtt-port.',
  })
})
