/**
 * The embedded broker against aedes with its memory persistence and against mosquitto: one publisher, one subscriber, small
 * JSON messages, closed loop. Interleaved rounds; prints medians as messages a second and as ratios to aedes.
 *
 * node test/bench/broker.ts [--rounds 3] [--messages 100000] [--only rulewire,aedes] [--work 'QoS 1']
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import mqttPacket from 'mqtt-packet'

interface Work {
  name: string
  qos: 0 | 1 | 2
  /** The subscriber's session lasts, so every message is stored before the ack. */
  persistent: boolean
}

const allWorks: Work[] = [
  { name: 'QoS 0', qos: 0, persistent: false },
  { name: 'QoS 1, clean session', qos: 1, persistent: false },
  { name: 'QoS 1, lasting session', qos: 1, persistent: true },
  { name: 'QoS 2, lasting session', qos: 2, persistent: true },
]
/** Messages that were published and not delivered, at most. */
const outstanding = 1000
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '100000' },
    only: { type: 'string', default: 'rulewire,aedes,mosquitto' },
    work: { type: 'string', default: '' },
  },
})
const subjects = values.only.split(',')
const works = allWorks.filter(({ name }) => name.includes(values.work))
const rates = new Map<string, number[]>()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const work of works) {
    for (const subject of subjects) {
      const key = `${subject} ${work.name}`
      rates.set(key, [...(rates.get(key) ?? []), await measure(subject, work, Number(values.messages))])
    }
  }
}
for (const work of works) {
  const line = subjects.map((subject) => {
    const rate = median(rates.get(`${subject} ${work.name}`) ?? [])
    const peer = median(rates.get(`aedes ${work.name}`) ?? [])
    return `${subject} ${Math.round(rate).toLocaleString('en')}/s${peer > 0 ? ` (${(rate / peer).toFixed(2)})` : ''}`
  })
  console.log(`${work.name.padEnd(24)} ${line.join('   ')}`)
}

/** Messages a second from the first publish to the last delivery. */
async function measure(subject: string, work: Work, messages: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'rulewire-bench-'))
  const { child, port } = await start(subject, directory)
  try {
    return await load(port, work, messages)
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
}

async function start(subject: string, directory: string): Promise<{ child: ChildProcess; port: number }> {
  if (subject === 'mosquitto') {
    const port = await freePort()
    const file = join(directory, 'mosquitto.conf')
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_queued_messages 0',
      'max_inflight_messages 0',
    ]
    writeFileSync(file, `${lines.join('\n')}\nset_tcp_nodelay true\nuser root\n`)
    const child = spawn('/usr/sbin/mosquitto', ['-c', file], { stdio: 'ignore' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    return { child, port }
  }
  const profile = process.env.BENCH_PROFILE
  const options = profile === undefined || subject !== 'rulewire' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const script = fileURLToPath(new URL(`brokers/${subject}.ts`, import.meta.url))
  const child = spawn(process.execPath, [...options, script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('there is no output')
  for await (const line of createInterface({ input: child.stdout })) return { child, port: Number(line) }
  throw new Error(`${subject} did not start`)
}

async function load(port: number, { qos, persistent }: Work, messages: number): Promise<number> {
  const subscriber = await open(port, 'subscriber', !persistent)
  const publisher = await open(port, 'publisher', qos < 2)
  await new Promise<void>((resolve) => {
    subscriber.frames = (frames) => {
      if (frames.some(({ first }) => first === 0x90)) resolve()
    }
    const subscriptions = [{ topic: 'sensors/+/climate', qos }]
    subscriber.socket.write(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions }))
  })
  const packets = Array.from({ length: 1000 }, (_, index) => encode(index, qos))
  let sent = 0
  let delivered = 0
  let acked = 0
  let packetId = 0
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    let last = begun
    const watch = setInterval(() => {
      if (performance.now() - last < 10_000) return
      reject(new Error(`stuck: sent ${sent}, acked ${acked}, delivered ${delivered} of ${messages}`))
    }, 1000)
    const pump = () => {
      last = performance.now()
      if (delivered >= messages && (qos === 0 || acked >= messages)) {
        clearInterval(watch)
        resolve((messages / (last - begun)) * 1000)
        subscriber.socket.destroy()
        publisher.socket.destroy()
        return
      }
      const batch: Buffer[] = []
      while (sent < messages && sent - delivered < outstanding && (qos === 0 || sent - acked < outstanding)) {
        const packet = packets[sent % packets.length] ?? Buffer.alloc(0)
        if (qos > 0) {
          packetId = (packetId % 65_535) + 1
          packet.writeUInt16BE(packetId, 2 + 2 + packet.readUInt16BE(2))
        }
        batch.push(qos > 0 ? Buffer.from(packet) : packet)
        sent++
      }
      if (batch.length > 0) publisher.socket.write(Buffer.concat(batch))
    }
    subscriber.frames = (frames) => {
      const answers: number[] = []
      for (const { first, body } of frames) {
        if (first >> 4 === 3) {
          delivered++
          const level = (first >> 1) & 3
          if (level === 0) continue
          const at = 2 + body.readUInt16BE(0)
          answers.push(level === 1 ? 0x40 : 0x50, 2, body[at] ?? 0, body[at + 1] ?? 0)
        } else if (first >> 4 === 6) answers.push(0x70, 2, body[0] ?? 0, body[1] ?? 0)
      }
      if (answers.length > 0) subscriber.socket.write(Buffer.from(answers))
      pump()
    }
    publisher.frames = (frames) => {
      const answers: number[] = []
      for (const { first, body } of frames) {
        if (first >> 4 === 5) answers.push(0x62, 2, body[0] ?? 0, body[1] ?? 0)
        else acked++
      }
      if (answers.length > 0) publisher.socket.write(Buffer.from(answers))
      pump()
    }
    pump()
  })
}

interface Frame {
  first: number
  body: Buffer
}

interface Side {
  socket: Socket
  frames: (frames: Frame[]) => void
}

function open(port: number, clientId: string, clean: boolean): Promise<Side> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const side: Side = { socket, frames: () => resolve(side) }
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const frames: Frame[] = []
      let at = 0
      while (at + 1 < bytes.length) {
        let length = 0
        let body = at + 1
        for (let shift = 0; ; shift += 7) {
          const byte = bytes[body++] ?? 0
          length |= (byte & 127) << shift
          if (byte < 128) break
        }
        if (body + length > bytes.length) break
        frames.push({ first: bytes[at] ?? 0, body: bytes.subarray(body, body + length) })
        at = body + length
      }
      rest = bytes.subarray(at)
      if (frames.length > 0) side.frames(frames)
    })
    socket.write(
      mqttPacket.generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean, keepalive: 0, clientId }),
    )
  })
}

/** One reading of a device; all packets have a length of two bytes. */
function encode(index: number, qos: 0 | 1 | 2): Buffer {
  const device = `s-${String(index).padStart(4, '0')}`
  const payload = {
    device,
    ts: 1_760_000_000_000 + index,
    temperature: 20 + (index % 50) / 10,
    humidity: 41.2,
    battery: 3.71,
  }
  const packet = mqttPacket.generate({
    cmd: 'publish',
    topic: `sensors/${device}/climate`,
    payload: JSON.stringify(payload),
    qos,
    retain: false,
    dup: false,
    messageId: 1,
  })
  if (packet.length > 129) throw new Error(`${packet.length} bytes: the packet id would stand elsewhere`)
  return packet
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address === null || typeof address === 'string' ? 0 : address.port))
    })
  })
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0
}
