import { Backoff } from './backoff.ts'
import { Connection, type Session } from './connection.ts'
import type { ConnectionState, OutgoingLink, OutgoingOptions, QosZeroMessage } from './contract.ts'
import { PublishEncoder } from './encode.ts'
import { BoundedQueue } from './queue.ts'
import { forbidden, type ServerLimits, serverLimits } from './server-limits.ts'
import { OutboxWindow } from './window.ts'

/** Bytes that may wait in the socket before QoS 0 messages are queued and the outbox pauses. */
const slowMark = 1024 * 1024
const queueLimit = { messages: 10_000, bytes: 16 * 1024 * 1024 }
/** Queued messages that are written together. */
const portion = 256
/** Milliseconds for rows that the broker cannot take now. */
const firstRetry = 1000
const longestRetry = 30_000

/** Makes the outgoing side of a broker connection. Throws OPTION_VALUE when its config cannot be used. */
export function outgoing(options: OutgoingOptions): OutgoingLink {
  return new Outgoing(options)
}

class Outgoing implements OutgoingLink {
  readonly #connection: Connection
  readonly #window: OutboxWindow
  readonly #encoder = new PublishEncoder()
  readonly #queue: BoundedQueue<QosZeroMessage>
  #limits: ServerLimits | undefined
  #dropped = 0
  /** Why the broker took no QoS 0 message, said once for each connection. */
  #warned = false

  constructor(options: OutgoingOptions) {
    const { config, outbox, random } = options
    this.#queue = new BoundedQueue(
      options.queueLimit ?? queueLimit,
      ({ topic, payload }) => topic.length + payload.length,
    )
    this.#connection = new Connection(
      { ...options, clientId: `${config.clientId}-out` },
      {
        connected: (session) => this.#connected(session),
        frame: (first, bytes, _, body, end) => {
          const type = first >> 4
          // Nobody subscribes here, so a PUBLISH or PUBREL is a mistake of the broker.
          if (type !== 3 && type !== 6) this.#window.acked(type, bytes, body, end)
        },
        chunkEnd: () => this.#goOn(),
        drained: () => this.#goOn(),
        disconnected: (byBroker) => this.#window.disconnected(byBroker),
      },
    )
    const { first, longest } = config.reconnect ?? { first: firstRetry, longest: longestRetry }
    this.#window = new OutboxWindow({
      outbox,
      encoder: this.#encoder,
      retry: new Backoff(first, longest, random ?? Math.random),
      write: (buffers) => this.#connection.write(buffers),
      ping: (answered) => this.#connection.ping(answered),
      congested: () => this.#connection.backlog > slowMark,
      sent: (count) => {
        this.#connection.sent += count
      },
      log: (level, text) => this.#connection.log(level, text),
    })
    this.#connection.start()
  }

  publish(messages: readonly QosZeroMessage[]): boolean {
    if (this.#queue.size === 0 && this.#mayWrite()) {
      this.#write(messages)
      return true
    }
    let gone = 0
    for (const message of messages) gone += this.#queue.push(message)
    this.#dropped += gone
    return gone === 0
  }

  wake(): void {
    this.#window.wake()
  }

  state(): ConnectionState {
    this.#connection.inFlight = this.#window.inFlight
    return this.#connection.state()
  }

  dropped(): number {
    return this.#dropped
  }

  close(): Promise<void> {
    this.#window.close()
    return this.#connection.close()
  }

  #connected(session: Session): void {
    const limits = serverLimits(session)
    this.#limits = limits
    this.#encoder.version = session.version
    this.#encoder.limit = limits.packetSize
    this.#warned = false
    this.#window.connected(limits)
    this.#drainQueue()
  }

  #goOn(): void {
    this.#window.goOn()
    this.#drainQueue()
  }

  #mayWrite(): boolean {
    return this.#connection.connected && this.#connection.backlog <= slowMark
  }

  #drainQueue(): void {
    while (this.#queue.size > 0 && this.#mayWrite()) {
      const messages: QosZeroMessage[] = []
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
        messages.push(message)
        if (messages.length === portion) break
      }
      this.#write(messages)
    }
  }

  #write(messages: readonly QosZeroMessage[]): void {
    const limits = this.#limits
    let sent = 0
    for (const message of messages) {
      const retainFault =
        message.retain && limits !== undefined ? forbidden({ qos: 0, retain: true }, limits) : undefined
      const fault = retainFault ?? this.#encoder.add(message, 0, 0, false)
      if (fault === undefined) sent++
      else this.#dropOne(message.topic, fault)
    }
    if (sent === 0) return
    this.#connection.sent += sent
    this.#connection.write(this.#encoder.take())
  }

  #dropOne(topic: string, fault: string): void {
    this.#dropped++
    if (this.#warned) return
    this.#warned = true
    this.#connection.log(
      'warn',
      `a QoS 0 message to "${topic}" cannot be sent and is dropped: ${fault}. Further ones are only counted.`,
    )
  }
}
