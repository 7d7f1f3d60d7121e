import { connect } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { afterAll, expect, it } from 'vitest'
import { freePort } from '../../tools/port.ts'
import { pause, until } from '../../tools/wait.ts'
import { startBrokerProcess } from './child.ts'
import { newDatabaseFile, removeDatabases } from './database.ts'
import { randomOf } from './random.ts'
import { connectRaw, RawClient } from './raw.ts'

afterAll(removeDatabases)

type Handler = (packet: Packet, send: (packet: Packet) => void) => void

/** A client with a session that lasts, which connects again whenever the broker is gone. */
class Lasting {
  readonly #port: number
  readonly #clientId: string
  readonly #onConnected: (sessionPresent: boolean, send: (packet: Packet) => void) => void
  readonly #onPacket: Handler
  #ended = false
  #client: RawClient | undefined

  constructor(
    port: number,
    clientId: string,
    onConnected: (sessionPresent: boolean, send: (packet: Packet) => void) => void,
    onPacket: Handler,
  ) {
    this.#port = port
    this.#clientId = clientId
    this.#onConnected = onConnected
    this.#onPacket = onPacket
    this.#connect()
  }

  end(): void {
    this.#ended = true
    this.#client?.stream.destroy()
  }

  #connect(): void {
    if (this.#ended) return
    const stream = connect(this.#port, '127.0.0.1')
    const send = (packet: Packet) => void stream.write(mqttPacket.generate(packet))
    const parser = mqttPacket.parser()
    this.#client = new RawClient(stream)
    this.#client.received.length = 0
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connack') this.#onConnected(packet.sessionPresent, send)
      else this.#onPacket(packet, send)
    })
    stream.on('data', (chunk: Buffer) => parser.parse(chunk))
    stream.on('close', () => setTimeout(() => this.#connect(), 5))
    const clientId = this.#clientId
    send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: false, keepalive: 0, clientId })
  }
}

it('loses no acked message over SIGKILLs at any moment, and repeats none at QoS 2', { timeout: 60_000 }, async () => {
  const seed = Number(process.env.SEED ?? 20_240_611)
  const random = randomOf(seed)
  const [file, port] = [newDatabaseFile(), await freePort()]
  const kills = 8
  const total = 4000
  let broker = await startBrokerProcess(file, port)

  // The subscriber: its session is made once and must be there after every kill.
  const first = await connectRaw(port, { clientId: 'keeper', clean: false })
  await first.subscribe('t/#', 2)
  await first.disconnect()
  const heard = new Map<string, number>()
  const order: string[] = []
  const known = new Set<number>()
  let lostSessions = 0
  const note = (payload: string) => {
    const times = heard.get(payload) ?? 0
    if (times === 0) order.push(payload)
    heard.set(payload, times + 1)
  }
  const subscriber = new Lasting(
    port,
    'keeper',
    (sessionPresent) => {
      if (!sessionPresent) lostSessions++
    },
    (packet, send) => {
      if (packet.cmd === 'publish') {
        const { qos, messageId = 0, payload } = packet
        if (qos !== 2 || !known.has(messageId)) note(String(payload))
        if (qos === 2) known.add(messageId)
        send(qos === 2 ? { cmd: 'pubrec', messageId } : { cmd: 'puback', messageId })
      } else if (packet.cmd === 'pubrel') {
        known.delete(packet.messageId ?? 0)
        send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0 })
      }
    },
  )

  // The publisher: at most 50 messages open, every other one at QoS 2.
  const open = new Map<number, { payload: string; qos: 1 | 2; released: boolean; sent: boolean }>()
  const acked = new Set<string>()
  let next = 0
  const write = (messageId: number, send: (packet: Packet) => void) => {
    const message = open.get(messageId)
    if (message === undefined) return
    const { payload, qos, released, sent } = message
    if (released) send({ cmd: 'pubrel', messageId })
    else send({ cmd: 'publish', topic: `t/${qos}`, payload, qos, retain: false, dup: sent, messageId })
    message.sent = true
  }
  const more = (send: (packet: Packet) => void) => {
    while (open.size < 50 && next < total) {
      const qos = next % 2 === 0 ? 1 : 2
      const messageId = (next % 60_000) + 1
      open.set(messageId, { payload: `${qos}:${next}`, qos, released: false, sent: false })
      next++
      write(messageId, send)
    }
  }
  const publisher = new Lasting(
    port,
    'publisher',
    (_, send) => {
      for (const messageId of open.keys()) write(messageId, send)
      more(send)
    },
    (packet, send) => {
      const messageId = packet.messageId ?? 0
      const message = open.get(messageId)
      if (message === undefined) return
      if (packet.cmd === 'pubrec') {
        acked.add(message.payload)
        message.released = true
        write(messageId, send)
      } else if (packet.cmd === 'puback' || packet.cmd === 'pubcomp') {
        acked.add(message.payload)
        open.delete(messageId)
        more(send)
      }
    },
  )

  try {
    for (let kill = 0; kill < kills; kill++) {
      const before = acked.size
      await until(() => acked.size > before + random() * 450 || acked.size === total, 'progress', 20_000)
      await pause(random() * 20) // any moment will do
      await broker.kill()
      broker = await startBrokerProcess(file, port)
    }
    await until(
      () => acked.size === total && open.size === 0,
      () => `all acks: ${acked.size}, open ${open.size}, seed ${seed}`,
      30_000,
    )
    const missing = () => [...acked].filter((payload) => !heard.has(payload))
    await until(
      () => missing().length === 0,
      () => `acked and not delivered, seed ${seed}: ${missing().slice(0, 20)}`,
    )
    const repeats = [...heard].filter(([, times]) => times > 1).map(([payload]) => payload)
    const repeatedQosTwo = repeats.filter((payload) => payload.startsWith('2:'))
    console.log(
      `${kills} kills, ${total} messages: 0 lost, ${repeats.length} repeated at QoS 1, ${repeatedQosTwo.length} at QoS 2`,
    )
    expect(repeatedQosTwo, `seed ${seed}`).toEqual([])
    expect(lostSessions).toBe(0)
    for (const qos of ['1', '2']) {
      const sequence = order.filter((payload) => payload.startsWith(qos)).map((payload) => Number(payload.slice(2)))
      expect(sequence, `order at QoS ${qos}, seed ${seed}`).toEqual(sequence.toSorted((left, right) => left - right))
    }
  } finally {
    publisher.end()
    subscriber.end()
    await broker.kill()
  }
})
