import type { Duplex } from 'node:stream'
import type { MqttClient } from 'mqtt'
import { reasonOf } from '../errors.ts'
import type { Address } from './address.ts'
import { readProperties, type ServerProperties } from './connack.ts'
import type { ConnectionConfig } from './contract.ts'
import { dial } from './dial.ts'
import { connackFault, disconnectFault, ProtocolFault, socketFault } from './faults.ts'
import { FrameCutter, type FrameHandler } from './frames.ts'
import { defaultPacketLimit, startClient } from './mqttjs.ts'
import { Pings } from './pings.ts'
import type { TlsOptions } from './tls.ts'
import { Wire } from './wire.ts'

export interface Accepted {
  readonly sessionPresent: boolean
  readonly properties: ServerProperties
}

/** How one connection ended. */
export interface AttemptEnd {
  /** A sentence for people. */
  readonly reason: string
  /** It was let in before. */
  readonly accepted: boolean
  /** A CONNACK said no. */
  readonly refused: boolean
  /** `yes` when the broker named the protocol version as the reason, `maybe` when it hung up on CONNECT without a word. */
  readonly versionRefused: 'yes' | 'maybe' | 'no'
  /** It was closed by the other side. */
  readonly byBroker: boolean
  /** It was closed by the other side without a reason. */
  readonly silent: boolean
}

export interface AttemptHandlers {
  /** The CONNACK that lets us in, before any other packet. */
  accepted(accepted: Accepted): void
  /** MQTT.js can subscribe now. */
  ready(client: MqttClient): void
  /** PUBLISH, PUBACK, PUBREC, PUBREL or PUBCOMP. May throw ProtocolFault. */
  readonly frame: FrameHandler
  /** All packets of a chunk were handed over. */
  chunkEnd(): void
  /** The socket has written what waited. */
  drained(): void
  /** Called once. */
  ended(end: AttemptEnd): void
}

export interface AttemptOptions {
  readonly config: ConnectionConfig
  readonly address: Address
  readonly tls: TlsOptions
  readonly clientId: string
  readonly version: 4 | 5
  readonly paused: boolean
  readonly handlers: AttemptHandlers
}

/** Milliseconds that the other side gets to close after our DISCONNECT. */
const closeDeadline = 1000

const closedByUs = 'We closed the connection.'
const pingRequest = Buffer.from([0xc0, 0])
const pingResponse = Buffer.from([0xd0, 0])
const disconnect = Buffer.from([0xe0, 0])

/**
 * One network connection to a broker, from dialling to its end. MQTT.js speaks CONNECT, SUBSCRIBE and the keepalive over a
 * {@link Wire}; PUBLISH and its acks never reach it, because it would handle them one by one, and ack before we have
 * committed.
 */
export class Attempt {
  readonly #options: AttemptOptions
  readonly #handlers: AttemptHandlers
  readonly #socket: Duplex
  readonly #wire: Wire
  readonly #cutter: FrameCutter
  readonly #pings: Pings
  #paused: boolean
  #accepted = false
  #sawBytes = false
  #over = false
  #ending: AttemptEnd | undefined
  /** What the broker said in its DISCONNECT, or we in ours: the reason when the stream then ends. */
  #lastWords: string | undefined
  #closeTimer: NodeJS.Timeout | undefined

