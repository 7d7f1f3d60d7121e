import type { NodeRuntime, OutputPort } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { LiveValue, NodeStatistics } from '../server/protocol.ts'
import type { Message } from '../spec/message.ts'

/** Rates are means over this many seconds. */
const window = 5
/** Characters of a value that are shown. */
const textLimit = 4000

interface Counted {
  /** Counts at the end of each of the last seconds, oldest first. */
  readonly counts: number[]
}

/** Rates and last values of nodes, for people to look at. It costs nothing while messages run: it reads counters once a second. */
export class Statistics {
  readonly #nodes: ReadonlyMap<string, NodeRuntime>
  readonly #clock: Clock
  readonly #counted = new WeakMap<object, Counted>()
  readonly #shown = new WeakMap<OutputPort, { message: Message; value: LiveValue }>()
  readonly #total: Counted = { counts: [] }
  readonly #received: () => number
  #callOff: (() => void) | undefined

  /** @param received packets since the start, over all connections. */
  constructor(nodes: ReadonlyMap<string, NodeRuntime>, clock: Clock, received: () => number) {
    this.#nodes = nodes
    this.#clock = clock
    this.#received = received
  }

  /** Counts from now on, until it is closed. */
  start(): void {
    this.#sample()
  }

  /** Packets a second that reach the engine. */
  get rate(): number {
    return rateOf(this.#total, this.#received())
  }

  all(): Record<string, NodeStatistics> {
    return Object.fromEntries([...this.#nodes].map(([ref, node]) => [ref, this.#of(node)]))
  }

  /** Last values at the output ports of a flow, by `flow/node.port`. */
  values(flow: string): Record<string, LiveValue> {
    const values: Record<string, LiveValue> = {}
    for (const node of this.#nodes.values()) {
      if (node.flow !== flow) continue
      for (const port of node.outputs.values()) {
        if (port.last !== undefined) values[`${node.ref}.${port.name}`] = this.#value(port, port.last)
      }
    }
    return values
  }

  close(): void {
    this.#callOff?.()
  }

  #of(node: NodeRuntime): NodeStatistics {
    const counted = this.#counted.get(node)
    return {
      messages: node.messages,
      errors: node.errors,
      rate: counted === undefined ? 0 : rateOf(counted, node.messages),
      ...(node.last === 0 ? {} : { last: node.last }),
      ...(node.status === undefined ? {} : { status: node.status }),
    }
  }

  #value(port: OutputPort, message: Message): LiveValue {
    const shown = this.#shown.get(port)
    if (shown?.message === message) return shown.value
    const text = shownText(message.payload)
    const value = { text: text.slice(0, textLimit), size: text.length, topic: message.topic, time: message.received }
    this.#shown.set(port, { message, value })
    return value
  }

  #sample(): void {
    for (const node of this.#nodes.values()) {
      let counted = this.#counted.get(node)
      if (counted === undefined) {
        counted = { counts: [] }
        this.#counted.set(node, counted)
      }
      keep(counted, node.messages)
    }
    keep(this.#total, this.#received())
    this.#callOff = this.#clock.at(this.#clock.now() + 1000, () => this.#sample())
  }
}

function keep({ counts }: Counted, count: number): void {
  counts.push(count)
  if (counts.length > window + 1) counts.shift()
}

function rateOf({ counts }: Counted, now: number): number {
  const last = counts.at(-1) ?? now
  const first = counts[0] ?? last
  return counts.length < 2 ? 0 : Math.round(((last - first) / (counts.length - 1)) * 10) / 10
}

/** JSON text of a payload for people; bytes are told by their number. */
export function shownText(payload: unknown): string {
  if (payload instanceof Uint8Array) return `"${payload.byteLength} bytes"`
  return JSON.stringify(payload) ?? 'null'
}
