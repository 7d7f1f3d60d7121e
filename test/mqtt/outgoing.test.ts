import type { Packet } from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'
import type { OutboxRow } from '../../engine/mqtt/contract.ts'
import {
  accept,
  type FakeBroker,
  type FakeBrokerOptions,
  type FakeConnection,
  startFakeBroker,
} from '../tools/fake-broker.ts'
import { until } from '../tools/wait.ts'
import { configOf, memoryOutbox, openOutgoing } from './tools.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function fake(options?: FakeBrokerOptions): Promise<FakeBroker> {
  const broker = await startFakeBroker(options)
  ends.push(broker.stop)
  return broker
}

function outgoing(...parameters: Parameters<typeof openOutgoing>) {
  const side = openOutgoing(...parameters)
  ends.push(() => side.link.close())
  return side
}

/** A broker that lets in with these properties, and keeps the session from the second connection on unless told otherwise. */
function lets(
  properties: Parameters<typeof accept>[1] = {},
  more: FakeBrokerOptions['script'] = () => false,
): FakeBrokerOptions {
  return {
    script: (connection, packet) => {
      if (packet.cmd !== 'connect') return more(connection, packet)
      connection.send(accept(connection.version, { sessionPresent: connection.index > 0, ...properties }))
      return true
    },
  }
}

/** Answers everything as a good broker does. */
function answers(connection: FakeConnection, packet: Packet): boolean {
  const messageId = packet.messageId ?? 0
  if (packet.cmd === 'publish' && packet.qos === 1) connection.send({ cmd: 'puback', messageId, reasonCode: 0 })
  else if (packet.cmd === 'publish' && packet.qos === 2) connection.send({ cmd: 'pubrec', messageId, reasonCode: 0 })
  else if (packet.cmd === 'pubrel') connection.send({ cmd: 'pubcomp', messageId, reasonCode: 0 })
  else return false
  return true
}

const seen = (connection: FakeConnection) =>
  connection.packets
    .filter(({ cmd }) => cmd === 'publish' || cmd === 'pubrel')
    .map((packet) =>
      packet.cmd === 'publish'
        ? `publish ${packet.messageId}${packet.dup ? ' dup' : ''}`
        : `pubrel ${packet.messageId}`,
    )

const row = (qos: 1 | 2, changes: Partial<OutboxRow> = {}) => ({ qos, ...changes })

