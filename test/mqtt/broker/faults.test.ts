import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { nextEvent, until } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker } from './harness.ts'
import { connectRaw, type RawClient } from './raw.ts'

afterAll(removeDatabases)

let served: TestBroker
let keeper: RawClient
let publisher: RawClient
beforeEach(async () => {
  served = await startTestBroker()
  const { port } = served.broker
  keeper = await connectRaw(port, { clientId: 'keeper', clean: false })
  await keeper.subscribe('a/#', 2)
  publisher = await connectRaw(port, { clientId: 'p', clean: false })
})
afterEach(() => served.stop())

function publish(messageId: number, qos: 0 | 1 | 2, payload: string | Buffer = `${messageId}`, retain = false): void {
  publisher.send({ cmd: 'publish', topic: `a/${qos}`, payload, qos, retain, dup: false, messageId })
}

async function holdLock(): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lock.ts'), served.file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await nextEvent(child.stdout, 'data')
  const ended = nextEvent(child, 'exit', 30_000)
  return async () => {
    child.stdin.end()
    await ended
  }
}

it('acks nothing while another process holds the write lock, and everything afterwards', async () => {
  const unlock = await holdLock()
  for (const messageId of [1, 2, 3]) publish(messageId, messageId === 3 ? 2 : 1)
  await until(() => served.store.fault, 'the fault')
  expect(served.lines.filter((line) => line.startsWith('error'))).toEqual([
    'error The database cannot be written: database is locked.',
  ])
  // Pings and QoS 0 go on, also on the connection that waits.
  await publisher.ping()
  const another = await connectRaw(served.broker.port, { clientId: 'another' })
  another.send({ cmd: 'publish', topic: 'a/0', payload: 'fast', qos: 0, retain: false, dup: false })
  expect(String((await keeper.take('publish')).payload)).toBe('fast')
  await keeper.ping()
  expect([...publisher.received, ...keeper.received]).toEqual([])
  // A session cannot be promised either.
  const other = await connectRaw(served.broker.port, { clientId: 'other', clean: false })
  other.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'b', qos: 1 }] })
  await other.ping()
  expect(other.received).toEqual([])

  await unlock()
  expect([(await publisher.take('puback')).messageId, (await publisher.take('puback')).messageId]).toEqual([1, 2])
  expect((await publisher.take('pubrec')).messageId).toBe(3)
  await other.take('suback')
  expect((await keeper.takePublishes(3)).map(({ payload }) => String(payload))).toEqual(['1', '2', '3'])
  expect(served.lines.at(-1)).toBe('info healed')
  expect(served.store.fault).toBeUndefined()
})

it('acks nothing while the disk is full, lets delivered messages make room, and heals', async () => {
  const body = Buffer.alloc(1500, 'x')
  for (let messageId = 1; messageId <= 30; messageId++) publish(messageId, 1, body)
  await until(() => publisher.received.length === 30, 'the acks')
  const delivered = await keeper.takePublishes(30)
  publisher.received.length = 0
  const pages = served.database.pragma('page_count', { simple: true })
  served.database.pragma(`max_page_count = ${pages}`)
  for (let messageId = 31; messageId <= 60; messageId++) publish(messageId, 1, body)
  await until(() => served.store.fault, 'the fault')
  expect(served.lines[0]).toBe('error The database cannot be written: database or disk is full.')
  await publisher.ping()
  expect(publisher.received).toEqual([])
  expect(served.database.inTransaction).toBe(false)

  // The subscriber confirms what it has: its rows go, and the new ones find room.
  for (const { messageId = 0 } of delivered) keeper.send({ cmd: 'puback', messageId })
  await until(
    () => publisher.received.length === 30,
    () => `${publisher.received.length} acks`,
  )
  expect(publisher.received.every(({ cmd }) => cmd === 'puback')).toBe(true)
  const after = await keeper.takePublishes(30)
  expect(after.map(({ dup }) => dup)).toEqual(after.map(() => false))
  expect(served.lines.at(-1)).toBe('info healed')
})

it('retains nothing without end in memory while nothing can be written', async () => {
  const unlock = await holdLock()
  publish(0, 0, 'first', true)
  await until(() => served.store.fault, 'the fault')
  // Some are taken, and no more is read from the publisher until they are stored.
  const body = 'x'.repeat(1000)
  const total = 5000
  for (let count = 1; count < total; count++) publish(0, 0, `${count} ${body}`, true)
  let seen = -1
  await until(async () => {
    const before = seen
    seen = keeper.received.length
    await keeper.ping()
    return seen === before && seen > 1
  }, 'the stream to stop')
  expect(seen).toBeLessThan(total / 2)
  await unlock()
  expect(String((await keeper.takePublishes(total)).at(-1)?.payload)).toBe(`${total - 1} ${body}`)
  const stored = () =>
    served.database.prepare("SELECT payload FROM rw_broker_retained WHERE topic = 'a/0'").pluck().get()
  await until(() => String(stored()) === `${total - 1} ${body}`, 'the last value to be stored')
})
