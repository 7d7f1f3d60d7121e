import { createHash } from 'node:crypto'
import { type Problem, type RulewireError, reasonOf, rulewireError, suggestion } from '../errors.ts'
import { checkFlow, checkText, diffPlans, printFlow, topicLoops } from '../flow/index.ts'
import type { CheckContext, CheckResult, FlowDocument, Plan, PlanDiff } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { Deployment } from '../run/deployment.ts'
import { StoreFault } from '../run/ports.ts'
import type { DeployAnswer, FlowDetail, FlowSummary, ReturnedDeploy } from '../server/protocol.ts'
import type { Subscription } from '../spec/spec.ts'
import type { DeployNote, DeployOrigin, Deploys } from '../store/deploys.ts'
import type { Type } from '../types/index.ts'
import type { FlowFile, FlowFiles } from './flow-files.ts'

export interface FlowsOptions {
  files: FlowFiles
  deployment: Deployment
  deploys: Deploys
  context: CheckContext
  now(): number
  /** A version that did not run before, with the id of its deploy. */
  fresh?(plan: Plan, deploy: number, origin: DeployOrigin): void
  /** The file of a flow was taken away by somebody else. */
  gone?(flow: string): void
  /** After a deploy: subscriptions may differ. */
  deployed(): void
  log: Log
}

/** Who deploys a document, and how it comes about. */
export interface PutAbout {
  by?: string | undefined
  comment?: string | undefined
  origin?: DeployOrigin
  /** The deploy whose version it is. */
  restored?: number
  /** Asked when it is this deploy's turn; false gives CHANGED_MEANWHILE. */
  only?(): boolean
}

/** A flow as the engine knows it: its file, and what runs of it. */
interface FlowEntry {
  flow: string
  text: string
  hash: string
  problems: Problem[]
  types: Record<string, Type>
  /** As in the file, when it can be read. */
  document: FlowDocument | undefined
  /** What runs. */
  plan: Plan | undefined
  deployed: number | undefined
  /** The file is what runs. */
  inStep: boolean
  /** The guard of the flow brought back what runs. */
  returned: ReturnedDeploy | undefined
}

/** The flows of the directory: files are the truth, and a file with errors keeps the last good deploy running. */
export class Flows {
  readonly #options: FlowsOptions
  readonly #entries = new Map<string, FlowEntry>()
  /** Changes of files and requests go one after the other. */
  #busy: Promise<unknown> = Promise.resolve()
  #started = false

  constructor(options: FlowsOptions) {
    this.#options = options
  }

  /** Reads and deploys what is in the directory; the nodes start later, with the deployment. */
  async load(): Promise<void> {
    await this.#refresh()
    this.#started = true
  }

