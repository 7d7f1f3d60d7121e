import { Readable } from 'node:stream'
import type { BrokerStore, QueuedPacket, StoredPacket, StoredWill } from '../../store/broker.ts'
import { matchingRetained } from './retained.ts'
import type { Session, Sessions } from './sessions.ts'

/** A packet as aedes hands it over: fields of its own go with it. */
export interface AedesPacket {
  topic: string
  payload: string | Uint8Array
  cmd?: unknown
  messageId?: number | undefined
  brokerId?: unknown
  brokerCounter?: unknown
  clientId?: unknown
  [field: string]: unknown
}

/** What a persistence needs of an aedes client. */
export interface ClientRef {
  readonly id: string
  readonly clean?: boolean
  readonly closed?: boolean
}

export interface AedesSubscription {
  topic: string
  qos: 0 | 1 | 2
  [field: string]: unknown
}

/**
 * What the broker does itself instead of aedes. Without it the persistence serves a plain aedes, which is how aedes' own test
 * suite judges the store.
 */
export interface Delivery {
  /** The session of a client that is connected. */
  session(client: ClientRef): Session | undefined
  /** The packet was accepted, with its packet id, before aedes asks whether it knows it. */
  isNew(packet: object): boolean
}

/** The filter that stands for a session without subscriptions, so that aedes tells its client that there is one. */
export const sessionMark = '$session'

/**
 * The persistence of aedes 1.2 (aedes-persistence 11) over the broker's store, one object because that is what aedes asks for:
 * each method resolves when the change is committed. Given a {@link Delivery} the queues and the retained messages are the broker's affair and aedes sees none.
 */
export class Persistence {
  readonly #store: BrokerStore
  readonly #sessions: Sessions
  readonly #delivery: Delivery | undefined
  /** Who left the will that is stored for a client id. */
  readonly #wills = new Map<string, ClientRef>()
  #broker: { id: string } = { id: '' }

  constructor(store: BrokerStore, sessions: Sessions, delivery?: Delivery) {
    this.#store = store
    this.#sessions = sessions
    this.#delivery = delivery
  }

  get broker(): { id: string } {
    return this.#broker
  }

  async setup(broker: { id: string }): Promise<void> {
    this.#broker = broker
  }

  async destroy(): Promise<void> {
    this.#store.close()
  }

  // Retained messages

  storeRetained(packet: AedesPacket): Promise<void> {
    this.#store.retain(toStored(packet))
    return this.#committed()
  }

  createRetainedStream(pattern: string): Readable {
    return this.createRetainedStreamCombi([pattern])
  }

