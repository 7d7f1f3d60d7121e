import type { Duplex } from 'node:stream'

export interface GuardOptions {
  /** Bytes of the largest packet. */
  readonly limit: number
  /** A packet over the limit was announced. */
  onTooLarge(size: number): void
  /** A CONNECT of a protocol level other than 3 and 4 came. */
  onVersion(level: number): void
}

/** CONNACK: no session, unacceptable protocol level [MQTT-3.1.2-2]. Clients of MQTT 5 read it as a refusal too. */
const wrongVersion = Buffer.from([0x20, 2, 0, 1])
const connectPacket = 1

/**
 * Looks at the bytes that aedes reads from a connection and ends it before a packet over the limit is collected in memory, or
 * when the client speaks another version; aedes itself knows no limit, and drops unknown versions without an answer.
 * It stands in `read`, which is where aedes takes its bytes, so that no further stream has to be between.
 */
export function guard(connection: Duplex, options: GuardOptions): void {
  const read = connection.read
  const watch = new PacketWatch(options.limit)
  let refused = false
  connection.read = function guarded(size?: number): unknown {
    const chunk: unknown = refused ? null : read.call(connection, size)
    if (!(chunk instanceof Uint8Array)) return chunk
    const fault = watch.look(chunk)
    if (fault === undefined) return chunk
    refused = true
    if (fault.level === undefined) {
      options.onTooLarge(fault.size)
      connection.destroy()
    } else {
      options.onVersion(fault.level)
      connection.end(wrongVersion)
      // Without a reader the end of the other side would never be seen.
      connection.removeAllListeners('readable')
      connection.resume()
    }
    return null
  }
}

type Fault = { level: number } | { level?: undefined; size: number }

/** Follows the packets in a stream of bytes without keeping them. */
class PacketWatch {
  readonly #limit: number
  /** Bytes of the present packet that are still to come. */
  #left = 0
  /** Length read so far and its place value; 0 when the next byte begins a packet. */
  #length = 0
  #scale = 0
  #headerBytes = 0
  /** The first bytes of the connection, until the protocol level is known. */
  #start: number[] | undefined = []

  constructor(limit: number) {
    this.#limit = limit
  }

  look(chunk: Uint8Array): Fault | undefined {
    const level = this.#start && this.#version(chunk)
    if (level !== undefined && level !== 3 && level !== 4) return { level }
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at)
        this.#left -= step
        at += step
        continue
      }
      const byte = chunk[at++] ?? 0
      this.#headerBytes++
      if (this.#scale === 0) {
        this.#scale = 1
        this.#length = 0
        continue
      }
      this.#length += (byte & 0x7f) * this.#scale
      this.#scale *= 128
      const size = this.#headerBytes + this.#length
      if (size > this.#limit) return { size }
      if (byte < 0x80) {
        this.#left = this.#length
        this.#scale = 0
        this.#headerBytes = 0
      }
    }
    return undefined
  }

  /** The protocol level of CONNECT, once its bytes are here. */
  #version(chunk: Uint8Array): number | undefined {
    const start = this.#start ?? []
    for (let index = 0; index < chunk.length && start.length < 16; index++) start.push(chunk[index] ?? 0)
    const type = (start[0] ?? 0) >> 4
    let name = 1
    while ((start[name] ?? 0) >= 0x80) name++
    name++
    const length = (start[name] ?? 0) * 256 + (start[name + 1] ?? 0)
    const level = start[name + 2 + length]
    if (type !== connectPacket || (level === undefined && start.length < 16)) {
      // Not a CONNECT at all is for aedes to refuse.
      if (start.length > 0 && type !== connectPacket) this.#start = undefined
      return undefined
    }
    this.#start = undefined
    return level === undefined ? undefined : level & 0x7f
  }
}
