/** Slots of the table; a power of two. */
const slots = 16_384
/** Bytes; longer topics are decoded each time, so that nobody can fill the memory with them. */
const longest = 256

/**
 * Turns the bytes of a topic into text without decoding the same topic twice: devices repeat theirs. A slot keeps the topic
 * that came last with its hash, so the table is bounded; the same text object comes back, so maps keyed by topic find it fast.
 */
export class TopicTable {
  readonly #bytes: (Buffer | undefined)[] = new Array(slots).fill(undefined)
  readonly #texts: string[] = new Array(slots).fill('')

  /** The topic in `bytes[start]` up to `bytes[end]`. */
  text(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > longest) return bytes.toString('utf8', start, end)
    let hash = length
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0 // in range
    const slot = (hash ^ (hash >>> 15)) & (slots - 1)
    const known = this.#bytes[slot]
    if (known !== undefined && known.length === length && same(known, bytes, start)) return this.#texts[slot] as string
    const text = bytes.toString('utf8', start, end)
    this.#bytes[slot] = Buffer.from(bytes.subarray(start, end))
    this.#texts[slot] = text
    return text
  }
}

function same(known: Buffer, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[start + index]) return false
  return true
}
