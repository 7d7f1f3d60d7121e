const firstSize = 4096

/**
 * Collects bytes that come in pieces, up to a limit. They are copied together, because a piece of one byte takes some 240 bytes
 * when it is kept as it came, and who sends decides how small the pieces are (C28, C38).
 */
export class Collector {
  readonly #limit: number
  #bytes = Buffer.alloc(0)
  #size = 0

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a piece; false, and nothing is taken, when it would be more than the limit. */
  add(piece: Uint8Array): boolean {
    const size = this.#size + piece.length
    if (size > this.#limit) return false
    if (size > this.#bytes.length) this.#grow(size)
    this.#bytes.set(piece, this.#size)
    this.#size = size
    return true
  }

  /** All of it, as one. Nothing may be added after that. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(size, 2 * this.#bytes.length, firstSize)))
    larger.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = larger
  }
}
