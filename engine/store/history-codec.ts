import { zstdCompress, zstdDecompressSync } from 'node:zlib'
import type { Packet } from '../spec/message.ts'
import { ByteReader, ByteWriter } from './history-bytes.ts'

/** Messages as they are written with their batch: one behind the other, quickly. */
export interface StagedBlock {
  /** Times of receipt, UTC milliseconds. */
  readonly first: number
  readonly last: number
  readonly count: number
  /** Bytes of topics and payloads. */
  readonly bytes: number
  readonly data: Uint8Array
}

/** Many messages of one recording, compressed. The topics stand apart, so that a chunk without the wanted ones is passed over. */
export interface Chunk extends Omit<StagedBlock, 'data'> {
  readonly topics: Uint8Array
  readonly data: Uint8Array
}

const retainBit = 4
const propsBit = 8
const noProps: Packet['props'] = Object.freeze({})

/** Writes messages in their order; at least one. */
export function encodeStaged(packets: readonly Packet[]): StagedBlock {
  const writer = new ByteWriter(packets.length * 128)
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  let bytes = 0
  let before = 0
  for (const { topic, payload, received, qos, retain, props } of packets) {
    if (received < first) first = received
    if (received > last) last = received
    bytes += topic.length + payload.length
    const hasProps = isFilled(props)
    writer.byte(flagsOf(qos, retain, hasProps))
    writer.signed(received - before)
    before = received
    writer.text(topic)
    writer.number(payload.length)
    writer.bytes(payload)
    if (hasProps) writer.text(JSON.stringify(props))
  }
  return { first, last, count: packets.length, bytes, data: writer.taken() }
}

/** The messages of a staged block, in the order in which they were written. Their payloads are views of `data`. */
export function decodeStaged(data: Uint8Array, connection: string): Packet[] {
  const reader = new ByteReader(data)
  const packets: Packet[] = []
  let received = 0
  while (!reader.atEnd) {
    const flags = reader.byte()
    received += reader.signed()
    const topic = reader.text()
    const payload = reader.bytes(reader.number())
    const props = (flags & propsBit) === 0 ? noProps : propsOf(reader.text())
    packets.push({ connection, topic, payload, qos: qosOf(flags), retain: (flags & retainBit) !== 0, props, received })
  }
  return packets
}

/**
 * Compresses messages of one recording, in their order. Only the arranging runs here; the compression runs beside the program.
 *
 * Each kind of value stands in a column of its own, which compresses better than one message behind the other.
 */
export async function encodeChunk(packets: readonly Packet[]): Promise<Chunk> {
  const columns = Array.from({ length: 5 }, () => new ByteWriter(packets.length * 2))
  const [times, places, flags, lengths, props] = columns as [ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter]
  const payloads = new ByteWriter(packets.length * 64)
  const topics = new Map<string, number>()
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  let bytes = 0
  let before = 0
  for (const packet of packets) {
    const { topic, payload, received } = packet
    if (received < first) first = received
    if (received > last) last = received
    bytes += topic.length + payload.length
    times.signed(received - before)
    before = received
    let place = topics.get(topic)
    if (place === undefined) {
      place = topics.size
      topics.set(topic, place)
    }
    places.number(place)
    const hasProps = isFilled(packet.props)
    flags.byte(flagsOf(packet.qos, packet.retain, hasProps))
    lengths.number(payload.length)
    payloads.bytes(payload)
    if (hasProps) props.text(JSON.stringify(packet.props))
  }
  const names = new ByteWriter(topics.size * 32)
  names.number(topics.size)
  for (const topic of topics.keys()) names.text(topic)
  const data = new ByteWriter(payloads.length + packets.length * 8)
  for (const column of columns) {
    data.number(column.length)
    data.bytes(column.taken())
  }
  data.bytes(payloads.taken())
  const [packedTopics, packedData] = await Promise.all([compress(names.taken()), compress(data.taken())])
  return { first, last, count: packets.length, bytes, topics: packedTopics, data: packedData }
}

/** The topics of a chunk, in the order of their numbers in it. */
export function decodeTopics(topics: Uint8Array): string[] {
  const reader = new ByteReader(zstdDecompressSync(topics))
  return Array.from({ length: reader.number() }, () => reader.text())
}

/**
 * The messages of a chunk, in the order in which they came.
 *
 * @param topics its topics; those that are undefined are left out
 */
export function decodeChunk(
  chunk: Pick<Chunk, 'count' | 'data'>,
  topics: readonly (string | undefined)[],
  connection: string,
): Packet[] {
  const reader = new ByteReader(zstdDecompressSync(chunk.data))
  const column = () => reader.part(reader.number())
  const [times, places, flags, lengths, props] = [column(), column(), column(), column(), column()]
  const packets: Packet[] = []
  let received = 0
  for (let index = 0; index < chunk.count; index++) {
    received += times.signed()
    const topic = topics[places.number()]
    const flag = flags.byte()
    const payload = reader.bytes(lengths.number())
    const text = (flag & propsBit) === 0 ? undefined : props.text()
    if (topic === undefined) continue
    packets.push({
      connection,
      topic,
      payload,
      qos: qosOf(flag),
      retain: (flag & retainBit) !== 0,
      props: text === undefined ? noProps : propsOf(text),
      received,
    })
  }
  return packets
}

function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    zstdCompress(bytes, (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}

function flagsOf(qos: 0 | 1 | 2, retain: boolean, hasProps: boolean): number {
  return qos | (retain ? retainBit : 0) | (hasProps ? propsBit : 0)
}

function qosOf(flags: number): Packet['qos'] {
  return (flags & 3) as Packet['qos'] // flagsOf wrote it
}

function isFilled(props: Packet['props']): boolean {
  for (const _ in props) return true
  return false
}

function propsOf(text: string): Packet['props'] {
  return JSON.parse(text) as Packet['props'] // what was written here
}
