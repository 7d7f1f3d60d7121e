import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attacks } from './attacks.ts'

/** What all attacks together may have in memory; more kills the worker, and the test with it. */
const MEGABYTES = 256

interface Report {
  readonly index: number
  readonly outcome: string
  readonly milliseconds: number
}

/** The attacks run in a thread of their own: what hangs or fills the memory fails the test and not the machine. */
describe('C34: an expression that wants too much', () => {
  const reports = new Map<number, Report>()
  const worker = new Worker(new URL('./attack-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
  })
  worker.on('message', (report: Report) => reports.set(report.index, report))

  beforeAll(
    () =>
      new Promise<void>((resolve, reject) => {
        worker.once('exit', () => resolve())
        worker.once('error', reject)
      }),
    60_000,
  )

  afterAll(() => worker.terminate())

  for (const [index, { name, codes }] of attacks.entries()) {
    it(`ends in an error: ${name}`, () => {
      expect(codes).toContain(reports.get(index)?.outcome)
    })
  }
})
