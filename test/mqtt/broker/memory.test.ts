import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { Echoes } from '../../../engine/host/echoes.ts'
import { rightsOf } from '../../../engine/mqtt/broker/acl.ts'
import { bytesOf } from '../../../engine/mqtt/broker/sessions.ts'
import { memoryInUse } from '../../tools/memory.ts'
import { nextEvent, until } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker, type TestBrokerOptions } from './harness.ts'
import { connectRaw, openRaw } from './raw.ts'

afterAll(removeDatabases)

let served: TestBroker
async function start(options: TestBrokerOptions = {}): Promise<number> {
  served = await startTestBroker(options)
  return served.broker.port
}
afterEach(() => served.stop())

const long = (letter: string) => letter.repeat(1000)

describe('C44: what clients can fill memory with has an end', () => {
  it('subscriptions: those of all clients together, and those that are left after a restart', async () => {
    const limits = { subscriptionBytes: bytesOf('a/+') + bytesOf('b/#') }
    let port = await start({ limits })
    const keeper = await connectRaw(port, { clientId: 'keeper', clean: false })
    expect(await keeper.subscribe('a/+', 1)).toBe(1)
    const guest = await connectRaw(port, { clientId: 'guest' })
    expect(await guest.subscribe('b/#', 0)).toBe(0)
    const late = await connectRaw(port, { clientId: 'late' })
    expect(await late.subscribe('c', 0)).toBe(128)
    expect(served.lines).toContain(
      `warn MQTT client late cannot subscribe to c: the subscriptions of all clients take ${limits.subscriptionBytes} bytes, the limit is ${limits.subscriptionBytes}`,
    )
    // One that is there already takes nothing more; another one fits when one has gone.
    expect(await keeper.subscribe('a/+', 0)).toBe(0)
    await guest.disconnect()
    await until(() => served.broker.clients().every(({ clientId }) => clientId !== 'guest'), 'the guest to go')
    expect(await late.subscribe('c', 0)).toBe(0)

    await served.stop()
    port = await start({ file: served.file, limits })
    const second = await connectRaw(port, { clientId: 'second' })
    expect([await second.subscribe('b/#', 0), await second.subscribe('c', 0)]).toEqual([0, 128])
  })

  it('topics of retained messages: further ones are delivered and not kept, also after a restart', async () => {
    const limits = { retainedBytes: 2500 }
    let port = await start({ limits })
    let publisher = await connectRaw(port, { clientId: 'p' })
    const retain = (topic: string, payload: string) => publisher.publish(topic, payload, 1, { retain: true })
    const kept = () => served.database.prepare('SELECT substr(topic, 1, 1) FROM rw_broker_retained').pluck().all()
    for (const letter of ['a', 'b', 'c']) await retain(long(letter), 'x')
    expect(kept()).toEqual(['a', 'b'])
    await retain(long('a'), '')
    await retain(long('d'), 'x')
    expect(kept()).toEqual(['b', 'd'])

    await served.stop()
    port = await start({ file: served.file, limits })
    publisher = await connectRaw(port, { clientId: 'p' })
    await retain(long('e'), 'x')
    await retain('short', 'x')
    expect(kept()).toEqual(['b', 'd', 's'])
    expect(served.broker.counters.refusedRetained).toBe(1)
  })

  it('messages for a clean session that confirms nothing: their bytes count, not only their number', async () => {
    const port = await start({ limits: { fullBuffer: 500_000, inFlight: 5, patience: 20 } })
    const lazy = await connectRaw(port, { clientId: 'lazy' })
    await lazy.subscribe('a', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    for (let messageId = 1; messageId <= 30; messageId++) {
      const payload = Buffer.alloc(50_000)
      publisher.send({ cmd: 'publish', topic: 'a', payload, qos: 1, retain: false, dup: false, messageId })
    }
    await until(() => lazy.closed, 'the slow one to be disconnected')
    expect(served.broker.counters.closedSlow).toBe(1)
    await until(() => publisher.received.length === 30, 'all acks')
  })

  it('messages that a lasting session has not confirmed: they are read as they are taken, and none is lost', async () => {
    const port = await start({ limits: { buffer: 100_000, inFlight: 5, patience: 20 } })
    const keeper = await connectRaw(port, { clientId: 'keeper', clean: false })
    await keeper.subscribe('a', 1)
    const publisher = await connectRaw(port, { clientId: 'p' })
    const lengths = Array.from({ length: 60 }, (_, index) => 50_000 + index)
    for (const [index, length] of lengths.entries()) {
      const payload = Buffer.alloc(length)
      publisher.send({ cmd: 'publish', topic: 'a', payload, qos: 1, retain: false, dup: false, messageId: index + 1 })
    }
    await until(() => publisher.received.length === lengths.length, 'all acks')
    const page = served.store.queue(1, -1, 256, 1_000_000)
    expect(page.length).toBe(20)
    const heard: number[] = []
    while (heard.length < lengths.length) {
      const { payload, messageId = 0 } = await keeper.take('publish')
      heard.push(payload.length)
      keeper.send({ cmd: 'puback', messageId })
    }
    expect(heard).toEqual(lengths)
  })

  it('answers: who sends pings or PUBREC without end and takes none', async () => {
    const port = await start()
    const lazy = await connectRaw(port, { clientId: 'lazy' })
    lazy.stream.pause()
    const pings = Buffer.alloc(64_000, Buffer.from([0xc0, 0]))
    const records = Buffer.concat(Array.from({ length: 16_000 }, (_, id) => Buffer.from([0x50, 2, id >> 8, id & 0xff])))
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < 250; count++) {
      for (const flood of [pings, records]) if (!lazy.stream.write(flood)) await nextEvent(lazy.stream, 'drain')
    }
    await (await connectRaw(port, { clientId: 'other' })).fence()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
    // It is still answered when it reads.
    lazy.stream.removeAllListeners('data')
    const answer = nextEvent(lazy.stream, 'data')
    lazy.stream.resume()
    await answer
  })

  it('client ids: 1,024 bytes, and no line of the log is longer than a thousand characters', async () => {
    const port = await start({ limits: { retained: 0 } })
    const client = await connectRaw(port, { clientId: 'i'.repeat(1024) })
    await client.publish('t'.repeat(60_000), 'x', 1, { retain: true })
    const refused = await openRaw(port, { clientId: 'i'.repeat(1025) })
    expect((await refused.take('connack')).returnCode).toBe(2)
    const warnings = served.lines.filter((line) => line.startsWith('warn '))
    expect(warnings.map((line) => line.length - 'warn '.length)).toEqual([1001, 1001])
  })
})

it('C44: what is remembered of topics is little, however long they are', () => {
  const rights = rightsOf([{ action: 'both', filter: 'a/#' }], { user: 'pump', clientId: 'c' })
  const echoes = new Echoes(() => 0)
  const topics = (index: number) => `a/${index}/${'x'.repeat(60_000)}`
  const packet = {
    connection: 'default',
    payload: Buffer.from('x'),
    qos: 0,
    retain: false,
    received: 0,
    props: {},
  } as const
  const before = memoryInUse()
  for (let index = 0; index < 250; index++) {
    const topic = topics(index)
    expect(rights.mayPublish(topic)).toBe(true)
    echoes.sent({ kind: 'publish', topic, payload: 'x', qos: 0, retain: false }, { hops: 3, times: 1 })
  }
  expect(memoryInUse() - before).toBeLessThan(5_000_000)
  expect(echoes.hopsOf({ ...packet, topic: topics(7) }, 'a/in')).toBe(3)
  expect(echoes.hopsOf({ ...packet, topic: topics(250) }, 'a/in')).toBe(0)
})
