import { rulewireError, suggestion } from '../errors.ts'
import type { Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { AlarmEntry, Command } from '../spec/alarm.ts'
import type { Effect, EffectResult, RequestEffect } from '../spec/context.ts'
import { type HookRequest, HookTable, readHookPath } from '../spec/hook.ts'
import type { Message, Packet } from '../spec/message.ts'
import type { StatusReport } from '../spec/status.ts'
import { filtersIntersect } from '../spec/topics.ts'
import type { Batch, Pending } from './batch.ts'
import { Deployment } from './deployment.ts'
import type { NodeRuntime, Target } from './node-runtime.ts'
import type { DeadLetterEntry, Store, StoredTimer, TableStore } from './ports.ts'
import { Runner } from './runner.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { RunWatch, WatchedHop } from './watch.ts'

export interface SandboxOptions {
  plan: Plan
  /** A store of its own, in memory. State and timers that stand in it are taken over. */
  store: Store
  clock: VirtualClock
  /** From 0 up to 1. */
  random(): number
  limits?: Partial<Limits> | undefined
  /** What `query` nodes ask; the store unless given. */
  query?: TableStore['query'] | undefined
  /** Hops that are kept between two takes; further ones are counted. 10,000 unless given. */
  keep?: number
  /** Each call of a handler as it happens, whether it is kept or not. Must not throw. */
  onHop?(hop: WatchedHop): void
  /** Before each handler: a sentence ends the run for good there. */
  stop?(): string | undefined
}

/** What happened since the last {@link Sandbox.take}. Times are UTC milliseconds of the virtual clock. */
export interface SandboxResult {
  time: number
  hops: WatchedHop[]
  /** Hops that were not kept. */
  left: number
  deadLetters: DeadLetterEntry[]
  alarms: { node: string; entry: AlarmEntry }[]
  /** `node` is an id. */
  logs: { node: string; text: string; data: unknown }[]
  /** By node id: what the nodes show now. */
  status: Record<string, string>
  /** Timers that wait now; `node` is `flow/node`. */
  timers: StoredTimer[]
  /** Why it was ended early. */
  stopped: string | undefined
}

/** A packet for {@link Sandbox.packet}; fields that are not given are filled up. */
export type SandboxPacket = Partial<Packet> & Pick<Packet, 'topic' | 'payload'>

/** A request for {@link Sandbox.request}, whose sender is not asked for a proof. `path`: what stands behind `/hooks/`. */
export interface SandboxRequest {
  method: string
  path: string
  query?: HookRequest['query']
  /** By name in lower case. */
  headers?: HookRequest['headers']
  body?: Uint8Array
}

/** A flow that runs by itself: nothing is published, requested or stored outside of its store, and time stands still. */
export interface Sandbox {
  /** Sends a message to an input port; fields that are not given are filled up. Throws NOT_FOUND. */
  send(node: string, port: string, fields: Partial<Message>): void
  /** Gives a packet to all nodes that subscribe to its topic, or to one of them; tells how many took it. */
  packet(packet: SandboxPacket, node?: string): number
  /** Answers the oldest request that has no answer. False when there is none. */
  answer(result: (message: Message) => EffectResult): boolean
  /** Sends a request to the hook that it matches. Throws HOOK_UNKNOWN, WRONG_METHOD, and what the node refuses it with. Gives its id. */
  request(request: SandboxRequest): string
  /** Throws NOT_FOUND, and what the node refuses the command with. */
  command(node: string, command: Command): void
  /** Tells all nodes that watch the engine; how many there are. */
  status(report: StatusReport): number
  /** Lets time go on; timers fire on the way, each at its time. */
  advanceTo(time: number): void
  /** What happened, without forgetting it. */
  result(): SandboxResult
  /** What happened, which is then forgotten. */
  take(): SandboxResult
}

const defaultKeep = 10_000

/** Runs a flow with the engine's own runner on the store and clock that are given. Its nodes start at once. */
export function createSandbox(options: SandboxOptions): Sandbox {
  return new IsolatedRun(options)
}

/** Headers for people and tests, with a text in place of each secret. */
export function headerTexts(
  headers: RequestEffect['headers'],
  shown: (secret: string) => string,
): Record<string, string> {
  const entries = Object.entries(headers)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : shown(value.$secret)]),
  )
}

