import { reasonOf } from '../errors.ts'
import { diffPlans } from '../flow/diff.ts'
import type { Plan, PlanDiff, PlannedNode } from '../flow/model.ts'
import type { Subscription } from '../spec/spec.ts'
import { connectCatchers } from './catchers.ts'
import { connect, createInstance, type InstanceOptions } from './instance.ts'
import { connectLinks } from './links.ts'
import type { NodeRuntime, Target } from './node-runtime.ts'
import type { Store } from './ports.ts'

/** Who is told about subscriptions that come and go with nodes. */
export interface Subscriptions {
  add(subscription: Subscription, target: Target): void
  remove(subscription: Subscription, target: Target): void
}

export interface DeploymentOptions extends InstanceOptions {
  store: Store
  nodes: Map<string, NodeRuntime>
  subscriptions: Subscriptions
}

/**
 * The flows that run. A deploy replaces only the nodes that changed, between two messages; the others go on with their
 * counters, and state stays with its node's id.
 */
export class Deployment {
  readonly plans = new Map<string, Plan>()
  readonly #options: DeploymentOptions

  constructor(options: DeploymentOptions) {
    this.#options = options
  }

  /**
   * Deploys a flow, anew or over what runs of it. `starts`: false at the start of the engine, when {@link start} follows.
   * Throws what a node's `create` throws, before anything has changed.
   */
  apply(plan: Plan, starts = true): PlanDiff {
    const before = this.plans.get(plan.flow)
    const diff = diffPlans(before, plan)
    const { runner, nodes } = this.#options
    const wasRunning = before !== undefined && !before.disabled
    const wanted = plan.disabled ? [] : plan.nodes
    const kept = new Set(
      wasRunning ? wanted.filter((node) => this.#isSame(plan.flow, node)).map((node) => node.id) : [],
    )
    const fresh = wanted.filter((node) => !kept.has(node.id))
    const made = fresh.map((node) => createInstance(plan.flow, node, this.#options))
    this.#forgetRemoved(before, plan)
    for (const node of before?.nodes ?? []) if (!kept.has(node.id)) this.#stop(`${plan.flow}/${node.id}`)
    for (const node of made) nodes.set(node.ref, node)
    const runtimeOf = (id: string) => nodes.get(`${plan.flow}/${id}`)
    connect(wanted, runtimeOf)
    connectCatchers(wanted, runtimeOf)
    connectLinks(nodes.values())
    for (const node of made) this.#subscribe(node)
    this.plans.set(plan.flow, plan)
    if (starts) this.#start(made)
    runner.timers.wait()
    return diff
  }

  /** Ends a flow. Its state stays for when it comes back. */
  remove(flow: string): void {
    for (const node of this.plans.get(flow)?.nodes ?? []) this.#stop(`${flow}/${node.id}`)
    this.plans.delete(flow)
    connectLinks(this.#options.nodes.values())
  }

  /** Starts all nodes: to be called once, when every flow is deployed and the links are there. */
  start(): void {
    this.#start([...this.#options.nodes.values()])
  }

  #isSame(flow: string, node: PlannedNode): boolean {
    const running = this.#options.nodes.get(`${flow}/${node.id}`)
    return running !== undefined && running.configHash === node.configHash && running.type === node.type
  }

  #stop(ref: string): void {
    const node = this.#options.nodes.get(ref)
    if (node === undefined) return
    const target = node.inputs.get(':packet')
    for (const subscription of node.spec.subscribes?.(node.config) ?? []) {
      if (target !== undefined) this.#options.subscriptions.remove(subscription, target)
    }
    this.#options.nodes.delete(ref)
  }

  #subscribe(node: NodeRuntime): void {
    const target = node.inputs.get(':packet')
    for (const subscription of node.spec.subscribes?.(node.config) ?? []) {
      if (target !== undefined) this.#options.subscriptions.add(subscription, target)
    }
  }

  #start(nodes: readonly NodeRuntime[]): void {
    const { runner, log } = this.#options
    runner.tick()
    for (const node of nodes) {
      runner.timers.wakeNode(node.ref)
      const target = node.inputs.get(':start')
      if (target === undefined) continue
      try {
        runner.run(target, undefined)
      } catch (thrown) {
        log(`${node.ref}: ${reasonOf(thrown)}`)
      }
    }
    runner.finish()
  }

  /** State and timers of nodes that the new plan does not have, or has with another type, are deleted. Throws StoreFault. */
  #forgetRemoved(before: Plan | undefined, after: Plan): void {
    const types = new Map(after.document.nodes.map((node) => [node.id, node.type]))
    const gone = (before?.document.nodes ?? []).filter((node) => types.get(node.id) !== node.type)
    if (gone.length === 0) return
    const { runner, store } = this.#options
    if (runner.batch.writes > 0) runner.commit()
    const refs = gone.map((node) => `${after.flow}/${node.id}`)
    store.transaction(() => {
      for (const ref of refs) {
        store.state.deleteNode(ref)
        store.timers.deleteNode(ref)
      }
    })
    for (const ref of refs) {
      runner.state.deleteNode(ref)
      runner.timers.deleteNode(ref)
    }
  }
}
