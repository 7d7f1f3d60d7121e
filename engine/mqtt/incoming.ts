import { reasonOf } from '../errors.ts'
import { Connection, type Session } from './connection.ts'
import type { ConnectionState, IncomingLink, IncomingOptions, Received } from './contract.ts'
import { type ChunkFacts, PublishDecoder } from './decode.ts'
import { encodeAcks } from './encode.ts'
import { ProtocolFault } from './faults.ts'
import { Subscriptions } from './subscriptions.ts'

/** Makes the incoming side of a broker connection. Throws OPTION_VALUE when its config cannot be used. */
export function incoming(options: IncomingOptions): IncomingLink {
  return new Incoming(options)
}

class Incoming implements IncomingLink {
  readonly #options: IncomingOptions
  readonly #connection: Connection
  readonly #subscriptions: Subscriptions
  readonly #decoder = new PublishDecoder()
  /** What came in the chunk that is being read. */
  #batch: Received[] = []
  #facts: ChunkFacts
  #version: 4 | 5 = 4
  #identified = false

  constructor(options: IncomingOptions) {
    this.#options = options
    this.#facts = { connection: options.config.name, epoch: 0, received: 0, identified: false }
    this.#connection = new Connection(
      { ...options, clientId: options.config.clientId },
      {
        connected: (session) => this.#connected(session),
        ready: (client) => this.#subscriptions.ready(client),
        frame: this.#onFrame,
        chunkEnd: () => this.#handOver(),
        disconnected: () => this.#subscriptions.disconnected(),
      },
    )
    this.#subscriptions = new Subscriptions({
      known: options.knownFilters,
      retainAsPublished: options.config.transient === true,
      changed: (filters) => options.onSubscribed?.(filters),
      settled: () => options.onSettled?.(),
      log: (level, text) => this.#connection.log(level, text),
      complain: (complaint) => this.#connection.complain(complaint),
    })
  }

  subscribe(filters: ReadonlyMap<string, 0 | 1 | 2>): void {
    this.#subscriptions.want(filters)
    this.#connection.start()
  }

  settle(packets: readonly Received[]): void {
    const acks = encodeAcks(packets, this.#connection.epoch)
    if (acks !== undefined) this.#connection.write([acks])
  }

  confirm(arrived: () => void): void {
    this.#connection.ping(arrived)
  }

  pause(): void {
    this.#connection.pause()
  }

  resume(): void {
    this.#connection.resume()
  }

  state(): ConnectionState {
    return this.#connection.state()
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #connected({ epoch, sessionPresent, version, properties }: Session): void {
    this.#version = version
    this.#identified = version === 5 && properties.subscriptionIdentifiersAvailable !== false
    this.#subscriptions.connected(sessionPresent, this.#identified)
    this.#options.onConnected?.({ epoch, sessionPresent })
  }

  readonly #onFrame = (first: number, bytes: Buffer, start: number, body: number, end: number): void => {
    if (this.#batch.length === 0) {
      const { config, now } = this.#options
      this.#facts = {
        connection: config.name,
        epoch: this.#connection.epoch,
        received: now(),
        identified: this.#identified,
      }
    }
    const type = first >> 4
    if (type === 3) {
      this.#batch.push(this.#decoder.decode(this.#version, bytes, start, body, end, this.#facts))
      return
    }
    // We publish nothing here, so PUBACK, PUBREC and PUBCOMP answer nothing.
    if (type !== 6) return
    if (end - body < 2) throw new ProtocolFault('a PUBREL came that is too short')
    const { connection, epoch } = this.#facts
    this.#batch.push({ type: 'release', connection, epoch, packetId: bytes.readUInt16BE(body) })
  }

  #handOver(): void {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    this.#connection.received += batch.length
    try {
      this.#options.onReceived(batch)
    } catch (thrown) {
      // Nothing was acked, so the broker sends it again.
      this.#connection.log('error', `taking messages over failed, a defect of Rulewire: ${reasonOf(thrown)}.`)
      this.#connection.cut('Messages could not be taken over.')
    }
  }
}
