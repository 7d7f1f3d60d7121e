import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Packet } from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { accept, type FakeBroker, type FakeBrokerOptions, startFakeBroker } from '../tools/fake-broker.ts'
import { until } from '../tools/wait.ts'
import { configOf, openIncoming } from './tools.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function fake(options?: FakeBrokerOptions): Promise<FakeBroker> {
  const broker = await startFakeBroker(options)
  ends.push(broker.stop)
  return broker
}

function incoming(...parameters: Parameters<typeof openIncoming>) {
  const side = openIncoming(...parameters)
  ends.push(() => side.link.close())
  return side
}

function publish(topic: string, qos: 0 | 1 | 2 = 0, messageId = 0): Packet {
  return { cmd: 'publish', topic, payload: topic, qos, messageId, dup: false, retain: false }
}

/** A broker that knows the session from the second connection on. */
const remembers: FakeBrokerOptions = {
  script: (connection, packet) => {
    if (packet.cmd !== 'connect') return false
    connection.send(accept(connection.version, { sessionPresent: connection.index > 0 }))
    return true
  },
}

describe('connecting', () => {
  test('asks for a session that lasts, with the limits of the config', async () => {
    const broker = await fake()
    const side = incoming(
      configOf(broker.url, {
        username: 'alice',
        password: 'secret',
        keepalive: 77,
        sessionExpiry: 99,
        receiveMaximum: 10,
        maximumPacketSize: 5000,
      }),
    )
    await side.connected()
    const connect = await (await broker.connection(0)).received('connect')
    expect(connect).toMatchObject({
      clientId: 'engine',
      protocolVersion: 5,
      clean: false,
      keepalive: 77,
      username: 'alice',
    })
    expect(connect.properties).toEqual({ sessionExpiryInterval: 99, receiveMaximum: 10, maximumPacketSize: 5000 })
    expect(JSON.stringify([side.link.state(), side.logs, side.states])).not.toContain('secret')
  })

  test('waits for the first subscribe, because a session may deliver at once', async () => {
    const broker = await fake()
    const { mqttLinks } = await import('../../engine/mqtt/index.ts')
    const link = mqttLinks.incoming({ config: configOf(broker.url), now: Date.now, onReceived: () => undefined })
    ends.push(() => link.close())
    expect(link.state().status).toBe('connecting')
    link.subscribe(new Map())
    await until(() => link.state().status === 'connected', 'the connection')
    expect(broker.connections.length).toBe(1)
  })

  test('says who we are before it hands over what came in the same chunk as CONNACK', async () => {
    const order: string[] = []
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd !== 'connect') return false
        connection.send(accept(5, { sessionPresent: true }), publish('a', 1, 1), publish('b', 1, 2))
        return true
      },
    })
    const side = incoming(configOf(broker.url), {
      onConnected: (event) => order.push(`connected ${event.epoch} ${event.sessionPresent}`),
      onReceived: (packets) =>
        order.push(...packets.map((packet) => (packet.type === 'publish' ? packet.topic : packet.type))),
    })
    await until(() => order.length === 3, 'two packets')
    expect(order).toEqual(['connected 1 true', 'a', 'b'])
    expect(side.link.state().received).toBe(2)
  })

  test.each([
    [
      'MQTT 5 code 0x84',
      (version: number): Packet =>
        version === 5 ? { cmd: 'connack', reasonCode: 0x84, sessionPresent: false } : accept(4),
      undefined,
    ],
    ['3.1.1 code 1', undefined, Buffer.from([0x20, 2, 0, 1])],
    ['hanging up', undefined, undefined],
  ])('falls back to MQTT 3.1.1 where 5 is refused by %s, and remembers it', async (_, answer, bytes) => {
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd !== 'connect' || connection.version !== 5) return false
        if (answer !== undefined) connection.send(answer(5))
        else if (bytes !== undefined) connection.sendBytes(bytes)
        connection.socket.end()
        return true
      },
    })
    const side = incoming(configOf(broker.url))
    await side.connected()
    expect(side.link.state()).toMatchObject({ status: 'connected', protocolVersion: 4 })
    broker.connections.at(-1)?.socket.destroy()
    await side.connected(2)
    expect(broker.connections.map(({ version }) => version)).toEqual([5, 4, 4])
  })

  test('goes back to MQTT 5 when the broker had other reasons to hang up', async () => {
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd !== 'connect' || connection.index >= 2) return false
        connection.socket.destroy()
        return true
      },
    })
    const side = incoming(configOf(broker.url))
    await side.connected()
    expect(broker.connections.map(({ version }) => version)).toEqual([5, 4, 5])
  })

  test.each([
    [5, { cmd: 'connack', reasonCode: 0x86, sessionPresent: false }, 'does not accept this user name or password'],
    [4, { cmd: 'connack', returnCode: 5, sessionPresent: false }, 'does not let this client in'],
  ] as const)(
    'shows a refusal of version %i as a sentence and tries again',
    async (protocolVersion, refusal, sentence) => {
      const broker = await fake({
        script: (connection, packet) => {
          if (packet.cmd !== 'connect' || connection.index >= 2) return false
          connection.send(refusal)
          return true
        },
      })
      const side = incoming(configOf(broker.url, { protocolVersion }))
      await side.connected()
      expect(side.states[0]).toMatchObject({ status: 'refused' })
      expect(side.states[0]?.detail).toContain(sentence)
      expect(side.states.at(-1)).toMatchObject({ status: 'connected' })
      expect(side.states.at(-1)?.detail).toBeUndefined()
    },
  )

  test('says that nobody listens, and connects when somebody does', async () => {
    const broker = await startFakeBroker()
    await broker.stop()
    const side = incoming(configOf(broker.url))
    await until(() => side.link.state().detail?.includes('Nothing listens on 127.0.0.1'), 'a reason')
    expect(side.link.state().status).toBe('connecting')
  })

  test('says that what answers is no broker', async () => {
    const server = createServer((_, response) => response.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as AddressInfo // a TCP server
    const side = incoming(configOf(`mqtt://127.0.0.1:${port}`))
    await until(
      () => side.link.state().detail?.includes('does not speak MQTT'),
      () => `a reason; it is ${side.link.state().detail}`,
    )
  })

  test('gives up on a broker that says nothing, and tries again', async () => {
    const broker = await fake({ script: (connection, packet) => packet.cmd === 'connect' && connection.index === 0 })
    const side = incoming(configOf(broker.url, { connectTimeout: 50 }))
    await side.connected()
    expect(side.states[0]?.detail).toContain('did not let us in within 0.05 seconds')
  })

  test.each([
    [5, 'Another client with the id "engine" took over'],
    [4, 'does another client use the id "engine"?'],
  ] as const)('says that another client took over, with version %i', async (protocolVersion, sentence) => {
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd !== 'subscribe') return false
        if (protocolVersion === 5) connection.send({ cmd: 'disconnect', reasonCode: 0x8e })
        connection.socket.end()
        return true
      },
    })
    const side = incoming(configOf(broker.url, { protocolVersion }), { filters: { a: 1 } })
    await until(
      () => side.states.some(({ detail }) => detail?.includes(sentence)),
      () => `the sentence; ${side.logs.join('\n')}`,
    )
  })
})

