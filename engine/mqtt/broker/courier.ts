import type { Duplex } from 'node:stream'
import type { BrokerStore } from '../../store/broker.ts'
import { encodeReleases, type Publish, type PublishEncoder } from '../encode.ts'
import type { BrokerCounters, BrokerLimits } from './limits.ts'
import type { Session } from './sessions.ts'

/** What all couriers of a broker share. */
export interface CourierTools {
  readonly store: BrokerStore
  readonly limits: BrokerLimits
  readonly counters: BrokerCounters
  /** Used within one call only, so one serves all. */
  readonly encoder: PublishEncoder
  /** A client cannot be helped: its connection ends. */
  onTooSlow(session: Session, detail: string): void
  /** A client has taken nothing for a while and now misses messages at QoS 0. */
  onStalled(session: Session): void
}

interface Parcel {
  readonly sequence: number
  readonly qos: 1 | 2
  readonly publish: Publish
}

interface Sent {
  readonly sequence: number
  settled: boolean
}

interface Written {
  readonly publish: Publish
  readonly qos: 0 | 1 | 2
  readonly packetId: number
  readonly duplicate: boolean
}

const packetIds = 65_535
/** Sequences from the oldest unconfirmed one to the newest: below the number of packet ids, so that each names one message. */
const widestSpan = 65_000
/** Rows that are read from the store at once. */
const page = 256

/**
 * Delivers to one connected client: QoS 0 at once, QoS 1 and 2 in order, each in its window, from memory while it keeps up and
 * from the store when it does not. The packet id is 1 + sequence modulo 65,535, so it is the same after a restart.
 */
export class Courier {
  readonly session: Session
  readonly #connection: Duplex
  readonly #tools: CourierTools
  /** One that others always wait for. */
  readonly #trusted: boolean
  readonly #window: number

  #started = false
  #ended = false
  /** Messages that wait for room in the window; those of a persistent session stand in the store too. */
  #ready: Parcel[] = []
  #readyHead = 0
  /** There is more in the store than in `ready`. */
  #behind = false
  /** Highest sequence that was put into `ready`. */
  #taken = -1

  /** Unconfirmed messages by packet id, and all from the oldest unconfirmed one on in order. */
  readonly #inFlight = new Map<number, Sent>()
  #sent: Sent[] = []
  #sentHead = 0

  #written: Written[] = []
  #writtenBytes = 0
  #releases: number[] = []
  #flushing = false

