import type { MqttClient } from 'mqtt'
import { reasonOf } from '../errors.ts'
import { type Address, readAddress } from './address.ts'
import { type Accepted, Attempt, type AttemptEnd } from './attempt.ts'
import { Backoff } from './backoff.ts'
import type { ServerProperties } from './connack.ts'
import type { ConnectionConfig, ConnectionState, ConnectionStatus } from './contract.ts'
import type { FrameHandler } from './frames.ts'
import { isUnverified, readTls, type TlsOptions } from './tls.ts'

/** What one side of a broker connection is told. */
export interface ConnectionHandlers {
  /** A CONNACK let us in; nothing else of this connection was handed over before. */
  connected(session: Session): void
  /** MQTT.js can subscribe now. */
  ready?(client: MqttClient): void
  readonly frame: FrameHandler
  /** All packets of a chunk were handed over. */
  chunkEnd(): void
  drained?(): void
  /** A connection that was let in has ended; `byBroker`: it was the broker that ended it. */
  disconnected?(byBroker: boolean): void
}

export interface Session {
  /** Counts the connections that were let in, from 1. */
  readonly epoch: number
  readonly sessionPresent: boolean
  readonly version: 4 | 5
  readonly properties: ServerProperties
}

export interface ConnectionOptions {
  readonly config: ConnectionConfig
  readonly clientId: string
  /** UTC milliseconds. */
  now(): number
  random?(): number
  onState?(state: ConnectionState): void
  log?(level: 'debug' | 'info' | 'warn' | 'error', text: string): void
}

/** Milliseconds; see {@link ConnectionConfig.reconnect}. */
const firstRepeat = 1000
const longestRepeat = 30_000
/** Milliseconds that a connection has to last before the next trouble begins with the shortest repeat again. */
const stable = 10_000
/** Connections of less than that many milliseconds, so many in a row, look like two clients with one id. */
const brief = 3000
const suspicious = 3

/**
 * Keeps a connection to a broker: dials, repeats with growing pauses, falls back to MQTT 3.1.1 where a broker knows no 5,
 * and says in a sentence how things stand.
 */
export class Connection {
  readonly address: Address
  readonly #options: ConnectionOptions
  readonly #handlers: ConnectionHandlers
  readonly #backoff: Backoff
  readonly #preferred: 4 | 5
  #version: 4 | 5
  /** 3.1.1 is tried because the broker hung up on 5 without a word; it may have had other reasons. */
  #guessing = false
  #tls: TlsOptions
  #attempt: Attempt | undefined
  #timer: NodeJS.Timeout | undefined
  #paused = false
  #epoch = 0
  #connected = false
  #connectedAt = 0
  #briefInARow = 0
  #status: ConnectionStatus = 'connecting'
  #since: number
  #detail: string | undefined
  /** What is wrong although we are connected, such as a subscription that was refused. */
  #complaint: string | undefined
  #lastLogged = ''
  #closed: Promise<void> | undefined
  #onClosed: (() => void) | undefined
  received = 0
  sent = 0
  inFlight = 0

