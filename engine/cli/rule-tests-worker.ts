/** A thread that does one job with rule tests and ends: the engine goes on meanwhile. */
import { parentPort, workerData } from 'node:worker_threads'
import { nodeSpecs } from '../../nodes/index.ts'
import { RulewireError, reasonOf } from '../errors.ts'
import type { RuleTestsReply } from '../host/rule-tests.ts'
import { doRuleTests, type RuleTestsJob } from '../host/rule-tests-job.ts'

parentPort?.postMessage(replyTo(workerData as RuleTestsJob)) // the engine starts it with nothing else

function replyTo(job: RuleTestsJob): RuleTestsReply {
  try {
    return { result: doRuleTests(job, nodeSpecs) }
  } catch (thrown) {
    if (!(thrown instanceof RulewireError)) return { defect: reasonOf(thrown) }
    const { code, message: text, hint, at } = thrown
    return { error: { code, severity: 'error', text, hint, ...(at === undefined ? {} : { at }) } }
  }
}
