import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createSecureServer, type Server as SecureServer, type TLSSocket } from 'node:tls'
import { reasonOf, rulewireError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { isLoopbackAddress, placeOf } from '../../net/address.ts'
import type { TlsFiles } from '../../net/tls-files.ts'
import type { BrokerCounters, BrokerLimits } from './limits.ts'

/** Who presents a certificate of the authority for clients is who it says. */
export type ClientCertificates = 'none' | 'optional' | 'required'

export interface SecureListener {
  /** 0 takes a free one. */
  readonly port: number
  readonly files: TlsFiles
  /** Needs the authority for clients among the files unless it is `none`. */
  readonly clientCertificates: ClientCertificates
}

/** Where connections come from, and what is known of them before they say anything. */
export interface Arrival {
  readonly address: string
  /** The common name of a client certificate that was checked. */
  readonly certificate: string | undefined
}

export interface ListenersOptions {
  readonly host: string
  /** `undefined`: no listener without TLS. */
  readonly port: number | undefined
  readonly secure: SecureListener | undefined
  readonly limits: BrokerLimits
  readonly counters: BrokerCounters
  serve(socket: Socket, arrival: Arrival): void
  /** For which addresses there is no limit of their own; this machine unless said. */
  isExempt?(address: string): boolean
  /** A sentence about an address that comes too often. */
  onRefused(address: string, text: string): void
  readonly log: Log
}

const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }

/** The ports of a broker: one as it is, one with TLS, with one count of connections for both. */
export class Listeners {
  readonly #options: ListenersOptions
  readonly #plain: Server | undefined
  readonly #secure: Server | undefined
  /** Also those in the middle of a handshake. */
  readonly #sockets = new Set<Socket>()
  readonly #counts = new Map<string, number>()
  readonly #closed: Promise<unknown>[] = []

  constructor(options: ListenersOptions) {
    this.#options = options
    const { port, secure, serve } = options
    if (port !== undefined) {
      this.#plain = createServer(socketOptions, (socket) => {
        if (this.#admit(socket)) serve(socket, { address: addressOf(socket), certificate: undefined })
      })
    }
    if (secure !== undefined) this.#secure = this.#createSecure(secure)
  }

  get port(): number {
    return portOf(this.#plain)
  }

  get securePort(): number {
    return portOf(this.#secure)
  }

  /** Throws PORT_TAKEN or BIND_FAILED. */
  async listen(): Promise<void> {
    const { host, port, secure, log } = this.#options
    const listening: [Server | undefined, number | undefined][] = [
      [this.#plain, port],
      [this.#secure, secure?.port],
    ]
    for (const [server, wanted] of listening) {
      if (server === undefined || wanted === undefined) continue
      await listenOn(server, wanted, host)
      server.on('error', (error) => log('error', 'The MQTT port failed', error))
    }
  }

  /** Takes no more connections; those that are there stay. */
  stop(): void {
    for (const server of [this.#plain, this.#secure]) {
      if (server?.listening === true) this.#closed.push(new Promise((resolve) => server.close(resolve)))
    }
  }

  /** Ends the connections that are left; resolves when the ports are free. */
  async close(): Promise<void> {
    this.stop()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#closed)
  }

  #createSecure({ files, clientCertificates }: SecureListener): SecureServer {
    const { serve, log, limits } = this.#options
    const asks = clientCertificates !== 'none'
    const server = createSecureServer({
      ...socketOptions,
      ...files.texts,
      handshakeTimeout: limits.connectWithin,
      requestCert: asks,
      rejectUnauthorized: clientCertificates === 'required',
    })
    files.attach(server)
    server.on('connection', (socket: Socket) => {
      if (!this.#admit(socket)) return
      // The TLS server hears errors of it only once a handshake has begun.
      socket.on('error', (error) => log('debug', `MQTT connection from ${addressOf(socket)}: ${reasonOf(error)}`))
    })
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      log('debug', `TLS handshake with ${addressOf(socket)}: ${reasonOf(error)}`)
      socket.destroy()
    })
    server.on('secureConnection', (socket) => {
      const address = addressOf(socket)
      const certificate = asks ? certificateOf(socket) : undefined
      if (certificate === false || (certificate === undefined && clientCertificates === 'required')) {
        const fault = socket.authorizationError ?? 'it names nobody'
        this.#options.onRefused(address, `The client certificate of ${address} is refused: ${String(fault)}`)
        socket.destroy()
        return
      }
      serve(socket, { address, certificate })
    })
    return server
  }

  #admit(socket: Socket): boolean {
    const { limits, counters, onRefused, isExempt = isLoopbackAddress } = this.#options
    const address = addressOf(socket)
    const place = placeOf(address)
    const count = this.#counts.get(place) ?? 0
    const all = this.#sockets.size >= limits.connections
    if (all || (count >= limits.connectionsPerAddress && !isExempt(address))) {
      counters.refusedConnections++
      const found = all ? `${limits.connections} are open` : `${count} are open from there`
      onRefused(address, `A connection from ${address} is closed: ${found}`)
      socket.destroy()
      return false
    }
    this.#sockets.add(socket)
    this.#counts.set(place, count + 1)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      const left = (this.#counts.get(place) ?? 1) - 1
      if (left > 0) this.#counts.set(place, left)
      else this.#counts.delete(place)
    })
    return true
  }
}

/** The common name; undefined when there is no certificate, false when it is not to be trusted or names nobody. */
function certificateOf(socket: TLSSocket): string | undefined | false {
  const certificate = socket.getPeerCertificate()
  if (certificate === null || Object.keys(certificate).length === 0) return undefined
  if (!socket.authorized) return false
  const name: unknown = certificate.subject?.CN
  return typeof name === 'string' && name !== '' && !name.includes('\0') ? name : false
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? 'unknown'
}

function portOf(server: Server | undefined): number {
  const address = server?.address() ?? null
  return address === null || typeof address === 'string' ? 0 : address.port
}

function listenOn(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(bindFailed(cause, host, port))
      const instead = `Use the broker that is there with --broker mqtt://${authority(host, port)}, or --mqtt-port for another port.`
      reject(rulewireError('PORT_TAKEN', { port, host, what: 'the MQTT broker', instead }, { cause }))
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

/** Such as an address that this machine does not have (yet), or a port below 1024. */
function bindFailed(cause: Error, host: string, port: number): Error {
  const options = { hostOption: '--mqtt-host', portOption: '--mqtt-port' }
  const detail = reasonOf(cause)
  return rulewireError('BIND_FAILED', { what: 'The MQTT broker', host, port, detail, ...options }, { cause })
}

function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