  createRetainedStreamCombi(patterns: readonly string[]): Readable {
    if (this.#delivery !== undefined) return Readable.from([])
    return Readable.from(retainedOf(this.#store, patterns))
  }

  // Subscriptions

  async addSubscriptions(client: ClientRef, subscriptions: readonly AedesSubscription[]): Promise<void> {
    // Our broker has noted what it granted; the list of aedes holds what it refused too.
    if (this.#delivery !== undefined) return this.#committed()
    const session = this.#sessions.ensure(client.id)
    for (const { topic, qos, ...rest } of subscriptions) {
      const { rh, rap, nl, subscriptionIdentifier } = rest
      const extra = definedOnly({ rh, rap, nl, subscriptionIdentifier })
      this.#sessions.subscribe(session, { filter: topic, qos, ...(extra && { extra }) })
    }
    return this.#committed()
  }

  removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.find(client.id)
    if (session === undefined) return Promise.resolve()
    for (const filter of filters) this.#sessions.unsubscribe(session, filter)
    if (session.empty && session.courier === undefined) this.#sessions.discard(session)
    return this.#committed()
  }

  async subscriptionsByClient(client: ClientRef): Promise<AedesSubscription[]> {
    const session = this.#sessions.find(client.id)
    if (session === undefined) return []
    const found = [...session.interests.values()].map(({ filter, qos, extra }) => ({ topic: filter, qos, ...extra }))
    return found.length === 0 && this.#delivery !== undefined ? [{ topic: sessionMark, qos: 0 }] : found
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    let subsCount = 0
    let clientsCount = 0
    for (const session of this.#sessions.persistent.values()) {
      if (session.interests.size > 0) clientsCount++
      for (const { qos } of session.interests.values()) if (qos > 0) subsCount++
    }
    return { subsCount, clientsCount }
  }

  async subscriptionsByTopic(topic: string): Promise<(AedesSubscription & { clientId: string })[]> {
    return this.#sessions
      .interests(topic)
      .filter(({ qos }) => qos > 0)
      .map(({ session, filter, qos, extra }) => ({ clientId: session.clientId, topic: filter, qos, ...extra }))
      .sort((left, right) => (left.topic < right.topic ? 1 : left.topic > right.topic ? -1 : 0))
  }

  /** A clean session begins: nothing is left of an earlier one [MQTT-3.1.2-6]. */
  cleanSubscriptions(client: ClientRef): Promise<void> {
    const session = this.#sessions.find(client.id)
    if (session === undefined) return Promise.resolve()
    this.#sessions.discard(session)
    return this.#committed()
  }

  getClientList(filter: string): Readable {
    const sessions = [...this.#sessions.persistent.values()].filter((session) => session.interests.has(filter))
    return Readable.from(sessions.map((session) => session.clientId))
  }

  // Messages that wait for sessions

  outgoingEnqueue(subscription: { clientId: string }, packet: AedesPacket): Promise<void> {
    return this.outgoingEnqueueCombi([subscription], packet)
  }

  outgoingEnqueueCombi(subscriptions: readonly { clientId: string }[], packet: AedesPacket): Promise<void> {
    for (const { clientId } of subscriptions) {
      const session = this.#sessions.ensure(clientId)
      session.queued++
      this.#store.enqueue(session.number, session.next++, toStored({ ...packet, messageId: undefined }))
    }
    return this.#committed()
  }

  /** The packet got an id, or the receiver has confirmed with PUBREC and PUBREL takes its place. */
  async outgoingUpdate(client: ClientRef, packet: AedesPacket): Promise<void> {
    if (this.#delivery !== undefined) return
    const { brokerId, brokerCounter, messageId } = packet
    for (const row of this.#queued(client)) {
      const known = namesOf(row)
      const session = this.#sessions.ensure(client.id)
      const sameRun = brokerId !== undefined && known.brokerId === brokerId
      if (sameRun ? known.brokerCounter === brokerCounter : known.messageId === messageId) {
        this.#store.setExtra(session.number, row.sequence, { ...row.extra, messageId })
        if (packet.cmd === 'pubrel') this.#store.release(session.number, row.sequence)
        return this.#committed()
      }
    }
    throw noSuchPacket
  }

  async outgoingClearMessageId(client: ClientRef, packet: AedesPacket): Promise<AedesPacket | undefined> {
    const { messageId } = packet
    if (this.#delivery !== undefined) return undefined
    for (const row of this.#queued(client)) {
      if (messageId === undefined || namesOf(row).messageId !== messageId) continue
      const session = this.#sessions.ensure(client.id)
      session.queued--
      this.#store.dropQueued(session.number, row.sequence)
      await this.#committed()
      return toOutgoing(row)
    }
    return undefined
  }

  outgoingStream(client: ClientRef): Readable {
    return Readable.from(this.#delivery === undefined ? mapped(this.#queued(client)) : [])
  }

  // Packet ids of QoS 2 messages that a client has sent

  incomingStorePacket(client: ClientRef, packet: AedesPacket): Promise<void> {
    if (this.#delivery?.isNew(packet)) return Promise.resolve()
    const session = this.#sessions.ensure(client.id)
    session.incoming.add(packet.messageId ?? 0)
    this.#store.putIncoming(session.number, packet.messageId ?? 0, toStored(packet))
    return this.#committed()
  }

  incomingGetPacket(client: ClientRef, packet: AedesPacket): Promise<AedesPacket> {
    const session = this.#delivery === undefined ? this.#sessions.find(client.id) : this.#delivery.session(client)
    const packetId = packet.messageId ?? 0
    if (this.#delivery?.isNew(packet) || session === undefined || !session.incoming.has(packetId))
      return unknownPacket()
    // Our broker asks only whether it knows the packet id.
    if (this.#delivery !== undefined) return Promise.resolve(packet)
    const stored = this.#store.incoming(session.number, packetId)
    return stored === undefined ? unknownPacket() : Promise.resolve({ ...toAedes(stored), messageId: packetId })
  }

  incomingDelPacket(client: ClientRef, packet: AedesPacket): Promise<void> {
    const session = this.#delivery === undefined ? this.#sessions.find(client.id) : this.#delivery.session(client)
    const packetId = packet.messageId ?? 0
    if (session === undefined || !session.incoming.delete(packetId)) return unknownPacket()
    if (!session.persistent) return Promise.resolve()
    this.#store.dropIncoming(session.number, packetId)
    return this.#committed()
  }

  cleanIncoming(client: ClientRef): Promise<void> {
    // Our broker forgets them with the session; here it could be that of a new connection with the same client id.
    if (this.#delivery !== undefined) return Promise.resolve()
    const session = this.#sessions.find(client.id)
    if (session === undefined || session.incoming.size === 0) return Promise.resolve()
    session.incoming.clear()
    this.#store.dropAllIncoming(session.number)
    return this.#committed()
  }

  // Wills

  putWill(client: ClientRef, packet: AedesPacket): Promise<void> {
    this.#wills.set(client.id, client)
    packet.brokerId = this.#broker.id
    packet.clientId = client.id
    this.#store.putWill({ ...toStored(packet), clientId: client.id, brokerId: this.#broker.id })
    return this.#committed()
  }

  async getWill(client: ClientRef): Promise<AedesPacket | undefined> {
    const will = this.#store.will(client.id)
    return will === undefined ? undefined : toWill(will)
  }

  async delWill(client: ClientRef): Promise<AedesPacket | undefined> {
    if (this.#delivery !== undefined) {
      // Asked for at each CONNECT and nearly always for nothing; and when a connection ends, also for the will of the one that
      // has taken its client id over.
      const owner = this.#wills.get(client.id)
      if (owner === undefined || (owner !== client && owner.closed !== true)) return undefined
      this.#wills.delete(client.id)
      this.#store.dropWill(client.id)
      await this.#committed()
      return undefined
    }
    const will = this.#store.will(client.id)
    if (will === undefined) return undefined
    this.#store.dropWill(client.id)
    await this.#committed()
    return toWill(will)
  }

  /** Wills of brokers that are not among those given. */
  streamWill(brokers: Readonly<Record<string, unknown>> = {}): Readable {
    return Readable.from(
      this.#store
        .wills()
        .filter((will) => !brokers[will.brokerId])
        .map(toWill),
    )
  }

  #committed(): Promise<void> {
    return new Promise((resolve) => this.#store.whenCommitted(resolve))
  }

  *#queued(client: ClientRef): Generator<QueuedPacket> {
    const session = this.#sessions.find(client.id)
    if (session === undefined) return
    let after = -1
    for (;;) {
      const rows = this.#store.queue(session.number, after, page)
      yield* rows
      const last = rows[rows.length - 1]
      if (rows.length < page || last === undefined) return
      after = last.sequence
    }
  }
}

/** Rows that are read at once. */
const page = 64

/** A rejection with an Error of its own would cost more than all the rest of a QoS 2 message. */
const noSuchPacket = new Error('no such packet')

function unknownPacket(): Promise<never> {
  return Promise.reject(noSuchPacket)
}

function* mapped(rows: Iterable<QueuedPacket>): Generator<AedesPacket> {
  for (const row of rows) {
    // What takes its place is PUBREL with the same packet id.
    yield row.released ? released(row) : toOutgoing(row)
  }
}

function released(row: QueuedPacket): AedesPacket {
  return { cmd: 'pubrel', messageId: namesOf(row).messageId } as unknown as AedesPacket // a PUBREL has no topic
}

/** What aedes named a queued packet by. */
function namesOf(row: QueuedPacket): { brokerId?: unknown; brokerCounter?: unknown; messageId?: unknown } {
  return row.extra ?? {}
}

function* retainedOf(store: BrokerStore, patterns: readonly string[]): Generator<AedesPacket> {
  for (const pattern of patterns) {
    for (const topic of matchingRetained(store, pattern)) {
      const packet = topic === undefined ? undefined : store.retained(topic)
      if (packet !== undefined) yield toAedes(packet)
    }
  }
}

/** Everything but topic, payload, QoS and retain goes as it is. */
function toStored(packet: AedesPacket): StoredPacket {
  const { topic, payload, qos, retain, length: _, ...rest } = packet
  const extra = definedOnly(rest)
  return {
    topic,
    payload: payload ?? Buffer.alloc(0),
    qos: qos === 1 || qos === 2 ? qos : 0,
    retain: retain === true,
    ...(extra && { extra }),
  }
}

function toAedes(stored: StoredPacket): AedesPacket {
  const { topic, payload, qos, retain, extra } = stored
  return { ...extra, topic, payload, qos, retain }
}

/** As aedes expects it: a packet that was not sent yet has the field of its id, without one. */
function toOutgoing(row: QueuedPacket): AedesPacket {
  return { dup: false, messageId: undefined, ...toAedes(row) }
}

function toWill(will: StoredWill): AedesPacket {
  const { topic, payload, qos, retain, clientId, brokerId, extra } = will
  return { ...extra, topic, payload, qos, retain, clientId, brokerId }
}

function definedOnly(fields: Record<string, unknown>): Record<string, unknown> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
