import type { Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { Pending } from '../run/batch.ts'
import { Deployment } from '../run/deployment.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { TableStore } from '../run/ports.ts'
import { seededRandom } from '../run/random.ts'
import { VirtualClock } from '../run/virtual-clock.ts'
import type { Effect } from '../spec/context.ts'
import type { Packet } from '../spec/message.ts'
import { AlarmTap } from './alarm-tap.ts'
import { createMemoryStore } from './memory-store.ts'
import type { BacktestAlarms, BacktestDeadLetter, BacktestNode, BacktestSeries, BacktestWire } from './result.ts'
import { Subscribers } from './subscribers.ts'
import { TappedRunner } from './tapped-runner.ts'

export interface ReplayOptions {
  plan: Plan
  /** UTC milliseconds: virtual time begins then. */
  start: number
  seed: number
  /** Rows of the flow, and what its queries ask: of this run alone. */
  tables: TableStore
  limits?: Partial<Limits> | undefined
  /** Stretches of time in a series, about. */
  width: number
}

/** What happened in one version of a flow. */
export interface ReplayResult {
  nodes: Record<string, BacktestNode>
  wires: BacktestWire[]
  alarms: BacktestAlarms
  series: BacktestSeries[]
  seriesLeft: number
  deadLetters: { count: number; first: BacktestDeadLetter[] }
  stopped?: string
}

/** Calls of timers while virtual time stands still, after which a flow is taken to run in a circle. */
const mostCalls = 100_000
/** Dead letters that are shown. */
const shownLetters = 50

interface Sunk {
  published: number
  requests: number
  rows: number
}

/**
 * One version of a flow that runs over history: the engine's own runner and nodes, with virtual time and a store in memory. Every
 * message is one batch, committed before time goes on. Nothing leaves: effects are counted.
 */
export class Replay {
  readonly #options: ReplayOptions
  readonly #clock: VirtualClock
  readonly #runner: TappedRunner
  readonly #nodes = new Map<string, NodeRuntime>()
  readonly #subscribers = new Subscribers()
  readonly #sunk = new Map<string, Sunk>()
  readonly #tap: AlarmTap
  readonly #letters: BacktestDeadLetter[] = []
  #letterCount = 0
  #stopped: string | undefined
  /** Timers that fired at the present time. */
  #calls = 0

  /** The nodes start at once. Throws what a node's `create` throws. */
  constructor(options: ReplayOptions) {
    this.#options = options
    const { plan, start, tables } = options
    const clock = new VirtualClock(start)
    this.#clock = clock
    const tap = new AlarmTap(plan, options.width)
    this.#tap = tap
    const store = createMemoryStore({
      tables,
      deadLetter: ({ node, port, time, code, text }) => {
        this.#letterCount++
        if (this.#letters.length < shownLetters) this.#letters.push({ node: idOf(node), port, time, code, text })
      },
      alarm: (node, entry) => tap.transition(node, entry),
    })
    const runner = new TappedRunner(this.#nodes, tap, {
      store,
      clock,
      take: (effect, node) => this.#take(effect, node.ref),
      committed: (batch) => {
        for (const item of batch.pending) if (item.kind === 'row') this.#sunkOf(item.node).rows++
      },
      onFault: () => undefined,
      log: () => undefined,
    })
    this.#runner = runner
    runner.idPrefix = 'm'
    const deployment = new Deployment({
      runner,
      store,
      nodes: this.#nodes,
      subscriptions: {
        add: (subscription, target) => this.#subscribers.add(subscription, target),
        remove: () => undefined,
      },
      tables: store.tables,
      random: seededRandom(options.seed),
      limits: options.limits,
      log: () => undefined,
    })
    deployment.apply({ ...plan, disabled: false })
    clock.settle()
  }

  /** Why it was ended early, as a sentence. It takes nothing any more then. */
  get stopped(): string | undefined {
    return this.#stopped
  }

  /**
   * Lets time go on to `time`, UTC milliseconds; timers fire on the way, each at its time. False when there is more to do after
   * `most` of them: call it again.
   */
  advance(time: number, most: number): boolean {
    const clock = this.#clock
    for (let left = most; this.#stopped === undefined; left--) {
      if (left === 0) return false
      const before = clock.now()
      if (!clock.step(time)) break
      if (clock.now() > before) this.#calls = 0
      else if (++this.#calls > mostCalls) {
        const when = new Date(before).toISOString()
        this.#stopped = `Timers of the flow called each other more than ${mostCalls} times at ${when}.`
      }
    }
    if (time > clock.now()) {
      this.#calls = 0
      clock.advanceTo(time)
    }
    return true
  }

  /** Runs a message at the present time. False when no node subscribes to it. */
  take(packet: Packet): boolean {
    const targets = this.#subscribers.of(packet.topic, packet.connection)
    if (targets.length === 0 || this.#stopped !== undefined) return targets.length > 0
    const runner = this.#runner
    runner.tick()
    for (const target of targets) runner.run(target, packet)
    runner.finish()
    this.#clock.settle()
    return true
  }

  result(): ReplayResult {
    const { plan } = this.#options
    const wires = plan.nodes.flatMap(({ id, wires: ports }) =>
      Object.entries(ports).flatMap(([port, targets]) =>
        targets.map(({ node, port: input }) => ({
          from: `${id}.${port}`,
          to: `${node}.${input}`,
          messages: this.#runtime(id)?.outputs.get(port)?.messages ?? 0,
        })),
      ),
    )
    return {
      nodes: Object.fromEntries(plan.nodes.map(({ id }) => [id, this.#nodeResult(id)])),
      wires,
      alarms: this.#tap.alarms(),
      ...this.#tap.series(),
      deadLetters: { count: this.#letterCount, first: this.#letters },
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
    }
  }

  #runtime(id: string): NodeRuntime | undefined {
    return this.#nodes.get(`${this.#options.plan.flow}/${id}`)
  }

  #nodeResult(id: string): BacktestNode {
    const { plan } = this.#options
    const node = this.#runtime(id)
    const alarms = this.#tap.transitionsOf(id)
    return {
      type: node?.type ?? '',
      title: plan.nodes.find((planned) => planned.id === id)?.title ?? id,
      calls: node?.messages ?? 0,
      errors: node?.errors ?? 0,
      outputs: Object.fromEntries([...(node?.outputs ?? [])].map(([name, { messages }]) => [name, messages])),
      ...(this.#sunk.get(`${plan.flow}/${id}`) ?? { published: 0, requests: 0, rows: 0 }),
      ...(alarms === undefined ? {} : { alarms }),
    }
  }

  /** Counted with the commit, so that what a handler that failed had asked for does not count. */
  #take(effect: Effect, node: string): Pending {
    const field = effect.kind === 'publish' ? 'published' : 'requests'
    return { kind: 'write', write: () => void this.#sunkOf(node)[field]++ }
  }

  #sunkOf(node: string): Sunk {
    let sunk = this.#sunk.get(node)
    if (sunk === undefined) {
      sunk = { published: 0, requests: 0, rows: 0 }
      this.#sunk.set(node, sunk)
    }
    return sunk
  }
}

/** `node` of `flow/node`. */
function idOf(ref: string): string {
  return ref.slice(ref.indexOf('/') + 1)
}