/** The work for a sink that a handler asked for, as it did. */
export function effectOf(pending: Pending): Effect | undefined {
  if (pending.kind === 'request') return pending.request.effect
  if (pending.kind === 'send' || pending.kind === 'answer') return pending.effect
  if (pending.kind !== 'publish') return undefined
  const { topic, payload, qos, retain, props } = pending.row
  const effect = { kind: 'publish' as const, broker: pending.connection, topic, payload, qos, retain }
  return props === undefined ? effect : { ...effect, props }
}

/** Thrown through the runner, which is not used any more after that. */
class Stopped extends Error {
  override readonly name = 'Stopped'
}

class IsolatedRun implements Sandbox {
  readonly #options: SandboxOptions
  readonly #nodes = new Map<string, NodeRuntime>()
  readonly #runner: Runner
  readonly #subscribed: { filter: string; target: Target }[] = []
  /** By node id. */
  readonly #hooks: HookTable<string>
  readonly #unanswered: { node: string; effect: RequestEffect }[] = []
  #hops: WatchedHop[] = []
  #left = 0
  #deadLetters: DeadLetterEntry[] = []
  #alarms: SandboxResult['alarms'] = []
  #logs: SandboxResult['logs'] = []
  #stopped: string | undefined

  constructor(options: SandboxOptions) {
    this.#options = options
    const { clock, random, limits, plan } = options
    const store = this.#recording(options.store)
    const runner = new Runner(this.#nodes, {
      store,
      clock,
      take: takeEffect,
      committed: (batch) => this.#committed(batch),
      onFault: () => undefined,
      log: () => undefined,
    })
    this.#runner = runner
    this.#hooks = new HookTable(
      plan.nodes.flatMap(({ id, spec, config }) => (spec.serves?.(config) ?? []).map((hook) => ({ hook, owner: id }))),
    )
    runner.idPrefix = 'm'
    runner.watcher = () => this.#watch
    const deployment = new Deployment({
      runner,
      store,
      nodes: this.#nodes,
      subscriptions: {
        add: ({ filter }, target) => void this.#subscribed.push({ filter, target }),
        remove: () => undefined,
      },
      tables: { ...store.tables, query: options.query ?? store.tables.query },
      random,
      limits,
      log: (text, data) => void this.#logs.push({ ...splitLog(text), data }),
    })
    this.#guarded(() => {
      deployment.apply({ ...plan, disabled: false })
    })
  }

  send(node: string, port: string, fields: Partial<Message>): void {
    const target = this.#target(node, port)
    this.#guarded(() => this.#runner.run(target, this.#message(fields)))
  }

  packet(fields: SandboxPacket, node?: string): number {
    const { topic } = fields
    const wanted = this.#subscribed.filter(({ filter }) => filtersIntersect(filter, topic))
    const targets = [...new Set(wanted.map(({ target }) => target))].filter(
      (target) => node === undefined || target.node.id === node,
    )
    const received = this.#options.clock.now()
    const packet: Packet = { connection: 'default', qos: 1, retain: false, props: {}, received, ...fields }
    this.#guarded(() => {
      for (const target of targets) this.#runner.run(target, packet)
    })
    return targets.length
  }

  answer(result: (message: Message) => EffectResult): boolean {
    const request = this.#unanswered.shift()
    const target = request === undefined ? undefined : this.#nodes.get(request.node)?.inputs.get(':result')
    if (request === undefined || target === undefined) return false
    this.#guarded(() => this.#runner.run(target, result(request.effect.message)))
    return true
  }

  request({ method, path, query = {}, headers = {}, body = new Uint8Array() }: SandboxRequest): string {
    const levels = readHookPath(path)
    const found = this.#hooks.find(method, levels)
    if (!('hook' in found)) {
      if (found.methods.length === 0) throw rulewireError('HOOK_UNKNOWN', { path })
      throw rulewireError('WRONG_METHOD', { method, methods: found.methods.join(', ') })
    }
    const target = this.#target(found.owner, ':request')
    const id = this.#runner.nextId()
    // Not for keeping out, only for telling apart; this layer has no digest.
    const digest = Buffer.from(body).toString('base64')
    const { params } = found
    this.#guarded(() => {
      const received = this.#runner.now
      const own = { id, method, path: levels.join('/'), params, query, headers, body, digest, received }
      this.#runner.command(target, own)
    })
    return id
  }

  command(node: string, command: Command): void {
    const target = this.#target(node, ':command')
    this.#guarded(() => this.#runner.command(target, command))
  }

  status(report: StatusReport): number {
    const targets = [...this.#nodes.values()].flatMap((node) => node.inputs.get(':status') ?? [])
    this.#guarded(() => {
      for (const target of targets) this.#runner.run(target, report)
    })
    return targets.length
  }

  advanceTo(time: number): void {
    this.#settle(time)
    if (this.#stopped === undefined) this.#options.clock.advanceTo(time)
  }

  result(): SandboxResult {
    const status = [...this.#nodes.values()].flatMap(({ id, status: text }) => (text === undefined ? [] : [[id, text]]))
    return {
      time: this.#options.clock.now(),
      hops: [...this.#hops],
      left: this.#left,
      deadLetters: [...this.#deadLetters],
      alarms: [...this.#alarms],
      logs: [...this.#logs],
      status: Object.fromEntries(status),
      timers: this.#options.store.timers.all(),
      stopped: this.#stopped,
    }
  }

  take(): SandboxResult {
    const result = this.result()
    this.#hops = []
    this.#left = 0
    this.#deadLetters = []
    this.#alarms = []
    this.#logs = []
    return result
  }

  readonly #watch: RunWatch = {
    before: () => {
      const reason = this.#options.stop?.()
      if (reason === undefined) return
      this.#stopped = reason
      throw new Stopped(reason)
    },
    hop: (hop) => {
      this.#options.onHop?.(hop)
      if (this.#hops.length < (this.#options.keep ?? defaultKeep)) this.#hops.push(hop)
      else this.#left++
    },
    end: () => undefined,
  }

  /** Runs something, commits it, and fires what is due by now. */
  #guarded(work: () => void): void {
    if (this.#stopped !== undefined) return
    try {
      this.#runner.tick()
      work()
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown
      return
    } finally {
      if (this.#stopped === undefined) this.#runner.finish()
    }
    this.#settle(this.#options.clock.now())
  }

  #settle(time: number): void {
    const { clock } = this.#options
    try {
      clock.settle()
      while (this.#stopped === undefined && clock.step(time));
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown
    }
  }

  #committed(batch: Batch): void {
    for (const item of batch.pending) {
      if (item.kind === 'request') this.#unanswered.push({ node: item.request.node, effect: item.request.effect })
    }
  }

  /** Requests are kept in memory only; dead letters and alarms are noted on their way. */
  #recording(store: Store): Store {
    return {
      ...store,
      transaction: (write) => store.transaction(write),
      requests: { ...store.requests, insert: () => undefined },
      deadLetters: {
        ...store.deadLetters,
        insert: (entry) => {
          this.#deadLetters.push(entry)
          store.deadLetters.insert(entry)
        },
      },
      alarmLog: {
        insert: (node, entry) => {
          this.#alarms.push({ node: node.slice(node.indexOf('/') + 1), entry })
          store.alarmLog.insert(node, entry)
        },
      },
    }
  }

  #target(id: string, port: string): Target {
    const { plan } = this.#options
    const node = this.#nodes.get(`${plan.flow}/${id}`)
    const ids = plan.nodes.map((planned) => planned.id)
    if (node === undefined) throw notFound('node', id, ids)
    const target = node.inputs.get(port)
    if (target === undefined) throw notFound(`input port of ${id}`, port, node.inputs.keys())
    return target
  }

  #message(fields: Partial<Message>): Message {
    const now = this.#runner.now
    const topic = fields.topic ?? 'example'
    const received = fields.received ?? now
    return {
      topic,
      payload: null,
      time: received,
      received,
      params: {},
      retain: false,
      qos: 0,
      props: {},
      key: topic,
      id: this.#runner.nextId(),
      ...fields,
    }
  }
}

/** Nothing waits for a broker or a server here, so nothing is kept for one. */
function takeEffect(effect: Effect, node: NodeRuntime): Pending {
  if (effect.kind === 'answer') return { kind: 'answer', effect }
  if (effect.kind === 'publish') return { kind: 'send', connection: effect.broker ?? 'default', effect }
  return { kind: 'request', request: { id: 0, node: node.ref, effect, attempts: 0, due: 0 } }
}

function notFound(what: string, name: string, choices: Iterable<string>) {
  return rulewireError('NOT_FOUND', {
    what,
    name,
    suggestion: suggestion(name, choices),
    list: '/api/v1/flows/:flow, or POST /api/v1/check',
  })
}

/** The log of a deployment names the node in front: `flow/node: text`. */
function splitLog(line: string): { node: string; text: string } {
  const found = /^[a-z0-9-]+\/([a-z0-9-]+): (.*)$/s.exec(line)
  return found === null ? { node: '', text: line } : { node: found[1] ?? '', text: found[2] ?? '' }
}
