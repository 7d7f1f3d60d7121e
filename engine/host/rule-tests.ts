import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Problem, RulewireError, reasonOf, rulewireError } from '../errors.ts'
import { readRuleTests } from '../rules/index.ts'
import type { RuleTestsApi } from '../server/api-tests.ts'
import type {
  RuleTestDraft,
  RuleTestRecording,
  RuleTestsAnswer,
  RuleTestsFile,
  RuleTestsRun,
} from '../server/protocol-tests.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { doRuleTests, type RuleTestsJob, type RuleTestsResult } from './rule-tests-job.ts'
import { writeWhole } from './whole-file.ts'

export interface RuleTestDeskOptions {
  /** Where flows and their tests stand. */
  flows: string
  specs: ReadonlyMap<string, AnyNodeSpec>
  /** Module of a thread that does the jobs; without it they run in this one. */
  worker?: URL | undefined
}

/** What another thread says of a job. */
export type RuleTestsReply = { result: RuleTestsResult } | { error: Problem } | { defect: string }

/** Milliseconds that a run may take, and megabytes that it may hold. */
const patience = 20_000
const memory = 256
/** Runs at the same time. */
const mostRuns = 2

/** The rule tests of the flows: their files, and runs on drafts, which never hold up the engine. */
export class RuleTestDesk implements RuleTestsApi {
  readonly #options: RuleTestDeskOptions
  #runs = 0

  constructor(options: RuleTestDeskOptions) {
    this.#options = options
  }

  async get(flow: string): Promise<RuleTestsFile> {
    const file = fileOf(flow)
    const text = await this.#read(file)
    return text === undefined
      ? { flow, file, exists: false, text: firstText(flow) }
      : { flow, file, exists: true, text, hash: hashOf(text) }
  }

  /** Throws CHECK_FAILED with what cannot be read in it, FLOW_NAME_MISMATCH and CHANGED_MEANWHILE. */
  async put(flow: string, text: string, hash?: string): Promise<RuleTestsFile> {
    const { document, problems } = readRuleTests(text, fileOf(flow))
    if (document === undefined) throw rulewireError('CHECK_FAILED', { flow, count: problems.length }, { problems })
    if (document.flow !== flow) throw rulewireError('FLOW_NAME_MISMATCH', { file: flow, flow: document.flow })
    const before = await this.get(flow)
    if (hash !== undefined && (before.hash ?? '') !== hash) throw rulewireError('CHANGED_MEANWHILE', { flow })
    await writeWhole(join(this.#options.flows, fileOf(flow)), text)
    return { flow, file: fileOf(flow), exists: true, text, hash: hashOf(text) }
  }

  /** Throws TOO_MANY_RUNS and RUN_TOO_LONG. */
  async run(flow: string, { document, text, tests }: RuleTestsRun): Promise<RuleTestsAnswer> {
    const job = { kind: 'run', flow, file: fileOf(flow), text: await this.#text(flow, text), document, tests } as const
    return (await this.#do(job)) as RuleTestsAnswer // what a job of this kind gives
  }

  /** Throws BAD_REQUEST, NOT_FOUND, TOO_MANY_RUNS and RUN_TOO_LONG. */
  async record(flow: string, recording: RuleTestRecording): Promise<RuleTestDraft> {
    const { document, name, messages, advance = '0s', disable = [] } = recording
    const text = await this.#text(flow, undefined)
    const job = { kind: 'record', flow, file: fileOf(flow), text, document, name, messages, advance, disable } as const
    return (await this.#do(job)) as RuleTestDraft // what a job of this kind gives
  }

  async #text(flow: string, given: string | undefined): Promise<string> {
    return given ?? (await this.get(flow)).text
  }

  async #do(job: RuleTestsJob): Promise<RuleTestsResult> {
    const { worker, specs } = this.#options
    if (worker === undefined) return doRuleTests(job, specs)
    if (this.#runs >= mostRuns) throw rulewireError('TOO_MANY_RUNS', { count: this.#runs })
    this.#runs++
    try {
      return await inThread(worker, job)
    } finally {
      this.#runs--
    }
  }

  async #read(file: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#options.flows, file), 'utf8')
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
      throw rulewireError('FILE_UNREADABLE', { file, detail: reasonOf(cause) }, { cause })
    }
  }
}

function inThread(module: URL, job: RuleTestsJob): Promise<RuleTestsResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(module, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: memory } })
    const timer = setTimeout(() => {
      reject(rulewireError('RUN_TOO_LONG', { what: 'The tests', limit: `${patience / 1000} s` }))
      void worker.terminate()
    }, patience)
    worker.once('message', (reply: RuleTestsReply) => {
      if ('result' in reply) resolve(reply.result)
      else if ('error' in reply) reject(new RulewireError(reply.error))
      else reject(new Error(reply.defect))
    })
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('The thread of the tests ended without an answer.'))
    })
  })
}

function fileOf(flow: string): string {
  return `${flow}.test.json`
}

function firstText(flow: string): string {
  return `{\n  "$schema": "./rule-tests.schema.json",\n  "flow": "${flow}",\n  "tests": []\n}\n`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
