import type { Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { rulewireError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { BrokerStore } from '../../store/broker.ts'
import { type HoldReason, Hub, type Member } from './hub.ts'
import { type BrokerCounters, type BrokerLimits, defaultLimits, newCounters } from './limits.ts'
import { Listeners, type SecureListener } from './listeners.ts'
import type { BrokerUsers } from './users.ts'

export interface BrokerOptions {
  /** 127.0.0.1 unless said. Another address needs `users` or `anonymous`. */
  host?: string
  /** 0 takes a free one; `undefined` does not listen: then only the engine itself can connect. */
  port: number | undefined
  /** A port with TLS, on the same address. */
  secure?: SecureListener | undefined
  store: BrokerStore
  /** What differs from {@link defaultLimits}. */
  limits?: Partial<BrokerLimits>
  /** UTC milliseconds. */
  now(): number
  log: Log
  /** Who may connect; everybody unless said. */
  users?: BrokerUsers
  /** Said in words: everybody who reaches the address may publish and subscribe. */
  anonymous?: boolean
}

export interface ClientState {
  clientId: string
  /** As whom it was let in; absent without a login. */
  user?: string
  /** Where it connects from; undefined for the engine's own. */
  address: string | undefined
  /** UTC milliseconds. */
  since: number
  /** Its session stays when it leaves. */
  persistent: boolean
  subscriptions: number
  /** Messages that wait for it or that it has not confirmed. */
  queued: number
  inFlight: number
}

export interface EmbeddedBroker {
  /** The port that it listens on; 0 when it does not. */
  readonly port: number
  /** The port with TLS; 0 when there is none. */
  readonly securePort: number
  readonly counters: Readonly<BrokerCounters>
  /** Retained messages. */
  readonly retained: number
  /** Persistent sessions, connected or not. */
  readonly sessions: number
  /** A connection inside the process, to be used as a socket. Its client id is then taken: nobody from outside may use it. */
  connect(): Duplex
  clients(): ClientState[]
  /** Password or rules of a user have changed, or it is `gone`: see {@link Hub.userChanged}. */
  userChanged(user: string, gone: boolean): void
  /** Takes nothing from clients outside, until no reason for that is left. What waits for them still goes out. */
  hold(reason: HoldReason, on: boolean): void
  /** Calls back when all that it was told before is on the disk, acks of its subscribers too. */
  whenCommitted(run: () => void): void
  /** Ends all connections, publishes their wills, commits what is left and closes the store, not its database. */
  close(): Promise<void>
}

/**
 * Starts the MQTT 3.1.1 broker. When it resolves it takes connections; messages of an earlier run wait for their sessions.
 * Throws PORT_TAKEN, BIND_FAILED, or UNSAFE_BIND for an address that others can reach when nobody asks for a login.
 */
export async function startBroker(options: BrokerOptions): Promise<EmbeddedBroker> {
  const { port, store, users, host = '127.0.0.1', log, now } = options
  if (port !== undefined && !isLoopback(host) && users === undefined && options.anonymous !== true) {
    throw rulewireError('UNSAFE_BIND', { what: 'The MQTT broker', host, option: '--without-login' })
  }
  const limits: BrokerLimits = { ...defaultLimits, ...options.limits }
  const counters = newCounters()
  const hub = new Hub({ store, limits, counters, users, now, log })

  const listeners = new Listeners({
    host,
    port,
    secure: options.secure,
    limits,
    counters,
    serve: (socket, { address, certificate }) => hub.serve(socket, false, address, certificate),
    onRefused: (address, text) => hub.quiet('warn', address, 'connections', text),
    log,
  })
  await hub.start()
  try {
    await listeners.listen()
  } catch (error) {
    await Promise.all([hub.close(), listeners.close()])
    throw error
  }

  // Closed again by whoever started it when something beside it fails: the end of both is the same.
  let closing: Promise<void> | undefined
  return {
    get port() {
      return listeners.port
    },
    get securePort() {
      return listeners.securePort
    },
    counters,
    get retained() {
      return hub.router.retained
    },
    get sessions() {
      return hub.router.sessions.persistent.size
    },
    hold: (reason, on) => hub.hold(reason, on),
    whenCommitted: (run) => store.whenCommitted(run),
    connect() {
      const [mine, theirs] = linkedPair()
      hub.serve(theirs, true, 'the engine')
      return mine
    },
    clients: () => [...hub.members()].map((member) => stateOf(member, hub.userOf(member.client))),
    userChanged: (user, gone) => hub.userChanged(user, gone),
    close() {
      closing ??= close()
      return closing
    },
  }

  async function close(): Promise<void> {
    listeners.stop()
    await hub.close()
    await listeners.close()
    // The wills, and that they were published.
    if (store.fault === undefined) await new Promise<void>((resolve) => store.whenCommitted(resolve))
    store.close()
  }
}

/** Two ends of a connection in memory. Ending or destroying one closes the other, as with sockets. */
function linkedPair(): [Duplex, Duplex] {
  const [mine, theirs] = duplexPair()
  mine.once('end', () => mine.destroy())
  return [mine, theirs]
}

function stateOf({ client, gate, session, courier, since, inside }: Member, user: string | undefined): ClientState {
  const { remoteAddress, remotePort } = gate.connection as Partial<Socket> // a socket unless it is inside
  return {
    clientId: client.id,
    ...(user === undefined ? {} : { user }),
    address: inside || remoteAddress === undefined ? undefined : `${remoteAddress}:${remotePort}`,
    since,
    persistent: session.persistent,
    subscriptions: session.interests.size,
    queued: session.queued,
    inFlight: courier.inFlight,
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