  /** Throws what the dialling throws at once, such as a wrong host name for TLS. */
  constructor(options: AttemptOptions) {
    this.#options = options
    this.#handlers = options.handlers
    this.#paused = options.paused
    this.#cutter = new FrameCutter(options.config.maximumPacketSize ?? defaultPacketLimit, this.#onFrame)
    this.#socket = dial(options.address, options.config, options.tls)
    const wire = new Wire(this.#socket)
    this.#wire = wire
    this.#pings = new Pings(() => wire.push(pingResponse))
    this.#listen()
    this.#startClient()
  }

  /** Bytes that the socket has taken and not yet handed to the system. */
  get backlog(): number {
    return this.#socket.writableLength
  }

  /** Writes to the socket, in one system call where there are several buffers. */
  write(buffers: readonly Uint8Array[]): void {
    if (this.#over) return
    const socket = this.#socket
    const [only] = buffers
    if (buffers.length === 1 && only !== undefined) {
      socket.write(only)
      return
    }
    socket.cork()
    for (const buffer of buffers) socket.write(buffer)
    socket.uncork()
  }

  /** Calls back when a PINGRESP shows that everything written before has arrived. */
  ping(arrived: () => void): void {
    if (this.#over) return
    this.#pings.pinged(arrived)
    this.#socket.write(pingRequest)
  }

  pause(): void {
    this.#paused = true
    // The CONNACK has to be read; the pause begins behind it.
    if (!this.#accepted) return
    this.#pings.pause(true)
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#pings.pause(false)
    this.#socket.resume()
  }

  /** Ends for a reason of ours. */
  cut(reason: string): void {
    this.#end(reason)
  }

  /** Says DISCONNECT where we were let in, and ends. */
  close(): void {
    if (this.#over) return
    if (!this.#accepted) {
      this.#end(closedByUs)
      return
    }
    this.#lastWords = closedByUs
    this.#over = true
    this.#socket.write(disconnect)
    this.#socket.end(() => {
      // A stream in this process has no other side that must hear it over a wire.
      if (this.#options.address.transport === 'stream') this.#wire.destroy()
    })
    this.#socket.resume()
    this.#closeTimer = setTimeout(() => this.#wire.destroy(), closeDeadline)
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('data', this.#onData)
    socket.on('drain', () => {
      if (!this.#over) this.#handlers.drained()
    })
    socket.on('error', (error) => {
      const cut = 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      this.#end(socketFault(error, this.#options.address), { byBroker: cut })
    })
    const closed = () =>
      this.#end(`The broker ${this.#options.address.place} closed the connection.`, { byBroker: true })
    socket.on('end', closed)
    socket.on('close', closed)
    this.#wire.on('error', (error) => this.#end(socketFault(error, this.#options.address)))
    this.#wire.on('close', () => {
      clearTimeout(this.#closeTimer)
      // Here only when MQTT.js or close() destroyed the stream.
      this.#end(`The connection to ${this.#options.address.place} was closed.`)
      this.#finish()
    })
  }

  #startClient(): void {
    const { config, clientId, version, address } = this.#options
    const client = startClient(
      this.#wire,
      { config, clientId, version, address },
      {
        pinged: () => this.#pings.clientPinged(),
        ready: () => {
          if (!this.#over) this.#handlers.ready(client)
        },
        failed: (reason) => this.#end(reason),
      },
    )
    client.connect()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#over) return
    this.#pings.alive()
    let fault: unknown
    try {
      this.#expectMqtt(chunk)
      this.#cutter.feed(chunk)
    } catch (thrown) {
      fault = thrown
    }
    this.#handlers.chunkEnd()
    if (fault === undefined) return
    const what = fault instanceof ProtocolFault ? fault.message : `a defect of Rulewire: ${reasonOf(fault)}`
    this.#end(`The connection to ${this.#options.address.place} was cut by us: ${what}.`)
  }

  readonly #onFrame: FrameHandler = (first, bytes, start, body, end) => {
    if (this.#over) return
    const type = first >> 4
    if (type >= 3 && type <= 7) {
      if (!this.#accepted) throw new ProtocolFault('a packet came before CONNACK')
      this.#handlers.frame(first, bytes, start, body, end)
      return
    }
    if (type === 13) {
      const arrived = this.#pings.answered()
      if (arrived === undefined) return
      // What stands before the PINGRESP is handed over first.
      this.#handlers.chunkEnd()
      arrived()
      return
    }
    if (type === 2) this.#onConnack(bytes, start, body, end)
    else if (type === 14) {
      const code = end > body ? (bytes[body] as number) : 0 // in range
      this.#lastWords = disconnectFault(code, this.#options.address, this.#options.clientId)
    } else if (type !== 9 && type !== 11 && type !== 15) {
      throw new ProtocolFault(`a packet of type ${type} came, which a broker never sends`)
    }
    // A copy of its own, because the chunk may be large and MQTT.js may look at it later.
    if (!this.#over) this.#wire.push(Buffer.from(bytes.subarray(start, end)))
  }

  #onConnack(bytes: Buffer, start: number, body: number, end: number): void {
    const { address, clientId, version } = this.#options
    if (end - body < 2) throw new ProtocolFault('a CONNACK came that is too short')
    const code = bytes[body + 1] as number // in range
    if (code !== 0) {
      const wrongVersion = version === 5 && (code === 0x84 || code === 1)
      this.#end(connackFault(code, address, clientId), { refused: true, versionRefused: wrongVersion ? 'yes' : 'no' })
      return
    }
    if (this.#accepted) throw new ProtocolFault('a second CONNACK came')
    const properties = version === 5 ? readProperties(bytes.subarray(start, end)) : {}
    this.#accepted = true
    this.#handlers.accepted({ sessionPresent: (bytes[body] as number & 1) === 1, properties })
    if (this.#paused) this.pause()
  }

  /** What answers on a wrong port is often HTTP or TLS, whose bytes could pass for the start of a long packet. */
  #expectMqtt(chunk: Buffer): void {
    if (this.#accepted || this.#sawBytes) return
    this.#sawBytes = true
    const type = chunk.readUInt8(0) >> 4
    if (type !== 2 && type !== 15) throw new ProtocolFault('what answers there does not speak MQTT')
  }

  /** The first reason counts; what comes after it is only its consequence. */
  #end(reason: string, how: Partial<AttemptEnd> = {}): void {
    if (this.#over) {
      this.#wire.destroy()
      return
    }
    this.#over = true
    const byBroker = how.byBroker ?? false
    const silent = byBroker && this.#lastWords === undefined
    const hungUp = silent && !this.#accepted && this.#options.version === 5
    this.#ending = {
      reason: byBroker ? (this.#lastWords ?? reason) : reason,
      accepted: this.#accepted,
      refused: how.refused ?? false,
      versionRefused: how.versionRefused ?? (hungUp ? 'maybe' : 'no'),
      byBroker,
      silent,
    }
    this.#wire.destroy()
  }

  #finish(): void {
    const plain = {
      accepted: this.#accepted,
      refused: false,
      versionRefused: 'no',
      byBroker: false,
      silent: false,
    } as const
    this.#handlers.ended(this.#ending ?? { reason: closedByUs, ...plain })
  }
}
