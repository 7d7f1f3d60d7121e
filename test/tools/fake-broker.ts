import { createServer, type Server, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { generate, type Packet, parser } from 'mqtt-packet'
import { until } from './wait.ts'

type Command = Packet['cmd']
type Of<Cmd extends Command> = Extract<Packet, { cmd: Cmd }>

export interface FakeBrokerOptions {
  /**
   * Sees each packet before the built-in answer is given; return true when the script has dealt with it.
   * Built in: CONNACK (success, no session), SUBACK, UNSUBACK, PINGRESP. PUBLISH and acks get no answer.
   */
  script?: (connection: FakeConnection, packet: Packet) => boolean | undefined
  /** Called when somebody connects, before a byte is read. */
  onSocket?: (socket: Socket) => void
}

/** One client of the fake broker, and all that it has sent. */
export interface FakeConnection {
  /** 0 for the first one. */
  readonly index: number
  readonly socket: Duplex
  readonly packets: readonly Packet[]
  /** 4 or 5, from CONNECT. */
  readonly version: number
  /** Writes packets in one write. */
  send(...packets: Packet[]): void
  /** Writes bytes as they are. */
  sendBytes(bytes: Uint8Array): void
  /** Packets of one kind that came so far. */
  all<Cmd extends Command>(cmd: Cmd): Of<Cmd>[]
  /** The packet of that kind with that number (0 = first), when it has come. */
  received<Cmd extends Command>(cmd: Cmd, index?: number): Promise<Of<Cmd>>
  closed(): boolean
}

/** A broker without a mind of its own: tests script every answer, right and wrong. */
export interface FakeBroker {
  readonly port: number
  readonly url: string
  readonly connections: readonly FakeConnection[]
  /** A connection without a socket: gives the client's end of a stream to this broker. */
  connect(): Duplex
  /** The connection with that number (0 = first), when it has sent its CONNECT. */
  connection(index: number): Promise<FakeConnection>
  stop(): Promise<void>
}

/** Listens on a free port of 127.0.0.1. */
export async function startFakeBroker(options: FakeBrokerOptions = {}): Promise<FakeBroker> {
  const connections: FakeConnection[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    options.onSocket?.(socket)
    connections.push(serve(socket, connections.length, options.script))
  })
  const port = await listen(server)
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    connections,
    connect: () => {
      const [ours, theirs] = duplexPair()
      connections.push(serve(ours, connections.length, options.script))
      return theirs
    },
    connection: async (index) => {
      const connection = await until(() => connections[index], `connection ${index} to the fake broker`)
      await connection.received('connect')
      return connection
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of connections) connection.socket.destroy()
      }),
  }
}

function serve(socket: Duplex, index: number, script: FakeBrokerOptions['script']): FakeConnection {
  const packets: Packet[] = []
  let version = 4
  let closed = false
  const decoder = parser({ protocolVersion: 4 })
  const all = <Cmd extends Command>(cmd: Cmd) => packets.filter((packet): packet is Of<Cmd> => packet.cmd === cmd)
  const connection: FakeConnection = {
    index,
    socket,
    packets,
    get version() {
      return version
    },
    send: (...out) => {
      if (!socket.destroyed)
        socket.write(Buffer.concat(out.map((packet) => generate(packet, { protocolVersion: version }))))
    },
    sendBytes: (bytes) => {
      if (!socket.destroyed) socket.write(bytes)
    },
    all,
    received: (cmd, number = 0) =>
      until(
        () => all(cmd)[number],
        () => `${cmd} number ${number}; there came: ${packets.map((packet) => packet.cmd).join(', ') || 'nothing'}`,
      ),
    closed: () => closed,
  }
  decoder.on('packet', (packet) => {
    if (packet.cmd === 'connect') version = packet.protocolVersion ?? 4
    packets.push(packet)
    if (script?.(connection, packet) !== true) answer(connection, packet)
  })
  decoder.on('error', (error) => socket.destroy(error))
  socket.on('data', (chunk) => decoder.parse(chunk))
  socket.on('error', () => socket.destroy()) // resets are part of the game
  socket.on('close', () => {
    closed = true
  })
  return connection
}

function answer(connection: FakeConnection, packet: Packet): void {
  const messageId = packet.messageId ?? 0
  if (packet.cmd === 'connect') connection.send(accept(connection.version))
  else if (packet.cmd === 'subscribe') {
    connection.send({ cmd: 'suback', messageId, granted: packet.subscriptions.map((subscription) => subscription.qos) })
  } else if (packet.cmd === 'unsubscribe') {
    connection.send({ cmd: 'unsuback', messageId, granted: packet.unsubscriptions.map(() => 0) })
  } else if (packet.cmd === 'pingreq') connection.send({ cmd: 'pingresp' })
}

/** A CONNACK that lets a client of that version in. */
export function accept(
  version: number,
  options: { sessionPresent?: boolean; properties?: NonNullable<Of<'connack'>['properties']> } = {},
): Packet {
  const sessionPresent = options.sessionPresent ?? false
  if (version !== 5) return { cmd: 'connack', returnCode: 0, sessionPresent }
  return {
    cmd: 'connack',
    reasonCode: 0,
    sessionPresent,
    ...(options.properties && { properties: options.properties }),
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('The system gave no port'))
      else resolve(address.port)
    })
  })
}
