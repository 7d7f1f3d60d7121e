import { connect } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterAll, afterEach, expect, it } from 'vitest'
import { until } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker } from './harness.ts'
import { randomOf } from './random.ts'
import { connectRaw, RawClient } from './raw.ts'

afterAll(removeDatabases)

let served: TestBroker
afterEach(() => served.stop())

const session: Packet[] = [
  {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: false,
    keepalive: 60,
    clientId: 'fuzz',
    username: 'name',
    password: Buffer.from('word'),
    will: { topic: 'fuzz/will', payload: Buffer.from('gone'), qos: 2, retain: true },
  },
  { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'fuzz/#', qos: 2 }] },
  { cmd: 'publish', topic: 'fuzz/a', payload: 'zero', qos: 0, retain: true, dup: false },
  { cmd: 'publish', topic: 'fuzz/b', payload: 'one', qos: 1, retain: false, dup: false, messageId: 2 },
  { cmd: 'publish', topic: 'fuzz/c', payload: 'two', qos: 2, retain: true, dup: true, messageId: 3 },
  { cmd: 'pubrel', messageId: 3 },
  { cmd: 'pubrec', messageId: 1 },
  { cmd: 'pubcomp', messageId: 1 },
  { cmd: 'puback', messageId: 2 },
  { cmd: 'pingreq' },
  { cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['fuzz/#'] },
  { cmd: 'disconnect' },
]

it('survives sessions with bytes changed, cut out and doubled, and serves the next client', {
  timeout: 60_000,
}, async () => {
  served = await startTestBroker({ limits: { connectWithin: 100 } })
  const healthy = await connectRaw(served.broker.port, { clientId: 'healthy' })
  await healthy.subscribe('healthy', 2)
  for (let seed = 1; seed <= 400; seed++) {
    const random = randomOf(seed)
    const bytes = mutate(Buffer.concat(session.map((packet) => mqttPacket.generate(packet))), random)
    const client = new RawClient(connect(served.broker.port, '127.0.0.1'))
    client.stream.write(bytes)
    if (random() < 0.5) client.stream.end()
    // Some are waited for, some overlap with those that follow.
    if (random() < 0.3)
      await until(() => client.closed || client.received.length > 0 || random() < 0.05, `seed ${seed}`)
    else await new Promise((resolve) => setImmediate(resolve))
    if (random() < 0.5) client.stream.destroy()
    if (seed % 50 === 0) {
      await healthy.publish('healthy', `${seed}`, 2)
      expect(String((await healthy.take('publish')).payload)).toBe(`${seed}`)
    }
  }
  expect(served.lines.filter((line) => line.startsWith('error'))).toEqual([])
  expect(served.store.fault).toBeUndefined()
})

function mutate(bytes: Buffer, random: () => number): Buffer {
  let changed = Buffer.from(bytes)
  const place = () => Math.floor(random() * changed.length)
  for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
    const kind = random()
    if (kind < 0.6) changed.writeUInt8(Math.floor(random() * 256), place())
    else if (kind < 0.8) {
      const from = place()
      changed = Buffer.concat([changed.subarray(0, from), changed.subarray(from + 1 + Math.floor(random() * 5))])
    } else {
      const from = place()
      const piece = changed.subarray(from, from + 1 + Math.floor(random() * 40))
      changed = Buffer.concat([changed.subarray(0, from), piece, changed.subarray(from)])
    }
    if (changed.length === 0) return Buffer.from([Math.floor(random() * 256)])
  }
  return changed
}
