import { type IPublishPacket, parser } from 'mqtt-packet'
import type { ReceivedPublish } from './contract.ts'
import { ProtocolFault } from './faults.ts'
import { TopicTable } from './topic-table.ts'

/** What every packet of a chunk has in common. */
export interface ChunkFacts {
  readonly connection: string
  readonly epoch: number
  /** UTC milliseconds. */
  readonly received: number
}

/** One shape of properties for packets that have none. */
const noProps: ReceivedPublish['props'] = Object.freeze(Object.create(null))
const noSubscriptions: readonly number[] = Object.freeze([])

/** Decodes PUBLISH packets: by hand where there are no properties, which is nearly always, else with mqtt-packet. */
export class PublishDecoder {
  readonly #topics = new TopicTable()
  readonly #slow = parser({ protocolVersion: 5 })
  #parsed: IPublishPacket | undefined
  #fault: string | undefined

  constructor() {
    this.#slow.on('packet', (packet) => {
      if (packet.cmd === 'publish') this.#parsed = packet
    })
    this.#slow.on('error', (error) => {
      this.#fault = error.message
    })
  }

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
    if (version === 5 && bytes[at - 1] !== 0) {
      const packet = this.#parse(bytes, start, end)
      at = end - packet.payload.length
      const properties = packet.properties ?? {}
      if (properties.topicAlias !== undefined) throw new ProtocolFault('a topic alias came, which was not allowed')
      if (properties.userProperties !== undefined) props = Object.freeze(properties.userProperties)
      const ids = properties.subscriptionIdentifier
      if (ids !== undefined) subscriptions = typeof ids === 'number' ? [ids] : ids
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
      subscriptions,
    }
  }

  #parse(bytes: Buffer, start: number, end: number): IPublishPacket {
    this.#parsed = undefined
    this.#fault = undefined
    try {
      this.#slow.parse(bytes.subarray(start, end))
    } catch (cause) {
      throw new ProtocolFault(`a PUBLISH came that cannot be read (${String(cause)})`)
    }
    if (this.#parsed === undefined) {
      throw new ProtocolFault(`a PUBLISH came that cannot be read (${this.#fault ?? 'it is cut short'})`)
    }
    return this.#parsed
  }
}

function truncated(): ProtocolFault {
  return new ProtocolFault('a PUBLISH came that is shorter than its topic says')
}
