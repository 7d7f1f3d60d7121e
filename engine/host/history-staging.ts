import type { Batch } from '../run/batch.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { Packet } from '../spec/message.ts'
import type { HistoryStore } from '../store/history.ts'
import { encodeStaged } from '../store/history-codec.ts'

/** Milliseconds that messages at QoS 0 wait until they are written together, and bytes of them. */
const patience = 1000
const patientBytes = 1_000_000
/** What one row holds at most, unless one message alone is larger. */
const largestRow = { messages: 4096, bytes: 1_000_000 }

export interface HistoryStagingOptions {
  store: HistoryStore
  runner: Runner
  clock: Clock
  /** So many messages and bytes of a recording are committed. */
  staged(recording: number, messages: number, bytes: number): void
}

/**
 * Gathers what is recorded and writes it with a batch: a message at QoS 1 or 2 with its own, before it is acked. One at QoS 0 is
 * promised nothing, so it waits up to a second for others: a flow that writes nothing else stays as fast as it was.
 */
export class HistoryStaging {
  /** Why nothing is taken, as a sentence. */
  stopped: string | undefined
  /** Messages that were not taken because of that. */
  missed = 0
  readonly #options: HistoryStagingOptions
  #lists = new Map<number, Packet[]>()
  /** Bytes in the lists. */
  #bytes = 0
  /** The batch that will write the lists. */
  #batch: Batch | undefined
  #stopTimer: (() => void) | undefined

  constructor(options: HistoryStagingOptions) {
    this.#options = options
  }

  /** Takes a packet that the runner's current batch settles. */
  take(recording: number, packet: Packet): void {
    if (this.stopped !== undefined) {
      this.missed++
      return
    }
    const { runner, clock } = this.#options
    if (this.#batch !== undefined && this.#batch !== runner.batch) this.#begin()
    const list = this.#lists.get(recording)
    if (list === undefined) this.#lists.set(recording, [packet])
    else list.push(packet)
    this.#bytes += packet.payload.length + packet.topic.length
    if (packet.qos > 0) {
      if (this.#batch === undefined) this.#plan()
      // Counted for each, so that each is remembered as a cause of writes and its repeat is known.
      else runner.mustWrite()
    } else if (this.#batch === undefined) {
      if (this.#bytes > patientBytes) this.#plan()
      else this.#stopTimer ??= clock.at(clock.now() + patience, () => this.flush())
    }
  }

  /** Asks for a commit that brings what waits to the disk. */
  flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const { runner } = this.#options
    if (this.#batch !== undefined && this.#batch !== runner.batch) this.#begin()
    if (this.#lists.size === 0 || this.#batch !== undefined) return
    this.#plan()
    runner.finish()
  }

  #begin(): void {
    this.#lists = new Map()
    this.#bytes = 0
    this.#batch = undefined
  }

  #plan(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const { runner, staged } = this.#options
    const lists = this.#lists
    this.#batch = runner.batch
    runner.batch.after.push(() => {
      for (const [recording, packets] of lists) staged(recording, packets.length, bytesOf(packets))
    })
    runner.add({ kind: 'write', write: () => this.#write(lists) })
  }

  #write(lists: ReadonlyMap<number, readonly Packet[]>): void {
    for (const [recording, packets] of lists) {
      for (const row of rowsOf(packets)) this.#options.store.addStaged(recording, encodeStaged(row))
    }
  }
}

/** The packets in parts that fit a row. */
function rowsOf(packets: readonly Packet[]): (readonly Packet[])[] {
  if (packets.length <= largestRow.messages && bytesOf(packets) <= largestRow.bytes) return [packets]
  const rows: Packet[][] = []
  let row: Packet[] = []
  let bytes = 0
  for (const packet of packets) {
    const size = packet.payload.length + packet.topic.length
    if (row.length > 0 && (row.length >= largestRow.messages || bytes + size > largestRow.bytes)) {
      rows.push(row)
      row = []
      bytes = 0
    }
    row.push(packet)
    bytes += size
  }
  return [...rows, row]
}

function bytesOf(packets: readonly Packet[]): number {
  let bytes = 0
  for (const { topic, payload } of packets) bytes += topic.length + payload.length
  return bytes
}
