/** Bytes of a buffer that is used again. */
const largestKept = 4_000_000

/** Bytes that are written one after the other; the buffer grows as needed. */
export class ByteWriter {
  #bytes: Buffer
  #at = 0

  /** @param size bytes to begin with */
  constructor(size = 1024) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  get length(): number {
    return this.#at
  }

  /** Forgets what was written, and a buffer that has become large. */
  clear(): void {
    this.#at = 0
    if (this.#bytes.length > largestKept) this.#bytes = Buffer.allocUnsafe(1024)
  }

  /** What was written; valid until more is. */
  taken(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  number(value: number): void {
    this.#reserve(8)
    let left = value
    while (left > 0x7fff_ffff) {
      this.#bytes[this.#at++] = (left % 128) | 128
      left = Math.floor(left / 128)
    }
    while (left > 127) {
      this.#bytes[this.#at++] = (left & 127) | 128
      left >>>= 7
    }
    this.#bytes[this.#at++] = left
  }

  /** A whole number that may be below 0, from -2^52 to 2^52 - 1. */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value)
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** A text with its length in front. */
  text(value: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.#reserve(value.length * 3 + 8)
    const length = Buffer.byteLength(value)
    this.number(length)
    this.#at += this.#bytes.write(value, this.#at)
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size))
    larger.set(this.taken())
    this.#bytes = larger
  }
}

/** Reads what a {@link ByteWriter} wrote. Throws RangeError where the bytes end too early. */
export class ByteReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = at
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.#at++]
    if (value === undefined) throw tooShort()
    return value
  }

  number(): number {
    let value = this.byte()
    if (value < 128) return value
    value &= 127
    for (let factor = 128; ; factor *= 128) {
      const next = this.byte()
      value += (next & 127) * factor
      if (next < 128) return value
    }
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw tooShort()
    const found = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return found
  }

  text(): string {
    return this.bytes(this.number()).toString()
  }

  /** A reader of the next bytes, which this one passes over. */
  part(length: number): ByteReader {
    return new ByteReader(this.bytes(length))
  }
}

function tooShort(): RangeError {
  return new RangeError('Bytes of the history end too early')
}
