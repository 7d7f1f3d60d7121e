import { Worker } from 'node:worker_threads'
import type { Advice } from '../backtest/advice.ts'
import type { RunProgress } from '../backtest/pacer.ts'
import type { BacktestResult } from '../backtest/result.ts'
import { type Problem, RulewireError } from '../errors.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { type AdviseJobData, doAdvise } from './advise-run.ts'
import { type BacktestJobData, doBacktest, type Pace } from './backtest-run.ts'

/** Plain data that goes to another thread. */
export type LongJob = { kind: 'backtest'; data: BacktestJobData } | { kind: 'advice'; data: AdviseJobData }
export type LongResult = BacktestResult | Advice

/** What another thread says of a job. */
export type LongReply =
  | { progress: RunProgress }
  | { result: LongResult }
  | { error: Problem; problems: readonly Problem[] }
  | { defect: string }

/** A job that runs. */
export interface LongRun {
  /** Rejects with {@link Ended} after `end`. */
  result: Promise<LongResult>
  /** Ends it; resolves when nothing of it is left. */
  end(): Promise<void>
}

/** A job was ended before it was done. */
export class Ended extends Error {
  override readonly name = 'Ended'
}

/** Megabytes that a thread may hold. */
const memory = 1024
/** Milliseconds between two reports of progress. */
const pause = 200

/** Does a job, here and now. */
export function doLongJob(job: LongJob, specs: ReadonlyMap<string, AnyNodeSpec>, pace: Pace): Promise<LongResult> {
  return job.kind === 'backtest' ? doBacktest(job.data, specs, pace) : doAdvise(job.data, specs, pace)
}

/** Reports of progress, but not more than a client wants to see. `elapsed`: milliseconds of a clock that only goes up. */
export function seldom(
  report: (progress: RunProgress) => void,
  elapsed: () => number,
): (progress: RunProgress) => void {
  let last = Number.NEGATIVE_INFINITY
  return (progress) => {
    if (elapsed() - last < pause) return
    last = elapsed()
    report(progress)
  }
}

/** Starts a job in a thread of its own. */
export function startThread(module: URL, job: LongJob, progress: (progress: RunProgress) => void): LongRun {
  const worker = new Worker(module, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: memory } })
  let ended = false
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve())
  })
  const result = new Promise<LongResult>((resolve, reject) => {
    worker.on('message', (reply: LongReply) => {
      if ('progress' in reply) progress(reply.progress)
      else if ('result' in reply) resolve(reply.result)
      else if ('error' in reply) reject(new RulewireError(reply.error, { problems: reply.problems }))
      else reject(new Error(reply.defect))
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(ended ? new Ended() : new Error('The thread ended without a result.')))
  })
  return {
    result,
    async end() {
      ended = true
      await worker.terminate()
      await exited
    },
  }
}

/** Starts a job in this thread, where it gives way to others. */
export function startHere(
  job: LongJob,
  specs: ReadonlyMap<string, AnyNodeSpec>,
  progress: (progress: RunProgress) => void,
): LongRun {
  let ended = false
  const elapsed = () => performance.now()
  const result = doLongJob(job, specs, {
    elapsed,
    progress: seldom(progress, elapsed),
    async breathe() {
      await new Promise((resolve) => setImmediate(resolve))
      if (ended) throw new Ended()
    },
  })
  return {
    result,
    async end() {
      ended = true
      await result.catch(() => undefined)
    },
  }
}
