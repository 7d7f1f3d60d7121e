import { rulewireError } from '../errors.ts'
import type { IncomingLink, Received, ReceivedPublish } from '../mqtt/contract.ts'
import { type ConnectionBatch, connectionBatch } from './batch.ts'
import type { Target } from './node-runtime.ts'
import type { SeenStore, Store } from './ports.ts'
import type { Runner } from './runner.ts'
import { deadlyTries, hashOf, Suspects } from './suspects.ts'

/** Finds who wants a topic. */
export interface Router {
  match(topic: string): readonly Route[]
}

/** Records packets of a connection, before the nodes get them and with the same commit. */
export interface Recorder {
  /** Whether the packet came for a filter of the recorder. */
  wants(packet: ReceivedPublish): boolean
  /** @param named the packet says for which subscriptions it came, and one of them is known */
  take(packet: ReceivedPublish, named: boolean): void
}

/** Hash of a packet of an earlier run, which nobody knows any more. */
const unknownHash = -1

/** Time after which the packets of a chunk let other work run first, milliseconds. */
const slice = 20

/** A node that subscribed, and the identifier of the subscription that it shares with all who want the same filter. */
export interface Route {
  readonly target: Target
  readonly subscription: number
  /** Called when the node has taken a packet. */
  readonly seen: (packet: ReceivedPublish) => void
}

/**
 * What arrives over one connection: repeats are left out, the rest runs through the nodes, and all of it is settled with the
 * commit that holds what it caused.
 *
 * A repeat at QoS 1 is a packet with DUP whose id and hash are those of a packet of an earlier epoch that caused writes and
 * whose ack may not have arrived. An ack has arrived when a PINGREQ that was sent after it was answered: then its entry goes.
 * At QoS 2 the packet id itself is remembered until PUBREL, and after that as at QoS 1: there are brokers that forget over
 * their own restart how far an exchange was.
 */
export class Intake {
  /** Packets that were known repeats. */
  repeats = 0
  /** Called when {@link Intake.busy} has become false by itself. */
  onIdle: (() => void) | undefined
  readonly #connection: string
  readonly #runner: Runner
  readonly #store: SeenStore
  readonly #router: Router
  readonly #recorder: Recorder | undefined
  /** QoS 2 ids between PUBREC and PUBCOMP, with the hash of their packets. */
  readonly #received: Map<number, number>
  /** Packets of earlier epochs whose ack may not have arrived: packet id to hashes. */
  readonly #unconfirmed = new Map<number, number[]>()
  /** Entries of this epoch, by batch, that wait for the next PINGRESP. */
  readonly #batches: { batch: number; seen: readonly number[] }[] = []
  #nextBatch = 1
  #confirming = false
  /** A message came on this connection that is no repeat: the broker repeats in order, so it has repeated all. */
  #repeated = false
  #waiting: Received[] = []
  #link: Pick<IncomingLink, 'settle' | 'confirm'> | undefined
  #epoch = 0
  /** There after an end that was not clean, until the broker has repeated all. */
  #suspects: Suspects | undefined

  /** @param careful the engine did not end cleanly before this start */
  constructor(connection: string, runner: Runner, store: Store, router: Router, careful: boolean, recorder?: Recorder) {
    this.#connection = connection
    this.#runner = runner
    this.#store = store.seen
    this.#router = router
    this.#recorder = recorder
    this.#received = new Map(store.seen.received(connection).map((packetId) => [packetId, unknownHash]))
    this.#suspects = careful ? new Suspects(connection, store) : undefined
    for (const { batch, entries } of store.seen.batches(connection)) {
      this.#batches.push({ batch, seen: [...entries] })
      this.#nextBatch = batch + 1
    }
  }

  /** Sets the link that settles. */
  set link(link: Pick<IncomingLink, 'settle' | 'confirm'>) {
    this.#link = link
  }