describe('subscriptions', () => {
  test('all are made in a new session, and none again in one that was kept', async () => {
    const broker = await fake(remembers)
    const stored: ReadonlyMap<string, number>[] = []
    const side = incoming(configOf(broker.url), {
      filters: { a: 1, 'b/+': 2 },
      onSubscribed: (filters) => stored.push(filters),
    })
    const first = await broker.connection(0)
    await until(() => stored.at(-1)?.size === 2, 'both subscriptions')
    const subscribed = first
      .all('subscribe')
      .flatMap(({ subscriptions }) => subscriptions.map(({ topic, qos }) => `${topic} ${qos}`))
    expect(subscribed).toEqual(['a 1', 'b/+ 2'])
    first.socket.destroy()
    await side.connected(2)
    side.link.subscribe(
      new Map([
        ['a', 1],
        ['b/+', 2],
        ['c', 0],
      ]),
    )
    const second = await broker.connection(1)
    expect((await second.received('subscribe')).subscriptions.map(({ topic }) => topic)).toEqual(['c'])
  })

  test('after a restart only the difference to what the session had goes out', async () => {
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd !== 'connect') return false
        connection.send(accept(5, { sessionPresent: true }))
        return true
      },
    })
    const stored: ReadonlyMap<string, number>[] = []
    incoming(configOf(broker.url), {
      filters: { kept: 1, raised: 2, fresh: 1 },
      knownFilters: new Map([
        ['kept', 1],
        ['raised', 1],
        ['left', 1],
      ]),
      onSubscribed: (filters) => stored.push(filters),
    })
    const connection = await broker.connection(0)
    await until(() => stored.at(-1)?.size === 3 && stored.at(-1)?.get('raised') === 2, 'the changes')
    const subscribed = connection
      .all('subscribe')
      .flatMap(({ subscriptions }) => subscriptions.map(({ topic }) => topic))
    expect(subscribed.sort()).toEqual(['fresh', 'raised'])
    expect(connection.all('unsubscribe').flatMap(({ unsubscriptions }) => unsubscriptions)).toEqual(['left'])
    expect(Object.fromEntries(stored.at(-1) ?? [])).toEqual({ kept: 1, raised: 2, fresh: 1 })
  })

  test('a deploy unsubscribes what nobody wants, a shutdown does not', async () => {
    const broker = await fake()
    const side = incoming(configOf(broker.url), { filters: { a: 1, b: 1 } })
    const connection = await broker.connection(0)
    await connection.received('subscribe')
    side.link.subscribe(new Map([['a', 1]]))
    expect((await connection.received('unsubscribe')).unsubscriptions).toEqual(['b'])
    await side.link.close()
    await until(() => connection.closed(), 'the end')
    expect(connection.packets.map(({ cmd }) => cmd)).toEqual(['connect', 'subscribe', 'unsubscribe', 'disconnect'])
    expect(side.link.state().status).toBe('closed')
  })

  test('a filter that the broker refuses is shown, the others work, and a deploy without it mends the state', async () => {
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd !== 'subscribe') return false
        const granted = packet.subscriptions.map(({ topic, qos }) => (topic === 'secret' ? 0x87 : qos))
        connection.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted })
        return true
      },
    })
    const stored: ReadonlyMap<string, number>[] = []
    const side = incoming(configOf(broker.url), {
      filters: { a: 1, secret: 1, 'bad/#/x': 1 },
      onSubscribed: (filters) => stored.push(filters),
    })
    await until(() => side.link.state().detail?.includes('1 more'), 'the complaint')
    expect(side.link.state().status).toBe('connected')
    expect(side.logs.join('\n')).toContain(
      'error: Broker "default": the subscription to "secret" was refused: Not authorized.',
    )
    expect(side.logs.join('\n')).toContain('"bad/#/x" was refused: "+" and "#" must be whole levels')
    expect([...(stored.at(-1)?.keys() ?? [])]).toEqual(['a'])
    side.link.subscribe(new Map([['a', 1]]))
    await until(() => side.link.state().detail === undefined, 'the complaint to go')
  })

  test('ten thousand filters go out in parts and are all granted', async () => {
    const broker = await fake()
    const stored: ReadonlyMap<string, number>[] = []
    const filters = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`devices/d${index}/+`, 1 as const]),
    )
    incoming(configOf(broker.url), { filters, onSubscribed: (found) => stored.push(found) })
    await until(() => stored.at(-1)?.size === 10_000, 'all subscriptions')
  })
})