describe('the outbox', () => {
  test('goes out in order, and a row goes when its exchange is over', async () => {
    const broker = await fake(lets({}, answers))
    const outbox = memoryOutbox()
    for (let count = 0; count < 2000; count++) outbox.add(row(count % 2 === 0 ? 1 : 2))
    const side = outgoing(configOf(broker.url), { outbox })
    await side.drained()
    const connection = await broker.connection(0)
    expect(connection.all('publish').map(({ payload }) => payload.toString())).toEqual(
      Array.from({ length: 2000 }, (_, index) => `m${index + 1}`),
    )
    expect(connection.all('publish').map(({ messageId }) => messageId)).toEqual(
      Array.from({ length: 2000 }, (_, index) => index + 2),
    )
    expect(side.link.state()).toMatchObject({ sent: 2000, inFlight: 0 })
    expect(outbox.events.filter((event) => event.startsWith('remove')).length).toBe(2000)
  })

  test('rows that are added later go when woken', async () => {
    const broker = await fake(lets({}, answers))
    const side = outgoing(configOf(broker.url))
    await side.connected()
    side.outbox.add(row(1))
    side.link.wake()
    await side.drained()
    side.outbox.add(row(2))
    side.link.wake()
    await side.drained()
  })

  test.each([
    ['a server that allows three', { receiveMaximum: 3 }, 3],
    ['a server that says nothing', {}, 512],
  ])('never has more in flight than the window, with %s', async (_, properties, window) => {
    const broker = await fake(lets({ properties }))
    const outbox = memoryOutbox()
    for (let count = 0; count < 1000; count++) outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    const connection = await broker.connection(0)
    let acked = 0
    while (acked < 1000) {
      const open = await until(
        () => {
          const published = connection.all('publish').length
          expect(published - acked).toBeLessThanOrEqual(window)
          return published - acked > 0 && published - acked
        },
        () => `more than ${acked} messages`,
      )
      const batch = connection.all('publish').slice(acked, acked + open)
      connection.send(
        ...batch.map(({ messageId }): Packet => ({ cmd: 'puback', messageId: messageId ?? 0, reasonCode: 0 })),
      )
      acked += open
    }
    await side.drained()
  })

  test('after a cut the unconfirmed go again in order with DUP and their ids, and released ones as PUBREL', async () => {
    const broker = await fake(lets())
    const side = outgoing(configOf(broker.url))
    const { outbox } = side
    const first = await broker.connection(0)
    await side.connected()
    for (const qos of [1, 2, 2, 1] as const) outbox.add(row(qos))
    side.link.wake()
    await first.received('publish', 3)
    first.send({ cmd: 'puback', messageId: 2, reasonCode: 0 }, { cmd: 'pubrec', messageId: 3, reasonCode: 0 })
    await first.received('pubrel')
    first.socket.destroy()
    const second = await broker.connection(1)
    await second.received('publish', 1)
    expect(seen(second)).toEqual(['pubrel 3', 'publish 4 dup', 'publish 5 dup'])
    second.send(
      { cmd: 'pubcomp', messageId: 3, reasonCode: 0x92 },
      { cmd: 'pubrec', messageId: 4, reasonCode: 0 },
      { cmd: 'puback', messageId: 5, reasonCode: 0 },
    )
    await second.received('pubrel', 1)
    second.send({ cmd: 'pubcomp', messageId: 4, reasonCode: 0 })
    await side.drained()
  })

  test('a broker that lost the session gets them without DUP', async () => {
    const broker = await fake(lets({ sessionPresent: false }))
    const side = outgoing(configOf(broker.url))
    const first = await broker.connection(0)
    await side.connected()
    for (const qos of [1, 2] as const) side.outbox.add(row(qos))
    side.link.wake()
    await first.received('publish', 1)
    first.send({ cmd: 'pubrec', messageId: 3, reasonCode: 0 })
    await first.received('pubrel')
    first.socket.destroy()
    const second = await broker.connection(1)
    await second.received('publish')
    expect(seen(second)).toEqual(['pubrel 3', 'publish 2'])
  })

  test.each([
    [true, ['publish 2 dup', 'pubrel 3', 'publish 4']],
    [false, ['publish 2', 'pubrel 3', 'publish 4']],
  ])('after a restart of the engine rows go on where they were (session kept: %s)', async (sessionPresent, wanted) => {
    const broker = await fake(lets({ sessionPresent }, answers))
    const outbox = memoryOutbox()
    outbox.add(row(1, { sentBefore: true }))
    outbox.add(row(2, { sentBefore: true, released: true }))
    outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    await side.drained()
    expect(seen(await broker.connection(0)).sort()).toEqual(wanted.sort())
  })

  test('rows that were read but not yet sent when the connection broke are not forgotten', async () => {
    const broker = await fake({
      script: (connection, packet) => {
        if (packet.cmd === 'connect') {
          // The second server takes far less than what is in flight.
          const properties = connection.index === 0 ? {} : { receiveMaximum: 2 }
          connection.send(accept(5, { sessionPresent: connection.index > 0, properties }))
          return true
        }
        return connection.index > 1 && answers(connection, packet)
      },
    })
    const outbox = memoryOutbox()
    for (let count = 0; count < 600; count++) outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    const first = await broker.connection(0)
    await first.received('publish', 511)
    first.socket.destroy()
    const second = await broker.connection(1)
    await second.received('publish', 1)
    expect(second.all('publish').length).toBe(2)
    second.socket.destroy()
    await side.drained()
    const third = await broker.connection(2)
    expect(third.all('publish').map(({ messageId }) => messageId)).toEqual(
      Array.from({ length: 600 }, (_, index) => index + 2),
    )
  })

  test('PUBREL waits for the commit of the release, over a cut too', async () => {
    const broker = await fake(lets({}, (connection, packet) => packet.cmd !== 'publish' && answers(connection, packet)))
    const side = outgoing(configOf(broker.url))
    const { outbox } = side
    outbox.holds = true
    const first = await broker.connection(0)
    await side.connected()
    for (let count = 0; count < 3; count++) outbox.add(row(2))
    side.link.wake()
    await first.received('publish', 2)
    for (const messageId of [2, 3, 4]) first.send({ cmd: 'pubrec', messageId, reasonCode: 0 })
    await until(() => outbox.events.length === 3, 'three releases')
    expect(first.all('pubrel')).toEqual([])
    first.socket.destroy()
    const second = await broker.connection(1)
    await until(() => side.states.at(-1)?.status === 'connected', 'the second connection')
    outbox.holds = false
    outbox.commit()
    await side.drained()
    expect(seen(second)).toEqual(['pubrel 2', 'pubrel 3', 'pubrel 4'])
  })

  test('a packet id that is still in use is not used twice', async () => {
    const broker = await fake(lets())
    const outbox = memoryOutbox()
    outbox.add(row(1, { sequence: 5 }))
    outbox.add(row(1, { sequence: 5 + 65_535 }))
    const side = outgoing(configOf(broker.url), { outbox })
    const connection = await broker.connection(0)
    await side.connected()
    expect((await connection.received('publish')).messageId).toBe(6)
    outbox.add(row(1))
    side.link.wake()
    expect(connection.all('publish').length).toBe(1)
    connection.send({ cmd: 'puback', messageId: 6, reasonCode: 0 })
    expect(await connection.received('publish', 2)).toMatchObject({ messageId: 7 })
    expect(connection.all('publish').map(({ messageId }) => messageId)).toEqual([6, 6, 7])
  })
})

