/** JSON that keeps bytes: a Uint8Array stands as `{ "$bytes": base64 }`, and comes back by {@link fromText}. */
export function toText(message: unknown): string {
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
