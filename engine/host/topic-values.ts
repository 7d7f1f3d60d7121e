import type { ReceivedPublish } from '../mqtt/contract.ts'
import type { TopicWatch } from '../server/api.ts'
import type { TopicValue } from '../server/protocol.ts'
import { bytesText } from './shown.ts'

/** Bytes of a value that are kept. */
const keptBytes = 4096

/** What is kept of the last message of a topic; it becomes text when somebody asks for it. */
interface Kept {
  /** At most {@link keptBytes}, a copy: what arrives is a view of a larger buffer. */
  readonly head: Buffer
  readonly size: number
  readonly time: number
  readonly retain: boolean
  readonly qos: 0 | 1 | 2
  readonly count: number
}

/** The last values of the topics that one watch follows, bounded by the number of topics. */
export class TopicValues {
  readonly #limit: number
  readonly #topics = new Map<string, Kept>()
  readonly #changed = new Set<string>()
  #left = 0

  /** @param limit topics that are followed at most; messages of further ones are only counted */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a message. A retained one that is delivered once more, because a subscription is new, is the same message still. */
  take(packet: ReceivedPublish): void {
    const known = this.#topics.get(packet.topic)
    if (known === undefined && this.#topics.size >= this.#limit) {
      this.#left++
      return
    }
    const { payload, received: time, retain, qos } = packet
    const head = Buffer.from(payload.subarray(0, keptBytes))
    const repeated = retain && known !== undefined && known.size === payload.length && known.head.equals(head)
    if (repeated && known.retain) return
    const count = (known?.count ?? 0) + (repeated ? 0 : 1)
    this.#set(packet.topic, { head, size: payload.length, time: repeated ? known.time : time, retain, qos, count })
  }

  /** Takes over what another watch knows of the topics that this one follows too: the broker does not send it again. */
  copy(other: TopicValues, matches: (topic: string) => boolean): void {
    for (const [topic, kept] of other.#topics) {
      if (this.#topics.size >= this.#limit) return
      if (matches(topic)) this.#set(topic, { ...kept, count: kept.retain ? 1 : 0 })
    }
  }

  /** What changed since the last call. */
  changes(): ReturnType<TopicWatch['take']> {
    const values: Record<string, TopicValue> = Object.fromEntries(
      [...this.#changed].flatMap((topic) => {
        const kept = this.#topics.get(topic)
        return kept === undefined ? [] : [[topic, shown(topic, kept)]]
      }),
    )
    this.#changed.clear()
    return { values, known: this.#topics.size, left: this.#left }
  }

  #set(topic: string, kept: Kept): void {
    this.#topics.set(topic, kept)
    this.#changed.add(topic)
  }
}

function shown(topic: string, { head, size, ...rest }: Kept): TopicValue {
  return { text: bytesText(head, size), size, topic, ...rest }
}
