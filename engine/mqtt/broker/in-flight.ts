const packetIds = 65_535
/** Sequences from the oldest unconfirmed one to the newest: below the number of packet ids, so that each names one message. */
const widestSpan = 65_000
/** Entries that may lie before the first of interest until the list is cut. */
const slack = 1024

interface Entry {
  readonly sequence: number
  settled: boolean
}

/** The messages that one client has not confirmed, by sequence and by packet id, which is 1 + sequence modulo 65,535. */
export class InFlight {
  readonly #byPacketId = new Map<number, Entry>()
  /** In order of sequence, from the oldest unconfirmed one at `#head` on. */
  #entries: Entry[] = []
  #head = 0

  /** Messages that are not confirmed. */
  get size(): number {
    return this.#byPacketId.size
  }

  /** Whether this sequence can be sent without a packet id meaning two messages. */
  hasRoomFor(sequence: number): boolean {
    const oldest = this.#entries[this.#head]
    return oldest === undefined || sequence - oldest.sequence < widestSpan
  }

  /** Notes what is sent, in ascending order, and gives its packet id. */
  add(sequence: number): number {
    const packetId = 1 + (sequence % packetIds)
    const entry: Entry = { sequence, settled: false }
    this.#byPacketId.set(packetId, entry)
    this.#entries.push(entry)
    return packetId
  }

  sequenceOf(packetId: number): number | undefined {
    return this.#byPacketId.get(packetId)?.sequence
  }

  /** The client has confirmed it. False when nothing of that packet id was open. */
  settle(packetId: number): boolean {
    const entry = this.#byPacketId.get(packetId)
    if (entry === undefined) return false
    this.#byPacketId.delete(packetId)
    entry.settled = true
    return true
  }

  /** Forgets what is confirmed up to the oldest unconfirmed one, and gives the highest sequence of that; -1 for nothing. */
  forgetSettled(): number {
    let upTo = -1
    for (let oldest = this.#entries[this.#head]; oldest?.settled; oldest = this.#entries[this.#head]) {
      upTo = oldest.sequence
      this.#head++
    }
    if (this.#head === this.#entries.length || this.#head > slack) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return upTo
  }

  /** Sequences that are confirmed while an older one is not. */
  settledBehind(): number[] {
    return this.#entries
      .slice(this.#head)
      .filter(({ settled }) => settled)
      .map(({ sequence }) => sequence)
  }
}
