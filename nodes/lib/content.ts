/** Media types of what nodes send over HTTP. */
export const contentTypes = ['application/json', 'text/plain; charset=utf-8', 'application/octet-stream'] as const

/** The media type in which a value goes out: text and bytes as they are, everything else as JSON. */
export function contentTypeOf(value: unknown): (typeof contentTypes)[number] {
  if (typeof value === 'string') return 'text/plain; charset=utf-8'
  return value instanceof Uint8Array ? 'application/octet-stream' : 'application/json'
}

/** Whether a text may be the value of a header. */
export function isHeaderText(text: string): boolean {
  return !/[^\t\x20-\x7e]/.test(text)
}
