import type { ReceivedPublish } from './contract.ts'
import { ProtocolFault } from './faults.ts'
import { noProps, noSubscriptions, readPublishProperties } from './properties.ts'
import { TopicTable } from './topic-table.ts'

/** What every packet of a chunk has in common. */
export interface ChunkFacts {
  readonly connection: string
  readonly epoch: number
  /** UTC milliseconds. */
  readonly received: number
  /** The broker says for which subscriptions it delivers. */
  readonly identified: boolean
}

/** Decodes PUBLISH packets. */
export class PublishDecoder {
  readonly #topics = new TopicTable()

  /**
   * The PUBLISH in `bytes[start]` up to `bytes[end]`; what follows its length begins at `body`. The payload is a view of `bytes`.
   * Throws ProtocolFault when the bytes are not one.
   */
  decode(version: number, bytes: Buffer, start: number, body: number, end: number, facts: ChunkFacts): ReceivedPublish {
    // `as number`: each place was compared with `end` before it is read.
    const first = bytes[start] as number
    const qos = (first >> 1) & 3
    if (qos === 3) throw new ProtocolFault('a PUBLISH with QoS 3 came')
    let at = body + 2
    if (at > end) throw truncated()
    const topicEnd = at + ((bytes[body] as number) << 8) + (bytes[body + 1] as number)
    let packetId = 0
    const topicStart = at
    at = topicEnd
    if (qos > 0) at += 2
    if (version === 5) at += 1
    if (at > end) throw truncated()
    if (qos > 0) {
      packetId = ((bytes[topicEnd] as number) << 8) | (bytes[topicEnd + 1] as number)
      if (packetId === 0) throw new ProtocolFault('a PUBLISH with packet id 0 came')
    }
    let props = noProps
    let subscriptions = noSubscriptions
    // Nearly always there are none: one byte of zero.
    if (version === 5 && bytes[at - 1] !== 0) {
      const properties = readPublishProperties(bytes, at - 1, end)
      at = properties.end
      props = properties.props
      subscriptions = properties.subscriptions
    }
    if (topicStart === topicEnd) throw new ProtocolFault('a PUBLISH without a topic came')
    return {
      type: 'publish',
      connection: facts.connection,
      topic: this.#topics.text(bytes, topicStart, topicEnd),
      payload: bytes.subarray(at, end),
      qos: qos as 0 | 1 | 2, // 3 was refused above
      retain: (first & 1) !== 0,
      props,
      received: facts.received,
      epoch: facts.epoch,
      packetId,
      duplicate: (first & 8) !== 0,
      size: end - start,
      subscriptions: facts.identified ? subscriptions : undefined,
    }
  }
}

function truncated(): ProtocolFault {
  return new ProtocolFault('a PUBLISH came that is shorter than its topic says')
}
