import { rulewireError, suggestion } from '../errors.ts'
import type { Log } from '../log.ts'
import type { EmbeddedBroker } from '../mqtt/broker/broker.ts'
import type { ConnectionConfig, IncomingLink, Links, OutgoingLink, QosZeroMessage } from '../mqtt/contract.ts'
import { isUnverified } from '../mqtt/tls.ts'
import { TopicTrie } from '../mqtt/trie.ts'
import type { Batch } from '../run/batch.ts'
import type { Subscriptions } from '../run/deployment.ts'
import { Intake, type Route } from '../run/intake.ts'
import type { Target } from '../run/node-runtime.ts'
import { BrokerOutbox, type OutboxLimits } from '../run/outbox.ts'
import type { FaultPoint, StoredPublish } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { BrokerDescription } from '../server/protocol.ts'
import { defaultConnection } from '../spec/connection.ts'
import type { Subscription } from '../spec/spec.ts'
import { subscriptionId } from '../spec/topics.ts'
import type { EngineStore } from '../store/index.ts'
import type { History } from './history.ts'
import type { Learning } from './learning.ts'

export interface ConnectionsOptions {
  configs: readonly ConnectionConfig[]
  links: Links
  runner: Runner
  store: EngineStore
  outboxLimits: OutboxLimits
  learning: Learning
  history: History
  /** Says that there is no room for what would come in. */
  crowded(): boolean
  /** The engine did not end cleanly before this start. */
  careful: boolean
  /** The broker of this process: it forgets with it what it has heard and not committed. */
  embedded?: Pick<EmbeddedBroker, 'whenCommitted' | 'hold'> | undefined
  /** Tests end the process there. */
  faultPoint?: ((point: FaultPoint) => void) | undefined
  now(): number
  onChange(): void
  log: Log
}

interface Connection {
  readonly config: ConnectionConfig
  readonly trie: TopicTrie<Route>
  /** Who wants a filter, and at which QoS. */
  readonly wanted: Map<string, { route: Route; qos: 0 | 1 | 2 }[]>
  readonly intake: Intake
  readonly outbox: BrokerOutbox
  readonly incoming: IncomingLink
  readonly outgoing: OutgoingLink
  /** Whether the incoming side is stopped. */
  paused: boolean
}

