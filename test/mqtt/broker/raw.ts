import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet'
import { until } from '../../tools/wait.ts'

type Of<Command> = Extract<Packet, { cmd: Command }>

/** A client that does nothing by itself, so that a test decides what is acked and when. */
export class RawClient {
  /** Everything that came and was not taken with `take`. */
  readonly received: Packet[] = []
  readonly stream: Duplex
  closed = false
  error: Error | undefined

  constructor(stream: Duplex) {
    this.stream = stream
    const parser = mqttPacket.parser()
    parser.on('packet', (packet) => this.received.push(packet))
    stream.on('data', (chunk: Buffer) => parser.parse(chunk))
    stream.on('end', () => stream.end())
    stream.on('close', () => {
      this.closed = true
    })
    stream.on('error', (error) => {
      this.error = error
    })
  }

  send(packet: Packet): void {
    this.stream.write(mqttPacket.generate(packet))
  }

  /** The next packet of that kind; others stay. */
  take<Command extends Packet['cmd']>(command: Command): Promise<Of<Command>> {
    return until(
      () => {
        const index = this.received.findIndex((packet) => packet.cmd === command)
        return index >= 0 && (this.received.splice(index, 1)[0] as Of<Command>) // found by its cmd
      },
      () => `${command}; came: ${this.received.map((packet) => packet.cmd).join(', ')}${this.closed ? '; closed' : ''}`,
    )
  }

  async takePublishes(count: number): Promise<Of<'publish'>[]> {
    const found: Of<'publish'>[] = []
    while (found.length < count) found.push(await this.take('publish'))
    return found
  }

  /** Proves that everything sent before was handled: a QoS 1 message to nobody, because acks come in order. */
  async fence(): Promise<void> {
    const messageId = 65_535
    this.send({ cmd: 'publish', topic: 'fence', payload: '', qos: 1, retain: false, dup: false, messageId })
    await until(
      () => this.received.some((packet) => packet.cmd === 'puback' && packet.messageId === messageId),
      'the fence',
    )
    this.received.splice(
      this.received.findIndex((packet) => packet.messageId === messageId),
      1,
    )
  }

  /** Proves that everything written to it before has come. */
  async ping(): Promise<void> {
    this.send({ cmd: 'pingreq' })
    await this.take('pingresp')
  }

  async subscribe(filter: string, qos: 0 | 1 | 2): Promise<number> {
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos }] })
    const { granted } = await this.take('suback')
    return granted[0] as number // one filter, one answer
  }

  /** Publishes and goes through the handshake. */
  async publish(topic: string, payload: string, qos: 0 | 1 | 2, more: { retain?: boolean; messageId?: number } = {}) {
    const { retain = false, messageId = 7 } = more
    this.send({ cmd: 'publish', topic, payload, qos, retain, dup: false, messageId })
    if (qos === 1) await this.take('puback')
    if (qos < 2) return
    await this.take('pubrec')
    this.send({ cmd: 'pubrel', messageId })
    await this.take('pubcomp')
  }

  /** Cuts the connection without DISCONNECT. */
  async cut(): Promise<void> {
    this.stream.destroy()
    await until(() => this.closed, 'the connection to close')
  }

  async disconnect(): Promise<void> {
    this.send({ cmd: 'disconnect' })
    await until(() => this.closed, 'the connection to close')
  }
}

export type ConnectOptions = Partial<IConnectPacket>

/** Opens a connection and sends CONNECT; the CONNACK is the caller's. */
export function openRaw(target: number | Duplex, options: ConnectOptions): RawClient {
  const stream = typeof target === 'number' ? connect(target, '127.0.0.1') : target
  const client = new RawClient(stream)
  client.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 0,
    clientId: 'raw',
    ...options,
  })
  return client
}

/** A client that the broker has taken. */
export async function connectRaw(
  target: number | Duplex,
  options: ConnectOptions = {},
): Promise<RawClient & { sessionPresent: boolean }> {
  const client = openRaw(target, options)
  const { returnCode, sessionPresent } = await client.take('connack')
  if (returnCode !== 0) throw new Error(`CONNACK ${returnCode}`)
  return Object.assign(client, { sessionPresent })
}
