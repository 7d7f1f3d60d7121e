import { RulewireError, reasonOf, rulewireError } from '../errors.ts'
import { checkFlow, diffPlans } from '../flow/index.ts'
import type { CheckContext, Plan } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { DeployAbout, DeploysApi } from '../server/api-deploys.ts'
import type { DeployAnswer } from '../server/protocol.ts'
import type { DeployDetail, DeployList, DeploySummary } from '../server/protocol-deploys.ts'
import type { DeployRecord, Deploys } from '../store/deploys.ts'
import { DeployGuard } from './deploy-guard.ts'
import type { Flows } from './flows.ts'

export interface DeployDeskOptions {
  flows: Flows
  store: Deploys
  nodes: ReadonlyMap<string, NodeRuntime>
  plans: ReadonlyMap<string, Plan>
  context: CheckContext
  clock: Clock
  /** Something happened that people want to see. */
  changed(): void
  log: Log
  /** Versions of each flow that are kept. */
  kept?: number | undefined
}

/** Who brings a version back when its guard says so. */
export const automatic = 'automatic return'

/** Wait before a version that could not be brought back is tried again, milliseconds. */
const retryPause = 10_000

/** The versions of flows: looked at, taken back by people, and by themselves when a fresh one fails too often. */
export class DeployDesk implements DeploysApi {
  readonly #options: DeployDeskOptions
  readonly #guard: DeployGuard
  /** How to call off further tries, by flow. */
  readonly #retries = new Map<string, () => void>()

  constructor(options: DeployDeskOptions) {
    const { nodes, plans, clock, store, kept } = options
    this.#options = options
    if (kept !== undefined) store.keep(kept)
    this.#guard = new DeployGuard({
      nodes,
      plans,
      clock,
      store: store.watches,
      passed: (deploy) => {
        store.judge(deploy, 'good', null)
        options.changed()
      },
      failed: (flow, deploy, reason) => void this.#takeBack(flow, deploy, reason),
      onFault: (thrown) => options.log('error', `The counts of fresh deploys could not be kept: ${reasonOf(thrown)}`),
    })
  }

  /** A version that was not there before runs now. One that came back by itself is not watched: so two never take turns. */
  fresh(plan: Plan, deploy: number, origin: DeployRecord['origin']): void {
    if (origin === 'return') this.#guard.forget(plan.flow)
    else if (this.#guard.watch(plan, deploy)) this.#options.store.judge(deploy, 'watched', null)
  }

  /** Goes on with what was watched when the engine ended. */
  start(): void {
    this.#guard.resume()
  }

  close(): void {
    this.#guard.close()
    for (const callOff of this.#retries.values()) callOff()
  }

  list(flow: string): DeployList {
    const records = this.#options.store.list(flow)
    if (records.length === 0) throw missing('flow', flow, '/api/v1/flows')
    const [newest] = records
    return { items: records.map((record) => this.#shown(record, newest?.id)) }
  }

  get(flow: string, id: number): DeployDetail {
    const { context, plans } = this.#options
    const { record, document } = this.#find(flow, id)
    const { plan, problems } = checkFlow(document, context)
    const diff = plan === undefined ? {} : { diff: diffPlans(plans.get(flow), plan) }
    return { ...this.#shown(record, this.#options.store.last(flow)?.id), document, problems, ...diff }
  }

  restore(flow: string, id: number, { by, comment }: DeployAbout = {}): Promise<DeployAnswer> {
    const { document } = this.#find(flow, id)
    return this.#options.flows.put(flow, document, undefined, { by, comment, origin: 'restore', restored: id })
  }

  /** The newest good version before one that failed comes back. */
  async #takeBack(flow: string, failed: number, reason: string): Promise<void> {
    const { store, log, flows, plans } = this.#options
    const stands = () => plans.has(flow) && store.last(flow)?.id === failed
    try {
      if (!stands()) return this.#forget(flow, failed)
      log('error', `flow ${flow}: ${reason}`)
      store.judge(failed, 'failed', reason)
      const hash = store.get(flow, failed)?.record.hash
      let back = false
      for (const record of store.list(flow)) {
        if (record.id >= failed || record.verdict !== 'good' || record.hash === hash) continue
        const document = store.get(flow, record.id)?.document
        if (document === undefined || document.disabled === true) continue
        const about = { by: automatic, comment: reason, origin: 'return', restored: record.id, only: stands } as const
        back = await this.#tryBack(flow, record.id, () => flows.put(flow, document, undefined, about))
        if (back) break
      }
      if (!back) log('error', `flow ${flow}: there is no earlier version to go back to; it runs on as it is`)
      this.#forget(flow, failed)
    } catch (thrown) {
      // Such as a full disk: the watch stays in the store, so that a start tries again, too.
      const text = `flow ${flow}: the earlier version could not be brought back, and is tried again: ${reasonOf(thrown)}`
      log('error', text)
      const { clock } = this.#options
      this.#retries.get(flow)?.()
      const again = () => void this.#takeBack(flow, failed, reason)
      this.#retries.set(flow, clock.at(clock.now() + retryPause, again))
    }
    this.#options.changed()
  }

  /** False when the version does not pass the check any more, so that an older one is tried. */
  async #tryBack(flow: string, id: number, put: () => Promise<unknown>): Promise<boolean> {
    const { log } = this.#options
    try {
      await put()
      log('warn', `flow ${flow}: the version of deploy ${id} runs again`)
      return true
    } catch (thrown) {
      const code = thrown instanceof RulewireError ? thrown.code : undefined
      // Somebody was faster: what runs now is not what failed.
      if (code === 'CHANGED_MEANWHILE') return true
      if (code !== 'CHECK_FAILED') throw thrown
      log('warn', `flow ${flow}: the version of deploy ${id} does not pass the check any more`)
      return false
    }
  }

  /** The watch of what failed; meanwhile there may be one of something newer. */
  #forget(flow: string, failed: number): void {
    const { watches } = this.#options.store
    if (watches.all().some((watch) => watch.flow === flow && watch.deploy === failed)) watches.remove(flow)
  }

  #find(flow: string, id: number) {
    const found = this.#options.store.get(flow, id)
    if (found === undefined) throw missing('deploy', `${flow} ${id}`, `/api/v1/flows/${flow}/deploys`)
    return found
  }

  #shown({ hash: _, ...record }: DeployRecord, newest: number | undefined): DeploySummary {
    const current = this.#options.plans.has(record.flow) && record.id === newest
    const watch = current ? this.#guard.of(record.flow) : undefined
    if (watch?.deploy !== record.id) return { ...record, current }
    const { until, messages, errors } = watch
    return { ...record, current, watch: { until, messages, errors } }
  }
}

function missing(what: string, name: string, list: string) {
  return rulewireError('NOT_FOUND', { what, name, suggestion: '', list })
}
