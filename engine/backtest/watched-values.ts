import { rulewireError } from '../errors.ts'
import { type Compiled, compile, JsonataError } from '../jsonata/index.ts'
import { decodePayload } from '../spec/decode.ts'
import type { Message, Packet } from '../spec/message.ts'
import { compileFilter, filtersIntersect, withoutShare } from '../spec/topics.ts'

export interface WatchedOptions {
  /** Topic filter, as in a source. */
  topic: string
  /** JSONata for the number, and for the key; the payload and the topic unless said. */
  value?: string | undefined
  key?: string | undefined
}

/** A number of one key. */
export interface WatchedValue {
  key: string
  value: number
}

/**
 * Makes a function that takes the watched number out of a packet: null where there is none, undefined for a packet of another topic.
 * Throws TOPIC_FILTER and EXPRESSION_SYNTAX here.
 */
export function valueReader({
  topic,
  value,
  key,
}: WatchedOptions): (packet: Packet) => WatchedValue | null | undefined {
  const { filter, params } = compileFilter(topic)
  const wanted = withoutShare(filter)
  const [numberOf, keyOf] = [value, key].map((text) => (text === undefined ? undefined : compiled(text)))
  return (packet) => {
    if (!filtersIntersect(wanted, packet.topic)) return undefined
    const message = messageOf(packet, params(packet.topic))
    if (message === undefined) return null
    const found = numberOf === undefined ? message.payload : evaluate(numberOf, message)
    const whose = keyOf === undefined ? packet.topic : evaluate(keyOf, message)
    if (typeof found !== 'number' || !Number.isFinite(found) || typeof whose !== 'string') return null
    return { key: whose, value: found }
  }
}

function compiled(text: string): Compiled {
  try {
    return compile(text)
  } catch (cause) {
    if (!(cause instanceof JsonataError)) throw cause
    const values = { expression: text, detail: cause.message, position: cause.position ?? 0 }
    throw rulewireError('EXPRESSION_SYNTAX', values, { cause })
  }
}

/** Undefined where it fails: a message without a value, like any other. */
function evaluate(expression: Compiled, message: Message): unknown {
  try {
    return expression.evaluate(message, undefined, { now: () => message.received, random: () => 0.5 })
  } catch (thrown) {
    if (thrown instanceof JsonataError) return undefined
    throw thrown
  }
}

/** The message that a source makes of it; payloads that are nested too deep have none. */
function messageOf(packet: Packet, params: Message['params']): Message | undefined {
  const { topic, received, retain, qos, props } = packet
  const payload = payloadOf(packet)
  if (payload === undefined) return undefined
  return { topic, payload, time: received, received, params, retain, qos, props, key: topic, id: '' }
}

function payloadOf(packet: Packet): unknown {
  try {
    return decodePayload(packet, 'auto')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'PAYLOAD_DECODE') return undefined
    throw thrown
  }
}
