import type { BrokerStore, StoredSession, StoredSubscription } from '../../store/broker.ts'
import { TopicTrie } from '../trie.ts'
import type { Courier } from './courier.ts'

/** A subscription of a session. */
export interface Interest extends StoredSubscription {
  readonly session: Session
}

/** Who gets a message, and how at most. */
export interface Route {
  readonly session: Session
  readonly qos: 0 | 1 | 2
}

/** What the broker remembers of one client. Decisions are made on this; the store follows and survives. */
export class Session {
  readonly clientId: string
  /** Names its rows in the store; 0 for a session that ends with its connection. */
  readonly number: number
  readonly interests = new Map<string, Interest>()
  /** Packet ids of QoS 2 messages that the client sent and has not released. */
  readonly incoming = new Set<number>()
  /** Sequence of the next message for it. */
  next = 0
  /** Messages that wait for it or that it has not confirmed. */
  queued = 0
  /** Highest sequence that may have been sent to it. */
  sent = -1
  /** Delivers while the client is connected. */
  courier: Courier | undefined
  /** Sequences above the first and up to the second went because the queue was full. */
  #dropped: [number, number] = [-1, -1]

  constructor(clientId: string, number: number) {
    this.clientId = clientId
    this.number = number
  }

  get persistent(): boolean {
    return this.number > 0
  }

  /** Whether it holds nothing that anybody could miss. */
  get empty(): boolean {
    return this.interests.size === 0 && this.incoming.size === 0 && this.queued === 0
  }

  wasDropped(sequence: number): boolean {
    return sequence > this.#dropped[0] && sequence <= this.#dropped[1]
  }

  /** Removes the oldest message that was not sent. */
  dropOldest(store: BrokerStore): void {
    this.queued--
    const base = this.courier?.taken ?? this.sent
    if (base >= this.#dropped[1]) this.#dropped = [base, base]
    if (this.#dropped[1] + 1 >= this.next) {
      // After a crash all that is left may have been sent.
      store.dropOldest(this.number, -1)
      return
    }
    this.#dropped[1]++
    store.dropQueued(this.number, this.#dropped[1])
  }
}

/** All sessions and what they subscribed. */
export class Sessions {
  readonly #store: BrokerStore
  readonly #limit: number
  readonly #persistent = new Map<string, Session>()
  readonly #trie = new TopicTrie<Interest>()
  /** The trie gives the same list again for the same topic. */
  readonly #routes = new WeakMap<readonly Interest[], readonly Route[]>()
  #lastNumber = 0
  #bytes = 0

  /** Loads the persistent ones. `limit` is how many of them there may be. */
  constructor(store: BrokerStore, limit: number) {
    this.#store = store
    this.#limit = limit
    for (const stored of store.sessions()) this.#load(stored)
    // Left by clients that were connected when the process ended and had nothing to keep.
    for (const session of [...this.#persistent.values()]) if (session.empty) this.discard(session)
  }

  get persistent(): ReadonlyMap<string, Session> {
    return this.#persistent
  }

  get full(): boolean {
    return this.#persistent.size >= this.#limit
  }

  /** What all subscriptions take in memory, about. */
  get bytes(): number {
    return this.#bytes
  }

  find(clientId: string): Session | undefined {
    return this.#persistent.get(clientId)
  }

  /** The persistent session of a client, a new one when there is none. */
  ensure(clientId: string): Session {
    const known = this.#persistent.get(clientId)
    if (known !== undefined) return known
    const session = new Session(clientId, ++this.#lastNumber)
    this.#persistent.set(clientId, session)
    this.#store.addSession(session.number, clientId)
    return session
  }

  /** Forgets a session with all that belongs to it. */
  discard(session: Session): void {
    for (const interest of session.interests.values()) this.#forget(interest)
    session.interests.clear()
    if (!session.persistent || this.#persistent.get(session.clientId) !== session) return
    this.#persistent.delete(session.clientId)
    this.#store.dropSession(session.number)
  }

  subscribe(session: Session, subscription: StoredSubscription): void {
    const { filter } = subscription
    const known = session.interests.get(filter)
    if (known !== undefined) this.#forget(known)
    this.#remember({ ...subscription, session })
    if (session.persistent) this.#store.putSubscription(session.number, subscription)
  }

  unsubscribe(session: Session, filter: string): void {
    const interest = session.interests.get(filter)
    if (interest === undefined) return
    session.interests.delete(filter)
    this.#forget(interest)
    if (session.persistent) this.#store.dropSubscription(session.number, filter)
  }

  /** The subscriptions that match a topic. */
  interests(topic: string): readonly Interest[] {
    return this.#trie.match(topic)
  }

  /** Each session once, however many of its filters match, with the highest QoS of them [MQTT-3.3.5-1]. */
  routes(topic: string): readonly Route[] {
    const interests = this.#trie.match(topic)
    const known = this.#routes.get(interests)
    if (known !== undefined) return known
    const highest = new Map<Session, 0 | 1 | 2>()
    for (const { session, qos } of interests) {
      const so = highest.get(session)
      if (so === undefined || so < qos) highest.set(session, qos)
    }
    const routes = [...highest].map(([session, qos]) => ({ session, qos }))
    this.#routes.set(interests, routes)
    return routes
  }

  #load(stored: StoredSession): void {
    const session = new Session(stored.clientId, stored.number)
    session.next = stored.last + 1
    session.queued = stored.queued
    session.sent = stored.sent
    for (const packetId of stored.incoming) session.incoming.add(packetId)
    for (const subscription of stored.subscriptions) this.#remember({ ...subscription, session })
    this.#persistent.set(stored.clientId, session)
    this.#lastNumber = Math.max(this.#lastNumber, stored.number)
  }

  #remember(interest: Interest): void {
    interest.session.interests.set(interest.filter, interest)
    this.#trie.add(interest.filter, interest)
    this.#bytes += bytesOf(interest.filter)
  }

  #forget(interest: Interest): void {
    this.#trie.remove(interest.filter, interest)
    this.#bytes -= bytesOf(interest.filter)
  }
}

/**
 * Bytes that a subscription takes in memory, about, as they were measured: some for itself and some for each level of its filter.
 * Levels that filters share are counted for each.
 */
export function bytesOf(filter: string): number {
  return 300 + 350 * filter.split('/').length + filter.length
}