describe('receiving', () => {
  test('packets of one chunk are handed over together, and their acks go out in their order', async () => {
    const broker = await fake()
    const side = incoming(configOf(broker.url), { settle: true })
    const connection = await broker.connection(0)
    await side.connected()
    connection.send(
      publish('a', 1, 7),
      publish('b', 0),
      publish('c', 2, 8),
      { cmd: 'pubrel', messageId: 8 },
      publish('d', 1, 9),
    )
    await side.count(5)
    expect(side.batches.length).toBe(1)
    await connection.received('puback', 1)
    expect(
      connection.packets
        .filter(({ messageId }) => messageId !== undefined)
        .map(({ cmd, messageId }) => `${cmd} ${messageId}`),
    ).toEqual(['puback 7', 'pubrec 8', 'pubcomp 8', 'puback 9'])
  })

  test('nothing is acked before settle, and nothing of an earlier connection ever', async () => {
    const broker = await fake(remembers)
    const side = incoming(configOf(broker.url))
    const first = await broker.connection(0)
    await side.connected()
    first.send(publish('a', 1, 7))
    await side.count(1)
    first.socket.destroy()
    await side.connected(2)
    const second = await broker.connection(1)
    second.send({ ...publish('a', 1, 7), dup: true } as Packet, publish('b', 1, 8))
    await side.count(3)
    const [old, again, other] = side.publishes()
    expect([old?.epoch, again?.epoch, again?.duplicate]).toEqual([1, 2, true])
    side.link.settle(old === undefined || other === undefined ? [] : [old, other])
    await second.received('puback')
    expect(first.all('puback')).toEqual([])
    expect(second.all('puback').map(({ messageId }) => messageId)).toEqual([8])
  })

  test('chunks of one byte make no difference', async () => {
    const broker = await fake()
    const side = incoming(configOf(broker.url), { settle: true })
    const connection = await broker.connection(0)
    await side.connected()
    const { generate } = await import('mqtt-packet')
    const bytes = Buffer.concat(
      [publish('hello', 1, 7), publish('x'.repeat(200), 2, 300)].map((packet) =>
        generate(packet, { protocolVersion: 5 }),
      ),
    )
    for (const byte of bytes) {
      connection.sendBytes(Uint8Array.of(byte))
      await new Promise(setImmediate)
    }
    await side.count(2)
    expect(side.texts()).toEqual(['hello', 'x'.repeat(200)])
    await connection.received('pubrec')
  })

  test.each([
    ['rubbish', Buffer.from([0x10, 2, 1, 2]), 'a packet of type 1 came, which a broker never sends'],
    [
      'a packet over the limit',
      Buffer.from([0x30, 0xff, 0xff, 0x7f]),
      'a packet of 2097155 bytes came, the limit is 1000',
    ],
    ['a second CONNACK', Buffer.from([0x20, 3, 0, 0, 0]), 'a second CONNACK came'],
    ['a PUBLISH that is cut short', Buffer.from([0x30, 2, 0, 9]), 'shorter than its topic says'],
    ['a SUBACK that cannot be read', Buffer.from([0x90, 4, 0, 1, 0, 0x77]), 'what the broker sent cannot be read'],
  ])('%s ends the connection with a reason, and the next one works', async (_, bytes, reason) => {
    const broker = await fake()
    const side = incoming(configOf(broker.url, { maximumPacketSize: 1000 }), { settle: true })
    const connection = await broker.connection(0)
    await side.connected()
    connection.sendBytes(bytes)
    await side.connected(2)
    expect(side.logs.join('\n')).toContain(reason)
    const next = await broker.connection(1)
    next.send(publish('a', 1, 1))
    await next.received('puback')
  })

  test('half a packet and then the end: nothing of it is handed over', async () => {
    const broker = await fake(remembers)
    const side = incoming(configOf(broker.url))
    const connection = await broker.connection(0)
    await side.connected()
    connection.sendBytes(Buffer.from([0x30, 20, 0, 1, 65, 66]))
    connection.socket.end()
    await side.connected(2)
    const next = await broker.connection(1)
    next.send(publish('whole'))
    await side.count(1)
    expect(side.texts()).toEqual(['whole'])
  })

  test('a taker that throws gets the messages again', async () => {
    const broker = await fake(remembers)
    let times = 0
    const side = incoming(configOf(broker.url), {
      onReceived: () => {
        if (++times === 1) throw new Error('oops')
      },
    })
    const connection = await broker.connection(0)
    await side.connected()
    connection.send(publish('a', 1, 1))
    await side.connected(2)
    expect(side.logs.join('\n')).toContain(
      'error: Broker "default": taking messages over failed, a defect of Rulewire: oops',
    )
  })
})

