import type { ReceivedPublish } from '../mqtt/contract.ts'
import { TopicTrie } from '../mqtt/trie.ts'
import { isFor, type Recorder } from '../run/intake.ts'
import { filterCovers, subscriptionId } from '../spec/topics.ts'
import type { HistoryStaging } from './history-staging.ts'

/** A filter that is recorded. */
export interface RecordedFilter {
  readonly filter: string
  /** Number of the recording that the messages belong to. */
  readonly recording: number
  /** For brokers that no node has asked for it. */
  readonly qos: 0 | 1 | 2
}

interface Entry extends RecordedFilter {
  /** Of several that match, the one with the lowest takes the message. */
  readonly rank: number
  /** Identifier of the subscription that the messages come for. */
  subscription: number
}

/** Records what comes over one connection: each message once, however many recordings and filters want it. */
export class ConnectionRecorder implements Recorder {
  readonly #staging: HistoryStaging
  #entries: Entry[] = []
  #trie = new TopicTrie<Entry>()

  constructor(staging: HistoryStaging) {
    this.#staging = staging
  }

  /** Sets what is recorded; of several filters that match a topic the first one counts. */
  set filters(filters: readonly RecordedFilter[]) {
    this.#entries = filters.map((one, rank) => ({ ...one, rank, subscription: subscriptionId(one.filter) }))
    this.#trie = new TopicTrie()
    for (const entry of this.#entries) this.#trie.add(entry.filter, entry)
  }

  /**
   * Adds the filters that no node subscribes to. One that a filter of a node covers is recorded from what comes for that one:
   * a second subscription would bring each message twice.
   */
  subscribe(wanted: Map<string, 0 | 1 | 2>): void {
    const ofNodes = [...wanted.keys()]
    for (const entry of this.#entries) {
      const { filter, qos } = entry
      const source = wanted.has(filter) ? filter : (ofNodes.find((wide) => isCovered(filter, wide)) ?? filter)
      entry.subscription = subscriptionId(source)
      if (!wanted.has(source)) wanted.set(source, qos)
    }
  }

  wants(packet: ReceivedPublish): boolean {
    return this.#trie.match(packet.topic).some((entry) => isFor(packet, entry))
  }

  take(packet: ReceivedPublish, named: boolean): void {
    const entries = this.#trie.match(packet.topic)
    let best = entries[0]
    if (best === undefined) return
    for (const entry of entries) if (entry.rank < best.rank) best = entry
    if (named && !isFor(packet, best)) return
    this.#staging.take(best.recording, packet)
  }
}

/** A shared subscription brings only a part of its messages. */
function isCovered(filter: string, wide: string): boolean {
  return !wide.startsWith('$share/') && filterCovers(wide, filter)
}
