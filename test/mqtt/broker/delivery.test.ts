import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker } from './harness.ts'
import { connectRaw, type RawClient } from './raw.ts'

afterAll(removeDatabases)

let served: TestBroker
let port: number
beforeEach(async () => {
  served = await startTestBroker()
  port = served.broker.port
})
afterEach(() => served.stop())

const keeper = { clientId: 'keeper', clean: false }

/** What a PUBLISH said, in short. */
function shown(packets: readonly { topic: string; payload: unknown; qos: number; dup: boolean; retain: boolean }[]) {
  return packets.map(({ topic, payload, qos, dup, retain }) => {
    return `${topic} ${payload} qos ${qos}${dup ? ' dup' : ''}${retain ? ' retain' : ''}`
  })
}

describe('subscriptions', () => {
  it('that overlap deliver a message once, at the highest QoS of those that match', async () => {
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a/#', 0)
    await subscriber.subscribe('a/+', 2)
    await subscriber.subscribe('a/b', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    await publisher.publish('a/b', 'x', 2)
    await publisher.publish('a/b/c', 'y', 2)
    expect(shown(await subscriber.takePublishes(2))).toEqual(['a/b x qos 2', 'a/b/c y qos 0'])
    await subscriber.ping()
    expect(subscriber.received).toEqual([])
  })

  it('with a wildcard lower the QoS like others', async () => {
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a/#', 1)
    await (await connectRaw(port, { clientId: 'p' })).publish('a/b', 'x', 2)
    expect(shown(await subscriber.takePublishes(1))).toEqual(['a/b x qos 1'])
  })

  it('hear live messages without the retain flag', async () => {
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    await publisher.publish('a', 'x', 1, { retain: true })
    await subscriber.takePublishes(1)
    await subscriber.cut()
    await publisher.publish('a', 'y', 1, { retain: true })
    const again = await connectRaw(port, keeper)
    expect(shown(await again.takePublishes(2))).toEqual(['a x qos 1 dup', 'a y qos 1'])
  })

  it('end with UNSUBSCRIBE and with the connection of a clean session', async () => {
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a', 1)
    subscriber.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
    await subscriber.take('unsuback')
    const publisher = await connectRaw(port, { clientId: 'p' })
    await publisher.publish('a', 'x', 1)
    await subscriber.subscribe('b', 1)
    await subscriber.disconnect()
    const again = await connectRaw(port, { clientId: 's' })
    await publisher.publish('b', 'x', 1)
    await again.ping()
    expect([...subscriber.received, ...again.received]).toEqual([])
  })

  it('of one client do not end when another connection with its id takes over', async () => {
    const first = await connectRaw(port, keeper)
    await first.subscribe('a', 1)
    const second = await connectRaw(port, keeper)
    expect(second.sessionPresent).toBe(true)
    await until(() => first.closed, 'the first connection to close')
    await (await connectRaw(port, { clientId: 'p' })).publish('a', 'x', 1)
    expect(shown(await second.takePublishes(1))).toEqual(['a x qos 1'])
  })
})

describe('a session that lasts', () => {
  it('keeps messages in order, and mixes no new one in between', async () => {
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 1)
    await subscriber.cut()
    const publisher = await connectRaw(port, { clientId: 'p' })
    const total = 1500
    for (let count = 0; count < total / 2; count++) {
      publisher.send({
        cmd: 'publish',
        topic: 'a',
        payload: `${count}`,
        qos: 1,
        retain: false,
        dup: false,
        messageId: 1 + count,
      })
    }
    await publisher.fence()
    const again = await connectRaw(port, keeper)
    for (let count = total / 2; count < total; count++) {
      publisher.send({
        cmd: 'publish',
        topic: 'a',
        payload: `${count}`,
        qos: 1,
        retain: false,
        dup: false,
        messageId: 1 + count,
      })
    }
    const heard: string[] = []
    while (heard.length < total) {
      const packet = await again.take('publish')
      heard.push(String(packet.payload))
      again.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    }
    expect(heard).toEqual(Array.from({ length: total }, (_, count) => `${count}`))
  })

  it('sends what was not confirmed again with DUP and the same packet id, and nothing of what was', async () => {
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 2)
    const publisher = await connectRaw(port, { clientId: 'p' })
    await publisher.publish('a', 'one', 1)
    await publisher.publish('a', 'two', 1)
    await publisher.publish('a', 'three', 2)
    const before = await subscriber.takePublishes(3)
    subscriber.send({ cmd: 'puback', messageId: before[1]?.messageId ?? 0 })
    await subscriber.ping()
    await subscriber.cut()
    const again = await connectRaw(port, keeper)
    const after = await again.takePublishes(2)
    expect(shown(after)).toEqual(['a one qos 1 dup', 'a three qos 2 dup'])
    expect(after.map(({ messageId }) => messageId)).toEqual([before[0]?.messageId, before[2]?.messageId])
  })

  it('goes on with PUBREL for what was confirmed with PUBREC', async () => {
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 2)
    await (await connectRaw(port, { clientId: 'p' })).publish('a', 'x', 2)
    const { messageId = 0 } = await subscriber.take('publish')
    subscriber.send({ cmd: 'pubrec', messageId })
    expect((await subscriber.take('pubrel')).messageId).toBe(messageId)
    await subscriber.cut()
    const again = await connectRaw(port, keeper)
    expect((await again.take('pubrel')).messageId).toBe(messageId)
    again.send({ cmd: 'pubcomp', messageId })
    await again.ping()
    expect(again.received).toEqual([])
    await again.cut()
    const third = await connectRaw(port, keeper)
    await third.ping()
    expect(third.received).toEqual([])
  })

  it('survives a restart of the broker with its messages, their packet ids and DUP', async () => {
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 2)
    const publisher = await connectRaw(port, { clientId: 'p' })
    await publisher.publish('a', 'sent', 1)
    const [sent] = await subscriber.takePublishes(1)
    await subscriber.cut()
    await publisher.publish('a', 'not sent', 2)
    await publisher.publish('kept', 'retained', 1, { retain: true })
    await served.stop()
    served = await startTestBroker({ file: served.file })
    const again = await connectRaw(served.broker.port, keeper)
    expect(again.sessionPresent).toBe(true)
    const heard = await again.takePublishes(2)
    expect(shown(heard)).toEqual(['a sent qos 1 dup', 'a not sent qos 2'])
    expect(heard[0]?.messageId).toBe(sent?.messageId)
    expect(served.broker.retained).toBe(1)
  })

  it('gets no more than its window, and the rest as it confirms', async () => {
    await served.stop()
    served = await startTestBroker({ limits: { inFlight: 10 } })
    const subscriber = await connectRaw(served.broker.port, keeper)
    await subscriber.subscribe('a', 1)
    const publisher = await connectRaw(served.broker.port, { clientId: 'p' })
    for (let count = 0; count < 30; count++) await publisher.publish('a', String(count), 1)
    await subscriber.ping()
    const first = await subscriber.takePublishes(10)
    await subscriber.ping()
    expect(subscriber.received).toEqual([])
    expect(served.broker.clients().find(({ clientId }) => clientId === 'keeper')).toMatchObject({
      inFlight: 10,
      queued: 30,
    })
    // In another order than they came.
    for (const { messageId = 0 } of [...first].reverse()) subscriber.send({ cmd: 'puback', messageId })
    const rest = await subscriber.takePublishes(10)
    expect(rest.map(({ payload }) => String(payload))).toEqual([
      '10',
      '11',
      '12',
      '13',
      '14',
      '15',
      '16',
      '17',
      '18',
      '19',
    ])
  })

  it('is told to a client that only published, while it holds something for it', async () => {
    const publisher = await connectRaw(port, keeper)
    expect(publisher.sessionPresent).toBe(false)
    publisher.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 2, retain: false, dup: false, messageId: 5 })
    await publisher.take('pubrec')
    await publisher.cut()
    const again = await connectRaw(port, keeper)
    expect(again.sessionPresent).toBe(true)
    again.send({ cmd: 'pubrel', messageId: 5 })
    await again.take('pubcomp')
    await again.disconnect()
    expect((await connectRaw(port, keeper)).sessionPresent).toBe(false)
  })

  it('ends when its client comes with a clean one', async () => {
    const subscriber = await connectRaw(port, keeper)
    await subscriber.subscribe('a', 1)
    await subscriber.cut()
    await (await connectRaw(port, { clientId: 'p' })).publish('a', 'x', 1)
    await (await connectRaw(port, { ...keeper, clean: true })).disconnect()
    const again = await connectRaw(port, keeper)
    expect(again.sessionPresent).toBe(false)
    await again.ping()
    expect(again.received).toEqual([])
    expect(served.database.prepare('SELECT count(*) FROM rw_broker_queue').pluck().get()).toBe(0)
  })
})

