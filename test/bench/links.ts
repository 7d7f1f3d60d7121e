/**
 * How fast the links are alone. Run by hand: `node test/bench/links.ts`.
 *
 * Each line is messages a second, the median of several runs in this process; compare lines of one run only. "in" feeds
 * chunks of a socket's size to an incoming link over an in-process stream and settles each batch; "out" hands batches to an
 * outgoing link. mqtt-packet's parser and generator on the same bytes stand beside them.
 */
import { Duplex } from 'node:stream'
import { generate, parser } from 'mqtt-packet'
import type { Outbox, OutboxRow, Received } from '../../engine/mqtt/contract.ts'
import { PublishDecoder } from '../../engine/mqtt/decode.ts'
import { encodeAcks, PublishEncoder } from '../../engine/mqtt/encode.ts'
import { FrameCutter } from '../../engine/mqtt/frames.ts'
import { mqttLinks } from '../../engine/mqtt/index.ts'
import { TopicTrie } from '../../engine/mqtt/trie.ts'

const devices = 1000
const perRun = 300_000
const runs = 5
const chunkSize = 65_536

const connack = { 4: Buffer.from([0x20, 2, 0, 0]), 5: Buffer.from([0x20, 3, 0, 0, 0]) }

function payloadOf(index: number): string {
  return `{"device":"s-${index}","ts":1760000000000,"temperature":23.7,"humidity":41.2,"battery":3.71}`
}

/** Chunks as a socket gives them: packets of many devices, cut anywhere. */
function chunksOf(qos: 0 | 1, version: 4 | 5): { chunks: Buffer[]; messages: number } {
  const packets = Array.from({ length: 20_000 }, (_, index) =>
    generate(
      {
        cmd: 'publish',
        topic: `sensors/s-${index % devices}/climate`,
        payload: payloadOf(index % devices),
        qos,
        messageId: qos === 0 ? 0 : 1 + (index % 65_535),
        dup: false,
        retain: false,
      },
      { protocolVersion: version },
    ),
  )
  const bytes = Buffer.concat(packets)
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.subarray(at, at + chunkSize))
  return { chunks, messages: packets.length }
}

/** A socket without a system below it: `receive` is called as by the system, and what is written is counted. */
class FakeSocket extends Duplex {
  written = 0
  writes = 0
  onWrite: ((chunk: Buffer) => void) | undefined
  override _read(): void {
    // Chunks are emitted by receive.
  }
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written += chunk.length
    this.writes++
    this.onWrite?.(chunk)
    done()
  }
  receive(chunk: Buffer): void {
    this.emit('data', chunk)
  }
}

async function measure(name: string, messages: number, run: () => unknown): Promise<void> {
  const rates: number[] = []
  for (let index = 0; index <= runs; index++) {
    const start = performance.now()
    await run()
    const rate = messages / ((performance.now() - start) / 1000)
    if (index > 0) rates.push(rate) // the first one warms up
  }
  rates.sort((left, right) => left - right)
  const median = rates[runs >> 1] ?? 0
  console.log(`${name.padEnd(52)} ${Math.round(median).toLocaleString('en').padStart(12)} /s`)
}

async function incoming(qos: 0 | 1, version: 4 | 5): Promise<void> {
  const socket = new FakeSocket()
  let count = 0
  let connected = false
  const link = mqttLinks.incoming({
    config: {
      name: 'bench',
      url: 'mqtt://bench',
      clientId: 'bench',
      protocolVersion: version,
      keepalive: 600,
      connect: () => socket,
    },
    now: Date.now,
    onConnected: () => {
      connected = true
    },
    onReceived: (packets: Received[]) => {
      count += packets.length
      link.settle(packets)
    },
  })
  link.subscribe(new Map())
  socket.receive(connack[version])
  if (!connected) throw new Error('The link did not connect')
  const { chunks, messages } = chunksOf(qos, version)
  const repeats = Math.ceil(perRun / messages)
  await measure(`in, QoS ${qos}, version ${version}, settled`, repeats * messages, () => {
    for (let repeat = 0; repeat < repeats; repeat++) for (const chunk of chunks) socket.receive(chunk)
  })
  if (count === 0) throw new Error('Nothing was received')
  await link.close()
}

async function outgoing(version: 4 | 5): Promise<void> {
  const socket = new FakeSocket()
  const link = mqttLinks.outgoing({
    config: {
      name: 'bench',
      url: 'mqtt://bench',
      clientId: 'bench',
      protocolVersion: version,
      keepalive: 600,
      connect: () => socket,
    },
    now: Date.now,
    outbox: { read: () => [], release: () => undefined, remove: () => undefined, refuse: () => undefined },
  })
  socket.receive(connack[version])
  const batch = Array.from({ length: 256 }, (_, index) => ({
    topic: `alerts/s-${index}`,
    payload: payloadOf(index),
    retain: false,
  }))
  const repeats = Math.ceil(perRun / batch.length)
  await measure(`out, QoS 0, version ${version}, batches of 256`, repeats * batch.length, () => {
    for (let repeat = 0; repeat < repeats; repeat++) link.publish(batch)
  })
  await link.close()
}

