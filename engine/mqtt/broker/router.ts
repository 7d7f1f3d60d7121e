import type { BrokerStore, StoredPacket } from '../../store/broker.ts'
import type { Courier } from './courier.ts'
import type { BrokerCounters, BrokerLimits } from './limits.ts'
import type { QuietLog } from './quiet-log.ts'
import { allRetainedTopics, matchingRetained } from './retained.ts'
import { type Route, type Session, Sessions } from './sessions.ts'

export interface RouterTools {
  readonly store: BrokerStore
  readonly limits: BrokerLimits
  readonly counters: BrokerCounters
  readonly quiet: QuietLog
}

/** A message as a client published it. */
export interface Publication {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

/** The session that published at QoS 2, and its packet id. */
export interface Origin {
  readonly session: Session
  readonly packetId: number
}

interface Address {
  readonly session: Session
  readonly sequence: number
  readonly qos: 1 | 2
}

/**
 * Decides who gets a message and in which order things become durable: one commit holds the message for every persistent
 * session that wants it, its retained copy and its QoS 2 packet id; only then it is delivered and acked.
 */
export class Router {
  readonly sessions: Sessions
  readonly #tools: RouterTools
  readonly #retainedTopics: Set<string>
  #retainedBytes = 0

  constructor(tools: RouterTools) {
    this.#tools = tools
    this.sessions = new Sessions(tools.store, tools.limits.sessions)
    this.#retainedTopics = new Set(allRetainedTopics(tools.store))
    for (const topic of this.#retainedTopics) this.#retainedBytes += topic.length
  }

  /** Retained messages, one a topic. */
  get retained(): number {
    return this.#retainedTopics.size
  }

  /**
   * Takes a message. `done` is called when the publisher may be acked and more be read from it: after the commit, and when
   * nobody who gets the message is too far behind.
   */
  publish(message: Publication, origin: Origin | undefined, done: () => void): void {
    this.#tools.counters.received++
    const routes = this.sessions.routes(message.topic)
    if (message.retain) this.#retain(message)
    if (message.qos > 0) this.#publishSafely(message, routes, origin, done)
    else {
      this.#send(message, routes)
      // Memory does not fill with what cannot be written.
      if (message.retain && this.#tools.store.fault !== undefined) this.#tools.store.whenCommitted(done)
      else hold(routes, done)
    }
  }

  /** Gives a client what is retained for its new subscriptions, page by page, as fast as it takes them. */
  async sendRetained(courier: Courier, subscriptions: readonly { filter: string; qos: 0 | 1 | 2 }[]): Promise<void> {
    const { store } = this.#tools
    const { session } = courier
    await new Promise<void>((resolve) => store.whenCommitted(resolve))
    for (const { filter, qos: granted } of subscriptions) {
      for (const topic of matchingRetained(store, filter)) {
        if (topic === undefined) await new Promise<void>((resolve) => setImmediate(resolve))
        if (!courier.flows) await new Promise<void>((resolve) => courier.whenOpen(resolve, true))
        if (session.courier !== courier) return
        if (topic !== undefined) this.#sendOneRetained(courier, topic, granted)
      }
    }
  }

  #publishSafely(message: Publication, routes: readonly Route[], origin: Origin | undefined, done: () => void): void {
    const { store } = this.#tools
    if (origin !== undefined) origin.session.incoming.add(origin.packetId)
    const forwarded = { topic: message.topic, payload: message.payload, retain: false }
    const addresses: Address[] = []
    let hasLower = false
    for (const { session, qos: granted } of routes) {
      const qos = lower(granted, message.qos)
      if (qos === 0) hasLower = true
      else addresses.push({ session, qos, sequence: this.#enqueue(session, { ...forwarded, qos }) })
    }
    // After the queues: should a commit end between them, the repeat is taken again and not for known.
    if (origin?.session.persistent) store.putIncoming(origin.session.number, origin.packetId)
    store.whenCommitted(() => {
      for (const { session, sequence, qos } of addresses) session.courier?.push(sequence, qos, forwarded)
      if (hasLower) {
        for (const route of routes) if (route.qos === 0) route.session.courier?.send(forwarded)
      }
      hold(routes, done)
    })
  }

  #send({ topic, payload }: Publication, routes: readonly Route[]): void {
    const forwarded = { topic, payload, retain: false }
    for (const { session } of routes) session.courier?.send(forwarded)
  }

  /** Gives it a place in the session's queue, and the oldest one's when that is full. */
  #enqueue(session: Session, packet: StoredPacket): number {
    const { store, limits, counters, quiet } = this.#tools
    const sequence = session.next++
    session.queued++
    if (!session.persistent) return sequence
    store.enqueue(session.number, sequence, packet)
    if (session.queued > limits.queue) {
      session.dropOldest(store)
      counters.droppedQueued++
      const text = `The queue of MQTT client ${session.clientId} is full (${limits.queue} messages): the oldest is dropped`
      quiet('warn', session.clientId, 'queue', text)
    }
    return sequence
  }

  #retain({ topic, payload, qos }: Publication): void {
    const { store, counters, quiet } = this.#tools
    if (payload.length === 0) {
      if (!this.#retainedTopics.delete(topic)) return
      this.#retainedBytes -= topic.length
      store.retain({ topic, payload, qos, retain: true })
      return
    }
    if (!this.#retainedTopics.has(topic)) {
      const full = this.#fullOfRetained(topic)
      if (full !== undefined) {
        counters.refusedRetained++
        quiet('warn', '', 'retained', `${full}: ${topic} is delivered but not kept`)
        return
      }
      this.#retainedTopics.add(topic)
      this.#retainedBytes += topic.length
    }
    // It lies in what a socket gave; a copy does not keep all of that in memory.
    store.retain({ topic, payload: typeof payload === 'string' ? payload : Buffer.from(payload), qos, retain: true })
  }

  /** Why no further topic is kept; undefined when there is room. */
  #fullOfRetained(topic: string): string | undefined {
    const { retained, retainedBytes } = this.#tools.limits
    if (this.#retainedTopics.size >= retained) return `${retained} messages are retained`
    if (this.#retainedBytes + topic.length <= retainedBytes) return undefined
    return `the topics of retained messages take ${this.#retainedBytes} bytes, the limit is ${retainedBytes}`
  }

  /** What it is now: it may have changed since the page was read. */
  #sendOneRetained(courier: Courier, topic: string, granted: 0 | 1 | 2): void {
    const { store } = this.#tools
    const packet = store.retained(topic)
    if (packet === undefined) return
    const publish = { topic, payload: packet.payload, retain: true }
    const qos = lower(granted, packet.qos)
    if (qos === 0) {
      courier.send(publish)
      return
    }
    const sequence = this.#enqueue(courier.session, { ...publish, qos })
    store.whenCommitted(() => courier.push(sequence, qos, publish))
  }
}

/** Calls back when none of those who got the message is too far behind. */
function hold(routes: readonly Route[], done: () => void): void {
  let waiting = 1
  const ready = () => {
    if (--waiting === 0) done()
  }
  for (const { session } of routes) {
    if (session.courier === undefined || session.courier.open) continue
    waiting++
    session.courier.whenOpen(ready)
  }
  ready()
}

function lower(left: 0 | 1 | 2, right: 0 | 1 | 2): 0 | 1 | 2 {
  return left === 0 || right === 0 ? 0 : left === 1 || right === 1 ? 1 : 2
}
