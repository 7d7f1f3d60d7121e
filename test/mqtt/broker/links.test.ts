import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { until } from '../../tools/wait.ts'
import { configOf, openIncoming, openOutgoing } from '../tools.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker } from './harness.ts'
import { connectRaw } from './raw.ts'

afterAll(removeDatabases)

let served: TestBroker
beforeEach(async () => {
  served = await startTestBroker()
})
afterEach(() => served.stop())

const inside = () => configOf('embedded', { connect: () => served.broker.connect(), protocolVersion: 4 })

it('the engine receives inside the process, and again what it did not settle before the connection broke', async () => {
  const incoming = openIncoming(inside(), { filters: { 'a/#': 2 } })
  await incoming.connected()
  await until(() => served.broker.clients().some(({ subscriptions }) => subscriptions === 1), 'the subscription')
  const publisher = await connectRaw(served.broker.port, { clientId: 'p' })
  for (const qos of [0, 1, 2] as const) await publisher.publish(`a/${qos}`, `${qos}`, qos)
  await incoming.count(3)
  expect(incoming.texts().sort()).toEqual(['0', '1', '2'])
  incoming.link.settle(incoming.received.filter((packet) => packet.type === 'publish' && packet.qos === 1))
  await until(() => served.broker.clients().some(({ queued }) => queued === 1), 'the ack')
  await incoming.link.close()

  await publisher.publish('a/1', 'while away', 1)
  const again = openIncoming(inside(), { filters: { 'a/#': 2 }, settle: true, knownFilters: new Map([['a/#', 2]]) })
  await again.count(3)
  expect(again.connections[0]?.sessionPresent).toBe(true)
  expect(
    again.received.map((packet) =>
      packet.type === 'release' ? 'release' : `${Buffer.from(packet.payload)} ${packet.duplicate}`,
    ),
  ).toEqual(['2 true', 'while away false', 'release'])
  await until(() => served.broker.clients().every(({ queued }) => queued === 0), 'all to be settled')
  await again.link.close()
})

it('the engine publishes inside the process from its outbox', async () => {
  const subscriber = await connectRaw(served.broker.port, { clientId: 's' })
  await subscriber.subscribe('out/#', 2)
  const outgoing = openOutgoing(inside())
  await outgoing.connected()
  for (let count = 0; count < 200; count++)
    outgoing.outbox.add({ topic: 'out/x', payload: `${count}`, qos: count % 2 === 0 ? 1 : 2 })
  outgoing.link.wake()
  await outgoing.drained()
  const heard = await subscriber.takePublishes(200)
  expect(heard.map(({ payload }) => Number(payload)).sort((left, right) => left - right)).toEqual(
    Array.from({ length: 200 }, (_, count) => count),
  )
  expect(outgoing.outbox.events.filter((event) => event.startsWith('refuse'))).toEqual([])
  await outgoing.link.close()
})

it('an engine elsewhere that starts with MQTT 5 falls back to 3.1.1', async () => {
  const incoming = openIncoming(configOf(served.url), { filters: { a: 1 }, settle: true })
  await incoming.connected()
  await until(() => served.broker.clients().some(({ subscriptions }) => subscriptions === 1), 'the subscription')
  await (await connectRaw(served.broker.port, { clientId: 'p' })).publish('a', 'x', 1)
  await incoming.count(1)
  expect(incoming.texts()).toEqual(['x'])
  expect(served.broker.counters.refusedVersions).toBe(1)
  await incoming.link.close()
})
