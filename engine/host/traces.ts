import { randomBytes } from 'node:crypto'
import { rulewireError, suggestion } from '../errors.ts'
import type { Plan } from '../flow/model.ts'
import { messageOfArgument, type Target } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { RunWatch, WatchedHop } from '../run/watch.ts'
import type { Trace, TraceRequest } from '../server/protocol.ts'
import { compileFilter, filtersIntersect } from '../spec/topics.ts'
import { Shown } from './shown.ts'

export interface TracesOptions {
  runner: Pick<Runner, 'watcher'>
  clock: Clock
  plans: ReadonlyMap<string, Plan>
  /** Microseconds of a clock that only goes up. */
  micros(): number
}

/** Milliseconds: how long a trace waits for a message, and how long it can be fetched after that. */
const patience = 60_000
const keeping = 600_000
/** Traces that wait, and those that are kept. */
const limits = { armed: 20, kept: 100 }
/** Hops of one trace, and characters of all its texts. */
const shownHops = 500
const shownText = 1_000_000

/** Records the next message that enters a flow, hop by hop. While no trace is armed the runner has nobody to ask. */
export class Traces {
  readonly #options: TracesOptions
  readonly #traces = new Map<string, Trace>()
  readonly #armed = new Set<Trace>()
  readonly #callOffs = new Map<string, () => void>()

  constructor(options: TracesOptions) {
    this.#options = options
  }

  /** Throws NOT_FOUND, TOPIC_FILTER and TOO_MANY_TRACES. */
  arm({ flow, node, filter }: TraceRequest): Trace {
    const { clock, runner, plans } = this.#options
    const plan = plans.get(flow)
    if (plan === undefined) throw notFound('flow', flow, plans.keys(), '/api/v1/flows')
    const ids = plan.nodes.map(({ id }) => id)
    if (node !== undefined && !ids.includes(node)) throw notFound('node', node, ids, `/api/v1/flows/${flow}`)
    if (this.#armed.size >= limits.armed) throw rulewireError('TOO_MANY_TRACES', { count: this.#armed.size })
    const armed = clock.now()
    const trace: Trace = {
      id: randomBytes(8).toString('hex'),
      flow,
      ...(node === undefined ? {} : { node }),
      ...(filter === undefined ? {} : { filter: compileFilter(filter).filter }),
      state: 'armed',
      armed,
      expires: armed + patience,
      hops: [],
      left: 0,
    }
    this.#forgetOldest()
    this.#traces.set(trace.id, trace)
    this.#armed.add(trace)
    runner.watcher = (target, argument) => this.#watch(target, argument)
    this.#later(trace, trace.expires, () => this.#expire(trace))
    return trace
  }

  /** Throws NOT_FOUND. */
  get(id: string): Trace {
    const trace = this.#traces.get(id)
    if (trace === undefined) throw notFound('trace', id, [], '/api/v1')
    return trace
  }

  close(): void {
    for (const callOff of this.#callOffs.values()) callOff()
    this.#options.runner.watcher = undefined
  }

  #watch(target: Target, argument: unknown): RunWatch | undefined {
    const { flow, id } = target.node
    // What a deploy or a person starts is no message.
    if (target.port === ':start' || target.port === ':command') return undefined
    const topic = messageOfArgument(target.port, argument, 0)?.topic
    const wanted = [...this.#armed].filter(
      (trace) =>
        trace.flow === flow &&
        (trace.node === undefined || trace.node === id) &&
        (trace.filter === undefined || (topic !== undefined && filtersIntersect(trace.filter, topic))),
    )
    return wanted.length === 0 ? undefined : this.#record(wanted)
  }

  #record(traces: readonly Trace[]): RunWatch {
    const { micros } = this.#options
    const hops: { hop: WatchedHop; micros: number }[] = []
    let left = 0
    let total = 0
    let began = 0
    return {
      before() {
        began = micros()
      },
      hop(hop) {
        const took = Math.max(0, Math.round((micros() - began) * 10) / 10)
        total += took
        if (hops.length < shownHops) hops.push({ hop, micros: took })
        else left++
      },
      end: () => {
        const shown = new Shown(shownText)
        const list = hops.map(({ hop, micros: took }) => ({ ...shown.hop(hop, 0), micros: took }))
        const time = hops[0]?.hop.time ?? this.#options.clock.now()
        for (const trace of traces) {
          this.#finish(trace, { state: 'done', time, micros: Math.round(total * 10) / 10, hops: list, left })
        }
      },
    }
  }

  #expire(trace: Trace): void {
    this.#finish(trace, { state: 'expired' })
  }

  #finish(trace: Trace, result: Partial<Trace>): void {
    Object.assign(trace, result)
    this.#armed.delete(trace)
    if (this.#armed.size === 0) this.#options.runner.watcher = undefined
    this.#callOffs.get(trace.id)?.()
    this.#later(trace, this.#options.clock.now() + keeping, () => this.#forget(trace))
  }

  #forget(trace: Trace): void {
    this.#traces.delete(trace.id)
    this.#callOffs.delete(trace.id)
  }

  #forgetOldest(): void {
    for (const trace of this.#traces.values()) {
      if (this.#traces.size < limits.kept) return
      if (trace.state === 'armed') continue
      this.#callOffs.get(trace.id)?.()
      this.#forget(trace)
    }
  }

  #later(trace: Trace, time: number, run: () => void): void {
    this.#callOffs.set(trace.id, this.#options.clock.at(time, run))
  }
}

function notFound(what: string, name: string, choices: Iterable<string>, list: string) {
  return rulewireError('NOT_FOUND', { what, name, suggestion: suggestion(name, choices), list })
}
