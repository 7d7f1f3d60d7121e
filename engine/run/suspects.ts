import { crc32 } from 'node:zlib'
import type { Received, ReceivedPublish } from '../mqtt/contract.ts'
import { type SeenStore, type Store, StoreFault } from './ports.ts'

/** The first end of the engine leaves no mark, the next two do: the third try after them is not made. */
export const deadlyTries = 3

/**
 * After an end that was not clean: packets that are delivered again may have been its cause. Each gets a mark on the disk before
 * it runs, so that one that ends the engine again and again is found.
 */
export class Suspects {
  readonly #connection: string
  readonly #store: SeenStore
  readonly #transaction: Store['transaction']
  /** Packets that were there at two bad ends: how often they were tried, by id and hash. */
  readonly #tries: Map<string, number>
  /** Packets that have got their first mark since the start. */
  readonly #marked = new Set<string>()

  constructor(connection: string, store: Store) {
    this.#connection = connection
    this.#store = store.seen
    this.#transaction = store.transaction
    this.#tries = new Map(
      store.seen.attempts(connection).map(({ packetId, hash, count }) => [`${packetId} ${hash}`, count]),
    )
  }

  /** Whether it was there at two bad ends. */
  has(packet: ReceivedPublish): boolean {
    return packet.duplicate && this.#tries.has(identity(packet))
  }

  /**
   * Commits a mark for each packet that was on its way when the engine ended badly, before it runs: together for those that
   * have none. One that has a mark was there at two bad ends and gets its next mark when it runs alone.
   *
   * @param isKnown says which packets are repeats of what is committed: they do not run
   */
  mark(packets: readonly Received[], isKnown: (packet: ReceivedPublish) => boolean): void {
    const fresh = packets.filter(
      (packet): packet is ReceivedPublish =>
        packet.type === 'publish' &&
        packet.duplicate &&
        !this.#tries.has(identity(packet)) &&
        !this.#marked.has(identity(packet)) &&
        !isKnown(packet),
    )
    if (fresh.length === 0) return
    this.#write(fresh)
    for (const packet of fresh) this.#marked.add(identity(packet))
  }

  /**
   * Commits a further mark of one packet, and says how many tries it has had with this one.
   *
   * @param faulted the store fails: there is no mark, and the commit of what runs will wait for the store to heal
   */
  try(packet: ReceivedPublish, faulted: boolean): number {
    if (!faulted) this.#write([packet])
    const tries = (this.#tries.get(identity(packet)) ?? 0) + 1
    this.#tries.set(identity(packet), tries)
    return tries
  }

  #write(packets: readonly ReceivedPublish[]): void {
    try {
      this.#transaction(() => {
        for (const packet of packets) this.#store.attempt(this.#connection, packet.packetId, hashOf(packet))
      })
    } catch (thrown) {
      if (!(thrown instanceof StoreFault)) throw thrown
    }
  }
}

/** What tells packets with one id apart. */
export function hashOf(packet: Pick<ReceivedPublish, 'topic' | 'payload'>): number {
  return crc32(packet.payload, crc32(packet.topic))
}

function identity(packet: ReceivedPublish): string {
  return `${packet.packetId} ${hashOf(packet)}`
}
