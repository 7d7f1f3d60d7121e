/**
 * The load: a process that speaks MQTT to a program under test as if it were its broker, so that no broker is the limit.
 * It sends readings in a closed loop, counts what the program publishes, compares it with what the rule must give, and prints
 * one line of JSON: `{"port":N}` when it listens, then `{"messages":N,"outputs":N,"seconds":N,"wrong":N}` when it is done.
 * With a pace it sends so many readings a second, one by one, and tells how long each took to come out: `"p50"` and `"p99"`, milliseconds.
 *
 * node test/bench/load.ts '{"qos":0,"pass":10,"messages":500000,"warmup":50000}'
 */
import { createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

interface Job {
  qos: 0 | 1
  /** One in this many readings passes the filter. */
  pass: 1 | 10
  /** Readings that are measured, and those before. */
  messages: number
  warmup: number
  /** Readings a second; as many as the program takes, unless given. */
  pace?: number
  /** Version that the program speaks. */
  protocol: 4 | 5
}

/** Readings that may be on their way. */
const outstandingLimit = 2000
/** Readings that are sent with one write. */
const blockSize = 200

const job = JSON.parse(process.argv[2] ?? '{}') as Job
const { protocol } = job
const blocks = Array.from({ length: 16 }, (_, index) => encodeBlock(index))
const total = Math.ceil((job.warmup + job.messages) / blockSize) * blockSize
const warm = Math.ceil(job.warmup / blockSize) * blockSize
const expectedOutputs = total / job.pass
let source: Socket | undefined
let starting: NodeJS.Timeout | undefined
let sent = 0
let acked = 0
let outputs = 0
let wrong = 0
let begun = 0
let packetId = 0
let lastProgress = performance.now()
/** When the latest reading of each device was sent, and how long those took that came out; milliseconds. */
const sentAt: number[] = []
const latencies: number[] = []

const server = createServer((socket) => serve(socket))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  console.log(JSON.stringify({ port: address.port }))
})
setInterval(() => {
  if (sent > 0 && performance.now() - lastProgress > 10_000) finish()
}, 1000)

/** One reading out of ten is hot, or all of them. */
function encodeBlock(block: number): { bytes: Buffer; ids: number[]; starts: number[] } {
  const parts: Buffer[] = []
  const ids: number[] = []
  const starts: number[] = [0]
  let length = 0
  for (let index = 0; index < blockSize; index++) {
    const device = `s-${String((block * blockSize + index) % 1000).padStart(4, '0')}`
    const hot = index % job.pass === 0
    const temperature = (hot ? 31 : 20) + (index % 50) / 10
    const payload = JSON.stringify({
      device,
      ts: 1_760_000_000_000 + index,
      temperature,
      humidity: 41.2,
      battery: 3.71,
    })
    const topic = Buffer.from(`sensors/${device}/climate`)
    const rest = 2 + topic.length + (job.qos > 0 ? 2 : 0) + (protocol === 5 ? 1 : 0) + Buffer.byteLength(payload)
    const head = Buffer.from([
      0x30 | (job.qos << 1),
      (rest & 127) | 128,
      rest >> 7,
      topic.length >> 8,
      topic.length & 255,
    ])
    ids.push(length + head.length + topic.length)
    const middle = [...(job.qos > 0 ? [0, 0] : []), ...(protocol === 5 ? [0] : [])]
    const packet = Buffer.concat([head, topic, Buffer.from(middle), Buffer.from(payload)])
    parts.push(packet)
    length += packet.length
    starts.push(length)
  }
  return { bytes: Buffer.concat(parts), ids, starts }
}

/** Sends what is due by now, at most so many readings a second. */
function sendInPace(pace: number): void {
  const first = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    lastProgress = now
    const due = Math.min(total, Math.floor(((now - first) * pace) / 1000))
    while (source !== undefined && sent < due) sendOne(source, now)
    if (sent >= total) clearInterval(timer)
  }, 1)
}

function sendOne(socket: Socket, now: number): void {
  const { bytes, ids, starts } = blocks[Math.floor(sent / blockSize) % blocks.length] as (typeof blocks)[number]
  const place = sent % blockSize
  const packet = Buffer.from(bytes.subarray(starts[place], starts[place + 1]))
  if (job.qos > 0) {
    packetId = (packetId % 65_535) + 1
    packet.writeUInt16BE(packetId, (ids[place] ?? 0) - (starts[place] ?? 0))
  }
  sentAt[deviceAt(packet, 'sensors/'.length)] = now
  socket.write(packet)
  sent++
}

/** The number of a device in a topic `…s-0042…`, which begins somewhere behind a place. */
function deviceAt(bytes: Buffer, from: number): number {
  const at = bytes.indexOf('s-', from, 'latin1') + 2
  return Number(bytes.toString('latin1', at, at + 4))
}

