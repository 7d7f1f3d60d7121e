import { Duplex } from 'node:stream'
import { ProtocolFault } from '../faults.ts'
import { FrameCutter } from '../frames.ts'

export interface GateOptions {
  /** Bytes of the largest packet. */
  readonly limit: number
  /** What came is not MQTT or over the limit: the connection ends. */
  onFault(fault: ProtocolFault): void
  /** A CONNECT of a protocol level other than 3 and 4 came: it is refused. */
  onVersion(level: number): void
}

/** PUBACK, PUBREC or PUBCOMP came. */
export type AckHandler = (type: 4 | 5 | 7, packetId: number) => void

/** CONNACK: no session, unacceptable protocol level [MQTT-3.1.2-2]. Clients of MQTT 5 read it as a refusal too. */
const wrongVersion = Buffer.from([0x20, 2, 0, 1])
const pingResponse = Buffer.from([0xd0, 0])
/** Milliseconds that a refused client has to read why. */
const farewell = 1000
/** Answers to pings that are written at once; of who sent more and took none, the others are forgotten. */
const mostPings = 32_768
/** Bytes of packets that are read ahead while aedes takes no more. */
const readAhead = 65_536
/** Bytes of messages that aedes has and that are not settled. */
const largestPending = 262_144

const connect = 1
const puback = 4
const pubcomp = 7
const pingreq = 12

/**
 * Stands between a connection and aedes. It ends the connection at the first bytes of a packet over the limit, where aedes would
 * collect it, and answers versions that aedes drops without a word. Once the client is known it takes PINGREQ and the acks for
 * what we sent out of the stream: aedes reads no further while a PUBLISH waits for its commit, and neither a keepalive nor the
 * messages in the other direction should hang on that. And it gives aedes no more while too much is not settled: the counting
 * of aedes itself lets every chunk through.
 */
export class Gate extends Duplex {
  /** Set when the client is known. */
  onAck: AckHandler | undefined
  /** The connection itself, where we write what aedes need not see. */
  readonly connection: Duplex
  readonly #options: GateOptions
  readonly #cutter: FrameCutter
  #first = true
  #heard = false
  #pings = 0
  #answering = false
  /** Packets for aedes that lie behind one another: a part of `#source`. */
  #source: Buffer | undefined
  #from = 0
  #to = 0
  /** What aedes has not asked for yet. */
  #backlog: Buffer[] = []
  #backlogBytes = 0
  #wanted = false
  #giving = false
  #pending = 0
  #over = false
  #held = false

  constructor(connection: Duplex, options: GateOptions) {
    super({ allowHalfOpen: false })
    this.connection = connection
    this.#options = options
    this.#cutter = new FrameCutter(options.limit, this.#onFrame)
    connection.on('data', (chunk: Buffer) => this.#onData(chunk))
    connection.once('end', () => this.#onEnd())
    connection.once('close', () => this.#onEnd())
    connection.on('error', (error) => this.destroy(error))
  }

  /** Whether anything came since the last call, or cannot come because we do not read. */
  takeHeard(): boolean {
    const heard = this.#heard || this.connection.isPaused()
    this.#heard = false
    return heard
  }

  /** A message of that many bytes was taken from aedes and is not settled. */
  begin(bytes: number): void {
    this.#pending += bytes
  }

  /** It is. */
  settle(bytes: number): void {
    this.#pending -= bytes
    if (this.#backlog.length > 0) this.#giveSoon()
  }

  /** Gives aedes nothing more, until it is told to go on. Pings and acks are still answered. */
  hold(on: boolean): void {
    this.#held = on
    if (!on) this.#giveSoon()
  }

  override _read(): void {
    this.#wanted = true
    this.#giveSoon()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.connection.write(chunk)) done()
    else this.connection.once('drain', done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', done)
  }

  override _final(done: () => void): void {
    this.connection.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.connection.writableEnded) this.connection.destroy()
    done(error)
  }

  #onData(chunk: Buffer): void {
    if (this.destroyed) return
    this.#heard = true
    try {
      this.#cutter.feed(chunk)
    } catch (fault) {
      if (!(fault instanceof ProtocolFault)) throw fault
      this.#options.onFault(fault)
      this.destroy()
      return
    }
    this.#passOn()
    this.#answerPings()
  }

  /** While the client takes no answers, they are counted and not kept: pings are small, and many fit into the memory. */
  #answerPings(): void {
    const { connection } = this
    if (this.#pings === 0 || this.#answering || this.destroyed) return
    if (connection.writableNeedDrain) {
      this.#answering = true
      connection.once('drain', () => {
        this.#answering = false
        this.#answerPings()
      })
      return
    }
    const count = Math.min(this.#pings, mostPings)
    this.#pings = 0
    connection.write(count === 1 ? pingResponse : Buffer.alloc(2 * count, pingResponse))
  }

  readonly #onFrame = (first: number, bytes: Buffer, start: number, body: number, end: number): void => {
    const type = first >> 4
    // aedes would answer such a one with half a packet.
    if (type >= puback && type <= pubcomp && end - body !== 2) {
      throw new ProtocolFault(`an ack of ${end - body} bytes came where a packet id has 2`)
    }
    if (this.onAck !== undefined) {
      if (type === pingreq) {
        this.#pings++
        return
      }
      if (type === 4 || type === 5 || type === 7) {
        this.onAck(type, bytes.readUInt16BE(body))
        return
      }
    } else if (this.#first) {
      this.#first = false
      const level = type === connect ? levelOf(bytes, body, end) : 4
      if (level !== 3 && level !== 4) this.#refuse(level)
    }
    if (!this.destroyed) this.#collect(bytes, start, end)
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    if (this.#source === bytes && this.#to === start) {
      this.#to = end
      return
    }
    this.#passOn()
    this.#source = bytes
    this.#from = start
    this.#to = end
  }

  #passOn(): void {
    const source = this.#source
    if (source === undefined) return
    this.#source = undefined
    this.#backlog.push(source.subarray(this.#from, this.#to))
    this.#backlogBytes += this.#to - this.#from
    this.#giveSoon()
  }

  /** Never at once: aedes may be parsing, and its parser breaks when it gets more meanwhile. */
  #giveSoon(): void {
    if (this.#giving) return
    this.#giving = true
    process.nextTick(() => {
      this.#giving = false
      this.#give()
    })
  }

  #give(): void {
    if (this.destroyed) return
    while (!this.#held && this.#wanted && this.#pending <= largestPending) {
      const chunk = this.#backlog.shift()
      if (chunk === undefined) break
      this.#backlogBytes -= chunk.length
      this.#wanted = this.push(chunk)
    }
    if (this.#over && this.#backlog.length === 0) this.push(null)
    else if (this.#backlogBytes > readAhead) this.connection.pause()
    else this.connection.resume()
  }

  #refuse(level: number): void {
    this.#options.onVersion(level)
    const { connection } = this
    connection.end(wrongVersion)
    setTimeout(() => connection.destroy(), farewell).unref()
    this.destroy()
  }

  /** What came before is still handled. */
  #onEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#giveSoon()
  }
}

/** The protocol level of a CONNECT; bridges of mosquitto set its highest bit. */
function levelOf(bytes: Buffer, body: number, end: number): number {
  const at = body + 2 + (body + 2 <= end ? bytes.readUInt16BE(body) : 0)
  // A CONNECT that is too short is for aedes to refuse.
  return at < end ? bytes.readUInt8(at) & 0x7f : 4
}
