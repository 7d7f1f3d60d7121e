/** A thread that does one backtest, or asks the adviser once, and ends: the engine goes on meanwhile. */
import { parentPort, workerData } from 'node:worker_threads'
import { nodeSpecs } from '../../nodes/index.ts'
import { RulewireError, reasonOf } from '../errors.ts'
import { doLongJob, type LongJob, type LongReply, seldom } from '../host/backtest-thread.ts'

const elapsed = () => performance.now()
const say = (reply: LongReply) => parentPort?.postMessage(reply)

say(await replyTo(workerData as LongJob)) // the engine starts it with nothing else

async function replyTo(job: LongJob): Promise<LongReply> {
  try {
    const progress = seldom((found) => say({ progress: found }), elapsed)
    // Nobody else has to have a turn in this thread, but the messages have to go.
    const breathe = () => new Promise<void>((resolve) => setImmediate(resolve))
    return { result: await doLongJob(job, nodeSpecs, { elapsed, progress, breathe }) }
  } catch (thrown) {
    if (!(thrown instanceof RulewireError)) return { defect: reasonOf(thrown) }
    const { code, message: text, hint, at, problems } = thrown
    return { error: { code, severity: 'error', text, hint, ...(at === undefined ? {} : { at }) }, problems }
  }
}
