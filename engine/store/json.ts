/**
 * JSON that keeps bytes: a Uint8Array stands as `{ "$bytes": base64 }`, and comes back by {@link fromText}. What is nested too deep to
 * be written is cut: a commit must not fail for what one message holds.
 */
export function toText(message: unknown): string {
  try {
    return written(message)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return written(cut(message, deepest))
  }
}

/** Levels that are kept of what is too deep. */
const deepest = 100

function cut(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (levels === 0) return `(nested deeper than ${deepest} levels)`
  if (Array.isArray(value)) return value.map((item) => cut(item, levels - 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cut(item, levels - 1)]))
}

function written(message: unknown): string {
  // `this`, because the toJSON of a Buffer has already run on `value`.
  return JSON.stringify(message, function (this: Record<string, unknown>, field: string, value: unknown) {
    const found = this[field]
    return found instanceof Uint8Array
      ? { $bytes: Buffer.from(found.buffer, found.byteOffset, found.byteLength).toString('base64') }
      : value
  })
}

/** The value of a text that {@link toText} wrote. */
export function fromText(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
    return Object.keys(value).length === 1 && typeof value.$bytes === 'string'
      ? new Uint8Array(Buffer.from(value.$bytes, 'base64'))
      : value
  })
}
