import { BoundedCache } from '../spec/cache.ts'
import type { Received } from './contract.ts'

/** A message on its way out. */
export interface Publish {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly retain: boolean
  readonly props?: Readonly<Record<string, string | readonly string[]>> | undefined
}

/** What MQTT can say at most in one packet: four bytes of length and their header. */
export const largestPacket = 268_435_455 + 5

const cachedTopics = 4096
/** Longer topics are not kept. */
const longestCached = 512
/** Bytes that are asked of the system at once; many batches are cut from them. */
const slab = 65_536
/** The fixed header, the length of the topic and the packet id at most. */
const overhead = 9
const userProperty = 0x26
const longestText = 65_535

/** PUBACK, PUBREC and PUBCOMP in the order given, for what this epoch delivered; undefined when there is nothing to say. */
export function encodeAcks(packets: readonly Received[], epoch: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(packets.length * 4)
  let at = 0
  for (const packet of packets) {
    if (packet.epoch !== epoch || packet.packetId === 0) continue
    bytes[at++] = packet.type === 'release' ? 0x70 : packet.qos === 1 ? 0x40 : 0x50
    bytes[at++] = 2
    bytes[at++] = packet.packetId >> 8
    bytes[at++] = packet.packetId & 0xff
  }
  return at === 0 ? undefined : bytes.subarray(0, at)
}

/** PUBREL for these packet ids. */
export function encodeReleases(packetIds: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(packetIds.length * 4)
  let at = 0
  for (const packetId of packetIds) {
    bytes[at++] = 0x62
    bytes[at++] = 2
    bytes[at++] = packetId >> 8
    bytes[at++] = packetId & 0xff
  }
  return bytes
}