  /** Deploys what has changed in the directory. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh())
  }

  list(): FlowSummary[] {
    const loops = topicLoops([...this.#options.deployment.plans.values()].filter((plan) => !plan.disabled))
    return [...this.#entries.values()]
      .map((entry) => summaryOf(entry, loops))
      .sort((a, b) => a.flow.localeCompare(b.flow))
  }

  /** What runs of each flow, and of which version. */
  states(): { flow: string; status: FlowSummary['status']; version: string }[] {
    return [...this.#entries.values()].map((entry) => {
      const { flow, status, hash } = summaryOf(entry, [])
      return { flow, status, version: entry.inStep ? (entry.plan?.hash ?? hash) : hash }
    })
  }

  get(flow: string): FlowDetail {
    const entry = this.#entry(flow)
    const document = entry.document ?? entry.plan?.document ?? { flow, nodes: [], wires: [] }
    return { ...summaryOf(entry, []), document, types: entry.types }
  }

  check(document: unknown): CheckResult & { diff: PlanDiff } {
    const result = checkFlow(document, this.#options.context)
    const before = result.plan === undefined ? undefined : this.#options.deployment.plans.get(result.plan.flow)
    const diff = result.plan === undefined ? emptyDiff() : diffPlans(before, result.plan)
    return { ...result, diff }
  }

  /** What a deploy of a document would run. */
  draft(document: unknown): CheckResult {
    return this.#check((context) => checkFlow(document, context))
  }

  put(flow: string, document: unknown, hash?: string, about: PutAbout = {}): Promise<DeployAnswer> {
    return this.#inTurn(async () => {
      const { plan, problems, types } = this.#check((context) => checkFlow(document, context), `${flow}.json`)
      const errors = problems.filter((one) => one.severity === 'error')
      if (plan === undefined) throw rulewireError('CHECK_FAILED', { flow, count: errors.length }, { problems })
      await this.#refresh()
      const known = this.#entries.get(flow)
      const changed = hash !== undefined && known !== undefined && known.hash !== hash
      if (changed || about.only?.() === false) throw rulewireError('CHANGED_MEANWHILE', { flow })
      const text = printFlow(plan.document)
      await this.#options.files.write(flow, text)
      try {
        const diff = this.#deploy(flow, text, plan, problems, types, about)
        return { problems, types, diff, hash: hashOf(text) }
      } catch (thrown) {
        // The file is written: it is deployed when it changes again, or at the next start.
        const fault = deployFault(thrown)
        this.#hold(flow, text, [...problems, problemOf(fault, flow)], plan.document)
        throw fault
      }
    })
  }

  delete(flow: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#entry(flow)
      await this.#options.files.remove(flow)
      this.#remove(flow)
      this.#takeFreed()
      this.#options.deployed()
    })
  }

  /** Checks and deploys flows again because something beside their files has changed, such as a secret. */
  again(flows: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const { flow, text } of [...this.#entries.values()]) {
        if (flows.includes(flow)) this.#take({ flow, file: this.#options.files.fileOf(flow), text })
      }
    })
  }

  /**
   * Checks the flows that subscribe to such a topic filter again, because more is known of what devices send there: their
   * problems and types are renewed, and nothing is deployed. True when there are such flows.
   */
  review(concerns: (subscription: Subscription) => boolean): boolean {
    let some = false
    for (const entry of this.#entries.values()) {
      if (!entry.inStep || entry.plan === undefined) continue
      if (!entry.plan.nodes.some(({ spec, config }) => spec.subscribes?.(config).some(concerns))) continue
      const file = this.#options.files.fileOf(entry.flow)
      const { problems, types } = this.#check((context) => checkText(entry.text, context), file)
      const fresh = problems.filter((one) => !entry.problems.some(({ at, text }) => at === one.at && text === one.text))
      for (const one of fresh) this.#options.log('warn', sentence(one))
      entry.problems = problems
      entry.types = types
      some = true
    }
    return some
  }

  async #refresh(): Promise<void> {
    const { written, removed } = await this.#options.files.changes()
    for (const flow of removed) {
      this.#remove(flow)
      this.#options.gone?.(flow)
    }
    for (const file of written) this.#take(file)
    if (written.length + removed.length === 0) return
    this.#takeFreed()
    this.#options.deployed()
  }

  /** What only stood against a hook of another flow is deployed once that is gone. */
  #takeFreed(): void {
    for (const { flow, text, inStep, problems } of [...this.#entries.values()]) {
      if (inStep || !problems.some(({ code }) => code === 'HOOK_TAKEN')) continue
      const file = this.#options.files.fileOf(flow)
      if (this.#check((context) => checkText(text, context), file).plan !== undefined) this.#take({ flow, file, text })
    }
  }

  #remove(flow: string): void {
    this.#options.deployment.remove(flow)
    if (this.#entries.delete(flow)) this.#options.log('info', `flow ${flow} removed`)
  }

  /**
   * Checks with learned types, but what only they stand against is deployed all the same: they say what devices sent so far,
   * and a device that has changed must not keep a flow from starting.
   */
  #check<Result extends CheckResult>(check: (context: CheckContext) => Result, file?: string): Result {
    const { topicType: _, ...written } = this.#options.context
    const named = file === undefined ? {} : { file }
    const learned = check({ ...this.#options.context, ...named })
    if (learned.plan !== undefined) return learned
    const plain = check({ ...written, ...named })
    if (plain.plan === undefined) return learned
    return { ...plain, problems: learned.problems.map((one) => ({ ...one, severity: 'warning' as const })) }
  }

  /** Deploys a file, or says why not and keeps what runs. */
  #take({ flow, file, text }: FlowFile): void {
    const { plan, problems, types, document } = this.#check((context) => checkText(text, context), file)
    if (plan === undefined) {
      this.#hold(flow, text, problems, document)
      return
    }
    try {
      this.#deploy(flow, text, plan, problems, types)
    } catch (thrown) {
      this.#hold(flow, text, [...problems, { ...problemOf(deployFault(thrown), flow), file }], document)
    }
  }

  #deploy(
    flow: string,
    text: string,
    plan: Plan,
    problems: Problem[],
    types: Record<string, Type>,
    about: PutAbout = byFile,
  ): PlanDiff {
    const { deployment, now, log } = this.#options
    const diff = deployment.apply(plan, this.#started)
    const returned = this.#note(plan, about)
    const entry = {
      flow,
      text,
      hash: hashOf(text),
      problems,
      types,
      document: plan.document,
      plan,
      deployed: now(),
      inStep: true,
      returned,
    }
    this.#entries.set(flow, entry)
    log('info', plan.disabled ? `flow ${flow} is disabled` : `flow ${flow} deployed (${describe(plan, diff)})`)
    for (const one of problems) log('warn', sentence(one))
    this.#options.deployed()
    return diff
  }

  /** Keeps the version that runs now, unless it is the one that ran last. */
  #note(plan: Plan, { by = '', comment, origin = 'deploy', restored }: PutAbout): ReturnedDeploy | undefined {
    const { deploys, now, fresh } = this.#options
    const { flow, hash, document } = plan
    const last = deploys.last(flow)
    if (last !== undefined && last.hash === hash) {
      if (JSON.stringify(last.document) !== JSON.stringify(document)) deploys.renew(last.id, document)
      return returnedBy(deploys.get(flow, last.id)?.record)
    }
    const note = { by, comment: comment ?? null, origin, restored: restored ?? null }
    const id = deploys.add({ flow, time: now(), hash, document }, note)
    fresh?.(plan, id, origin)
    return returnedBy({ ...note, id, time: now() })
  }

  /** A file with errors: what ran goes on, or at the start the last good version does. */
  #hold(flow: string, text: string, problems: Problem[], document: FlowDocument | undefined): void {
    const { deployment, deploys, log, context } = this.#options
    const known = this.#entries.get(flow)
    let { plan, deployed } = known ?? { plan: undefined, deployed: undefined }
    if (plan === undefined) {
      const last = deploys.last(flow)
      plan = last === undefined ? undefined : checkFlow(last.document, context).plan
      if (plan !== undefined) {
        deployment.apply(plan, this.#started)
        deployed = last?.time
      }
    }
    const types = known?.types ?? {}
    this.#entries.set(flow, {
      flow,
      text,
      hash: hashOf(text),
      problems,
      types,
      document,
      plan,
      deployed,
      inStep: false,
      returned: known?.returned,
    })
    for (const one of problems) log(one.severity === 'error' ? 'error' : 'warn', sentence(one))
    log('error', plan === undefined ? `flow ${flow} does not run` : `flow ${flow}: the last good version runs on`)
  }

  #entry(flow: string): FlowEntry {
    const entry = this.#entries.get(flow)
    if (entry !== undefined) return entry
    throw rulewireError('NOT_FOUND', {
      what: 'flow',
      name: flow,
      suggestion: suggestion(flow, this.#entries.keys()),
      list: '/api/v1/flows',
    })
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#busy.then(work)
    this.#busy = done.catch(() => undefined)
    return done
  }
}