describe('pings', () => {
  test('confirm calls back when the PINGRESP came, after what was received before it', async () => {
    const broker = await fake({ script: (_, packet) => packet.cmd === 'pingreq' })
    const order: string[] = []
    const side = incoming(configOf(broker.url), { onReceived: () => order.push('received') })
    const connection = await broker.connection(0)
    await side.connected()
    side.link.confirm(() => order.push('one'))
    side.link.confirm(() => order.push('two'))
    await connection.received('pingreq', 1)
    expect(order).toEqual([])
    connection.send(publish('a'), { cmd: 'pingresp' })
    await until(() => order.length === 2, 'the first answer')
    connection.send({ cmd: 'pingresp' })
    await until(() => order.length === 3, 'the second answer')
    expect(order).toEqual(['received', 'one', 'two'])
  })

  test('confirm never calls back when the connection breaks first', async () => {
    const broker = await fake({ script: (connection, packet) => packet.cmd === 'pingreq' && connection.index === 0 })
    const told: string[] = []
    const side = incoming(configOf(broker.url))
    const connection = await broker.connection(0)
    await side.connected()
    side.link.confirm(() => told.push('lost'))
    await connection.received('pingreq')
    connection.socket.destroy()
    await side.connected(2)
    side.link.confirm(() => told.push('arrived'))
    await until(() => told.length > 0, 'an answer')
    expect(told).toEqual(['arrived'])
  })

  test('a broker that gives no sign of life is left after the keepalive', async () => {
    const broker = await fake({ script: (connection, packet) => packet.cmd === 'pingreq' && connection.index === 0 })
    const side = incoming(configOf(broker.url, { keepalive: 1 }))
    await side.connected(2)
    expect(side.logs.join('\n')).toContain('gave no sign of life')
    expect((await broker.connection(0)).all('pingreq').length).toBe(1)
  })

  test('while paused nothing is handed over, the connection stays, and resume goes on where it was', async () => {
    const broker = await fake()
    const side = incoming(configOf(broker.url, { keepalive: 1 }), { settle: true })
    const connection = await broker.connection(0)
    await side.connected()
    side.link.pause()
    connection.send(publish('a', 1, 1))
    // Three PINGREQs take three seconds, twice the time after which MQTT.js would cut the connection.
    await connection.received('pingreq', 2)
    expect(side.received.length).toBe(0)
    side.link.resume()
    await connection.received('puback')
    let confirmed = false
    side.link.confirm(() => {
      confirmed = true
    })
    await until(() => confirmed, 'the answer to our own ping')
    expect(side.connections.length).toBe(1)
    expect(side.link.state().status).toBe('connected')
  })

  test('a link that is paused while it connects still connects', async () => {
    const broker = await fake()
    const side = openIncoming(configOf(broker.url), {})
    ends.push(() => side.link.close())
    side.link.pause()
    await side.connected()
    const connection = await broker.connection(0)
    connection.send(publish('a'))
    connection.socket.destroy()
    side.link.resume()
    await side.connected(2)
  })
})