  /** A new epoch begins: what was not confirmed may come again. */
  connected(sessionPresent: boolean, epoch: number): void {
    this.#epoch = epoch
    this.#confirming = false
    this.#repeated = false
    this.#unconfirmed.clear()
    // What waits came over a connection that is gone: a session that is still there sends it again.
    this.#waiting = this.#waiting.filter((packet) => packet.type === 'publish' && (packet.qos === 0 || !sessionPresent))
    if (sessionPresent) {
      for (const { seen } of this.#batches) this.#addUnconfirmed(seen)
      // While the store fails, what ran and is not committed belongs to an earlier epoch too.
      this.#addUnconfirmed(this.#part().seen)
      return
    }
    if (this.#received.size > 0) {
      this.#received.clear()
      const part = this.#part()
      part.clear = true
      part.received.length = 0
      part.released.length = 0
      this.#runner.mustWrite()
      this.#runner.finish()
    }
    this.#forgetBatches()
  }

  /** There are packets that wait for their turn: the link should be paused. */
  get busy(): boolean {
    return this.#waiting.length > 0
  }

  /**
   * Takes the packets of one chunk. Those whose turn has not come after {@link slice} wait until other work has run, and while the
   * store fails all do.
   */
  receive(packets: readonly Received[]): void {
    if (this.#runner.faulted || this.#waiting.length > 0) {
      for (const packet of packets) this.#waiting.push(packet)
      return
    }
    this.#take(packets)
  }

  /** Goes on with what waits: the store works again, or other work has run. */
  resume(): void {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > 0) this.#take(waiting)
  }

  /** The batch is committed: acks go out, and are confirmed when there is something to forget. */
  committed(part: ConnectionBatch): void {
    if (part.settle.length > 0) this.#link?.settle(part.settle)
    if (part.seen.length > 0) this.#batches.push({ batch: part.batch, seen: part.seen })
    this.#confirm()
  }

  /** Asks for the proof that the acks of all batches have arrived; one question at a time. */
  #confirm(): void {
    if (this.#batches.length === 0 || this.#confirming) return
    this.#confirming = true
    const upTo = this.#batches.at(-1)?.batch ?? 0
    this.#link?.confirm(() => this.#confirmed(upTo))
  }