describe('refusals', () => {
  test('that may pass are offered again, in order, and nothing new overtakes them', async () => {
    let refusing = true
    const broker = await fake(
      lets({ properties: { receiveMaximum: 2 } }, (connection, packet) => {
        if (packet.cmd !== 'publish') return false
        connection.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: refusing ? 0x97 : 0 })
        return true
      }),
    )
    const outbox = memoryOutbox()
    for (let count = 0; count < 5; count++) outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    const connection = await broker.connection(0)
    await connection.received('publish', 3)
    refusing = false
    await side.drained()
    const ids = connection.all('publish').map(({ messageId }) => messageId)
    expect(connection.all('publish').every(({ dup }) => !dup)).toBe(true)
    expect(ids.slice(-5)).toEqual([2, 3, 4, 5, 6])
    expect(new Set(ids.slice(0, -5))).toEqual(new Set([2, 3]))
    expect(outbox.events.some((event) => event.startsWith('refuse'))).toBe(false)
    expect(side.logs.join('\n')).toContain('cannot take a message to "out" now (Quota exceeded)')
  })

  test.each([
    [1, { cmd: 'puback', messageId: 2, reasonCode: 0x87 }, 'Not authorized (code 0x87)'],
    [2, { cmd: 'pubrec', messageId: 2, reasonCode: 0x90 }, 'Topic Name invalid (code 0x90)'],
  ] as const)('for good at QoS %i go back to the outbox with the reason', async (qos, answer, reason) => {
    const broker = await fake(
      lets({}, (connection, packet) => {
        if (packet.cmd !== 'publish') return false
        connection.send(answer)
        return true
      }),
    )
    const outbox = memoryOutbox()
    outbox.add(row(qos))
    const side = outgoing(configOf(broker.url), { outbox })
    await side.drained()
    expect(outbox.events).toEqual([`refuse 1: ${reason}`])
    expect(side.link.state().inFlight).toBe(0)
  })

  test('no matching subscribers is no refusal', async () => {
    const broker = await fake(
      lets({}, (connection, packet) => {
        if (packet.cmd !== 'publish') return false
        connection.send({ cmd: 'puback', messageId: 2, reasonCode: 0x10 })
        return true
      }),
    )
    const outbox = memoryOutbox()
    outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    await side.drained()
    expect(outbox.events).toEqual(['remove 1'])
  })

  test('what the server or MQTT does not allow is never sent, and does not hold up the others', async () => {
    const properties = { maximumPacketSize: 100, maximumQoS: 1, retainAvailable: false }
    const broker = await fake(lets({ properties }, answers))
    const outbox = memoryOutbox()
    outbox.add(row(1, { payload: 'x'.repeat(200) }))
    outbox.add(row(2))
    outbox.add(row(1, { retain: true }))
    outbox.add(row(1, { topic: 'a/#' }))
    outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    await side.drained()
    expect(outbox.events).toEqual([
      'refuse 1: the packet is 211 bytes long, the broker takes at most 100',
      'refuse 2: QoS 2 is not supported, it takes QoS 1 at most',
      'refuse 3: retained messages are not supported',
      'refuse 4: the topic "a/#" holds "+", "#" or a NUL',
      'remove 5',
    ])
    expect((await broker.connection(0)).all('publish').length).toBe(1)
    side.link.publish([
      { topic: 'a', payload: 'y'.repeat(200), retain: false },
      { topic: 'a', payload: '', retain: true },
      { topic: 'b', payload: 'fits', retain: false },
    ])
    expect(await (await broker.connection(0)).received('publish', 1)).toMatchObject({ topic: 'b' })
    expect(side.link.dropped()).toBe(2)
    expect(side.logs.filter((line) => line.includes('cannot be sent')).length).toBe(1)
  })

  test('an answer of the wrong kind ends the connection, and the exchange starts again', async () => {
    const broker = await fake(
      lets({}, (connection, packet) => {
        if (connection.index > 0) return answers(connection, packet)
        if (packet.cmd === 'publish') connection.send({ cmd: 'pubrec', messageId: 2, reasonCode: 0 })
        return true
      }),
    )
    const outbox = memoryOutbox()
    outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    await side.drained()
    expect(side.logs.join('\n')).toContain('a message of QoS 1 was answered with a packet of type 5')
  })

  test.each([4, 5] as const)(
    'by ending the connection are found out, and do not hold up the others (version %i)',
    async (protocolVersion) => {
      const broker = await fake(
        lets({}, (connection, packet) => {
          if (packet.cmd !== 'publish' || packet.topic !== 'forbidden') return answers(connection, packet)
          connection.socket.destroy()
          return true
        }),
      )
      const outbox = memoryOutbox()
      for (let count = 1; count <= 20; count++)
        outbox.add(row(count % 2 === 0 ? 2 : 1, count === 7 ? { topic: 'forbidden' } : {}))
      const side = outgoing(configOf(broker.url, { protocolVersion, reconnect: { first: 1, longest: 2 } }), { outbox })
      await side.drained()
      const refused = outbox.events.filter((event) => event.startsWith('refuse'))
      expect(refused).toEqual(['refuse 7: the broker ended the connection each time that it was sent'])
      expect(outbox.events.filter((event) => event.startsWith('remove')).length).toBe(19)
      outbox.add(row(1))
      side.link.wake()
      await side.drained()
    },
  )

  test('are not read into a network that breaks, nor into a broker that dies whatever it gets', async () => {
    let lives = false
    const broker = await fake(
      lets({}, (connection, packet) => {
        if (lives) return answers(connection, packet)
        // It answers neither messages nor pings.
        if (packet.cmd === 'publish' || packet.cmd === 'pingreq') connection.socket.destroy()
        return true
      }),
    )
    const outbox = memoryOutbox()
    for (let count = 0; count < 5; count++) outbox.add(row(1))
    const side = outgoing(configOf(broker.url, { reconnect: { first: 1, longest: 2 } }), { outbox })
    await until(() => broker.connections.length > 15, 'many connections')
    lives = true
    await side.drained()
    expect(outbox.events).toEqual(['remove 1', 'remove 2', 'remove 3', 'remove 4', 'remove 5'])
  })

  test('acks that nobody waits for change nothing', async () => {
    const broker = await fake(lets({}, answers))
    const side = outgoing(configOf(broker.url))
    const connection = await broker.connection(0)
    await side.connected()
    connection.send({ cmd: 'puback', messageId: 9, reasonCode: 0 }, { cmd: 'pubcomp', messageId: 9, reasonCode: 0 })
    side.outbox.add(row(2))
    side.link.wake()
    await side.drained()
    expect(side.outbox.events).toEqual(['release 1', 'remove 1'])
  })

  test('an outbox that cannot be read is read again at the next wake', async () => {
    const broker = await fake(lets({}, answers))
    const outbox = memoryOutbox()
    const { read } = outbox
    outbox.read = () => {
      throw new Error('database is locked')
    }
    outbox.add(row(1))
    const side = outgoing(configOf(broker.url), { outbox })
    await until(() => side.logs.join('\n').includes('the outbox cannot be read: database is locked'), 'the warning')
    outbox.read = read
    side.link.wake()
    await side.drained()
  })
})