describe('closing', () => {
  test('resolves in every state', async () => {
    const broker = await fake({ script: (_, packet) => packet.cmd === 'connect' && packet.clientId === 'mute' })
    const connected = openIncoming(configOf(broker.url))
    await connected.connected()
    await connected.link.close()
    await connected.link.close()
    const dialling = openIncoming(configOf(broker.url, { clientId: 'mute' }))
    await until(() => broker.connections.length === 2, 'the second connection')
    await dialling.link.close()
    const waiting = openIncoming(configOf('mqtt://127.0.0.1:1', { reconnect: { first: 60_000, longest: 60_000 } }))
    await until(() => waiting.link.state().detail !== undefined, 'a failure')
    await waiting.link.close()
    expect([connected, dialling, waiting].map(({ link }) => link.state().status)).toEqual([
      'closed',
      'closed',
      'closed',
    ])
  })

  test('does not wait for a broker that never closes its side', async () => {
    const broker = await fake({ onSocket: (socket) => socket.on('end', () => socket.pause()) })
    const side = openIncoming(configOf(broker.url, { protocolVersion: 4 }), { filters: { a: 1 } })
    await side.connected()
    side.link.pause()
    await side.link.close()
    expect(side.link.state().status).toBe('closed')
  })
})

test('a broker in this process is reached over a pair of streams', async () => {
  const broker = await fake()
  const side = incoming(configOf('mqtt://embedded', { connect: broker.connect }), { settle: true, filters: { a: 1 } })
  await side.connected()
  const connection = await broker.connection(0)
  connection.send(publish('a', 1, 1))
  await connection.received('puback')
  expect(side.link.state().url).toBe('mqtt://embedded')
  connection.socket.destroy()
  await side.connected(2)
  await side.link.close()
})