  /** Throws OPTION_VALUE for a URL or certificates that cannot be used. */
  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    const { config } = options
    this.address = readAddress(config)
    this.#tls = readTls(config)
    this.#options = options
    this.#handlers = handlers
    this.#preferred = config.protocolVersion ?? 5
    this.#version = this.#preferred
    const { first, longest } = config.reconnect ?? { first: firstRepeat, longest: longestRepeat }
    this.#backoff = new Backoff(first, longest, options.random ?? Math.random)
    this.#since = options.now()
  }

  /** The number of the connection that stands now or stood last; 0 before the first. */
  get epoch(): number {
    return this.#epoch
  }

  get connected(): boolean {
    return this.#connected
  }

  /** Bytes written and not yet handed to the system. */
  get backlog(): number {
    return this.#attempt?.backlog ?? 0
  }

  start(): void {
    if (this.#attempt === undefined && this.#timer === undefined && this.#closed === undefined) this.#dial()
  }

  /** Writes to the broker if the connection stands. */
  write(buffers: readonly Uint8Array[]): void {
    if (this.#connected) this.#attempt?.write(buffers)
  }

  /** Calls back when everything written before has arrived; never if the connection breaks first. */
  ping(arrived: () => void): void {
    if (this.#connected) this.#attempt?.ping(arrived)
  }

  pause(): void {
    this.#paused = true
    this.#attempt?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#attempt?.resume()
  }

  /** Ends this connection for a reason and makes the next one. */
  cut(reason: string): void {
    this.#attempt?.cut(reason)
  }

  /** Shows what is wrong while the connection stands; undefined when it is mended. */
  complain(complaint: string | undefined): void {
    if (this.#complaint === complaint) return
    this.#complaint = complaint
    this.#options.onState?.(this.state())
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void {
    this.#options.log?.(level, `Broker "${this.#options.config.name}": ${text}`)
  }

  state(): ConnectionState {
    const detail = this.#detail ?? this.#complaint
    return {
      name: this.#options.config.name,
      url: this.address.shown,
      status: this.#status,
      since: this.#since,
      ...(detail !== undefined && { detail }),
      ...(this.#connected && { protocolVersion: this.#version }),
      received: this.received,
      sent: this.sent,
      inFlight: this.inFlight,
    }
  }

  /** Disconnects for good; resolves when the socket is closed. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      clearTimeout(this.#timer)
      this.#onClosed = resolve
      if (this.#attempt === undefined) this.#finishClose()
      else this.#attempt.close()
    })
    return this.#closed
  }

  #dial(): void {
    this.#timer = undefined
    const { config, clientId } = this.#options
    try {
      this.#attempt = new Attempt({
        config,
        address: addressNow(this.address, config),
        tls: this.#tlsNow(),
        clientId,
        version: this.#version,
        paused: this.#paused,
        handlers: {
          accepted: (accepted) => this.#accepted(accepted),
          ready: (client) => this.#handlers.ready?.(client),
          frame: this.#handlers.frame,
          chunkEnd: () => this.#handlers.chunkEnd(),
          drained: () => this.#handlers.drained?.(),
          ended: (end) => this.#ended(end),
        },
      })
    } catch (thrown) {
      this.#repeatLater('reconnecting', `The connection to ${this.address.place} cannot be made: ${reasonOf(thrown)}.`)
    }
  }

  /** The certificates of this moment; those of before when the new ones cannot be used. */
  #tlsNow(): TlsOptions {
    try {
      this.#tls = readTls(this.#options.config)
    } catch (thrown) {
      this.log('error', `the certificates that it had are used further: ${reasonOf(thrown)}`)
    }
    return this.#tls
  }

  #accepted({ sessionPresent, properties }: Accepted): void {
    this.#epoch++
    this.#connected = true
    this.#connectedAt = this.#options.now()
    this.#guessing = false
    this.#lastLogged = ''
    this.#complaint = undefined
    const session = sessionPresent ? 'the broker kept our session' : 'a new session'
    if (isUnverified(this.#options.config)) {
      this.log('warn', `${this.address.place} is not checked: whoever is on the way can read and change everything.`)
    }
    this.log('info', `connected to ${this.address.place} with MQTT ${this.#version === 5 ? '5' : '3.1.1'}, ${session}.`)
    if (properties.sessionExpiryInterval === 0 && this.#options.config.transient !== true) {
      this.log('warn', 'the broker keeps no session: messages are lost while the engine is not connected.')
    }
    this.#show('connected', undefined)
    this.#handlers.connected({ epoch: this.#epoch, sessionPresent, version: this.#version, properties })
  }

  #ended(end: AttemptEnd): void {
    const wasConnected = this.#connected
    this.#attempt = undefined
    this.#connected = false
    if (wasConnected) this.#handlers.disconnected?.(end.byBroker)
    if (this.#closed !== undefined) {
      this.#finishClose()
      return
    }
    const lasted = this.#options.now() - this.#connectedAt
    if (end.accepted && lasted >= stable) this.#backoff.reset()
    this.#briefInARow = end.accepted && end.silent && lasted < brief ? this.#briefInARow + 1 : 0
    if (end.versionRefused !== 'no') {
      this.#fallBack(end)
      return
    }
    if (this.#guessing && !end.accepted) {
      this.#guessing = false
      this.#version = this.#preferred
    }
    const twin =
      this.#briefInARow < suspicious
        ? ''
        : ` That happens soon after each connection: does another client use the id "${this.#options.clientId}"?`
    this.#repeatLater(end.refused ? 'refused' : 'reconnecting', end.reason + twin)
  }

  #fallBack(end: AttemptEnd): void {
    this.#version = 4
    this.#guessing = end.versionRefused === 'maybe'
    this.log('info', `${end.reason} Trying MQTT 3.1.1.`)
    if (this.#guessing) this.#repeatLater('reconnecting', end.reason)
    else this.#dial()
  }

  #repeatLater(status: 'reconnecting' | 'refused', reason: string): void {
    const wait = this.#backoff.next()
    this.#timer = setTimeout(() => this.#dial(), wait)
    this.log(reason === this.#lastLogged ? 'debug' : 'warn', `${reason} Next try in ${(wait / 1000).toFixed(1)} s.`)
    this.#lastLogged = reason
    this.#show(status === 'reconnecting' && this.#epoch === 0 ? 'connecting' : status, reason)
  }

  #finishClose(): void {
    this.#show('closed', undefined)
    this.#onClosed?.()
  }

  #show(status: ConnectionStatus, detail: string | undefined): void {
    if (status === this.#status && detail === this.#detail) return
    if (status !== this.#status) this.#since = this.#options.now()
    this.#status = status
    this.#detail = detail
    this.#options.onState?.(this.state())
  }
}

/** With the login as it is at this moment. */
function addressNow(address: Address, { login }: ConnectionConfig): Address {
  if (login === undefined) return address
  const { username, password } = login()
  return { ...address, username: username ?? address.username, password: password ?? address.password }
}
