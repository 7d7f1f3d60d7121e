import { ProtocolFault } from './faults.ts'

/**
 * Takes one MQTT control packet. `first` is its first byte, `bytes[start]`; what follows the length begins at `body` and
 * the packet ends before `end`.
 */
export type FrameHandler = (first: number, bytes: Buffer, start: number, body: number, end: number) => void

/** Longest fixed header: type and four bytes of length. */
const longestHeader = 5

/**
 * Cuts a stream of bytes into MQTT control packets, wherever the chunks break. A packet that lies whole in a chunk is handed
 * over in place; only one that a chunk end cuts is copied. After a fault it must not be fed again.
 */
export class FrameCutter {
  readonly #limit: number
  readonly #handler: FrameHandler
  /** A fixed header that is not complete yet. */
  readonly #header = Buffer.alloc(longestHeader)
  #headerLength = 0
  /** A packet whose header is known and whose bytes are still coming. */
  #partial: Buffer | undefined
  #filled = 0
  #body = 0

  /** @param limit bytes of the largest packet that is taken */
  constructor(limit: number, handler: FrameHandler) {
    this.#limit = limit
    this.#handler = handler
  }

  /** Hands over every packet that is complete with this chunk. Throws ProtocolFault on a wrong length or a packet over the limit. */
  feed(chunk: Buffer): void {
    const size = chunk.length
    let at = this.#partial !== undefined || this.#headerLength > 0 ? this.#continue(chunk) : 0
    while (at < size) {
      // In range: at < size, and each further byte is looked at only below size.
      let place = at + 1
      let length = 0
      let scale = 1
      let byte = 0x80
      while (place < size) {
        byte = chunk[place++] as number
        length += (byte & 0x7f) * scale
        if (byte < 0x80) break
        scale *= 128
        if (scale > 2_097_152) throw new ProtocolFault('the length of a packet has more than four bytes')
      }
      if (byte >= 0x80) {
        chunk.copy(this.#header, 0, at, size)
        this.#headerLength = size - at
        return
      }
      const end = place + length
      if (end - at > this.#limit) throw tooLarge(end - at, this.#limit)
      if (end > size) {
        this.#filled = chunk.copy(this.#begin(end - at, place - at), 0, at, size)
        return
      }
      this.#handler(chunk[at] as number, chunk, at, place, end)
      at = end
    }
  }

  /** Goes on with what the chunks before began; returns where the chunk's next packet starts. */
  #continue(chunk: Buffer): number {
    let at = 0
    while (this.#partial === undefined) {
      if (at >= chunk.length) return at
      this.#header[this.#headerLength++] = chunk[at++] as number // at < length
      this.#readHeader()
    }
    const partial = this.#partial
    const copied = chunk.copy(partial, this.#filled, at)
    this.#filled += copied
    if (this.#filled < partial.length) return chunk.length
    this.#partial = undefined
    this.#handler(partial.readUInt8(0), partial, 0, this.#body, partial.length)
    return at + copied
  }

  /** Makes room for the packet as soon as the header's length is complete. */
  #readHeader(): void {
    let length = 0
    for (let index = 1; index < this.#headerLength; index++) {
      const byte = this.#header.readUInt8(index)
      length += (byte & 0x7f) * 128 ** (index - 1)
      if (byte >= 0x80) continue
      const headerLength = this.#headerLength
      if (headerLength + length > this.#limit) throw tooLarge(headerLength + length, this.#limit)
      this.#filled = this.#header.copy(this.#begin(headerLength + length, headerLength), 0, 0, headerLength)
      this.#headerLength = 0
      return
    }
    if (this.#headerLength === longestHeader) {
      throw new ProtocolFault('the length of a packet has more than four bytes')
    }
  }

  #begin(size: number, body: number): Buffer {
    const partial = Buffer.allocUnsafe(size)
    this.#partial = partial
    this.#body = body
    return partial
  }
}

/** A packet over the limit was announced; `size` is the bytes of the whole packet. */
export class PacketTooLarge extends ProtocolFault {
  readonly size: number

  constructor(size: number, limit: number) {
    super(`a packet of ${size} bytes came, the limit is ${limit}; raise maximumPacketSize or send smaller messages`)
    this.size = size
  }
}

function tooLarge(size: number, limit: number): PacketTooLarge {
  return new PacketTooLarge(size, limit)
}
