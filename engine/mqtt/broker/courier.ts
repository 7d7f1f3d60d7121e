import type { Duplex } from 'node:stream'
import { reasonOf } from '../../errors.ts'
import type { BrokerStore, QueuedPacket } from '../../store/broker.ts'
import { encodeReleases, type Publish, type PublishEncoder } from '../encode.ts'
import { InFlight } from './in-flight.ts'
import type { BrokerCounters, BrokerLimits } from './limits.ts'
import { Patience } from './patience.ts'
import type { Session } from './sessions.ts'

/** What all couriers of a broker share. */
export interface CourierTools {
  readonly store: BrokerStore
  readonly limits: BrokerLimits
  readonly counters: BrokerCounters
  /** Used within one call only, so one serves all. */
  readonly encoder: PublishEncoder
  /** A client cannot be served: its connection ends. */
  onGivenUp(session: Session, detail: string): void
  /** A client has taken nothing for a while and now misses messages at QoS 0. */
  onStalled(session: Session): void
}

interface Parcel {
  readonly sequence: number
  readonly qos: 1 | 2
  readonly publish: Publish
}

interface Written {
  readonly publish: Publish
  readonly qos: 0 | 1 | 2
  readonly packetId: number
  readonly duplicate: boolean
}

/** Rows that are read from the store at once, and the bytes after which no further one is. */
const page = 256
const pageBytes = 1_048_576

/**
 * Delivers to one connected client: QoS 0 at once, QoS 1 and 2 in order, each in its window, from memory while it keeps up and
 * from the store when it does not. Packet ids follow from the sequence, so they are the same after a restart.
 */
export class Courier {
  readonly session: Session
  readonly #connection: Duplex
  readonly #tools: CourierTools
  readonly #window: number
  readonly #trusted: boolean

  #started = false
  #ended = false
  /** Messages that wait for room in the window; those of a persistent session stand in the store too. */
  #ready: Parcel[] = []
  #readyHead = 0
  #readyBytes = 0
  /** There is more in the store than in `ready`. */
  #behind = false
  /** Highest sequence that was put into `ready`. */
  #taken = -1

  readonly #inFlight = new InFlight()

  #written: Written[] = []
  #writtenBytes = 0
  /** Each packet id once, so that a client which repeats PUBREC and reads nothing fills no memory. */
  readonly #releases = new Set<number>()
  #flushing = false

  readonly #patience: Patience
  readonly #onDrain = () => {
    if (this.#releases.size > 0) this.#flushSoon()
    this.#pump()
    this.#patience.check()
  }
  readonly #onClose = () => this.stop()

