import { type PlannedGuard, planGuard } from '../flow/guard.ts'
import type { Plan } from '../flow/model.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { Deploys, DeployWatch } from '../store/deploys.ts'

/** Time between two looks at the counters, milliseconds. */
const pause = 1000

export interface DeployGuardOptions {
  nodes: ReadonlyMap<string, NodeRuntime>
  plans: ReadonlyMap<string, Plan>
  clock: Clock
  store: Deploys['watches']
  /** A deploy has passed its watch. */
  passed(deploy: number): void
  /** Too many messages failed. The watch stays in the store until {@link DeployGuard.forget}, so that it outlives a crash. */
  failed(flow: string, deploy: number, reason: string): void
  /** The counts could not be kept; they are tried again. */
  onFault(thrown: unknown): void
}

interface Watch extends Omit<DeployWatch, 'limit'> {
  readonly guard: PlannedGuard
  /** Counters of the nodes when they were looked at last. */
  seen: WeakMap<NodeRuntime, { messages: number; errors: number }>
}

/**
 * Watches fresh deploys of flows with a guard. The nodes count anyway; once a second the counts are added up and kept, so that a
 * watch goes on after a restart. Nothing is done while no deploy is watched.
 */
export class DeployGuard {
  readonly #options: DeployGuardOptions
  readonly #watches = new Map<string, Watch>()
  #callOff: (() => void) | undefined

  constructor(options: DeployGuardOptions) {
    this.#options = options
  }

  /** A version that was not there before runs now. True when it is watched from now on. */
  watch(plan: Plan, deploy: number): boolean {
    const { clock, store } = this.#options
    const guard = plan.disabled ? undefined : planGuard(plan.document)
    this.forget(plan.flow)
    if (guard === undefined) return false
    const since = clock.now()
    const { flow } = plan
    const watch = {
      flow,
      deploy,
      since,
      until: since + guard.within,
      guard,
      messages: 0,
      errors: 0,
      seen: new WeakMap(),
    }
    this.#watches.set(flow, watch)
    store.put(rowOf(watch))
    for (const node of this.#nodesOf(flow)) watch.seen.set(node, { messages: node.messages, errors: node.errors })
    this.#plan()
    return true
  }

  /** Goes on with what was watched when the engine ended. To be called once, when the flows are deployed. */
  resume(): void {
    for (const { limit, ...row } of this.#options.store.all()) {
      // A flow that was deployed anew at the start is watched already.
      if (this.#watches.has(row.flow)) continue
      // `put` wrote a guard.
      this.#watches.set(row.flow, { ...row, guard: JSON.parse(limit) as PlannedGuard, seen: new WeakMap() })
    }
    this.#plan()
  }

  /** Ends the watch of a flow without a verdict. */
  forget(flow: string): void {
    this.#watches.delete(flow)
    this.#options.store.remove(flow)
  }

  /** The watch of a flow, with what it has counted. */
  of(flow: string): Pick<DeployWatch, 'deploy' | 'since' | 'until' | 'messages' | 'errors'> | undefined {
    const watch = this.#watches.get(flow)
    if (watch === undefined) return undefined
    this.#count(watch)
    const { deploy, since, until, messages, errors } = watch
    return { deploy, since, until, messages, errors }
  }

  close(): void {
    this.#callOff?.()
    this.#callOff = undefined
    this.#carefully(() => {
      for (const watch of this.#watches.values()) this.#keep(watch)
    })
  }

  /** The disk may be full just now. */
  #carefully(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      this.#options.onFault(thrown)
    }
  }

  #plan(): void {
    const { clock } = this.#options
    if (this.#watches.size === 0 || this.#callOff !== undefined) return
    this.#callOff = clock.at(clock.now() + pause, () => {
      this.#callOff = undefined
      this.#carefully(() => this.#look())
      this.#plan()
    })
  }

  #look(): void {
    const { clock, plans, passed, failed } = this.#options
    const now = clock.now()
    for (const watch of [...this.#watches.values()]) {
      if (!plans.has(watch.flow)) {
        this.forget(watch.flow)
        continue
      }
      this.#keep(watch)
      const reason = reasonOf(watch, Math.min(now, watch.until) - watch.since)
      if (reason !== undefined) {
        this.#watches.delete(watch.flow)
        failed(watch.flow, watch.deploy, reason)
      } else if (now >= watch.until) {
        this.forget(watch.flow)
        passed(watch.deploy)
      }
    }
  }

  #keep(watch: Watch): void {
    const { messages, errors } = watch
    this.#count(watch)
    if (watch.messages !== messages || watch.errors !== errors) this.#options.store.put(rowOf(watch))
  }

  /** Adds what the counters say more than when they were looked at last; a node that was replaced begins at nothing. */
  #count(watch: Watch): void {
    const entries = entriesOf(this.#options.plans.get(watch.flow))
    for (const node of this.#nodesOf(watch.flow)) {
      const { messages, errors } = node
      const before = watch.seen.get(node) ?? { messages: 0, errors: 0 }
      if (entries.has(node.id)) watch.messages += messages - before.messages
      watch.errors += errors - before.errors
      watch.seen.set(node, { messages, errors })
    }
  }

  #nodesOf(flow: string): NodeRuntime[] {
    return (this.#options.plans.get(flow)?.nodes ?? []).flatMap(
      ({ id }) => this.#options.nodes.get(`${flow}/${id}`) ?? [],
    )
  }
}

/** Where messages come into a flow: the nodes that nothing is wired to, but for those that catch what failed. */
function entriesOf(plan: Plan | undefined): ReadonlySet<string> {
  const nodes = plan?.nodes ?? []
  const wired = new Set(nodes.flatMap(({ wires }) => Object.values(wires).flatMap((to) => to.map(({ node }) => node))))
  return new Set(nodes.filter(({ id, spec }) => !wired.has(id) && spec.catches === undefined).map(({ id }) => id))
}

/** Why a deploy has to go, as a sentence; undefined while it may stay. `lasted`: milliseconds. */
function reasonOf({ guard, messages, errors }: Watch, lasted: number): string | undefined {
  const { kind, limit } = guard.errors
  const within = `within ${Math.max(1, Math.round(lasted / 1000))} s of the deploy`
  if (kind === 'count') {
    return errors > limit ? `${errors} messages failed ${within}; the guard allows ${limit}.` : undefined
  }
  if (messages < guard.min || errors <= limit * messages) return undefined
  const share = `${errors} of ${messages} messages (${percent(errors / messages)})`
  return `${share} failed ${within}; the guard allows ${percent(limit)}.`
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}

function rowOf({ flow, deploy, since, until, guard, messages, errors }: Watch): DeployWatch {
  return { flow, deploy, since, until, limit: JSON.stringify(guard), messages, errors }
}
