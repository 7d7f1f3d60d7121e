import type { RulewireError } from '../errors.ts'
import type { Json, Message } from '../spec/message.ts'
import type { Pending } from './batch.ts'
import type { Journal } from './cell.ts'
import type { NodeRuntime, OutputPort, Target } from './node-runtime.ts'

/** Decides about each run whether somebody looks on. */
export type Watcher = (target: Target, argument: unknown) => RunWatch | undefined

/** Somebody who looks on while one run goes through the nodes. */
export interface RunWatch {
  /** Just before a handler is called. */
  before(): void
  /** Just after it: nothing of what it did is committed yet. Must not throw. */
  hop(hop: WatchedHop): void
  /** The run is over. */
  end(): void
}

/** One call of a handler and what it did. The objects are those of the run: nobody may change them. */
export interface WatchedHop {
  readonly node: NodeRuntime
  readonly port: string
  readonly argument: unknown
  /** UTC milliseconds. */
  readonly time: number
  /** Place of the hop in this run that sent the argument, and its output port; undefined for the first. */
  readonly from: Origin | undefined
  readonly sent: readonly { port: string; message: Message }[]
  readonly state: readonly { key: string; before: Json | undefined; after: Json | undefined }[]
  /** `at`: UTC milliseconds; undefined for a timer that was called off. */
  readonly timers: readonly { key: string; name: string; at: number | undefined }[]
  readonly pending: readonly Pending[]
  readonly error: RulewireError | undefined
  /** Where the argument of a handler that failed went. */
  readonly kept: 'error-port' | 'dead-letter' | 'refused' | undefined
}

export interface Origin {
  readonly hop: number
  readonly port: string
}

/**
 * Stands first at an output port while a handler is watched, so that what is sent there can be told, also where no wire leads
 * on. It is taken out of the queue again before its turn comes. So nothing is asked on the way of messages that nobody watches.
 */
class Probe implements Target {
  readonly node: NodeRuntime
  readonly port: string
  readonly counted = false
  /** The wires that were there before. */
  readonly targets: readonly Target[]
  readonly #output: OutputPort

  constructor(node: NodeRuntime, output: OutputPort) {
    this.node = node
    this.port = output.name
    this.targets = output.targets
    this.#output = output
    output.targets = [this, ...output.targets]
  }

  handle(): void {
    throw new TypeError('A probe takes no messages')
  }

  remove(): void {
    this.#output.targets = this.targets
  }
}

/** The queue of a run, as the runner has it. */
export interface RunQueue {
  readonly targets: Target[]
  readonly arguments: unknown[]
}

/** Watches the handlers of one node, one call. */
export class Probes {
  readonly #probes: readonly Probe[]

  /** The error port has one only when it is wired: whether it is decides where a failure goes. */
  constructor(node: NodeRuntime) {
    this.#probes = [...node.outputs.values()]
      .filter((output) => output.name !== 'error' || output.targets.length > 0)
      .map((output) => new Probe(node, output))
  }

  /**
   * Takes itself out of the ports and out of the queue between two places. Tells what was sent, which output port each entry
   * that is left came from, and where the queue now ends.
   */
  collect({ targets, arguments: messages }: RunQueue, from: number, to: number) {
    for (const probe of this.#probes) probe.remove()
    const sent: { port: string; message: Message }[] = []
    const ports: string[] = []
    let end = from
    let port = ''
    for (let index = from; index < to; index++) {
      const target = targets[index] as Target // within the queue
      if (target instanceof Probe) {
        port = target.port
        sent.push({ port, message: messages[index] as Message }) // output ports send nothing else
      } else {
        targets[end] = target
        messages[end++] = messages[index]
        ports.push(port)
      }
    }
    return { sent, ports, end }
  }
}

/** What the journal of one handler says about state and timers. */
export function changesOf(journal: Journal): Pick<WatchedHop, 'state' | 'timers'> {
  const state: { key: string; before: Json | undefined; after: Json | undefined }[] = []
  const timers: { key: string; name: string; at: number | undefined }[] = []
  for (const [cell, before] of journal.changes()) {
    if (cell.value === before) continue
    // A cell with a name is that of a timer; the others hold state, which is JSON.
    if ('name' in cell) timers.push({ key: cell.key, name: String(cell.name), at: cell.value as number | undefined })
    else state.push({ key: cell.key, before: before as Json | undefined, after: cell.value as Json | undefined })
  }
  return { state, timers }
}