describe('a publisher', () => {
  it('that repeats a QoS 2 message before PUBREL, also on a new connection, publishes it once', async () => {
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a', 2)
    const packet = { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, retain: false, messageId: 9 } as const
    const publisher = await connectRaw(port, keeper)
    publisher.send({ ...packet, dup: false })
    publisher.send({ ...packet, dup: true })
    await publisher.take('pubrec')
    await publisher.take('pubrec')
    await publisher.cut()
    const again = await connectRaw(port, keeper)
    again.send({ ...packet, dup: true })
    await again.take('pubrec')
    again.send({ cmd: 'pubrel', messageId: 9 })
    await again.take('pubcomp')
    again.send({ cmd: 'pubrel', messageId: 9 })
    await again.take('pubcomp')
    await again.publish('a', 'next', 2, { messageId: 9 })
    expect(shown(await subscriber.takePublishes(2))).toEqual(['a x qos 2', 'a next qos 2'])
    await subscriber.ping()
    expect(subscriber.received).toEqual([])
  })

  it('that mixes QoS 0, 1 and 2 loses none to another that came through faster', async () => {
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('#', 2)
    const publisher = await connectRaw(port, { clientId: 'p' })
    const all: string[] = []
    for (let count = 0; count < 300; count++) {
      const qos = (count % 3) as 0 | 1 | 2 // 0, 1 or 2 by its construction
      all.push(`${count}`)
      publisher.send({
        cmd: 'publish',
        topic: `t${count % 5}`,
        payload: `${count}`,
        qos,
        retain: count % 7 === 0,
        dup: false,
        messageId: count + 1,
      })
    }
    const heard: string[] = []
    while (heard.length < all.length) {
      const packet = await subscriber.take('publish')
      heard.push(String(packet.payload))
      if (packet.qos === 1) subscriber.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
      if (packet.qos === 2) subscriber.send({ cmd: 'pubrec', messageId: packet.messageId ?? 0 })
    }
    expect(heard.toSorted()).toEqual(all.toSorted())
    // In order within each QoS and topic [MQTT-4.6.0-6].
    for (let place = 0; place < 15; place++) {
      const mine = heard.map(Number).filter((count) => count % 15 === place)
      expect(mine).toEqual(mine.toSorted((left, right) => left - right))
    }
  })

  it('is acked in the order of its packets', async () => {
    const keeping = await connectRaw(port, keeper)
    await keeping.subscribe('stored', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (let messageId = 1; messageId <= 100; messageId++) {
      const topic = messageId % 2 === 0 ? 'stored' : 'nobody'
      publisher.send({
        cmd: 'publish',
        topic,
        payload: 'x',
        qos: 1,
        retain: messageId % 10 === 0,
        dup: false,
        messageId,
      })
    }
    const acks: number[] = []
    while (acks.length < 100) acks.push((await publisher.take('puback')).messageId ?? 0)
    expect(acks).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  it('that breaks off leaves its will, one that disconnects does not', async () => {
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('will/+', 1)
    const will = (name: string) => ({
      clientId: name,
      will: { topic: `will/${name}`, payload: Buffer.from('gone'), qos: 1 as const, retain: true },
    })
    await (await connectRaw(port, will('polite'))).disconnect()
    await (await connectRaw(port, will('rude'))).cut()
    expect(shown(await subscriber.takePublishes(1))).toEqual(['will/rude gone qos 1'])
    expect(served.broker.retained).toBe(1)
    await until(() => served.store.wills().length === 0, 'the wills to go')
  })
})

describe('retained messages', () => {
  async function all(subscriber: RawClient, count: number): Promise<string[]> {
    const heard = shown(await subscriber.takePublishes(count))
    await subscriber.ping()
    expect(subscriber.received).toEqual([])
    return heard
  }

  it('come with each new subscription, at the lower QoS, the last value of each topic', async () => {
    const publisher = await connectRaw(port, { clientId: 'p' })
    await publisher.publish('a/b', 'old', 1, { retain: true })
    await publisher.publish('a/b', 'new', 2, { retain: true })
    await publisher.publish('a', 'parent', 0, { retain: true })
    await publisher.publish('ab', 'neighbour', 0, { retain: true })
    await publisher.publish('a/c/d', 'deep', 1, { retain: true })
    await publisher.publish('a/', 'empty level', 1, { retain: true })
    await publisher.fence()
    const subscriber = await connectRaw(port, { clientId: 's' })
    await subscriber.subscribe('a/#', 1)
    expect(await all(subscriber, 4)).toEqual([
      'a parent qos 0 retain',
      'a/ empty level qos 1 retain',
      'a/b new qos 1 retain',
      'a/c/d deep qos 1 retain',
    ])
    await subscriber.subscribe('+/+', 0)
    expect(await all(subscriber, 2)).toEqual(['a/ empty level qos 0 retain', 'a/b new qos 0 retain'])
    await subscriber.subscribe('ab', 0)
    expect(await all(subscriber, 1)).toEqual(['ab neighbour qos 0 retain'])
  })

  it('are pages long, come as fast as they are taken, and wait in a session that lasts', async () => {
    await served.stop()
    served = await startTestBroker({ limits: { queue: 200, inFlight: 50 } })
    const publisher = await connectRaw(served.broker.port, { clientId: 'p' })
    const total = 1000
    for (let count = 0; count < total; count++) {
      const topic = `many/${String(count).padStart(4, '0')}/x`
      publisher.send({
        cmd: 'publish',
        topic,
        payload: `${count}`,
        qos: 1,
        retain: true,
        dup: false,
        messageId: count + 1,
      })
    }
    await publisher.fence()
    await until(() => served.broker.retained === total, 'all to be retained')
    const subscriber = await connectRaw(served.broker.port, keeper)
    await subscriber.subscribe('many/+/x', 1)
    const heard: number[] = []
    while (heard.length < total) {
      const { payload, messageId = 0 } = await subscriber.take('publish')
      heard.push(Number(payload))
      subscriber.send({ cmd: 'puback', messageId })
    }
    expect(heard).toEqual(Array.from({ length: total }, (_, count) => count))
    expect(served.broker.counters.droppedQueued).toBe(0)
  })

  it('at QoS 0 are there for who subscribes right after', async () => {
    const publisher = await connectRaw(port, { clientId: 'p' })
    publisher.send({ cmd: 'publish', topic: 'a', payload: 'x', qos: 0, retain: true, dup: false })
    await publisher.subscribe('a', 0)
    expect(shown(await publisher.takePublishes(1))).toEqual(['a x qos 0 retain'])
  })
})

it('the will of a connection that takes a client id over stays stored when that of the other is published', async () => {
  const subscriber = await connectRaw(port, { clientId: 's' })
  await subscriber.subscribe('will', 1)
  const will = (payload: string) => ({ topic: 'will', payload: Buffer.from(payload), qos: 1 as const, retain: false })
  await connectRaw(port, { clientId: 'device', will: will('first') })
  const second = await connectRaw(port, { clientId: 'device', will: will('second') })
  expect(shown(await subscriber.takePublishes(1))).toEqual(['will first qos 1'])
  await second.fence()
  expect(served.store.wills().map(({ payload }) => String(payload))).toEqual(['second'])
  await second.disconnect()
  await until(() => served.store.wills().length === 0, 'the will to go')
})

it('a will of a broker that was killed is published at the next start', async () => {
  const subscriber = await connectRaw(port, keeper)
  await subscriber.subscribe('will', 1)
  const will = { topic: 'will', payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  await connectRaw(port, { clientId: 'device', will })
  // What a killed process leaves: the file as it is now.
  const copy = `${served.file}-copy`
  await until(() => served.store.wills().length === 1, 'the will to be stored')
  await served.database.backup(copy)
  const next = await startTestBroker({ file: copy })
  const again = await connectRaw(next.broker.port, keeper)
  expect(shown(await again.takePublishes(1))).toEqual(['will gone qos 1'])
  await next.stop()
})

it('a will that is published because the broker stops is not published again at the next start', async () => {
  const subscriber = await connectRaw(port, keeper)
  await subscriber.subscribe('will', 1)
  await subscriber.disconnect()
  const will = { topic: 'will', payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  await connectRaw(port, { clientId: 'device', will })
  await served.stop()
  served = await startTestBroker({ file: served.file })
  const again = await connectRaw(served.broker.port, keeper)
  expect(shown(await again.takePublishes(1))).toEqual(['will gone qos 1'])
  await again.ping()
  expect(again.received).toEqual([])
})
