import type { Advice } from '../backtest/advice.ts'
import { advise } from '../backtest/advise.ts'
import type { LimitSpec } from '../backtest/candidates.ts'
import type { WatchedOptions } from '../backtest/watched-values.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { compileFilter, withoutShare } from '../spec/topics.ts'
import { inputOf, type MessageSource, type Pace } from './backtest-run.ts'

/** A question to the adviser as plain data, so that it can go to another thread. Times: UTC milliseconds. */
export interface AdviseJobData extends WatchedOptions {
  side?: 'above' | 'below' | undefined
  /** Alarms a day that people can take. */
  perDay: number
  source: MessageSource
  from?: number | undefined
  to?: number | undefined
}

/** Alarms a day that people can take, unless they say. */
export const usualPerDay = 1

/** Asks the adviser, here and now. Throws TOPIC_FILTER, EXPRESSION_SYNTAX, what the input throws, and what `breathe` throws. */
export async function doAdvise(
  job: AdviseJobData,
  specs: ReadonlyMap<string, AnyNodeSpec>,
  pace: Pace,
): Promise<Advice> {
  const { source, from, to, ...rest } = job
  const filters = [withoutShare(compileFilter(job.topic).filter)]
  return advise({ ...rest, ...pace, from, to, spec: limitSpec(specs), input: inputOf(source, { filters, from, to }) })
}

/** The node type that raises at limits, whatever it is called. */
function limitSpec(specs: ReadonlyMap<string, AnyNodeSpec>): LimitSpec {
  const found = [...specs.values()].find((spec): spec is LimitSpec => spec.configFor !== undefined)
  if (found === undefined) throw new Error('No node type raises at a limit')
  return found
}