/** The broker connections of an engine: who wants which topics, and what goes out where. */
export class Connections implements Subscriptions {
  readonly #options: ConnectionsOptions
  readonly #connections = new Map<string, Connection>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
    for (const config of options.configs) this.#connections.set(config.name, this.#open(config))
  }

  get names(): string[] {
    return [...this.#connections.keys()]
  }

  /** Packets received over all connections since the start. */
  get received(): number {
    return [...this.#connections.values()].reduce((sum, { incoming }) => sum + incoming.state().received, 0)
  }

  add({ broker, filter, qos }: Subscription, target: Target): void {
    const connection = this.#connection(broker)
    const { learning } = this.#options
    const learner = learning.learner(connection.config.name, filter)
    const route: Route = {
      target,
      subscription: subscriptionId(filter),
      seen(packet) {
        if (learner.budget > 0) learning.sample(learner, packet)
      },
    }
    connection.trie.add(filter, route)
    const wanted = connection.wanted.get(filter)
    if (wanted === undefined) connection.wanted.set(filter, [{ route, qos }])
    else wanted.push({ route, qos })
  }

  remove({ broker, filter }: Subscription, target: Target): void {
    const connection = this.#connection(broker)
    const wanted = connection.wanted.get(filter) ?? []
    const left = wanted.filter(({ route }) => route.target !== target)
    for (const { route } of wanted) if (route.target === target) connection.trie.remove(filter, route)
    if (left.length === 0) connection.wanted.delete(filter)
    else connection.wanted.set(filter, left)
  }

  /** Tells the brokers what is wanted now; the first call connects. */
  subscribe(): void {
    this.#options.history.configure()
    for (const { config, wanted, incoming } of this.#connections.values()) {
      const filters = new Map<string, 0 | 1 | 2>()
      for (const [filter, wants] of wanted)
        filters.set(
          filter,
          wants
            .map(({ qos }) => qos)
            .toSorted()
            .at(-1) ?? 0,
        )
      this.#options.history.recorder(config.name).subscribe(filters)
      incoming.subscribe(filters)
    }
  }

  /** The outbox of a connection. Throws BROKER_UNKNOWN. */
  outbox(name: string | undefined): BrokerOutbox {
    return this.#connection(name).outbox
  }

  /** Sends what a batch asked for, and settles what it took in. */
  committed(batch: Batch): void {
    if (batch.pending.length > 0) this.#send(batch)
    this.#options.faultPoint?.('before-settle')
    for (const [name, part] of batch.connections) this.#connections.get(name)?.intake.committed(part)
    this.steer()
  }

  /** Nothing may be handed over while the store fails. */
  setFaulted(): void {
    this.steer()
    if (this.#options.runner.faulted) return
    for (const { intake } of this.#connections.values()) intake.resume()
    this.steer()
  }

  describe(): BrokerDescription[] {
    return [...this.#connections.values()].map(({ config, incoming, outgoing, outbox }) => ({
      name: config.name,
      embedded: config.connect !== undefined,
      ...(isUnverified(config) ? { insecure: true } : {}),
      ...(config.tls?.rejectUnauthorized === false ? { unverified: true as const } : {}),
      incoming: incoming.state(),
      outgoing: outgoing.state(),
      outbox: outbox.count,
      dropped: outgoing.dropped() + outbox.dropped,
    }))
  }

  /** Ends the incoming sides: nothing new is taken. */
  async closeIncoming(): Promise<void> {
    await Promise.all([...this.#connections.values()].map(({ incoming }) => incoming.close()))
  }

  async closeOutgoing(): Promise<void> {
    await Promise.all([...this.#connections.values()].map(({ outgoing }) => outgoing.close()))
  }

  #open(config: ConnectionConfig): Connection {
    const { runner, store, links, now, log, onChange } = this.#options
    const { name } = config
    const trie = new TopicTrie<Route>()
    const recorder = this.#options.history.recorder(name)
    const intake = new Intake(name, runner, store, trie, this.#options.careful, recorder)
    const outbox = new BrokerOutbox(name, store.outbox, runner, this.#options.outboxLimits)
    const logLink = (side: string) => (level: 'debug' | 'info' | 'warn' | 'error', text: string) =>
      log(level, `broker ${name} (${side}): ${text}`)
    const incoming = links.incoming({
      config,
      now,
      onReceived: (packets) => {
        intake.receive(packets)
        if (intake.busy) this.steer()
      },
      onConnected: ({ sessionPresent, epoch }) => intake.connected(sessionPresent, epoch),
      knownFilters: store.filters.read(name),
      onSubscribed: (filters) => store.filters.write(name, filters),
      ...(config.connect === undefined ? {} : { onSettled: () => this.#options.embedded?.hold('start', false) }),
      onState: onChange,
      log: logLink('in'),
    })
    intake.onIdle = () => this.steer()
    intake.link = config.connect === undefined ? incoming : this.#lasting(incoming)
    const outgoing = links.outgoing({ config, outbox, now, onState: onChange, log: logLink('out') })
    return { config, trie, wanted: new Map(), intake, outbox, incoming, outgoing, paused: false }
  }

  /** The answer of the embedded broker says that our acks arrived; they last when it has committed them. */
  #lasting(link: IncomingLink): Pick<IncomingLink, 'settle' | 'confirm'> {
    const { embedded } = this.#options
    if (embedded === undefined) return link
    return {
      settle: (packets) => link.settle(packets),
      confirm: (arrived) => link.confirm(() => embedded.whenCommitted(arrived)),
    }
  }

  #connection(name = defaultConnection): Connection {
    const connection = this.#connections.get(name)
    if (connection !== undefined) return connection
    throw rulewireError('BROKER_UNKNOWN', {
      name,
      suggestion: suggestion(name, this.names),
      names: this.names.join(', '),
    })
  }

  #send(batch: Batch): void {
    const messages = new Map<string, QosZeroMessage[]>()
    const rows = new Map<string, StoredPublish[]>()
    for (const item of batch.pending) {
      if (item.kind === 'send') push(messages, item.connection, item.effect)
      else if (item.kind === 'publish') push(rows, item.connection, item.row)
    }
    for (const [name, list] of messages) this.#connections.get(name)?.outgoing.publish(list)
    for (const [name, list] of rows) {
      const connection = this.#connections.get(name)
      connection?.outbox.committed(list)
      connection?.outgoing.wake()
    }
  }

  /** Stops intake while the store fails, an outbox must not grow, or packets wait for their turn; and lets it go on after that. */
  steer(): void {
    let pause = this.#options.runner.faulted || this.#options.crowded()
    for (const { outbox } of this.#connections.values()) pause ||= outbox.full
    for (const connection of this.#connections.values()) {
      const { incoming, intake } = connection
      if ((pause || intake.busy) === connection.paused) continue
      connection.paused = !connection.paused
      if (connection.paused) incoming.pause()
      else incoming.resume()
    }
  }
}

function push<Item>(lists: Map<string, Item[]>, name: string, item: Item): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
