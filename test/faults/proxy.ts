import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Packet, parser } from 'mqtt-packet'

/** `up`: from the client to the broker. */
export type Direction = 'up' | 'down'

/** What was seen on the wire, in order. */
export interface WireEntry {
  connection: number
  direction: Direction
  packet: Packet
}

interface Link {
  readonly number: number
  readonly client: Socket
  readonly broker: Socket
  /** Something was swallowed: nothing more passes, since what came after it would make no sense. */
  swallowed: boolean
}

/** A TCP proxy before a broker that misbehaves as networks do. Faults hold for all its connections. */
export class FaultProxy {
  /** Connections that were made. */
  connections = 0
  /** Connections that it has broken. */
  cuts = 0
  /** Milliseconds that every chunk waits. */
  latency = 0
  /** Bytes of each write; 0 = as they came. */
  chunk = 0
  /** Swallows everything, in both directions, while the connections stay. */
  blackHole = false
  /** Sees every packet that is passed on. Set it before the connections are made. */
  onPacket: ((entry: WireEntry) => void) | undefined
  readonly #target: number
  readonly #links = new Set<Link>()
  #cutAfter: { direction: Direction; bytes: number; done: () => void } | undefined
  #server: Server | undefined
  port = 0

  /** @param target port of the broker. */
  constructor(target: number) {
    this.#target = target
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (client) => this.#accept(client))
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The system gave no port')
    this.port = address.port
  }

  async stop(): Promise<void> {
    this.reset()
    await new Promise((resolve) => this.#server?.close(resolve))
  }

  /** Breaks all connections with RST. */
  reset(): void {
    for (const link of this.#links) this.#break(link)
  }

  /** Lets so many further bytes pass in that direction, then breaks the connection in the middle of whatever it is. */
  cutAfter(direction: Direction, bytes: number, done: () => void = () => undefined): void {
    this.#cutAfter = { direction, bytes, done }
  }

  #accept(client: Socket): void {
    const link: Link = {
      number: this.connections++,
      client,
      broker: connect(this.#target, '127.0.0.1'),
      swallowed: false,
    }
    link.broker.setNoDelay(true)
    this.#links.add(link)
    const watch = this.onPacket === undefined ? undefined : this.#watch(link)
    this.#pipe(link, 'up', watch)
    this.#pipe(link, 'down', watch)
  }

  #pipe(link: Link, direction: Direction, watch: ((direction: Direction, chunk: Buffer) => void) | undefined): void {
    const [from, to] = direction === 'up' ? [link.client, link.broker] : [link.broker, link.client]
    let last = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      link.swallowed ||= this.blackHole
      if (link.swallowed) return
      if (this.latency === 0 && this.chunk === 0) {
        this.#pass(link, direction, chunk, watch)
        return
      }
      from.pause()
      last = last.then(() => this.#slowly(link, direction, chunk, watch)).then(() => void from.resume())
    })
    from.on('error', () => this.#break(link)) // resets are part of the game
    from.on('close', () => {
      this.#links.delete(link)
      to.destroy()
    })
  }

  async #slowly(
    link: Link,
    direction: Direction,
    chunk: Buffer,
    watch: ((direction: Direction, chunk: Buffer) => void) | undefined,
  ): Promise<void> {
    if (this.latency > 0) await new Promise((resolve) => setTimeout(resolve, this.latency))
    const size = this.chunk === 0 ? chunk.length : this.chunk
    for (let at = 0; at < chunk.length; at += size) {
      this.#pass(link, direction, chunk.subarray(at, at + size), watch)
      // Without it the system would put the pieces together again.
      if (this.chunk > 0) await new Promise(setImmediate)
    }
  }

  #pass(
    link: Link,
    direction: Direction,
    chunk: Buffer,
    watch: ((direction: Direction, chunk: Buffer) => void) | undefined,
  ): void {
    const to = direction === 'up' ? link.broker : link.client
    if (to.destroyed || link.swallowed) return
    const cut = this.#cutAfter
    if (cut === undefined || cut.direction !== direction || chunk.length < cut.bytes) {
      if (cut?.direction === direction) cut.bytes -= chunk.length
      watch?.(direction, chunk)
      to.write(chunk)
      return
    }
    this.#cutAfter = undefined
    link.swallowed = true
    const piece = chunk.subarray(0, cut.bytes)
    watch?.(direction, piece)
    this.cuts++
    this.#links.delete(link)
    // The broker is to get the piece, and then nothing.
    to.end(piece)
    link.client.resetAndDestroy()
    if (direction === 'down') link.broker.resetAndDestroy()
    cut.done()
  }

  #watch(link: Link): (direction: Direction, chunk: Buffer) => void {
    const up = parser({ protocolVersion: 4 })
    let down = parser({ protocolVersion: 4 })
    const tell = (direction: Direction) => (packet: Packet) => {
      if (packet.cmd === 'connect' && packet.protocolVersion === 5) {
        down = parser({ protocolVersion: 5 })
        down.on('packet', tell('down'))
        down.on('error', stop)
      }
      this.onPacket?.({ connection: link.number, direction, packet })
    }
    let broken = false
    const stop = () => {
      broken = true
    }
    up.on('error', stop)
    up.on('packet', tell('up'))
    down.on('packet', tell('down'))
    down.on('error', stop)
    return (direction, chunk) => void (broken || (direction === 'up' ? up : down).parse(chunk))
  }

  #break(link: Link): void {
    if (!this.#links.delete(link)) return
    this.cuts++
    link.client.resetAndDestroy()
    link.broker.resetAndDestroy()
  }
}