describe('QoS 0', () => {
  const message = (payload: string) => ({ topic: 'zero', payload, retain: false })
  const payloads = (connection: FakeConnection) => connection.all('publish').map(({ payload }) => payload.toString())

  test('goes out at once, a batch in one write', async () => {
    const broker = await fake()
    const side = outgoing(configOf('mqtt://in-process', { connect: broker.connect }))
    const connection = await broker.connection(0)
    await side.connected()
    const chunks: number[] = []
    connection.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length))
    expect(side.link.publish(Array.from({ length: 100 }, (_, index) => message(`m${index}`)))).toBe(true)
    await connection.received('publish', 99)
    expect(chunks.length).toBe(1)
    expect(side.link.state().sent).toBe(100)
  })

  test('waits while the broker is away; the oldest go when the queue is full, and are counted', async () => {
    const broker = await fake()
    const side = outgoing(configOf(broker.url), { queueLimit: { messages: 3, bytes: 1000 } })
    expect(side.link.publish(['a', 'b', 'c'].map(message))).toBe(true)
    expect(side.link.publish(['d', 'e'].map(message))).toBe(false)
    expect(side.link.dropped()).toBe(2)
    const connection = await broker.connection(0)
    await connection.received('publish', 2)
    side.link.publish([message('f')])
    await connection.received('publish', 3)
    expect(payloads(connection)).toEqual(['c', 'd', 'e', 'f'])
  })

  test('to a broker that does not read, memory stays bounded and what is dropped is counted', async () => {
    const broker = await fake()
    const side = outgoing(configOf(broker.url, { keepalive: 600 }), { queueLimit: { messages: 1000, bytes: 100_000 } })
    const connection = await broker.connection(0)
    await side.connected()
    connection.socket.pause()
    const big = 'x'.repeat(10_000)
    let published = 0
    while (side.link.dropped() === 0) {
      side.link.publish(Array.from({ length: 100 }, (_, index) => message(`${published + index} ${big}`)))
      published += 100
      await new Promise(setImmediate)
    }
    connection.socket.resume()
    side.link.publish([message('last')])
    await until(() => payloads(connection).includes('last'), 'the last message')
    const numbers = payloads(connection)
      .filter((text) => text !== 'last')
      .map((text) => Number(text.split(' ')[0]))
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right))
    expect(numbers.length + side.link.dropped()).toBeGreaterThanOrEqual(published)
  })
})

test('the client id has -out at its end, and close says DISCONNECT', async () => {
  const broker = await fake()
  const side = openOutgoing(configOf(broker.url))
  await side.connected()
  const connection = await broker.connection(0)
  await side.link.close()
  expect((await connection.received('connect')).clientId).toBe('engine-out')
  await connection.received('disconnect')
  side.outbox.add(row(1))
  side.link.wake()
  expect(side.link.publish([{ topic: 'a', payload: '', retain: false }])).toBe(true)
  expect(side.link.state().status).toBe('closed')
})
