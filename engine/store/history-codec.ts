import { zstdCompress, zstdDecompressSync } from 'node:zlib'
import type { Packet } from '../spec/message.ts'
import { ByteReader, ByteWriter } from './history-bytes.ts'

/**
 * Messages of one recording. Each kind of value stands in a column of its own, which compresses better than one message behind
 * the other. The topics stand apart, so that a block without the wanted ones is passed over.
 */
export interface Block {
  /** Times of receipt, UTC milliseconds. */
  readonly first: number
  readonly last: number
  readonly count: number
  /** Bytes of topics and payloads. */
  readonly bytes: number
  readonly topics: Uint8Array
  readonly data: Uint8Array
}

const retainBit = 4
const propsBit = 8
const noProps: Packet['props'] = Object.freeze({})

/** Puts messages into a block, one after the other. Nothing of a message is held: payloads are copied. */
export class BlockBuilder {
  count = 0
  /** Bytes of topics and payloads. */
  bytes = 0
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY
  #before = 0
  readonly #topics = new Map<string, number>()
  readonly #names = new ByteWriter()
  readonly #times = new ByteWriter()
  readonly #places = new ByteWriter()
  readonly #flags = new ByteWriter()
  readonly #lengths = new ByteWriter()
  readonly #props = new ByteWriter(64)
  readonly #payloads = new ByteWriter(4096)

  add({ topic, payload, received, qos, retain, props }: Packet): void {
    this.count++
    this.bytes += topic.length + payload.length
    if (received < this.#first) this.#first = received
    if (received > this.#last) this.#last = received
    this.#times.signed(received - this.#before)
    this.#before = received
    let place = this.#topics.get(topic)
    if (place === undefined) {
      place = this.#topics.size
      this.#topics.set(topic, place)
      this.#names.text(topic)
    }
    this.#places.number(place)
    const hasProps = isFilled(props)
    this.#flags.byte(qos | (retain ? retainBit : 0) | (hasProps ? propsBit : 0))
    if (hasProps) this.#props.text(JSON.stringify(props))
    this.#lengths.number(payload.length)
    this.#payloads.bytes(payload)
  }

  /** The block of what was added, at least one message; the builder is empty after that. */
  finish(): Block {
    const columns = [this.#times, this.#places, this.#flags, this.#lengths, this.#props]
    const size = columns.reduce((sum, { length }) => sum + length + 8, this.#payloads.length)
    const data = new ByteWriter(size)
    for (const column of columns) {
      data.number(column.length)
      data.bytes(column.taken())
    }
    data.bytes(this.#payloads.taken())
    const topics = new ByteWriter(this.#names.length + 8)
    topics.number(this.#topics.size)
    topics.bytes(this.#names.taken())
    const block: Block = {
      first: this.#first,
      last: this.#last,
      count: this.count,
      bytes: this.bytes,
      topics: topics.taken(),
      data: data.taken(),
    }
    for (const writer of [this.#names, this.#payloads, ...columns]) writer.clear()
    this.#topics.clear()
    this.count = 0
    this.bytes = 0
    this.#before = 0
    this.#first = Number.POSITIVE_INFINITY
    this.#last = Number.NEGATIVE_INFINITY
    return block
  }
}

/** The same block with its bytes compressed, which is done beside the program. */
export async function compressBlock(block: Block): Promise<Block> {
  const [topics, data] = await Promise.all([compress(block.topics), compress(block.data)])
  return { ...block, topics, data }
}

/** What {@link compressBlock} made of some bytes, as they were. */
export function decompress(bytes: Uint8Array): Buffer {
  return zstdDecompressSync(bytes)
}

/** The topics of a block, in the order of their numbers in it. */
export function decodeTopics(topics: Uint8Array): string[] {
  const reader = new ByteReader(topics)
  return Array.from({ length: reader.number() }, () => reader.text())
}

/**
 * The messages of a block in the order in which they were added. Their payloads are views of `data`.
 *
 * @param topics its topics; messages of those that are undefined are left out
 */
export function decodeBlock(
  { count, data }: Pick<Block, 'count' | 'data'>,
  topics: readonly (string | undefined)[],
  connection: string,
): Packet[] {
  const reader = new ByteReader(data)
  const column = () => reader.part(reader.number())
  const [times, places, flags, lengths, props] = [column(), column(), column(), column(), column()]
  const packets: Packet[] = []
  let received = 0
  for (let index = 0; index < count; index++) {
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
      qos: (flag & 3) as Packet['qos'], // add wrote it
      retain: (flag & retainBit) !== 0,
      props: text === undefined ? noProps : (JSON.parse(text) as Packet['props']), // add wrote it
      received,
    })
  }
  return packets
}

function compress(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // With room for all of it, it comes back in one piece.
    zstdCompress(bytes, { chunkSize: Math.max(1024, bytes.length) }, (error, packed) =>
      error === null ? resolve(packed) : reject(error),
    )
  })
}

function isFilled(props: Packet['props']): boolean {
  for (const _ in props) return true
  return false
}