  #waiters: { run: () => void; patient: boolean }[] = []
  #patience: NodeJS.Timeout | undefined
  #stalled = false
  readonly #onDrain = () => {
    this.#pump()
    this.#relax()
  }

  constructor(session: Session, connection: Duplex, tools: CourierTools, trusted: boolean) {
    this.session = session
    this.#connection = connection
    this.#tools = tools
    this.#trusted = trusted
    this.#window = Math.max(1, Math.min(tools.limits.inFlight, Math.floor(tools.limits.queue / 2)))
    connection.on('drain', this.#onDrain)
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
    return this.#ended || this.#stalled || this.flows
  }

  /** Whether the client takes what it gets. */
  get flows(): boolean {
    const { limits } = this.#tools
    return this.#bytes <= limits.buffer && this.session.queued <= limits.queue / 2
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
    if (this.#stalled) this.#tools.counters.droppedSlow++
    else this.#write({ publish, qos: 0, packetId: 0, duplicate: false })
  }

  /** QoS 1 or 2; for a persistent session it is committed. */
  push(sequence: number, qos: 1 | 2, publish: Publish): void {
    if (this.#ended || this.#behind || sequence <= this.#taken) return
    const full = this.#ready.length - this.#readyHead >= this.#window
    if (full && this.session.persistent) {
      this.#behind = true
      return
    }
    if (this.session.wasDropped(sequence)) return
    if (full && this.session.queued > this.#tools.limits.queue) {
      this.#giveUp(`${this.session.queued} messages wait for it`)
      return
    }
    this.#taken = sequence
    this.#ready.push({ sequence, qos, publish })
    this.#pump()
    // The payload lies in what a socket gave; a copy does not keep all of that in memory.
    const last = this.#ready.length - 1
    const waiting = last >= this.#readyHead ? this.#ready[last] : undefined
    if (waiting !== undefined) this.#ready[last] = { ...waiting, publish: withOwnPayload(waiting.publish) }
  }

  /** PUBACK or PUBCOMP came. */
  settle(packetId: number): void {
    const sent = this.#inFlight.get(packetId)
    if (sent === undefined) return
    this.#inFlight.delete(packetId)
    this.session.queued--
    sent.settled = true
    this.#forgetSettled()
    this.#pump()
    this.#relax()
  }

  /** PUBREC came: PUBREL follows when that is committed, so that it is never sent as new again. */
  release(packetId: number): void {
    const sent = this.#inFlight.get(packetId)
    if (sent === undefined || !this.session.persistent) {
      this.#sendRelease(packetId)
      return
    }
    this.#tools.store.release(this.session.number, sent.sequence)
    this.#tools.store.whenCommitted(() => this.#sendRelease(packetId))
  }

  /** Calls back when it is open; at once when it is. A patient one waits until the client really takes messages again. */
  whenOpen(run: () => void, patient = false): void {
    if (this.#ended || (patient ? this.flows : this.open)) {
      run()
      return
    }
    this.#waiters.push({ run, patient })
    if (this.#trusted || this.#patience !== undefined) return
    this.#patience = setTimeout(() => this.#stall(), this.#tools.limits.patience)
    this.#patience.unref()
  }

  /** The connection is gone. */
  stop(): void {
    if (this.#ended) return
    this.#ended = true
    this.#connection.off('drain', this.#onDrain)
    const { store } = this.#tools
    const { number, persistent } = this.session
    if (persistent) {
      for (const sent of this.#sent.slice(this.#sentHead)) if (sent.settled) store.dropQueued(number, sent.sequence)
    }
    this.#ready = []
    this.#written = []
    clearTimeout(this.#patience)
    this.#callWaiters(() => true)
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
      const oldest = this.#sent[this.#sentHead]
      if (oldest !== undefined && parcel.sequence - oldest.sequence >= widestSpan) return
      this.#readyHead++
      if (this.#readyHead === this.#ready.length) {
        this.#ready = []
        this.#readyHead = 0
      }
      this.#deliver(parcel)
    }
  }

  #deliver({ sequence, qos, publish }: Parcel): void {
    const packetId = this.#track(sequence)
    this.#write({ publish, qos, packetId, duplicate: sequence <= this.session.sent })
    if (sequence > this.session.sent) this.session.sent = sequence
  }

  #track(sequence: number): number {
    const packetId = 1 + (sequence % packetIds)
    const sent: Sent = { sequence, settled: false }
    this.#inFlight.set(packetId, sent)
    this.#sent.push(sent)
    return packetId
  }

  /** Gets the next rows from the store. False when it has no more. */
  #read(): boolean {
    const rows = this.#tools.store.queue(this.session.number, this.#taken, page)
    if (rows.length < page) this.#behind = false
    const released: number[] = []
    for (const row of rows) {
      this.#taken = row.sequence
      if (this.session.wasDropped(row.sequence)) continue
      if (row.released) released.push(this.#track(row.sequence))
      else if (row.qos > 0) this.#ready.push({ sequence: row.sequence, qos: row.qos === 2 ? 2 : 1, publish: row })
    }
    for (const packetId of released) this.#sendRelease(packetId)
    return rows.length > 0
  }

  /** Drops the rows of the store up to the oldest unconfirmed one. */
  #forgetSettled(): void {
    let upTo = -1
    for (;;) {
      const oldest = this.#sent[this.#sentHead]
      if (oldest === undefined || !oldest.settled) break
      upTo = oldest.sequence
      this.#sentHead++
    }
    if (this.#sentHead === this.#sent.length) {
      this.#sent = []
      this.#sentHead = 0
    } else if (this.#sentHead > 4 * page) {
      this.#sent = this.#sent.slice(this.#sentHead)
      this.#sentHead = 0
    }
    if (upTo >= 0 && this.session.persistent) this.#tools.store.dropQueuedUpTo(this.session.number, upTo)
  }

  #write(written: Written): void {
    this.#written.push(written)
    this.#writtenBytes += written.publish.payload.length + written.publish.topic.length + 8
    this.#flushSoon()
  }

  #sendRelease(packetId: number): void {
    this.#releases.push(packetId)
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
    const releases = this.#releases
    this.#written = []
    this.#writtenBytes = 0
    this.#releases = []
    if (this.#ended || !this.#connection.writable) return
    if (releases.length > 0) this.#connection.write(encodeReleases(releases))
    const { encoder, counters, limits } = this.#tools
    let bytes = 0
    for (const { publish } of batch) bytes += publish.payload.length + publish.topic.length + 9
    encoder.expect(bytes)
    for (const { publish, qos, packetId, duplicate } of batch) {
      // What it could refuse was refused when it came.
      if (encoder.add(publish, qos, packetId, duplicate) === undefined) counters.sent++
    }
    for (const chunk of encoder.take()) this.#connection.write(chunk)
    if (this.#connection.writableLength > limits.fullBuffer) {
      this.#giveUp(`${this.#connection.writableLength} bytes wait for it`)
      return
    }
    // When the system took all at once there will be no `drain`.
    this.#pump()
    this.#relax()
  }

  #giveUp(detail: string): void {
    this.stop()
    this.#tools.onTooSlow(this.session, detail)
  }

  #stall(): void {
    this.#patience = undefined
    if (this.#ended || this.flows) return
    this.#stalled = true
    this.#tools.onStalled(this.session)
    this.#callWaiters((waiter) => !waiter.patient)
  }

  /** Lets those go on who waited, once the client takes messages again. */
  #relax(): void {
    if ((this.#waiters.length === 0 && !this.#stalled) || !this.flows) return
    this.#stalled = false
    clearTimeout(this.#patience)
    this.#patience = undefined
    this.#callWaiters(() => true)
  }

  #callWaiters(which: (waiter: { patient: boolean }) => boolean): void {
    const called = this.#waiters.filter(which)
    this.#waiters = this.#waiters.filter((waiter) => !called.includes(waiter))
    for (const waiter of called) waiter.run()
  }
}

function withOwnPayload(publish: Publish): Publish {
  return typeof publish.payload === 'string' ? publish : { ...publish, payload: Buffer.from(publish.payload) }
}
