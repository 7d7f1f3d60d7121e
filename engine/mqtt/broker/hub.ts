import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Aedes, AuthenticateError, Client, PublishPacket, Subscription } from 'aedes'
import { reasonOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { BrokerStore } from '../../store/broker.ts'
import { PublishEncoder } from '../encode.ts'
import { PacketTooLarge } from '../frames.ts'
import { Admission } from './admission.ts'
import { Courier, type CourierTools } from './courier.ts'
import { Gate } from './gate.ts'
import type { BrokerCounters, BrokerLimits } from './limits.ts'
import { Persistence, sessionMark } from './persistence.ts'
import { Pace } from './policy.ts'
import { createQuietLog, type QuietLog } from './quiet-log.ts'
import { RoutedAedes } from './routed-aedes.ts'
import { type Origin, Router } from './router.ts'
import { Session } from './sessions.ts'
import type { BrokerUsers } from './users.ts'

/** Why nothing is taken from outside: our own subscriptions are not there yet, or the disk is short. */
export type HoldReason = 'start' | 'disk'

export interface HubOptions {
  readonly store: BrokerStore
  readonly limits: BrokerLimits
  readonly counters: BrokerCounters
  readonly users: BrokerUsers | undefined
  now(): number
  readonly log: Log
}

/** A connected client. */
export interface Member {
  readonly client: Client
  readonly gate: Gate
  readonly session: Session
  readonly courier: Courier
  /** UTC milliseconds. */
  readonly since: number
  /** It is the engine's own. */
  readonly inside: boolean
  /** Seconds without a word from it. */
  silent: number
}

type Done = (error?: Error | null) => void

/**
 * Ties aedes to our routing. aedes does what it does well: CONNECT, keepalive, wills, SUBSCRIBE, the handshakes. It asks
 * `authorizePublish` before it acks a PUBLISH, and that is where the message is stored and delivered; see {@link Router}.
 */
export class Hub {
  readonly router: Router
  readonly quiet: QuietLog
  readonly #options: HubOptions
  readonly #tools: CourierTools
  readonly #aedes: Aedes
  readonly #members = new Map<Client, Member>()
  readonly #admission: Admission
  /** Seconds. */
  readonly #keepalives = new WeakMap<Client, number>()
  #keepaliveTimer: NodeJS.Timeout | undefined
  /** QoS 2 packets that were accepted just now, so that aedes does not take them for repeated ones. */
  readonly #fresh = new WeakSet<object>()
  readonly #pace: Pace<Client> | undefined
  /** Why nothing is taken from outside. */
  readonly #holds = new Set<HoldReason>()

  constructor(options: HubOptions) {
    const { store, limits, counters } = options
    this.#options = options
    this.quiet = createQuietLog(options.log, options.now)
    this.router = new Router({ store, limits, counters, quiet: this.quiet })
    this.#admission = new Admission(options.users, limits, this.router.sessions, options.log)
    this.#tools = {
      store,
      limits,
      counters,
      encoder: new PublishEncoder(),
      onGivenUp: (session, detail) => this.#giveUp(session, detail),
      onStalled: ({ clientId }) =>
        this.quiet('warn', clientId, 'stalled', `MQTT client ${clientId} takes nothing: it misses messages at QoS 0`),
    }
    this.#pace = limits.publishRate === undefined ? undefined : new Pace(limits.publishRate, options.now)
    this.#aedes = this.#createAedes()
  }

  /** Publishes the wills of an earlier run that ended without taking leave, and is ready for connections. */
  async start(): Promise<void> {
    const { store } = this.#options
    for (const will of store.wills()) {
      this.router.publish(will, undefined, () => undefined)
      store.dropWill(will.clientId)
    }
    this.#options.users?.owners?.keepOnly(new Set(this.router.sessions.persistent.keys()))
    await this.#aedes.listen()
    this.#keepaliveTimer = setInterval(() => this.#endSilent(), 1000)
    this.#keepaliveTimer.unref()
  }

  /**
   * Serves a connection. `inside`: it is the engine's own, which no limit of rate or user concerns. `from` is its address,
   * `certificate` the common name of a client certificate that was checked.
   */
  serve(connection: Duplex, inside: boolean, from: string, certificate?: string): void {
    const { limits, counters } = this.#options
    const gate = new Gate(connection, {
      limit: limits.packet,
      onFault: (fault) => {
        const clientId = this.#memberOf(gate)?.client.id ?? from
        if (fault instanceof PacketTooLarge) counters.tooLarge++
        const text = fault instanceof PacketTooLarge ? tooLarge(fault.size, limits.packet) : fault.message
        this.quiet('warn', clientId, 'fault', `MQTT client ${clientId} is disconnected: ${text}`)
      },
      onVersion: (level) => {
        counters.refusedVersions++
        this.quiet('info', from, 'version', `An MQTT client at ${from} is refused: ${wrongVersion(level)}`)
      },
    })
    if (inside) this.#admission.trust(gate)
    else this.#admission.cameFrom(gate, { certificate, address: from })
    this.#aedes.handle(gate)
  }

  /** Takes nothing from clients outside, until no reason for that is left. */
  hold(reason: HoldReason, on: boolean): void {
    if (on) this.#holds.add(reason)
    else this.#holds.delete(reason)
    for (const { gate, inside } of this.#members.values()) if (!inside) gate.hold(this.#holds.size > 0)
  }

  /** As whom a client was let in. */
  userOf(client: Client): string | undefined {
    return this.#admission.userOf(client)
  }

  /**
   * The rights of a user have changed: its connections end, and what waits for it goes where a session holds a subscription that
   * is not allowed any more. `gone`: there is no such user now, and nothing of it stays.
   */
  userChanged(user: string, gone: boolean): void {
    const { users } = this.#options
    for (const { client, gate } of [...this.#members.values()]) {
      if (this.#admission.userOf(client) === user) gate.destroy()
    }
    const { sessions } = this.router
    for (const session of [...sessions.persistent.values()]) {
      if (users?.owners?.of(session.clientId) !== user) continue
      const filters = [...session.interests.keys()]
      if (gone || filters.some((filter) => !users.maySubscribe(user, filter, session.clientId)))
        sessions.discard(session)
    }
    users?.owners?.keepOnly(new Set(sessions.persistent.keys()))
  }

  members(): Iterable<Member> {
    return this.#members.values()
  }

  /** Ends all connections; wills are published. */
  async close(): Promise<void> {
    clearInterval(this.#keepaliveTimer)
    await new Promise<void>((resolve) => this.#aedes.close(resolve))
  }

  #createAedes(): Aedes {
    const { store, limits, log } = this.#options
    const persistence = new Persistence(store, this.router.sessions, {
      session: (client) => this.#members.get(client as Client)?.session, // what aedes hands over is its client
      isNew: (packet) => this.#fresh.has(packet),
    })
    const aedes = new RoutedAedes({
      persistence,
      connectTimeout: limits.connectWithin,
      preConnect: (client, packet, done) => {
        const refusal = this.#admission.refusalOfPacket(client, packet)
        // Ours: aedes does not hear of the pings.
        this.#keepalives.set(client, packet.keepalive ?? 0)
        packet.keepalive = 0
        if (refusal === undefined) return done(null, true)
        client.conn.write(Buffer.from([0x20, 2, 0, refusal.returnCode]))
        this.#refuseClient(packet.clientId, refusal.text)
        done(new Error(refusal.text), false)
      },
      authenticate: (client, name, password, done) => void this.#authenticate(client, name, password, done),
      authorizePublish: (client, packet, done) => this.#publish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => done(null, this.#subscribe(client, subscription)),
    })
    // The packets that follow CONNECT are handled from here on, which is before `clientReady`.
    aedes.on('connackSent', ({ returnCode }, client) => {
      if (returnCode === 0) this.#attach(client)
    })
    aedes.on('clientDisconnect', (client) => this.#detach(client))
    aedes.on('subscribe', (subscriptions, client) => this.#sendRetained(subscriptions, client))
    aedes.on('unsubscribe', (filters, client) => this.#unsubscribe(filters, client))
    aedes.on('clientError', (client, error) => log('debug', `MQTT client ${client.id}: ${reasonOf(error)}`))
    aedes.on('connectionError', (_, error) => log('debug', `MQTT connection: ${reasonOf(error)}`))
    // Its intervals report here, which its own types do not say.
    const emitter: EventEmitter = aedes
    emitter.on('error', (error: unknown) => log('error', 'The MQTT broker failed', error))
    return aedes
  }

  async #authenticate(
    client: Client,
    name: string | undefined,
    password: Uint8Array | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): Promise<void> {
    const refusal = await this.#admission.refusalOfClient(client, name, password)
    if (refusal === undefined) return done(null, true)
    const { returnCode, text, about } = refusal
    this.#refuseClient(client.id, text, about)
    done(Object.assign(new Error(text), { returnCode }), null)
  }

  #publish(client: Client | null, packet: PublishPacket, done: Done): void {
    const { limits, counters } = this.#options
    const fault = this.#admission.publishFault(client ?? undefined, packet.topic)
    if (fault !== undefined) {
      counters.refusedPublishes++
      const id = client?.id ?? ''
      this.quiet('warn', id, 'publish', `MQTT client ${id} is disconnected: ${fault}`)
      done(new Error(fault))
      return
    }
    const member = client === null ? undefined : this.#members.get(client)
    const origin = originOf(packet, member?.session)
    const bytes = packet.payload.length + packet.topic.length
    member?.gate.begin(bytes)
    const settled: Done = (error) => {
      member?.gate.settle(bytes)
      done(error)
    }
    const take = () => {
      if (origin?.session.incoming.has(origin.packetId)) {
        // Repeated: it is acked again when the first one is committed.
        this.#options.store.whenCommitted(settled)
        return
      }
      if (origin !== undefined && origin.session.incoming.size >= limits.incoming) {
        settled(new Error(`${limits.incoming} messages at QoS 2 wait for PUBREL`))
        return
      }
      if (origin !== undefined) this.#fresh.add(packet)
      this.router.publish(packet, origin, settled)
    }
    if (this.#pace === undefined || client === null || this.#admission.isInside(client)) take()
    else this.#pace.pass(client, take)
  }

  /** The subscription when it is granted, else null. */
  #subscribe(client: Client, subscription: Subscription): Subscription | null {
    const { counters } = this.#options
    const { sessions } = this.router
    const { topic: filter, qos } = subscription
    // What a session had is taken up before its client is ready.
    const member = this.#members.get(client)
    if (filter === sessionMark && member === undefined) return null
    const fault = this.#admission.subscribeFault(client, member?.session, filter)
    if (fault === undefined) {
      if (member !== undefined) sessions.subscribe(member.session, { filter, qos })
      return subscription
    }
    counters.refusedSubscriptions++
    this.quiet('warn', client.id, 'subscribe', `MQTT client ${client.id} cannot subscribe to ${filter}: ${fault}`)
    const known = member?.session ?? sessions.find(client.id)
    if (known !== undefined) sessions.unsubscribe(known, filter)
    return null
  }

  #unsubscribe(filters: readonly string[], client: Client): void {
    const session = this.#members.get(client)?.session
    if (session === undefined || session.persistent) return
    for (const filter of filters) this.router.sessions.unsubscribe(session, filter)
  }

  #attach(client: Client): void {
    const { store, now } = this.#options
    const { sessions } = this.router
    if (client.closed) return
    const gate = client.conn
    if (!(gate instanceof Gate)) return
    const inside = this.#admission.isInside(client)
    try {
      this.#admission.attached(client)
    } catch (error) {
      // Without its owner a session could become another's.
      this.#options.log('error', `The owner of the session of MQTT client ${client.id} cannot be noted`, error)
      gate.destroy()
      return
    }
    const session = client.clean ? new Session(client.id, 0) : sessions.ensure(client.id)
    session.courier?.stop()
    const courier = new Courier(session, gate.connection, this.#tools, inside)
    session.courier = courier
    this.#members.set(client, { client, gate, session, courier, since: now(), inside, silent: 0 })
    gate.onAck = (type, packetId) => (type === 5 ? courier.release(packetId) : courier.settle(packetId))
    if (session.persistent) store.setSent(session.number, undefined)
    courier.start()
    if (this.#holds.size > 0 && !inside) gate.hold(true)
  }

  #detach(client: Client): void {
    this.#admission.detached(client)
    const member = this.#members.get(client)
    if (member === undefined) return
    this.#members.delete(client)
    const { session, courier } = member
    courier.stop()
    if (session.courier !== courier) return
    session.courier = undefined
    if (!session.persistent || session.empty) {
      this.router.sessions.discard(session)
      this.#admission.sessionGone(client.id)
    } else this.#options.store.setSent(session.number, session.sent)
  }

  #sendRetained(subscriptions: readonly Subscription[], client: Client): void {
    const member = this.#members.get(client)
    if (member === undefined) return
    // A refused one has 128.
    const granted = subscriptions.filter(({ qos }) => qos <= 2).map(({ topic, qos }) => ({ filter: topic, qos }))
    this.router.sendRetained(member.courier, granted).catch((error: unknown) => {
      this.#options.log('error', `Retained messages for MQTT client ${client.id} could not be read`, error)
      member.gate.destroy()
    })
  }

  /** Ends connections that were silent for one and a half times their keepalive [MQTT-3.1.2-24]. Seconds are counted, so no clock matters. */
  #endSilent(): void {
    for (const member of this.#members.values()) {
      member.silent = member.gate.takeHeard() ? 0 : member.silent + 1
      const keepalive = this.#keepalives.get(member.client) ?? 0
      if (keepalive > 0 && member.silent > 1.5 * keepalive) member.gate.destroy()
    }
  }

  #memberOf(gate: Gate): Member | undefined {
    for (const member of this.#members.values()) if (member.gate === gate) return member
    return undefined
  }

  #refuseClient(clientId: string, text: string, about = clientId): void {
    this.#options.counters.refusedClients++
    this.quiet('warn', about, 'connect', `MQTT client ${clientId} is refused: ${text}`)
  }

  #giveUp(session: Session, detail: string): void {
    const { clientId } = session
    this.quiet('warn', clientId, 'given up', `MQTT client ${clientId} is disconnected: ${detail}`)
    for (const { gate, session: its } of this.#members.values()) if (its === session) gate.destroy()
  }
}

function originOf(packet: PublishPacket, session: Session | undefined): Origin | undefined {
  const { qos, messageId } = packet
  return qos !== 2 || messageId === undefined || session === undefined ? undefined : { session, packetId: messageId }
}

function tooLarge(size: number, limit: number): string {
  return `it sends a packet of ${size} bytes, the limit is ${limit}`
}

function wrongVersion(level: number): string {
  return `it speaks ${level === 5 ? 'MQTT 5' : `protocol level ${level}`}, this broker MQTT 3.1.1`
}
