import type { DecodedPayload } from '../spec/decode.ts'
import type { Json, Packet } from '../spec/message.ts'
import { anyConnection } from './recorded.ts'

/** How a message was received, besides what it says. */
export interface PacketHead {
  topic: string
  /** UTC milliseconds. */
  time: number
  qos?: 0 | 1 | 2
  retain?: boolean
  props?: Packet['props']
}

const noProps: Packet['props'] = Object.freeze({})

/** A line of a file as the packet that a device would have sent. Its JSON is known; text and bytes are made when somebody asks. */
export class FilePacket implements Packet {
  readonly connection = anyConnection
  readonly topic: string
  readonly received: number
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly props: Packet['props']
  decoded: DecodedPayload

  constructor(head: PacketHead, payload: Json) {
    this.topic = head.topic
    this.received = head.time
    this.qos = head.qos ?? 1
    this.retain = head.retain ?? false
    this.props = head.props ?? noProps
    this.decoded = typeof payload === 'string' ? new TextPayload(payload) : new JsonPayload(payload)
  }

  get payload(): Uint8Array {
    return Buffer.from(this.decoded.text ?? '')
  }
}

/** JSON that was never a text. */
class JsonPayload implements DecodedPayload {
  json: unknown
  jsonFault: string | undefined = ''

  constructor(json: Json) {
    this.json = json
  }

  get text(): string {
    return JSON.stringify(this.json)
  }
}

/** A text is published as it is; whether it is JSON turns out when somebody looks. */
class TextPayload implements DecodedPayload {
  readonly text: string
  json: unknown
  jsonFault: string | undefined

  constructor(text: string) {
    this.text = text
  }
}
