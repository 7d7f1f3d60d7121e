import { type RulewireError, rulewireError } from '../errors.ts'
import { loopsOf, type TopicLoop, waysOf } from '../flow/index.ts'
import type { Plan } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { NodeRuntime, Target } from '../run/node-runtime.ts'
import type { Runner } from '../run/runner.ts'
import type { PublishEffect } from '../spec/context.ts'
import { filtersIntersect } from '../spec/topics.ts'
import { Echoes } from './echoes.ts'

export interface LoopGuardOptions {
  plans: ReadonlyMap<string, Plan>
  nodes: ReadonlyMap<string, NodeRuntime>
  runner: Runner
  log: Log
}

/** How often a message may come round. */
const mostHops = 30
/** What came round that often counts as a flood if there is so much of it within a second. */
const flood = { hops: 8, messages: 200 }
/** A pair of nodes in a circle over a topic. */
interface Suspect extends TopicLoop {
  cut: boolean
  /** Messages of the second that runs, which came round often. */
  second: number
  count: number
}

/**
 * Stops messages that go round over topics, whatever broker and version of MQTT is between. Only nodes in a circle of topic filters
 * are watched: what one of them publishes is known again when it comes back, so that the message carries on how often it has come
 * round (`cameRound`), over waits and calls too. When that is too often, the pair of nodes is cut: what the one would publish that the
 * other receives is an error, until one of their flows is deployed again.
 *
 * The plan of the house had a user property of MQTT 5 for this. It would show in what every subscriber gets, and would not work
 * with MQTT 3.1.1, where messages must be known by their looks anyway.
 */
export class LoopGuard {
  readonly #options: LoopGuardOptions
  readonly #echoes: Echoes
  /** By `flow/node` of the publisher. */
  #suspects = new Map<string, Suspect[]>()
  #receivers: ReadonlySet<string> = new Set()
  /** The plans that were looked at. */
  #seen = new Map<string, Plan>()
  /** The flows are those that were looked at. */
  #fresh = false

  constructor(options: LoopGuardOptions) {
    this.#options = options
    this.#echoes = new Echoes(() => options.runner.now)
  }

  /** To be called when flows have come or gone. They are looked at when one publishes, so that a deploy waits for nothing. */
  deployed(): void {
    this.#fresh = false
    // What is shown at a node that was cut goes at once.
    if ([...this.#suspects.values()].some((all) => all.some(({ cut }) => cut))) this.#look()
  }

  /** To be called before something is published. Throws TOPIC_LOOP_CUT. */
  publishing(effect: PublishEffect, ref: string): void {
    if (!this.#fresh) this.#look()
    const suspects = this.#suspects.get(ref)
    if (suspects === undefined) return
    const reached = suspects.filter(({ to }) => filtersIntersect(to.topics.filter, effect.topic))
    if (reached.length === 0) return
    const { runner } = this.#options
    const hops = runner.hops + 1
    const second = Math.floor(runner.now / 1000)
    for (const suspect of reached) {
      if (!suspect.cut && isTooOften(suspect, hops, second)) this.#cut(suspect, effect.topic)
      if (suspect.cut) throw cutError(suspect, effect.topic)
    }
    this.#echoes.sent(effect, { hops, times: reached.length })
  }

  /** How often what a handler was given has come round. */
  readonly #hopsOf = ({ node, port }: Target, argument: unknown): number => {
    if (typeof argument !== 'object' || argument === null) return 0
    if (port === ':packet') return this.#receivers.has(node.ref) ? this.#echoes.hopsOf(argument as never, node.ref) : 0
    const { cameRound, message } = argument as { cameRound?: unknown; message?: { cameRound?: unknown } }
    const found = cameRound ?? message?.cameRound
    return typeof found === 'number' ? found : 0
  }

  #look(): void {
    this.#fresh = true
    const { plans, runner } = this.#options
    const changed = new Set([...plans].filter(([flow, plan]) => this.#seen.get(flow) !== plan).map(([flow]) => flow))
    this.#seen = new Map(plans)
    const cut = new Map(
      [...this.#suspects.values()].flat().flatMap((one) => (one.cut ? [[nameOf(one), one] as const] : [])),
    )
    const suspects = loopsOf(waysOf(plans.values())).map((loop): Suspect => {
      const before = cut.get(nameOf(loop))
      const stays = before !== undefined && !changed.has(loop.from.flow) && !changed.has(loop.to.flow)
      if (stays) cut.delete(nameOf(loop))
      return { ...loop, cut: stays, second: 0, count: 0 }
    })
    for (const one of cut.values()) this.#show(one, undefined)
    this.#suspects = Map.groupBy(suspects, ({ from }) => from.vertex)
    this.#receivers = new Set(suspects.map(({ to }) => to.vertex))
    runner.hopsOf = suspects.length === 0 ? undefined : this.#hopsOf
  }

  #cut(suspect: Suspect, topic: string): void {
    suspect.cut = true
    const { message, hint } = cutError(suspect, topic)
    this.#options.log('error', `TOPIC_LOOP_CUT ${message} ${hint}`)
    this.#show(suspect, `Cut: messages went round over "${topic}"`)
  }

  #show({ from }: Suspect, text: string | undefined): void {
    const node = this.#options.nodes.get(from.vertex)
    if (node !== undefined) node.status = text
  }
}

function isTooOften(suspect: Suspect, hops: number, second: number): boolean {
  if (hops > mostHops) return true
  if (hops < flood.hops) return false
  if (suspect.second !== second) {
    suspect.second = second
    suspect.count = 0
  }
  return ++suspect.count > flood.messages
}

function cutError({ from, to }: Suspect, topic: string): RulewireError {
  return rulewireError('TOPIC_LOOP_CUT', { topic, publisher: from.vertex, subscriber: to.vertex })
}

function nameOf({ from, to }: TopicLoop): string {
  return `${from.vertex} ${from.topics.filter} ${to.vertex} ${to.topics.filter}`
}