/** The outbox is memory here: what is measured is the window, not SQLite. */
async function outbox(qos: 1 | 2): Promise<void> {
  const socket = new FakeSocket()
  let end = 0
  let removed = 0
  let done: () => void = () => undefined
  const rowOf = (sequence: number): OutboxRow => ({
    sequence,
    topic: `alerts/s-${sequence % devices}`,
    payload: payloadOf(sequence % devices),
    qos,
    retain: false,
    released: false,
    sentBefore: false,
  })
  const memory: Outbox = {
    read: (after, limit) => {
      const rows: OutboxRow[] = []
      for (let sequence = after + 1; sequence <= end && rows.length < limit; sequence++) rows.push(rowOf(sequence))
      return rows
    },
    release: (_, committed) => committed(),
    remove: () => {
      if (++removed === end) done()
    },
    refuse: (sequence, detail) => {
      throw new Error(`${sequence}: ${detail}`)
    },
  }
  const link = mqttLinks.outgoing({
    config: {
      name: 'bench',
      url: 'mqtt://bench',
      clientId: 'bench',
      protocolVersion: 5,
      keepalive: 600,
      connect: () => socket,
    },
    now: Date.now,
    outbox: memory,
  })
  socket.receive(connack[5])
  /** A broker that answers what one write held with one write. */
  const answer = (chunk: Buffer) => {
    const acks: number[] = []
    for (let at = 0; at < chunk.length; ) {
      const first = chunk[at] as number
      const length = chunk[at + 1] as number // all packets here are shorter than 128 bytes
      const id = first >> 4 === 3 ? at + 4 + chunk.readUInt16BE(at + 2) : at + 2
      const type = first >> 4 === 6 ? 0x70 : qos === 1 ? 0x40 : 0x50
      acks.push(type, 2, chunk[id] as number, chunk[id + 1] as number)
      at += 2 + length
    }
    setImmediate(() => socket.receive(Buffer.from(acks)))
  }
  socket.onWrite = (chunk) => {
    const type = (chunk[0] as number) >> 4
    if (type === 3 || type === 6) answer(chunk)
  }
  await measure(`out, QoS ${qos} from an outbox in memory`, perRun, () => {
    end += perRun
    const finished = new Promise<void>((resolve) => {
      done = resolve
    })
    link.wake()
    return finished
  })
  await link.close()
}

async function parts(): Promise<void> {
  const { chunks, messages } = chunksOf(1, 4)
  const repeats = Math.ceil(perRun / messages)
  const total = repeats * messages
  let frames = 0
  const cutter = new FrameCutter(1 << 24, () => {
    frames++
  })
  await measure('  cutting frames alone', total, () => {
    for (let repeat = 0; repeat < repeats; repeat++) for (const chunk of chunks) cutter.feed(chunk)
  })
  const decoder = new PublishDecoder()
  let batch: Received[] = []
  const facts = { connection: 'bench', epoch: 1, received: 0, identified: true }
  const decoding = new FrameCutter(1 << 24, (_, bytes, start, body, end) => {
    batch.push(decoder.decode(4, bytes, start, body, end, facts))
  })
  await measure('  cutting and decoding', total, () => {
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const chunk of chunks) {
        decoding.feed(chunk)
        batch = []
      }
    }
  })
  for (const chunk of chunks) decoding.feed(chunk)
  const packets = batch.slice(0, 500)
  await measure('  acks, 500 in a batch', 300_000, () => {
    for (let repeat = 0; repeat < 600; repeat++) encodeAcks(packets, 1)
  })
  const encoder = new PublishEncoder()
  const messagesOut = Array.from({ length: 256 }, (_, index) => ({
    topic: `alerts/s-${index}`,
    payload: payloadOf(index),
    retain: false,
  }))
  await measure('  encoding, 256 in a batch', 1200 * 256, () => {
    for (let repeat = 0; repeat < 1200; repeat++) {
      for (const message of messagesOut) encoder.add(message, 1, 7, false)
      encoder.take()
    }
  })
  const peer = parser({ protocolVersion: 4 })
  let parsed = 0
  peer.on('packet', () => {
    parsed++
  })
  await measure('  mqtt-packet, parser on the same chunks', total, () => {
    for (let repeat = 0; repeat < repeats; repeat++) for (const chunk of chunks) peer.parse(chunk)
  })
  await measure('  mqtt-packet, generate', 1200 * 256, () => {
    for (let repeat = 0; repeat < 1200; repeat++) {
      for (const message of messagesOut) generate({ cmd: 'publish', qos: 1, messageId: 7, dup: false, ...message })
    }
  })
  if (frames === 0 || parsed === 0) throw new Error('Nothing was read')
}

async function trie(filters: number): Promise<void> {
  const tree = new TopicTrie<number>()
  for (let index = 0; index < filters; index++) tree.add(`sensors/s-${index}/+`, index)
  const topics = Array.from({ length: 1 }, (_, index) => `sensors/s-${index}/climate`)
  await measure(`trie, ${filters} filters, one topic`, 1_000_000, () => {
    for (let repeat = 0; repeat < 1_000_000; repeat++) tree.match(topics[0] as string)
  })
}

await parts()
for (const version of [4, 5] as const) for (const qos of [0, 1] as const) await incoming(qos, version)
for (const version of [4, 5] as const) await outgoing(version)
for (const qos of [1, 2] as const) await outbox(qos)
for (const filters of [1, 10_000]) await trie(filters)
process.exit(0)
