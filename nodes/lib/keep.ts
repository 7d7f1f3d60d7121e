import type { Json, Message } from '../../engine/node.ts'

/**
 * A value as state can keep it, to be read by {@link recall}: bytes stand as `{ "$bytes": base64 }`, what JSON does not know
 * is left out, or null in lists and for numbers without a value.
 */
export function keep(value: unknown): Json {
  return plain(value) ?? null
}

/** What {@link keep} was given. */
export function recall(kept: Json): unknown {
  if (typeof kept !== 'object' || kept === null) return kept
  if (isList(kept)) return kept.map(recall)
  const [only, ...others] = Object.entries(kept)
  if (only !== undefined && others.length === 0 && marks.test(only[0])) {
    const [name, value] = only
    if (name === '$bytes' && typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'))
    return Object.fromEntries([[name.slice(1), recall(value)]])
  }
  return Object.fromEntries(Object.entries(kept).map(([name, item]) => [name, recall(item)]))
}

/** A message that {@link keep} was given. */
export function recallMessage(kept: Json): Message {
  // only messages are kept by those who ask for one
  return recall(kept) as Message
}

/** An object of one field that could be taken for bytes gets one more "$". */
const marks = /^\$+bytes$/

function plain(value: unknown): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  // JSON has no -0
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
  }
  // Array.from: the result of an expression may be a list with further fields of its own
  if (Array.isArray(value)) return Array.from(value, (item) => plain(item) ?? null)
  if (typeof value !== 'object') return undefined
  const fields = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    const found = plain(item)
    return found === undefined ? [] : [[name, found]]
  })
  const [only] = fields
  if (only !== undefined && fields.length === 1 && marks.test(only[0]))
    return Object.fromEntries([[`$${only[0]}`, only[1]]])
  return Object.fromEntries(fields)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
