import { connect, type Socket } from 'node:net'
import { generate, type Packet, parser } from 'mqtt-packet'
import { until } from '../tools/wait.ts'
import { lanes, type Path, paths, qosOf } from './workload.ts'

interface Unacked {
  readonly path: Path
  readonly n: number
  readonly payload: string
  /** PUBREC came: only PUBREL is left. */
  released: boolean
  /** Written on an earlier connection. */
  sent: boolean
}

/** Messages in flight at most: further ones are published later. */
const window = 400

/**
 * Publishes numbered messages, and knows which of them the broker has acked. It does what MQTT asks of a client that lives on:
 * after a cut everything without an ack goes again, with DUP and its id, in order.
 */
export class Publisher {
  readonly sent = new Map<Path, number>()
  readonly acked = new Map<Path, Set<number>>()
  /** QoS 1 messages that were published more than once: to MQTT each time a message of its own. */
  readonly again = new Map<Path, Set<number>>()
  /** Connections that the broker took. */
  connections = 0
  readonly #port: number
  readonly #clientId: string
  readonly #unacked = new Map<number, Unacked>()
  #socket: Socket | undefined
  #connected = false
  #nextId = 0
  #stopped = false
  #closed = false

  private constructor(url: string, clientId: string) {
    this.#port = Number(new URL(url).port)
    this.#clientId = clientId
    for (const path of paths) {
      this.sent.set(path, 0)
      this.acked.set(path, new Set())
      this.again.set(path, new Set())
    }
  }

  static async connect(url: string, clientId = 'fault-publisher'): Promise<Publisher> {
    const publisher = new Publisher(url, clientId)
    publisher.#dial()
    await until(() => publisher.#connected, 'the publisher')
    return publisher
  }

  /** Messages without an ack. */
  get waiting(): number {
    return this.#unacked.size
  }

  /** False when too many are without an ack, or a QoS 0 message has nobody to take it. */
  publish(path: Path, fields: Record<string, unknown> = {}): boolean {
    const qos = qosOf[path]
    if (qos === 0 ? !this.#connected : this.#unacked.size >= window) return false
    const n = this.sent.get(path) ?? 0
    this.sent.set(path, n + 1)
    const message: Unacked = { path, n, payload: JSON.stringify({ n, ...fields }), released: false, sent: false }
    if (qos === 0) {
      this.#send(0, message)
      return true
    }
    do this.#nextId = (this.#nextId % 65_535) + 1
    while (this.#unacked.has(this.#nextId))
    this.#unacked.set(this.#nextId, message)
    if (this.#connected) this.#send(this.#nextId, message)
    return true
  }

  /** Publishes on all these paths in turn, at most so many messages a second in all, until `stop`. */
  async run(chosen: readonly Path[], rate: number): Promise<void> {
    let last = performance.now()
    let due = 0
    let count = 0
    while (!this.#stopped) {
      const now = performance.now()
      due = Math.min(due + ((now - last) / 1000) * rate, rate)
      last = now
      while (due >= 1) {
        // A path that cannot take one now does not hold the others up.
        this.publish(chosen[count++ % chosen.length] ?? 'q1')
        due--
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  stop(): void {
    this.#stopped = true
  }

  /** Waits until everything is acked. */
  async finished(deadline = 20_000): Promise<void> {
    this.stop()
    await until(
      () => this.#unacked.size === 0,
      () => `acks of ${this.#unacked.size} messages; the publisher is ${this.#connected ? 'connected' : 'away'}`,
      deadline,
    )
  }

  close(): void {
    this.#closed = true
    this.#stopped = true
    this.#socket?.destroy()
  }

  #dial(): void {
    if (this.#closed) return
    const socket = connect(this.#port, '127.0.0.1')
    const decoder = parser({ protocolVersion: 4 })
    this.#socket = socket
    socket.setNoDelay(true)
    decoder.on('packet', (packet) => this.#take(packet))
    decoder.on('error', (error) => socket.destroy(error))
    socket.on('connect', () =>
      socket.write(
        generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: false,
          clientId: this.#clientId,
          keepalive: 60,
        }),
      ),
    )
    socket.on('data', (chunk) => decoder.parse(chunk))
    socket.on('error', () => socket.destroy()) // it dials again
    socket.on('close', () => {
      this.#connected = false
      setTimeout(() => this.#dial(), 50)
    })
  }

  #take(packet: Packet): void {
    const id = packet.messageId ?? 0
    const message = this.#unacked.get(id)
    if (packet.cmd === 'connack') this.#resume()
    else if (message === undefined) return
    else if (packet.cmd === 'pubrec') {
      message.released = true
      this.#send(id, message)
    } else if (packet.cmd === 'puback' || packet.cmd === 'pubcomp') {
      this.#unacked.delete(id)
      this.acked.get(message.path)?.add(message.n)
    }
  }

  #resume(): void {
    this.#connected = true
    this.connections++
    for (const [id, message] of this.#unacked) this.#send(id, message)
  }

  #send(messageId: number, message: Unacked): void {
    const { path, n, payload, released, sent } = message
    const qos = qosOf[path]
    if (sent && qos === 1) this.again.get(path)?.add(n)
    message.sent = true
    this.#socket?.write(
      released
        ? generate({ cmd: 'pubrel', messageId })
        : generate({
            cmd: 'publish',
            topic: `in/${path}/${n % lanes}`,
            payload,
            qos,
            dup: sent,
            retain: false,
            messageId,
          }),
    )
  }
}