/** A change of the file, by whoever may write it. */
const byFile: PutAbout = { by: 'file', origin: 'file' }

function returnedBy(deploy: (DeployNote & { id: number; time: number }) | undefined): ReturnedDeploy | undefined {
  if (deploy?.origin !== 'return') return undefined
  return { id: deploy.id, time: deploy.time, reason: deploy.comment ?? '' }
}

function summaryOf(entry: FlowEntry, loops: readonly Problem[]): FlowSummary {
  const { flow, plan, document, hash, deployed } = entry
  const shown = document ?? plan?.document
  const disabled = shown?.disabled ?? false
  const running = disabled ? 'disabled' : 'running'
  return {
    flow,
    title: shown?.title ?? flow,
    disabled,
    nodes: shown?.nodes.length ?? 0,
    status: entry.inStep ? running : plan === undefined ? 'failed' : 'held',
    hash,
    problems: [...entry.problems, ...loops.filter((loop) => loop.flow === flow)],
    ...(deployed === undefined ? {} : { deployed }),
    ...(entry.returned === undefined ? {} : { returned: entry.returned }),
  }
}

function describe(plan: Plan, diff: PlanDiff): string {
  const parts = [plan.nodes.length === 1 ? '1 node' : `${plan.nodes.length} nodes`]
  const kinds = ['added', 'changed', 'removed'] as const
  for (const kind of kinds) if (diff[kind].length > 0) parts.push(`${diff[kind].length} ${kind}`)
  return parts.join(', ')
}

function sentence(one: Problem): string {
  const place = [one.file, one.line, one.column].filter((part) => part !== undefined).join(':')
  return `${[place, one.code].filter((part) => part !== '').join(' ')} ${one.text} ${one.hint}`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function emptyDiff(): PlanDiff {
  return { added: [], changed: [], removed: [], rewired: [], moved: [] }
}

/** Why a flow whose check found nothing wrong could not be deployed. */
function deployFault(thrown: unknown): RulewireError {
  if (thrown instanceof StoreFault) return rulewireError('STORE_FAULT', { detail: thrown.message }, { cause: thrown })
  return rulewireError('NODE_FAILED', { detail: reasonOf(thrown) }, { cause: thrown })
}

function problemOf({ code, message, hint }: RulewireError, flow: string): Problem {
  return { code, severity: 'error', text: message, hint, flow }
}
