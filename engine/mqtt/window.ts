import { reasonOf } from '../errors.ts'
import type { Backoff } from './backoff.ts'
import { Blame } from './blame.ts'
import type { Outbox, OutboxRow } from './contract.ts'
import { encodeReleases, type PublishEncoder } from './encode.ts'
import { ProtocolFault, reasonText } from './faults.ts'
import { forbidden, type ServerLimits } from './server-limits.ts'

export interface WindowOptions {
  readonly outbox: Outbox
  readonly encoder: PublishEncoder
  /** Milliseconds for the first and the longest pause before something is offered again that the broker could not take. */
  readonly retry: Backoff
  /** Writes to the socket; nothing happens when there is no connection. */
  write(buffers: readonly Uint8Array[]): void
  /** Calls back when the broker has answered a ping. */
  ping(answered: () => void): void
  /** Whether the socket is too slow for more. */
  congested(): boolean
  sent(count: number): void
  log(level: 'warn', text: string): void
}

interface Entry {
  readonly row: OutboxRow
  readonly packetId: number
  /** `releasing`: PUBREC came and is being committed. `released`: only PUBREL and PUBCOMP are left. */
  stage: 'publish' | 'releasing' | 'released'
  /** Written on this connection and not answered for good. */
  onWire: boolean
  /** The broker's session may hold it already. */
  mayBeThere: boolean
}

/** Rows read at least. */
const smallestRead = 64
/** What a repeat may mend: unspecified, implementation specific, quota exceeded. */
const passing = new Set([0x80, 0x83, 0x97])
const packetIdNotFound = 0x92

/**
 * The QoS 1 and 2 exchanges of the outgoing side: takes rows from the outbox as the window allows, in order, and brings each
 * to its end over any number of connections. Packet ids come from the rows, so a broker recognises a message after a restart.
 */
export class OutboxWindow {
  readonly #options: WindowOptions
  /** Everything that was sent at least once and is not done, by packet id. */
  readonly #entries = new Map<number, Entry>()
  /** What was taken from the outbox and has yet to be written on this connection, in order. */
  #unsent: Entry[] = []
  #limits: ServerLimits | undefined
  #onWire = 0
  #qosTwo = 0
  #last = 0
  /** The outbox may hold rows that were not read. */
  #more = true
  #retryTimer: NodeJS.Timeout | undefined
  #releases: number[] = []
  #closed = false
  #pumping = false
  #pumpsLater = false
  readonly #blame = new Blame()
  /** Something was answered on this connection. */
  #answeredHere = false
  /** This connection has shown that it works, or nobody doubts it. */
  #trusted = true

  constructor(options: WindowOptions) {
    this.#options = options
  }

  /** Rows that were sent and not confirmed. */
  get inFlight(): number {
    return this.#entries.size
  }

