import { randomBytes } from 'node:crypto'
import { valueReader } from '../backtest/watched-values.ts'
import { type Problem, RulewireError, reasonOf, rulewireError } from '../errors.ts'
import type { CheckResult, Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { Log } from '../log.ts'
import type { BacktestApi } from '../server/api-backtest.ts'
import type { AdviseRequest, BacktestJob, BacktestRequest } from '../server/protocol-backtest.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { adviseJob, backtestJob, type RequestContext } from './backtest-request.ts'
import { shownResult } from './backtest-shown.ts'
import { Ended, type LongJob, type LongRun, startHere, startThread } from './backtest-thread.ts'

export interface BacktestDeskOptions {
  specs: ReadonlyMap<string, AnyNodeSpec>
  /** Directory of the history. */
  data: string
  /** Module of a thread that does the jobs; without it they run in this one. */
  backtestWorker?: URL | undefined
  /** Checks a document as a deploy of it would. */
  draft(document: unknown): CheckResult
  /** What runs. */
  plans: ReadonlyMap<string, Plan>
  /** Commits what is gathered, so that the history has it all. */
  settle(): void
  /** UTC milliseconds. */
  now(): number
  /** Limits of expressions. */
  limits: Partial<Limits> | undefined
  log: Log
}

/** Jobs that run at the same time; those that are kept, and for how long after their end, milliseconds. */
const mostRunning = 2
const mostKept = 20
const keptFor = 3_600_000

interface Entry {
  job: BacktestJob
  /** While it runs. */
  run: LongRun | undefined
}

/** Backtests of drafts and questions to the adviser: started, watched, ended. The engine goes on meanwhile. */
export class BacktestDesk implements BacktestApi {
  readonly #options: BacktestDeskOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: BacktestDeskOptions) {
    this.#options = options
  }

  backtest(request: BacktestRequest): BacktestJob {
    this.#makeRoom()
    const { plan, problems } = this.#options.draft(request.document)
    if (plan === undefined) {
      const errors = problems.filter(({ severity }) => severity === 'error')
      throw rulewireError('CHECK_FAILED', { flow: nameOf(request.document), count: errors.length }, { problems })
    }
    const data = { ...backtestJob(request, plan.flow, this.#context()), limits: this.#options.limits }
    return this.#start({ kind: 'backtest', data }, plan.flow, problems)
  }

  advise(request: AdviseRequest): BacktestJob {
    this.#makeRoom()
    const data = adviseJob(request, this.#context())
    // Faults in filter and expressions are told at once.
    valueReader(data)
    return this.#start({ kind: 'advice', data }, request.topic, [])
  }

  list(): BacktestJob[] {
    this.#forgetOld()
    return [...this.#entries.values()].reverse().map(({ job: { result: _result, advice: _advice, ...rest } }) => rest)
  }

  get(id: string): BacktestJob {
    return this.#entry(id).job
  }

  async end(id: string): Promise<BacktestJob> {
    const entry = this.#entry(id)
    if (entry.run === undefined) this.#entries.delete(id)
    else await this.#end(entry)
    return entry.job
  }

  /** Ends all that run. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#end(entry)))
  }

  #start(job: LongJob, flow: string, problems: Problem[]): BacktestJob {
    const { backtestWorker: worker, specs, settle, now } = this.#options
    settle()
    const entry: Entry = {
      run: undefined,
      job: {
        id: randomBytes(6).toString('hex'),
        kind: job.kind,
        flow,
        state: 'running',
        started: now(),
        progress: { messages: 0, total: null, done: null, time: null, rate: 0 },
        problems,
      },
    }
    const progress = (found: BacktestJob['progress']) => {
      entry.job = { ...entry.job, progress: found }
    }
    const run = worker === undefined ? startHere(job, specs, progress) : startThread(worker, job, progress)
    entry.run = run
    this.#entries.set(entry.job.id, entry)
    run.result.then(
      (result) => this.#finish(entry, 'statistics' in result ? { advice: result } : { result: shownResult(result) }),
      (thrown) => this.#fail(entry, thrown),
    )
    return entry.job
  }

  #finish(entry: Entry, result: Pick<BacktestJob, 'result' | 'advice'>): void {
    entry.run = undefined
    const { progress } = entry.job
    const messages = result.result?.messages ?? result.advice?.messages ?? progress.messages
    const ended = this.#options.now()
    entry.job = { ...entry.job, ...result, state: 'done', ended, progress: { ...progress, messages, done: 1 } }
  }

  #fail(entry: Entry, thrown: unknown): void {
    entry.run = undefined
    const { job } = entry
    const ended = this.#options.now()
    if (thrown instanceof Ended) {
      entry.job = { ...job, state: 'cancelled', ended }
      return
    }
    const known = thrown instanceof RulewireError
    if (!known) this.#options.log('error', `a ${job.kind} of ${job.flow} failed: ${reasonOf(thrown)}`, thrown)
    const { code, message: text, hint } = known ? thrown : rulewireError('INTERNAL', { detail: reasonOf(thrown) })
    const problems = known ? [...job.problems, ...thrown.problems] : job.problems
    entry.job = { ...job, state: 'failed', ended, problems, error: { code, text, hint } }
  }

  async #end(entry: Entry): Promise<void> {
    await entry.run?.end()
    // The answer of the run comes a turn later than its end.
    await entry.run?.result.catch(() => undefined)
  }

  #entry(id: string): Entry {
    this.#forgetOld()
    const entry = this.#entries.get(id)
    if (entry !== undefined) return entry
    throw rulewireError('NOT_FOUND', { what: 'backtest', name: id, suggestion: '', list: '/api/v1/backtests' })
  }

  /** Throws BACKTESTS_BUSY. */
  #makeRoom(): void {
    this.#forgetOld()
    const count = [...this.#entries.values()].filter(({ run }) => run !== undefined).length
    if (count >= mostRunning) throw rulewireError('BACKTESTS_BUSY', { count })
  }

  #forgetOld(): void {
    const oldest = this.#options.now() - keptFor
    let surplus = this.#entries.size - mostKept
    for (const [id, { job, run }] of this.#entries) {
      if (run !== undefined || (surplus <= 0 && (job.ended ?? 0) >= oldest)) continue
      this.#entries.delete(id)
      surplus--
    }
  }

  #context(): RequestContext {
    const { data, plans, now } = this.#options
    return { data, now: now(), deployed: (flow) => plans.get(flow)?.document }
  }
}

function nameOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'flow' in document ? String(document.flow) : ''
}