  /** `trusted`: others wait for it as long as it takes. */
  constructor(session: Session, connection: Duplex, tools: CourierTools, trusted: boolean) {
    this.session = session
    this.#connection = connection
    this.#tools = tools
    this.#trusted = trusted
    this.#window = Math.max(1, Math.min(tools.limits.inFlight, Math.floor(tools.limits.queue / 2)))
    this.#patience = new Patience({
      limit: trusted ? undefined : tools.limits.patience,
      flows: () => this.flows,
      onStalled: () => tools.onStalled(session),
    })
    connection.on('drain', this.#onDrain)
    connection.once('close', this.#onClose)
  }

  /** Highest sequence that it has begun to deliver. */
  get taken(): number {
    return this.#taken
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Whether more can be given to it without anybody having to wait. */
  get open(): boolean {
    return this.#patience.open
  }

  /** Whether the client takes what it gets. */
  get flows(): boolean {
    const { limits } = this.#tools
    const memory = this.#bytes <= limits.buffer && this.#readyBytes <= limits.fullBuffer / 2
    return memory && this.session.queued <= limits.queue / 2
  }

  /** Begins with what the session has queued. Nothing is sent at QoS 1 and 2 before. */
  start(): void {
    this.#behind = this.session.persistent
    // What was confirmed lately is to be gone before the queue is read.
    this.#tools.store.whenCommitted(() => {
      this.#started = true
      this.#pump()
    })
  }

  /** QoS 0. */
  send(publish: Publish): void {
    if (this.#ended) return
    if (this.#patience.stalled) this.#tools.counters.droppedSlow++
    else this.#write({ publish, qos: 0, packetId: 0, duplicate: false })
  }

  /** QoS 1 or 2; for a persistent session it is committed. */
  push(sequence: number, qos: 1 | 2, publish: Publish): void {
    if (this.#ended || this.#behind || sequence <= this.#taken) return
    const { limits } = this.#tools
    const full = this.#ready.length - this.#readyHead >= this.#window
    if ((full || this.#readyBytes > limits.buffer) && this.session.persistent) {
      this.#behind = true
      return
    }
    if (this.session.wasDropped(sequence)) return
    if (full && this.session.queued > limits.queue) {
      this.#giveUpSlow(`${this.session.queued} messages wait for it`)
      return
    }
    if (this.#readyBytes > limits.fullBuffer && !this.#trusted) {
      this.#giveUpSlow(`${this.#readyBytes} bytes wait for it`)
      return
    }
    this.#taken = sequence
    this.#prepare({ sequence, qos, publish })
    this.#pump()
    // The payload lies in what a socket gave; a copy does not keep all of that in memory.
    const last = this.#ready.length - 1
    const waiting = last >= this.#readyHead ? this.#ready[last] : undefined
    if (waiting !== undefined) this.#ready[last] = { ...waiting, publish: withOwnPayload(waiting.publish) }
  }

  /** PUBACK or PUBCOMP came. */
  settle(packetId: number): void {
    if (this.#ended) return
    const sequence = this.#inFlight.sequenceOf(packetId) ?? -1
    if (!this.#inFlight.settle(packetId)) return
    this.session.queued--
    const upTo = this.#inFlight.forgetSettled()
    if (this.session.persistent) {
      const { store } = this.#tools
      if (upTo >= 0) store.dropQueuedUpTo(this.session.number, upTo)
      // Behind one that is not settled its row would stay, and a crash would bring the message back.
      if (sequence > upTo) store.dropQueued(this.session.number, sequence)
    }
    this.#pump()
    this.#patience.check()
  }

  /** PUBREC came: PUBREL follows when that is committed, so that it is never sent as new again. */
  release(packetId: number): void {
    const sequence = this.#inFlight.sequenceOf(packetId)
    if (sequence === undefined || !this.session.persistent) {
      this.#sendRelease(packetId)
      return
    }
    this.#tools.store.release(this.session.number, sequence)
    this.#tools.store.whenCommitted(() => this.#sendRelease(packetId))
  }

  /** See {@link Patience.whenOpen}. */
  whenOpen(run: () => void, patient = false): void {
    this.#patience.whenOpen(run, patient)
  }

  /** The connection is gone. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#connection.off('drain', this.#onDrain)
    this.#connection.off('close', this.#onClose)
    const { store } = this.#tools
    const { number, persistent } = this.session
    if (persistent) for (const sequence of this.#inFlight.settledBehind()) store.dropQueued(number, sequence)
    this.#ready = []
    this.#readyHead = 0
    this.#readyBytes = 0
    this.#written = []
    this.#releases.clear()
    this.#patience.end()
  }

  get #bytes(): number {
    return this.#connection.writableLength + this.#writtenBytes
  }

  #pump(): void {
    if (!this.#started || this.#ended) return
    const { limits } = this.#tools
    while (this.#inFlight.size < this.#window && this.#bytes <= limits.buffer) {
      const parcel = this.#ready[this.#readyHead]
      if (parcel === undefined) {
        if (!this.#behind || !this.#read()) return
        continue
      }
      if (!this.#inFlight.hasRoomFor(parcel.sequence)) return
      this.#readyHead++
      this.#readyBytes -= sizeOf(parcel.publish)
      if (this.#readyHead === this.#ready.length) {
        this.#ready = []
        this.#readyHead = 0
      }
      this.#deliver(parcel)
    }
  }

  #prepare(parcel: Parcel): void {
    this.#ready.push(parcel)
    this.#readyBytes += sizeOf(parcel.publish)
  }

  #deliver({ sequence, qos, publish }: Parcel): void {
    const packetId = this.#inFlight.add(sequence)
    this.#write({ publish, qos, packetId, duplicate: sequence <= this.session.sent })
    if (sequence > this.session.sent) this.session.sent = sequence
  }

  /** Gets the next rows from the store. False when it has no more. */
  #read(): boolean {
    let rows: QueuedPacket[]
    try {
      rows = this.#tools.store.queue(this.session.number, this.#taken, page, pageBytes)
    } catch (error) {
      // It comes again and finds its messages when the disk can be read.
      this.#giveUp(`its messages cannot be read: ${reasonOf(error)}`)
      return false
    }
    if (rows.length < page && rows.reduce((sum, row) => sum + sizeOf(row), 0) < pageBytes) this.#behind = false
    const released: number[] = []
    for (const row of rows) {
      this.#taken = row.sequence
      if (this.session.wasDropped(row.sequence)) continue
      if (row.released) released.push(this.#inFlight.add(row.sequence))
      else if (row.qos > 0) this.#prepare({ sequence: row.sequence, qos: row.qos === 2 ? 2 : 1, publish: row })
    }
    for (const packetId of released) this.#sendRelease(packetId)
    return rows.length > 0
  }

  #write(written: Written): void {
    this.#written.push(written)
    this.#writtenBytes += sizeOf(written.publish) + 8
    this.#flushSoon()
  }

  #sendRelease(packetId: number): void {
    this.#releases.add(packetId)
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    process.nextTick(() => this.#flush())
  }

  /** One write for all that came together. */
  #flush(): void {
    this.#flushing = false
    const batch = this.#written
    this.#written = []
    this.#writtenBytes = 0
    if (this.#ended || !this.#connection.writable) return
    if (this.#releases.size > 0 && !this.#connection.writableNeedDrain) {
      this.#connection.write(encodeReleases([...this.#releases]))
      this.#releases.clear()
    }
    const { encoder, counters, limits } = this.#tools
    let bytes = 0
    for (const { publish } of batch) bytes += sizeOf(publish) + 9
    encoder.expect(bytes)
    for (const { publish, qos, packetId, duplicate } of batch) {
      // What it could refuse was refused when it came.
      if (encoder.add(publish, qos, packetId, duplicate) === undefined) counters.sent++
    }
    for (const chunk of encoder.take()) this.#connection.write(chunk)
    if (this.#connection.writableLength > limits.fullBuffer) {
      this.#giveUpSlow(`${this.#connection.writableLength} bytes wait for it`)
      return
    }
    // When the system took all at once there will be no `drain`.
    this.#pump()
    this.#patience.check()
  }

  #giveUpSlow(detail: string): void {
    this.#tools.counters.closedSlow++
    this.#giveUp(`it is too slow, ${detail}`)
  }

  #giveUp(detail: string): void {
    this.stop()
    this.#tools.onGivenUp(this.session, detail)
  }
}

function sizeOf({ topic, payload }: Publish): number {
  return topic.length + payload.length
}

function withOwnPayload(publish: Publish): Publish {
  return typeof publish.payload === 'string' ? publish : { ...publish, payload: Buffer.from(publish.payload) }
}