/** Why a text cannot be a topic to publish to, or undefined. A broker would end the connection for such a topic. */
export function topicFault(topic: string): string | undefined {
  if (topic === '') return 'the topic is empty'
  if (/[+#\0]/.test(topic)) return `the topic ${JSON.stringify(topic)} holds "+", "#" or a NUL`
  if (topic.length * 3 > 65_535 && Buffer.byteLength(topic) > 65_535) return 'the topic is longer than 65,535 bytes'
  return undefined
}

/**
 * Encodes PUBLISH packets one behind the other, so that a batch is one write. One encoder for a connection; after
 * {@link PublishEncoder.take} the buffers belong to the caller.
 */
export class PublishEncoder {
  readonly #topics = new BoundedCache<string, Buffer | string>(cachedTopics)
  #full: Buffer[] = []
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0

  /** MQTT version of the connection; set it when it changes. */
  version: 4 | 5 = 4
  /** Bytes of the largest packet that the server takes. */
  limit = largestPacket

  /** Makes room for a batch of about that many bytes. */
  expect(bytes: number): void {
    if (this.#buffer.length - this.#at < bytes) this.#grow(bytes)
  }

  /** Appends a packet. Returns why it cannot be sent, and then has appended nothing. `packetId` 0 means QoS 0. */
  add(publish: Publish, qos: 0 | 1 | 2, packetId: number, duplicate: boolean): string | undefined {
    const { topic: name, payload } = publish
    const topic = this.#topic(name)
    if (typeof topic === 'string') return topic
    const properties = this.version === 5 ? encodeProps(publish.props) : nothing
    if (typeof properties === 'string') return properties
    const first = 0x30 | (duplicate ? 8 : 0) | (qos << 1) | (publish.retain ? 1 : 0)
    const fixed = 2 + topic.length + (qos > 0 ? 2 : 0) + properties.length
    const worst = mostBytes(payload)
    if (worst > this.limit) {
      const length = fixed + byteLength(payload)
      const size = 1 + sizeOfLength(length) + length
      if (size > this.limit) return tooLarge(size, this.limit)
    }
    this.expect(overhead + topic.length + properties.length + worst)
    const buffer = this.#buffer
    const start = this.#at
    // Most texts are ASCII, so their length in bytes is guessed; a wrong guess moves the packet when it needs another byte.
    let lengthBytes = sizeOfLength(fixed + payload.length)
    let at = start + 1 + lengthBytes
    buffer[at++] = topic.length >> 8
    buffer[at++] = topic.length & 0xff
    buffer.set(topic, at)
    at += topic.length
    if (qos > 0) {
      buffer[at++] = packetId >> 8
      buffer[at++] = packetId & 0xff
    }
    if (properties.length === 1) buffer[at++] = 0
    else {
      buffer.set(properties, at)
      at += properties.length
    }
    if (typeof payload === 'string') at += buffer.write(payload, at)
    else {
      buffer.set(payload, at)
      at += payload.length
    }
    const length = at - start - 1 - lengthBytes
    const needed = sizeOfLength(length)
    if (needed !== lengthBytes) {
      buffer.copyWithin(start + 1 + needed, start + 1 + lengthBytes, at)
      at += needed - lengthBytes
      lengthBytes = needed
    }
    if (at - start > this.limit) return tooLarge(at - start, this.limit)
    buffer[start] = first
    writeLength(buffer, start + 1, lengthBytes, length)
    this.#at = at
    return undefined
  }

  /** The bytes of everything added since the last call; empty when nothing was. */
  take(): Buffer[] {
    const buffers = this.#full
    if (this.#at > 0) {
      buffers.push(this.#buffer.subarray(0, this.#at))
      // What is left of the buffer serves the next batch.
      this.#buffer = this.#buffer.subarray(this.#at)
      this.#at = 0
    }
    if (buffers.length > 0) this.#full = []
    return buffers
  }

  #topic(name: string): Buffer | string {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const made = topicFault(name) ?? Buffer.from(name)
    if (name.length <= longestCached) this.#topics.set(name, made)
    return made
  }

  #grow(bytes: number): void {
    if (this.#at > 0) this.#full.push(this.#buffer.subarray(0, this.#at))
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(bytes, slab))
    this.#at = 0
  }
}

const nothing = Buffer.alloc(0)
const noProperties = Buffer.alloc(1)

function sizeOfLength(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
}

/** A UTF-16 unit is at most three bytes of UTF-8; long texts are measured, so that no room is wasted on them. */
function mostBytes(payload: string | Uint8Array): number {
  if (typeof payload !== 'string') return payload.length
  return payload.length < slab ? payload.length * 3 : Buffer.byteLength(payload)
}

function byteLength(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
}

/** The properties of a PUBLISH with their length in front, or why they cannot be sent. */
function encodeProps(props: Publish['props']): Buffer | string {
  if (props === undefined) return noProperties
  const pairs: Buffer[] = []
  let length = 0
  for (const name in props) {
    const value = props[name] ?? []
    for (const text of typeof value === 'string' ? [value] : value) {
      const [nameBytes, textBytes] = [Buffer.from(name), Buffer.from(text)]
      if (nameBytes.length > longestText || textBytes.length > longestText) {
        return `the property "${name.slice(0, 60)}" is longer than 65,535 bytes`
      }
      const pair = Buffer.allocUnsafe(5 + nameBytes.length + textBytes.length)
      let at = pair.writeUInt8(userProperty, 0)
      at = pair.writeUInt16BE(nameBytes.length, at)
      at += nameBytes.copy(pair, at)
      at = pair.writeUInt16BE(textBytes.length, at)
      textBytes.copy(pair, at)
      pairs.push(pair)
      length += pair.length
    }
  }
  if (length === 0) return noProperties
  const size = Buffer.alloc(sizeOfLength(length))
  writeLength(size, 0, size.length, length)
  return Buffer.concat([size, ...pairs])
}

/** Writes a variable byte integer of MQTT into that many bytes. */
function writeLength(buffer: Buffer, start: number, bytes: number, value: number): void {
  let left = value
  for (let index = 0; index < bytes - 1; index++) {
    buffer[start + index] = (left & 0x7f) | 0x80
    left >>>= 7
  }
  buffer[start + bytes - 1] = left
}

function tooLarge(size: number, limit: number): string {
  return `the packet is ${size} bytes long, the broker takes at most ${limit}`
}