  #take(packets: readonly Received[]): void {
    const runner = this.#runner
    runner.tick()
    if (!runner.faulted) this.#suspects?.mark(packets, (packet) => this.#isKnown(packet))
    for (let index = 0; index < packets.length; index++) {
      this.#takeOne(packets[index] as Received) // below the length
      if (runner.elapsed < slice || index + 1 === packets.length) continue
      this.#waiting = packets.slice(index + 1)
      break
    }
    // Planned first, so that acks do not wait for the rest.
    runner.finish()
    if (this.busy) {
      runner.soon(() => {
        if (runner.faulted) return
        this.resume()
        if (!this.busy) this.onIdle?.()
      })
    }
  }

  #takeOne(packet: Received): void {
    if (packet.type === 'release') this.#release(packet.packetId)
    else if (this.#suspects?.has(packet) && !this.#isKnown(packet)) {
      this.#publishAlone(packet)
      return
    } else this.#publish(packet)
    if (packet.type === 'release' || packet.qos > 0) this.#part().settle.push(packet)
  }

  #publish(packet: ReceivedPublish): void {
    const { qos, packetId } = packet
    if (qos > 0 && !packet.duplicate && !this.#repeated) this.#endRepeats()
    // The session that would release its id is gone.
    if (qos === 2 && packet.epoch !== this.#epoch) {
      this.#dispatch(packet)
      return
    }
    if (qos === 2) {
      const known = this.#isKnown(packet)
      if (!known || !this.#received.has(packetId)) this.#keepId(packet)
      if (known) this.repeats++
      else this.#dispatch(packet)
      return
    }
    if (qos === 0) {
      this.#dispatch(packet)
      return
    }
    if (this.#isKnown(packet)) {
      this.repeats++
      // Its new ack may get lost too.
      this.#runner.mustWrite()
      this.#remember(packetId, hashOf(packet))
      return
    }
    const { writes } = this.#runner.batch
    this.#dispatch(packet)
    if (this.#runner.batch.writes !== writes) this.#remember(packetId, hashOf(packet))
  }

  #keepId(packet: ReceivedPublish): void {
    const { packetId } = packet
    const other = this.#received.get(packetId)
    // Nothing will release it any more, and it may come again.
    if (other !== undefined && other !== unknownHash) this.#remember(packetId, other)
    this.#received.set(packetId, hashOf(packet))
    this.#part().received.push(packetId)
    this.#runner.mustWrite()
  }

  #remember(packetId: number, hash: number): void {
    const part = this.#part()
    if (part.batch === 0) part.batch = this.#nextBatch++
    part.seen.push(packetId, hash)
  }

  /**
   * Runs a packet that was there at two bad ends, so that one that ends the engine again and again goes to the dead letters
   * after {@link deadlyTries}, and alone. Its ack belongs to its own commit, or it would come again with the next one that ends
   * the engine and be counted with it.
   */
  #publishAlone(packet: ReceivedPublish): void {
    const runner = this.#runner
    this.#commitAlone()
    const tries = this.#suspects?.try(packet, runner.faulted) ?? 0
    if (tries < deadlyTries) {
      this.#publish(packet)
    } else {
      const error = rulewireError('POISON', { count: tries })
      const routes = this.#router.match(packet.topic)
      this.#recorder?.take(packet, this.#isNamed(packet, routes))
      for (const { target } of routes) {
        runner.deadLetter(target.node.ref, target.port, packet, error)
      }
      if (packet.qos === 2) this.#keepId(packet)
      else this.#remember(packet.packetId, hashOf(packet))
    }
    if (packet.qos > 0) this.#part().settle.push(packet)
    this.#commitAlone()
  }

  /** While the store fails there is nothing to wait for here: the repeat of the runner brings it all to the disk. */
  #commitAlone(): void {
    const runner = this.#runner
    if (runner.faulted) return
    if (runner.batch.writes > 0) runner.commit()
    else runner.finish()
  }

  #dispatch(packet: ReceivedPublish): void {
    const routes = this.#router.match(packet.topic)
    const named = this.#isNamed(packet, routes)
    this.#recorder?.take(packet, named)
    for (let index = 0; index < routes.length; index++) {
      const route = routes[index] as Route
      if (named && !isFor(packet, route)) continue
      this.#runner.run(route.target, packet)
      route.seen(packet)
    }
  }

  /** A broker that promised to name subscriptions and does not must not make messages disappear. */
  #isNamed(packet: ReceivedPublish, routes: readonly Route[]): boolean {
    if (packet.subscriptions === undefined) return false
    return routes.some((route) => isFor(packet, route)) || this.#recorder?.wants(packet) === true
  }

  #release(packetId: number): void {
    const hash = this.#received.get(packetId)
    if (hash === undefined) return
    this.#received.delete(packetId)
    if (hash !== unknownHash) this.#remember(packetId, hash)
    const part = this.#part()
    const added = part.received.indexOf(packetId)
    if (added >= 0) part.received.splice(added, 1)
    part.released.push(packetId)
    this.#runner.mustWrite()
  }

  /** A repeat of something that is committed. */
  #isKnown(packet: ReceivedPublish): boolean {
    if (packet.qos === 2 && this.#isHeld(packet)) return true
    if (!packet.duplicate || this.#unconfirmed.size === 0) return false
    return this.#unconfirmed.get(packet.packetId)?.includes(hashOf(packet)) ?? false
  }

  /**
   * A QoS 2 message between PUBREC and PUBREL. mosquitto without a limit of messages in flight gives an id to a second message
   * while the first one holds it: then the message is another one, and no repeat.
   */
  #isHeld(packet: ReceivedPublish): boolean {
    const hash = this.#received.get(packet.packetId)
    if (hash === undefined) return false
    return packet.duplicate || hash === unknownHash || hash === hashOf(packet)
  }

  #confirmed(upTo: number): void {
    this.#confirming = false
    while ((this.#batches[0]?.batch ?? Number.POSITIVE_INFINITY) <= upTo) this.#batches.shift()
    this.#runner.add({ kind: 'write', write: () => this.#store.deleteBatches(this.#connection, upTo) })
    this.#runner.finish()
    this.#confirm()
  }

  /** What an earlier epoch left has been delivered again, or never will be. */
  #endRepeats(): void {
    this.#repeated = true
    this.#unconfirmed.clear()
    if (this.#suspects === undefined) return
    this.#suspects = undefined
    this.#runner.add({ kind: 'write', write: () => this.#store.clearAttempts(this.#connection) })
  }

  #forgetBatches(): void {
    const upTo = this.#batches.at(-1)?.batch
    if (upTo === undefined) return
    this.#batches.length = 0
    this.#runner.add({ kind: 'write', write: () => this.#store.deleteBatches(this.#connection, upTo) })
    this.#runner.finish()
  }

  #addUnconfirmed(seen: readonly number[]): void {
    for (let index = 0; index < seen.length; index += 2) {
      const packetId = seen[index] ?? 0
      const hashes = this.#unconfirmed.get(packetId) ?? []
      hashes.push(seen[index + 1] ?? 0)
      this.#unconfirmed.set(packetId, hashes)
    }
  }

  #part(): ConnectionBatch {
    return connectionBatch(this.#runner.batch, this.#connection)
  }
}

/** A broker of MQTT 5 delivers a message once for each filter that overlaps, and says for which: each copy goes its own way. */
export function isFor({ subscriptions }: ReceivedPublish, { subscription }: Pick<Route, 'subscription'>): boolean {
  if (subscriptions === undefined) return true
  return subscriptions.length === 0 ? subscription === 0 : subscriptions.includes(subscription)
}
