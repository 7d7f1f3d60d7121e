import { Duplex } from 'node:stream'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { Gate } from '../../../engine/mqtt/broker/gate.ts'
import { until } from '../../tools/wait.ts'
import { removeDatabases } from './database.ts'
import { startTestBroker, type TestBroker } from './harness.ts'
import { randomOf } from './random.ts'
import { connectRaw, openRaw } from './raw.ts'

afterAll(removeDatabases)

describe('the gate', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

  it.each(seeds)(
    'passes everything on but pings and acks, however the bytes are cut and while it is held up, seed %i',
    async (seed) => {
      const random = randomOf(seed)
      const written: Buffer[] = []
      const connection = new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _encoding, done) {
          written.push(chunk)
          done()
        },
      })
      const faults: string[] = []
      const gate = new Gate(connection, {
        limit: 100_000,
        onFault: (fault) => faults.push(fault.message),
        onVersion: () => undefined,
      })
      const acks: string[] = []
      gate.onAck = (type, packetId) => acks.push(`${type} ${packetId}`)

      const packets = Array.from({ length: 400 }, (_, index) => randomPacket(random, index))
      const expected = packets.filter(({ cmd }) => !['pingreq', 'puback', 'pubrec', 'pubcomp'].includes(cmd))
      const types: Record<string, number> = { puback: 4, pubrec: 5, pubcomp: 7 }
      const expectedAcks = packets
        .filter(({ cmd }) => cmd in types)
        .map(({ cmd, messageId }) => `${types[cmd]} ${messageId}`)
      const pings = packets.filter(({ cmd }) => cmd === 'pingreq').length

      const passed: Buffer[] = []
      gate.on('readable', () => {
        const chunk: unknown = gate.read()
        if (!(chunk instanceof Buffer)) return
        passed.push(chunk)
        // As if commits took their time.
        gate.begin(chunk.length * 40)
        setTimeout(() => gate.settle(chunk.length * 40), random() * 4)
      })
      const ended = new Promise((resolve) => gate.once('end', resolve))
      const bytes = Buffer.concat(packets.map((packet) => mqttPacket.generate(packet)))
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + Math.floor(random() ** 4 * 70_000)
        connection.push(bytes.subarray(at, at + size))
        at += size
        if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve))
      }
      connection.push(null)
      await ended
      expect(faults).toEqual([])
      expect(Buffer.concat(passed).equals(Buffer.concat(expected.map((packet) => mqttPacket.generate(packet))))).toBe(
        true,
      )
      expect(acks).toEqual(expectedAcks)
      expect(Buffer.concat(written)).toEqual(Buffer.alloc(2 * pings, Buffer.from([0xd0, 0])))
    },
  )
})

function randomPacket(random: () => number, messageId: number): Packet & { messageId?: number } {
  const kind = Math.floor(random() * 7)
  if (kind === 0) return { cmd: 'pingreq' }
  if (kind === 1) return { cmd: 'puback', messageId: messageId + 1 }
  if (kind === 2) return { cmd: 'pubrec', messageId: messageId + 1 }
  if (kind === 3) return { cmd: 'pubcomp', messageId: messageId + 1 }
  if (kind === 4) return { cmd: 'pubrel', messageId: messageId + 1 }
  const payload = Buffer.alloc(Math.floor(random() ** 6 * 90_000), messageId)
  return {
    cmd: 'publish',
    topic: `t/${messageId}`,
    payload,
    qos: 1,
    retain: false,
    dup: false,
    messageId: messageId + 1,
  }
}

describe('a keepalive', () => {
  let served: TestBroker
  afterEach(() => served.stop())

  it('that is not kept ends the connection and sends the will; pings keep it, and 0 means none', async () => {
    served = await startTestBroker()
    const { port } = served.broker
    const watcher = await connectRaw(port, { clientId: 'watcher', keepalive: 0 })
    await watcher.subscribe('will', 0)
    const will = { topic: 'will', payload: Buffer.from('silent'), qos: 0 as const, retain: false }
    const pinging = await connectRaw(port, { clientId: 'pinging', keepalive: 1 })
    const timer = setInterval(() => pinging.send({ cmd: 'pingreq' }), 200)
    const silent = openRaw(port, { clientId: 'silent', keepalive: 1, will })
    await until(() => silent.closed, 'the silent one to be disconnected')
    expect(String((await watcher.take('publish')).payload)).toBe('silent')
    clearInterval(timer)
    expect([pinging.closed, watcher.closed]).toEqual([false, false])
  })
})