function pump(): void {
  if (job.pace !== undefined) return
  const done = job.qos === 0 ? outputs * job.pass : acked
  while (source !== undefined && sent < total && sent - done <= outstandingLimit - blockSize) {
    if (sent === 0) lastProgress = performance.now()
    const { bytes, ids } = blocks[(sent / blockSize) % blocks.length] as (typeof blocks)[number]
    if (job.qos > 0) {
      for (const at of ids) {
        packetId = (packetId % 65_535) + 1
        bytes.writeUInt16BE(packetId, at)
      }
      // The socket may hold on to what is written, so it gets a copy.
      source.write(Buffer.from(bytes))
    } else {
      source.write(bytes)
    }
    sent += blockSize
  }
}

function progress(): void {
  lastProgress = performance.now()
  if (begun === 0 && outputs >= warm / job.pass && (job.qos === 0 || acked >= warm)) begun = lastProgress
  if (outputs >= expectedOutputs && (job.qos === 0 || acked >= total)) finish()
  else pump()
}

function finish(): void {
  const seconds = (lastProgress - begun) / 1000
  const missing = Math.abs(expectedOutputs - outputs)
  const sorted = latencies.slice(warm).sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]
  console.log(
    JSON.stringify({ messages: total - warm, outputs, seconds, wrong: wrong + missing, p50: at(0.5), p99: at(0.99) }),
  )
  process.exit(0)
}

function serve(socket: Socket): void {
  socket.setNoDelay(true)
  let rest: Buffer = Buffer.alloc(0)
  let version = 4
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const acks: number[] = []
    let at = 0
    for (;;) {
      const frame = frameAt(bytes, at)
      if (frame === undefined) break
      take(frame.first, bytes.subarray(frame.body, frame.end), acks)
      at = frame.end
    }
    rest = bytes.subarray(at)
    if (acks.length > 0) socket.write(Buffer.from(acks))
    progress()
  })

  function take(first: number, body: Buffer, acks: number[]): void {
    const type = first >> 4
    if (type === 3) {
      takeOutput(first, body, acks)
    } else if (type === 4) {
      acked++
    } else if (type === 1) {
      version = body[6] ?? 4
      socket.write(Buffer.from(version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]))
    } else if (type === 8) {
      const granted = subscriptionCount(body, version)
      const answer = [
        body[0] ?? 0,
        body[1] ?? 0,
        ...(version === 5 ? [0] : []),
        ...Array.from({ length: granted }, () => job.qos),
      ]
      socket.write(Buffer.from([0x90, answer.length, ...answer]))
      if (version !== protocol) throw new Error(`the program speaks MQTT ${version}, the load was made for ${protocol}`)
      source = socket
      // The program has a moment to be done with its start, after the last of its filters.
      clearTimeout(starting)
      const { pace } = job
      starting = setTimeout(() => (pace === undefined ? pump() : sendInPace(pace)), 500)
    } else if (type === 12) {
      socket.write(Buffer.from([0xd0, 0]))
    }
  }

  function takeOutput(first: number, body: Buffer, acks: number[]): void {
    outputs++
    const topicLength = body.readUInt16BE(0)
    if (job.pace !== undefined) latencies.push(performance.now() - (sentAt[deviceAt(body, 2)] ?? Number.NaN))
    let at = 2 + topicLength
    if ((first & 6) > 0) {
      acks.push(0x40, 2, body[at] ?? 0, body[at + 1] ?? 0)
      at += 2
    }
    if (version === 5) at += 1 + (body[at] ?? 0)
    // Each thousandth output is read whole: the others are counted.
    if (outputs % 1000 !== 1) return
    const output = JSON.parse(body.toString('utf8', at)) as Record<string, unknown>
    const device = body.toString('latin1', 2 + 'alerts/'.length, 2 + topicLength)
    const right =
      output.device === device && output.alert === 'high' && Number(output.value) > 30 && Number(output.f) > 86
    if (!right) wrong++
  }
}

function frameAt(bytes: Buffer, start: number): { first: number; body: number; end: number } | undefined {
  let length = 0
  for (let digit = 0; digit < 4; digit++) {
    const byte = bytes[start + 1 + digit]
    if (byte === undefined) return undefined
    length |= (byte & 127) << (7 * digit)
    if (byte < 128) {
      const body = start + 2 + digit
      const end = body + length
      return end <= bytes.length ? { first: bytes[start] ?? 0, body, end } : undefined
    }
  }
  throw new Error('this is not MQTT')
}

function subscriptionCount(body: Buffer, version: number): number {
  let at = 2
  if (version === 5) at += 1 + (body[at] ?? 0)
  let count = 0
  while (at < body.length) {
    at += 3 + body.readUInt16BE(at)
    count++
  }
  return count
}
