import type { Plan } from '../flow/model.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { DeadLetterEntry } from '../run/ports.ts'
import type { AlarmEntry } from '../spec/alarm.ts'
import type { Json, Packet } from '../spec/message.ts'
import { AlarmTap } from './alarm-tap.ts'
import type { BacktestAlarms, BacktestDeadLetter, BacktestNode, BacktestSeries, BacktestWire } from './result.ts'
import { type RunListener, VirtualRun, type VirtualRunOptions } from './virtual-run.ts'

export interface ReplayOptions extends VirtualRunOptions {
  /** Stretches of time in a series, about. */
  width: number
  /** Alarms that are listed; the others are counted. 50,000 unless said. */
  listed?: number | undefined
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

/** Dead letters that are shown. */
const shownLetters = 50

type Sunk = Pick<BacktestNode, 'published' | 'requests' | 'rows'>

/** One version of a flow that runs over history, and a bounded record of what it did. */
export class Replay implements RunListener {
  readonly #plan: Plan
  readonly #tap: AlarmTap
  readonly #sunk = new Map<string, Sunk>()
  readonly #letters: BacktestDeadLetter[] = []
  #letterCount = 0
  readonly #run: VirtualRun

  /** The nodes start at once. Throws what a node's `create` throws. */
  constructor(options: ReplayOptions) {
    this.#plan = options.plan
    this.#tap = new AlarmTap(options.plan, options.width, options.listed)
    this.#run = new VirtualRun(options, this)
  }

  /** Why it was ended early, as a sentence. It takes nothing any more then. */
  get stopped(): string | undefined {
    return this.#run.stopped
  }

  /** Virtual time, UTC milliseconds. */
  get now(): number {
    return this.#run.now
  }

  /** See {@link VirtualRun.advance}. */
  advance(time: number, most: number): boolean {
    return this.#run.advance(time, most)
  }

  /** Runs a packet at the present time. False when no node subscribes to it. */
  take(packet: Packet): boolean {
    return this.#run.take(packet)
  }

  result(): ReplayResult {
    const wires = this.#plan.nodes.flatMap(({ id, wires: ports }) =>
      Object.entries(ports).flatMap(([port, targets]) =>
        targets.map(({ node, port: input }) => ({
          from: `${id}.${port}`,
          to: `${node}.${input}`,
          messages: this.#runtime(id)?.outputs.get(port)?.messages ?? 0,
        })),
      ),
    )
    const { stopped } = this
    return {
      nodes: Object.fromEntries(this.#plan.nodes.map(({ id, title }) => [id, this.#nodeResult(id, title)])),
      wires,
      alarms: this.#tap.alarms(),
      ...this.#tap.series(),
      deadLetters: { count: this.#letterCount, first: this.#letters },
      ...(stopped === undefined ? {} : { stopped }),
    }
  }

  knows(node: string): boolean {
    return this.#tap.knows(node)
  }

  state(node: string, key: string, value: Json, time: number): void {
    this.#tap.state(node, key, value, time)
  }

  transition(node: string, entry: AlarmEntry): void {
    this.#tap.transition(node, entry)
  }

  sunk(node: string, what: keyof Sunk): void {
    let sunk = this.#sunk.get(node)
    if (sunk === undefined) {
      sunk = { published: 0, requests: 0, rows: 0 }
      this.#sunk.set(node, sunk)
    }
    sunk[what]++
  }

  deadLetter({ node, port, time, code, text }: DeadLetterEntry): void {
    this.#letterCount++
    if (this.#letters.length < shownLetters) {
      this.#letters.push({ node: node.slice(node.indexOf('/') + 1), port, time, code, text })
    }
  }

  #runtime(id: string): NodeRuntime | undefined {
    return this.#run.nodes.get(`${this.#plan.flow}/${id}`)
  }

  #nodeResult(id: string, title: string): BacktestNode {
    const node = this.#runtime(id)
    const alarms = this.#tap.transitionsOf(id)
    return {
      type: node?.type ?? '',
      title,
      messages: node?.messages ?? 0,
      errors: node?.errors ?? 0,
      outputs: Object.fromEntries([...(node?.outputs ?? [])].map(([name, { messages }]) => [name, messages])),
      ...(this.#sunk.get(`${this.#plan.flow}/${id}`) ?? { published: 0, requests: 0, rows: 0 }),
      ...(alarms === undefined ? {} : { alarms }),
    }
  }
}
