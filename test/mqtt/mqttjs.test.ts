import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { type IClientOptions, MqttClient } from 'mqtt'
import { generate, type Packet, parser } from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../tools/wait.ts'

/**
 * What engine/mqtt relies on of MQTT.js. When one of these fails after an update, the links need a new look before the
 * version in package.json may change.
 */

/** A stream as the links give one: it keeps what MQTT.js writes, and whether it came in one piece. */
class Pipe extends Duplex {
  readonly packets: Packet[] = []
  readonly writes: Buffer[] = []
  readonly #parser = parser({ protocolVersion: 5 })

  constructor() {
    super({ allowHalfOpen: true })
    this.#parser.on('packet', (packet) => this.packets.push(packet))
  }

  override _read(): void {
    // Packets are pushed by the test.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#take(chunk)
    done()
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: () => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk)))
    done()
  }

  #take(bytes: Buffer): void {
    this.writes.push(bytes)
    this.#parser.parse(bytes)
  }

  give(packet: Packet): void {
    this.push(generate(packet, { protocolVersion: 5 }))
  }
}

const clients: MqttClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.stream.destroy()
})

function start(options: Partial<IClientOptions> = {}) {
  const streams: Pipe[] = []
  const build = () => {
    const stream = new Pipe()
    streams.push(stream)
    return stream
  }
  const client = new MqttClient(build, {
    manualConnect: true,
    clientId: 'engine',
    protocolVersion: 5,
    clean: false,
    keepalive: 30,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    writeCache: false,
    timerVariant: 'native',
    log: () => undefined,
    properties: { sessionExpiryInterval: 99 },
    ...options,
  })
  clients.push(client)
  const errors: string[] = []
  client.on('error', (error) => errors.push(error.message))
  expect(streams.length).toBe(0)
  client.connect()
  const [stream] = streams
  if (stream === undefined) throw new Error('MQTT.js did not ask for a stream')
  return { client, streams, stream, errors }
}

async function connected(options?: Partial<IClientOptions>) {
  const all = start(options)
  let ready = false
  all.client.on('connect', () => {
    ready = true
  })
  await until(() => all.stream.packets.length === 1, 'CONNECT')
  all.stream.give({ cmd: 'connack', reasonCode: 0, sessionPresent: false })
  await until(() => ready, 'the event "connect"')
  return all
}

test('the version is the one that was looked at', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../node_modules/mqtt/package.json', import.meta.url), 'utf8'))
  expect(version).toBe('5.16.0')
})

describe('MQTT.js', () => {
  test('asks for a stream when connect is called, not before, and writes CONNECT to it in one piece', async () => {
    const { stream, streams } = start({ username: 'alice', password: 'secret' })
    await until(() => stream.packets.length === 1, 'CONNECT')
    expect(streams.length).toBe(1)
    expect(stream.writes.length).toBe(1)
    expect(stream.packets[0]).toMatchObject({
      cmd: 'connect',
      clientId: 'engine',
      clean: false,
      keepalive: 30,
      username: 'alice',
      properties: { sessionExpiryInterval: 99 },
    })
  })

  test('subscribes over the stream in one piece, and gives every reason code, good and bad', async () => {
    const { client, stream } = await connected()
    const answers: unknown[] = []
    client.subscribe(['a', 'resubscribe', '$share/g/b'], { qos: 1 }, (error, _, packet) =>
      answers.push(error === null, packet?.granted),
    )
    await until(() => stream.packets.length === 2, 'SUBSCRIBE')
    expect(stream.writes.length).toBe(2)
    const [, packet] = stream.packets
    expect(packet).toMatchObject({
      cmd: 'subscribe',
      subscriptions: [{ topic: 'a', qos: 1 }, { topic: 'resubscribe' }, { topic: '$share/g/b' }],
    })
    stream.give({ cmd: 'suback', messageId: packet?.messageId ?? 0, granted: [1, 0x87, 0] })
    await until(() => answers.length === 2, 'the answer')
    expect(answers).toEqual([false, [1, 0x87, 0]])
    client.unsubscribe(['a'], () => answers.push('unsubscribed'))
    await until(() => stream.packets.length === 3, 'UNSUBSCRIBE')
    stream.give({ cmd: 'unsuback', messageId: stream.packets[2]?.messageId ?? 0, granted: [0] })
    await until(() => answers.at(-1) === 'unsubscribed', 'the answer')
  })

  test('says "packetsend" before a PINGREQ is written, and goes on when a PINGRESP comes', async () => {
    const { client, stream, errors } = await connected({ keepalive: 1 })
    const sent: boolean[] = []
    client.on('packetsend', (packet) => {
      if (packet.cmd === 'pingreq')
        sent.push(stream.packets.filter(({ cmd }) => cmd === 'pingreq').length < sent.length + 1)
    })
    for (const pings of [1, 2]) {
      await until(() => stream.packets.filter(({ cmd }) => cmd === 'pingreq').length === pings, `PINGREQ ${pings}`)
      stream.give({ cmd: 'pingresp' })
    }
    expect(sent).toEqual([true, true])
    expect(errors).toEqual([])
    expect(stream.destroyed).toBe(false)
  })

  test('destroys the stream when no PINGRESP comes, and names the reason as we know it', async () => {
    const { stream, errors } = await connected({ keepalive: 1 })
    await until(() => stream.destroyed, 'the end')
    await until(() => errors.length > 0, 'the error')
    expect(errors).toEqual(['Keepalive timeout'])
  })

  test('destroys the stream when no CONNACK comes, and names the reason as we know it', async () => {
    const { stream, errors } = start({ connectTimeout: 20 })
    await until(() => errors.length > 0, 'the error')
    expect(errors).toEqual(['connack timeout'])
    expect(stream.destroyed).toBe(true)
  })

  test('does not connect again by itself, and pings no more', async () => {
    const { client, stream, streams } = await connected({ keepalive: 1 })
    let closed = false
    client.on('close', () => {
      closed = true
    })
    stream.destroy()
    await until(() => closed, 'the event "close"')
    expect(client.reconnecting).toBe(false)
    expect(client.keepaliveManager).toBeNull()
    expect(streams.length).toBe(1)
  })

  test('reports what it cannot read as an error', async () => {
    const { stream, errors } = await connected()
    stream.push(Buffer.from([0x90, 4, 0, 1, 0, 0x77]))
    await until(() => errors.length > 0, 'the error')
    expect(errors[0]).toContain('Invalid suback code')
  })
})
