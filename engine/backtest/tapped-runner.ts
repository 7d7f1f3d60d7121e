import type { Cell } from '../run/cell.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import { Runner } from '../run/runner.ts'
import type { RunnerOptions } from '../run/runner-options.ts'
import type { Json } from '../spec/message.ts'

/** Hears of each state that a node sets while it takes a message. */
export interface StateTap {
  /** Whether the state of a node, `flow/node`, is of interest. */
  knows(node: string): boolean
  /** @param time UTC milliseconds */
  state(node: string, key: string, value: Json, time: number): void
}

/** The engine's runner, with somebody who hears of the states of some nodes. */
export class TappedRunner extends Runner {
  readonly #tap: StateTap

  constructor(nodes: ReadonlyMap<string, NodeRuntime>, tap: StateTap, options: RunnerOptions) {
    super(nodes, options)
    this.#tap = tap
  }

  override setState(cell: Cell<unknown>, value: unknown): void {
    super.setState(cell, value)
    // A timer or a command brings no new value.
    if (value === undefined || !this.#tap.knows(cell.node) || this.current.port.startsWith(':')) return
    this.#tap.state(cell.node, cell.key, value as Json, this.now) // nodes set JSON only
  }
}
