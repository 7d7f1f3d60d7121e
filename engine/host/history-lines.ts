import type { Packet } from '../spec/message.ts'

/**
 * A recorded message as a line of JSON, with its line end, as the readers of JSON lines take it: payloads that are JSON and would
 * be written the same way stand as they are, others as text, and bytes that are no text as `{ "$bytes": base64 }`.
 */
export function historyLine({ connection, topic, payload, received, qos, retain, props }: Packet): string {
  const line = {
    time: new Date(received).toISOString(),
    topic,
    payload: payloadOf(payload),
    qos,
    ...(retain ? { retain } : {}),
    ...(Object.keys(props).length > 0 ? { props } : {}),
    connection,
  }
  return `${JSON.stringify(line)}\n`
}

function payloadOf(payload: Uint8Array): unknown {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const text = bytes.toString()
  if (!Buffer.from(text).equals(bytes)) return { $bytes: bytes.toString('base64') }
  // Only what begins as JSON is tried: most other texts would cost an exception.
  if (!/^[[{\d\-tfn]/.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : text
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return text
    throw thrown
  }
}
