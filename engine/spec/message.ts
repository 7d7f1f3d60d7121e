import type { DecodedPayload } from './decode.ts'

/** Plain JSON data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json }

/**
 * What flows over wires: plain, read-only data of one shape. It is handed to every wire as it is, so nobody may change it;
 * {@link derive} makes a changed one. JSONata sees it as its root. Flows may add further fields.
 */
export interface Message {
  readonly topic: string
  /** What the device sent, decoded: JSON, text, or bytes as a Uint8Array. */
  readonly payload: unknown
  /** When it was measured, UTC milliseconds. */
  readonly time: number
  /** When the engine got it, UTC milliseconds. */
  readonly received: number
  /** What `{name}` in the topic filter stood for. */
  readonly params: Readonly<Record<string, string>>
  readonly retain: boolean
  readonly qos: 0 | 1 | 2
  /** MQTT 5 user properties; a name that stands twice has a list. */
  readonly props: Readonly<Record<string, string | readonly string[]>>
  /** What state belongs to; the topic unless a node says otherwise. */
  readonly key: string
  readonly id: string
  readonly [field: string]: unknown
}

/** A changed copy of a message; the fields that are not named stay. */
export function derive(message: Message, changes: Partial<Message>): Message {
  return { ...message, ...changes }
}

/** A copy with another payload: what most nodes need, and the fastest way to it. */
export function withPayload(message: Message, payload: unknown): Message {
  return { ...message, payload }
}

/** One PUBLISH as it came from a broker, before a node has decoded it. */
export interface Packet {
  readonly connection: string
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly props: Readonly<Record<string, string | readonly string[]>>
  /** UTC milliseconds. */
  readonly received: number
  /** Filled by the first node that decodes the payload, so that it is done once for all that take the packet. */
  decoded?: DecodedPayload
}
