import type { Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { Batch, Pending } from '../run/batch.ts'
import { Deployment } from '../run/deployment.ts'
import type { NodeRuntime, Target } from '../run/node-runtime.ts'
import type { DeadLetterEntry, TableStore } from '../run/ports.ts'
import { seededRandom } from '../run/random.ts'
import { VirtualClock } from '../run/virtual-clock.ts'
import type { AlarmEntry } from '../spec/alarm.ts'
import type { Effect } from '../spec/context.ts'
import type { Message, Packet } from '../spec/message.ts'
import { createMemoryStore } from './memory-store.ts'
import { Subscribers } from './subscribers.ts'
import { type StateTap, TappedRunner } from './tapped-runner.ts'

export interface VirtualRunOptions {
  plan: Plan
  /** UTC milliseconds: virtual time begins then. */
  start: number
  seed: number
  /** Rows of the flow, and what its queries ask: of this run alone. */
  tables: TableStore
  limits?: Partial<Limits> | undefined
}

/** Who hears what goes on in a run. `node` is `flow/node`. */
export interface RunListener extends StateTap {
  /** A transition was written to the alarm log. */
  transition(node: string, entry: AlarmEntry): void
  /** A handler has asked for something, and it is committed. */
  sunk(node: string, what: 'published' | 'requests' | 'rows'): void
  deadLetter(entry: DeadLetterEntry): void
}

/** Calls of timers while virtual time stands still, after which a flow is taken to run in a circle. */
const mostCalls = 100_000

/**
 * A flow that runs in virtual time, as fast as it can: the engine's own runner and nodes, with a store in memory. Every message is
 * one batch, committed before time goes on. Nothing leaves: effects are told and forgotten.
 */
export class VirtualRun {
  readonly nodes: ReadonlyMap<string, NodeRuntime>
  readonly #clock: VirtualClock
  readonly #runner: TappedRunner
  readonly #subscribers = new Subscribers()
  readonly #listener: RunListener
  #stopped: string | undefined
  /** Timers that fired at the present time. */
  #calls = 0

  /** The nodes start at once. Throws what a node's `create` throws. */
  constructor({ plan, start, tables, seed, limits }: VirtualRunOptions, listener: RunListener) {
    const nodes = new Map<string, NodeRuntime>()
    const clock = new VirtualClock(start)
    this.nodes = nodes
    this.#clock = clock
    this.#listener = listener
    const store = createMemoryStore({
      tables,
      deadLetter: (entry) => listener.deadLetter(entry),
      alarm: (node, entry) => listener.transition(node, entry),
    })
    this.#runner = new TappedRunner(nodes, listener, {
      store,
      clock,
      take: (effect, node) => this.#take(effect, node.ref),
      committed: (batch) => this.#committed(batch),
      onFault: () => undefined,
      log: () => undefined,
    })
    this.#runner.idPrefix = 'm'
    const deployment = new Deployment({
      runner: this.#runner,
      store,
      nodes,
      subscriptions: {
        add: (subscription, target) => this.#subscribers.add(subscription, target),
        remove: () => undefined,
      },
      tables,
      random: seededRandom(seed),
      limits,
      log: () => undefined,
    })
    deployment.apply({ ...plan, disabled: false })
    clock.settle()
  }

  /** Why it was ended early, as a sentence. It takes nothing any more then. */
  get stopped(): string | undefined {
    return this.#stopped
  }

  /** Virtual time, UTC milliseconds. */
  get now(): number {
    return this.#clock.now()
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

  /** Runs a packet at the present time. False when no node subscribes to it. */
  take(packet: Packet): boolean {
    const targets = this.#subscribers.of(packet.topic, packet.connection)
    this.#run(targets, packet)
    return targets.length > 0
  }

  /** Hands a message to some handlers at the present time. */
  send(targets: readonly Target[], message: Message): void {
    this.#run(targets, message)
  }

  #run(targets: readonly Target[], argument: unknown): void {
    if (targets.length === 0 || this.#stopped !== undefined) return
    const runner = this.#runner
    runner.tick()
    for (const target of targets) runner.run(target, argument)
    runner.finish()
    this.#clock.settle()
  }

  /** Told with the commit, so that what a handler that failed had asked for does not count. */
  #take(effect: Effect, node: string): Pending {
    const what = effect.kind === 'request' ? 'requests' : 'published'
    return { kind: 'write', write: () => this.#listener.sunk(node, what) }
  }

  #committed(batch: Batch): void {
    for (const item of batch.pending) if (item.kind === 'row') this.#listener.sunk(item.node, 'rows')
  }
}
