import { reasonOf } from '../errors.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { Command } from '../spec/alarm.ts'
import type { EngineStore } from '../store/index.ts'

/** Keys that are looked at before other work has its turn. */
const pageSize = 200

export interface AlarmRefreshOptions {
  nodes: ReadonlyMap<string, NodeRuntime>
  runner: Runner
  store: EngineStore
  clock: Clock
  log(level: 'warn', text: string): void
}

/**
 * After a deploy that changed a node with alarms, asks it about each of its keys: a silence that is shorter now, or is watched for
 * only now, is told though no message comes. A page of keys at a time, between messages.
 */
export class AlarmRefresh {
  readonly #options: AlarmRefreshOptions
  readonly #known = new Map<string, NodeRuntime>()

  constructor(options: AlarmRefreshOptions) {
    this.#options = options
  }

  /** To be called after each deploy. A node that is seen for the first time goes on as it was. */
  deployed(): void {
    const { nodes } = this.#options
    for (const ref of this.#known.keys()) if (!nodes.has(ref)) this.#known.delete(ref)
    for (const [ref, node] of nodes) {
      if (node.spec.alarms === undefined) continue
      const before = this.#known.get(ref)
      this.#known.set(ref, node)
      if (before !== undefined && before !== node) this.#plan(node, '')
    }
  }

  #plan(node: NodeRuntime, after: string): void {
    const { clock, log } = this.#options
    clock.soon(() => {
      try {
        this.#page(node, after)
      } catch (thrown) {
        log('warn', `${node.ref}: its alarms go on with their next message: ${reasonOf(thrown)}`)
      }
    })
  }

  #page(node: NodeRuntime, after: string): void {
    const { nodes, runner, store } = this.#options
    const target = node.inputs.get(':command')
    // A deploy that came meanwhile has begun anew.
    if (target === undefined || nodes.get(node.ref) !== node || runner.faulted) return
    const page = store.state.page(node.ref, after, pageSize)
    runner.tick()
    for (const { key } of page) {
      const command: Command = { name: 'refresh', key, by: '', note: null, values: {} }
      runner.command(target, command)
    }
    runner.finish()
    const last = page.at(-1)
    if (page.length === pageSize && last !== undefined) this.#plan(node, last.key)
  }
}