  /** A CONNACK came: what is in flight goes again as far as the session needs it. */
  connected(limits: ServerLimits): void {
    this.#limits = limits
    const taken = [...new Set([...this.#entries.values(), ...this.#unsent])]
    taken.sort((left, right) => left.row.sequence - right.row.sequence)
    for (const entry of taken) {
      if (!limits.sessionPresent) entry.mayBeThere = false
      entry.onWire = entry.stage !== 'publish' && this.#entries.has(entry.packetId)
      if (entry.onWire && entry.stage === 'released') this.#releases.push(entry.packetId)
    }
    this.#unsent = taken.filter((entry) => !entry.onWire)
    this.#onWire = taken.length - this.#unsent.length
    this.#qosTwo = this.#onWire // only exchanges of QoS 2 can be half done
    this.#answeredHere = false
    this.#trusted = !this.#blame.careful
    if (!this.#trusted) this.#options.ping(() => this.#trust())
    this.#flushReleases()
    this.#more = true
    this.pump()
  }

  /** @param byBroker the broker ended the connection, not we or the network */
  disconnected(byBroker: boolean): void {
    if (byBroker && this.#limits !== undefined) this.#findGuilty()
    this.#limits = undefined
    this.#releases = []
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
  }

  close(): void {
    this.#closed = true
    this.disconnected(false)
  }

  /** There are new rows in the outbox. */
  wake(): void {
    this.#more = true
    this.pump()
  }

  /** PUBACK, PUBREC or PUBCOMP in `bytes[body]` up to `end`. Throws ProtocolFault when it cannot be. */
  acked(type: number, bytes: Buffer, body: number, end: number): void {
    if (end - body < 2) throw new ProtocolFault('an ack came that is too short')
    const packetId = bytes.readUInt16BE(body)
    const code = end - body > 2 ? bytes.readUInt8(body + 2) : 0
    const entry = this.#entries.get(packetId)
    if (entry === undefined || !entry.onWire) return
    const { qos } = entry.row
    this.#answeredHere = true
    if (type !== 7 && (type === 4) !== (qos === 1)) {
      throw new ProtocolFault(`a message of QoS ${qos} was answered with a packet of type ${type}`)
    }
    if (type === 4) this.#answered(entry, code)
    else if (type === 5) this.#received(entry, code)
    else if (entry.stage === 'released') this.#done(entry, code === packetIdNotFound ? 0 : code)
  }

  /**
   * All answers of a chunk were handed over. While little of the window is free, what may go waits for the end of this turn of
   * the event loop and goes with what further chunks free: answers to small writes come in small chunks, and each would
   * make the next write small for ever.
   */
  goOn(): void {
    this.#flushReleases()
    const free = (this.#limits?.window ?? 0) - this.#onWire
    if (free >= (this.#limits?.window ?? 0) >> 2) this.pump()
    else if (!this.#pumpsLater) {
      this.#pumpsLater = true
      setImmediate(() => {
        this.#pumpsLater = false
        this.pump()
      })
    }
  }

  /** Sends what the window and the socket allow. */
  pump(): void {
    const limits = this.#limits
    if (limits === undefined || this.#closed || this.#retryTimer !== undefined || this.#pumping) return
    const window = this.#blame.careful ? 1 : limits.window
    if (this.#onWire >= window || !this.#trusted) return
    // The outbox may wake us while it takes a refusal.
    this.#pumping = true
    const sent = this.#fill(window, limits)
    this.#pumping = false
    if (sent === 0) return
    this.#options.write(this.#options.encoder.take())
    this.#options.sent(sent)
  }

  #fill(window: number, limits: ServerLimits): number {
    let sent = 0
    while (this.#onWire < window && !this.#options.congested()) {
      // Small reads cost as much as large ones, so more is read than may go now. Waiting until much of the window is free would
      // not do: a broker with Nagle's algorithm holds its next acks back until it hears from us.
      if (this.#unsent.length === 0 && !this.#read(Math.max(smallestRead, window - this.#onWire))) break
      const before = this.#unsent.length
      sent += this.#sendSome(window, limits)
      if (this.#unsent.length === before) break
    }
    return sent
  }

  #read(limit: number): boolean {
    if (!this.#more) return false
    const rows = this.#readRows(limit)
    if (rows === undefined) return false
    this.#more = rows.length === limit
    for (const row of rows) {
      this.#last = row.sequence
      this.#unsent.push({
        row,
        packetId: 1 + (row.sequence % 65_535),
        stage: row.released ? 'released' : 'publish',
        onWire: false,
        mayBeThere: row.sentBefore && this.#limits?.sessionPresent === true,
      })
    }
    return rows.length > 0
  }

  /** Undefined while the store cannot be read; the next wake tries again. */
  #readRows(limit: number): OutboxRow[] | undefined {
    try {
      return this.#options.outbox.read(this.#last, limit)
    } catch (thrown) {
      this.#options.log('warn', `the outbox cannot be read: ${reasonOf(thrown)}.`)
      return undefined
    }
  }

  /** Encodes from the front of the unsent; returns how many messages. */
  #sendSome(window: number, limits: ServerLimits): number {
    let sent = 0
    let taken = 0
    for (const entry of this.#unsent) {
      if (this.#onWire >= window) break
      const other = this.#entries.get(entry.packetId)
      // 65,535 rows ago the same packet id was used, and that row is still under way.
      if (other !== undefined && other !== entry) break
      if (entry.row.qos === 2 && this.#qosTwo >= limits.qosTwoWindow) break
      taken++
      if (entry.stage !== 'publish') {
        this.#entries.set(entry.packetId, entry)
        this.#putOnWire(entry)
        this.#release(entry)
        continue
      }
      const fault = forbidden(entry.row, limits) ?? this.#encode(entry)
      if (fault !== undefined) {
        this.#entries.delete(entry.packetId)
        this.#refuse(entry, fault)
        continue
      }
      this.#entries.set(entry.packetId, entry)
      entry.mayBeThere = true
      this.#putOnWire(entry)
      sent++
    }
    this.#unsent.splice(0, taken)
    return sent
  }

  #encode(entry: Entry): string | undefined {
    return this.#options.encoder.add(entry.row, entry.row.qos, entry.packetId, entry.mayBeThere)
  }

  #putOnWire(entry: Entry): void {
    entry.onWire = true
    this.#onWire++
    if (entry.row.qos === 2) this.#qosTwo++
  }

  #takeOffWire(entry: Entry): void {
    entry.onWire = false
    this.#onWire--
    if (entry.row.qos === 2) this.#qosTwo--
  }

  #answered(entry: Entry, code: number): void {
    if (code >= 0x80 && passing.has(code)) this.#retryLater(entry, code)
    else this.#done(entry, code)
  }

  #received(entry: Entry, code: number): void {
    if (code >= 0x80) {
      if (entry.stage === 'publish') this.#answered(entry, code)
      return
    }
    if (entry.stage === 'released') this.#release(entry)
    if (entry.stage !== 'publish') return
    entry.stage = 'releasing'
    this.#options.outbox.release(entry.row.sequence, () => {
      if (entry.stage !== 'releasing' || this.#closed) return
      entry.stage = 'released'
      if (this.#limits !== undefined) this.#release(entry)
    })
  }

  /** Releases of one commit come in a burst and go out together. */
  #release(entry: Entry): void {
    this.#releases.push(entry.packetId)
    if (this.#releases.length === 1) queueMicrotask(() => this.#flushReleases())
  }

  #flushReleases(): void {
    if (this.#releases.length === 0) return
    const packetIds = this.#releases
    this.#releases = []
    this.#options.write([encodeReleases(packetIds)])
  }

  #done(entry: Entry, code: number): void {
    this.#entries.delete(entry.packetId)
    this.#takeOffWire(entry)
    this.#blame.settled(entry.row.sequence)
    if (code >= 0x80) this.#refuse(entry, refusal(code))
    else {
      this.#options.retry.reset()
      this.#options.outbox.remove(entry.row.sequence)
    }
  }

  /** While the store fails the row stays there, and is refused again after the next start. */
  #refuse({ row }: Entry, detail: string): void {
    try {
      this.#options.outbox.refuse(row.sequence, detail)
    } catch (thrown) {
      this.#options.log('warn', `a message that was refused (${detail}) cannot be put away: ${reasonOf(thrown)}.`)
    }
  }

  #trust(): void {
    this.#trusted = true
    this.pump()
  }

  #findGuilty(): void {
    const open = [...this.#entries.values()].filter(({ onWire, stage }) => onWire && stage === 'publish')
    const unanswered = open.map(({ row }) => row.sequence).sort((left, right) => left - right)
    const guilty = this.#blame.ended(unanswered, this.#answeredHere)
    const entry = open.find(({ row }) => row.sequence === guilty)
    if (entry === undefined) return
    this.#entries.delete(entry.packetId)
    this.#takeOffWire(entry)
    this.#blame.settled(entry.row.sequence)
    this.#refuse(entry, 'the broker ended the connection each time that it was sent')
  }

  /** The broker may take it later: nothing new goes out before it was offered again, so that the order stays. */
  #retryLater(entry: Entry, code: number): void {
    this.#takeOffWire(entry)
    entry.mayBeThere = false
    const place = this.#unsent.findIndex(({ row }) => row.sequence > entry.row.sequence)
    this.#unsent.splice(place < 0 ? this.#unsent.length : place, 0, entry)
    if (this.#retryTimer !== undefined) return
    const wait = this.#options.retry.next()
    this.#options.log(
      'warn',
      `cannot take a message to "${entry.row.topic}" now (${reasonText(code)}); again in ${wait} ms.`,
    )
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      this.pump()
    }, wait)
  }
}

function refusal(code: number): string {
  return `${reasonText(code)} (code 0x${code.toString(16)})`
}
