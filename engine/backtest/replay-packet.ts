import type { DecodedPayload } from '../spec/decode.ts'
import type { Packet } from '../spec/message.ts'
import type { Recorded } from './recorded.ts'

/** A recorded message as the packet that a source gets. The bytes of one that was never bytes are made when somebody wants them. */
export class ReplayPacket implements Packet {
  readonly connection: string
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly props: Packet['props']
  readonly received: number
  decoded?: DecodedPayload
  readonly #recorded: Recorded

  /** @param received UTC milliseconds */
  constructor(recorded: Recorded, received: number) {
    this.connection = recorded.connection ?? 'default'
    this.topic = recorded.topic
    this.qos = recorded.qos
    this.retain = recorded.retain
    this.props = recorded.props
    this.received = received
    this.#recorded = recorded
    if (recorded.decoded !== undefined) this.decoded = recorded.decoded
  }

  get payload(): Uint8Array {
    return this.#recorded.payload
  }
}
