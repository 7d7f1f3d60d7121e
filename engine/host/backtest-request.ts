import { isTimeZone, timeForms, timeReader } from '../backtest/time.ts'
import { rulewireError } from '../errors.ts'
import type { AdviseRequest, BacktestRequest, InputText, TimeText } from '../server/protocol-backtest.ts'
import { parseDuration } from '../spec/fields.ts'
import { type AdviseJobData, usualPerDay } from './advise-run.ts'
import { type BacktestJobData, backtestDefaults, type MessageSource } from './backtest-run.ts'

export interface RequestContext {
  /** Directory of the history. */
  data: string
  /** UTC milliseconds. */
  now: number
  /** The document of what runs of a flow. */
  deployed(flow: string): unknown
}

/** Series of a chart in an answer, and the width that they have unless it is said. */
const { width: usualWidth, tolerance: usualTolerance, seed: usualSeed } = backtestDefaults

/** What is to be done for a request. Throws BAD_REQUEST. */
export function backtestJob(request: BacktestRequest, flow: string, context: RequestContext): BacktestJobData {
  const { document, disable = [], width = usualWidth, seed = usualSeed } = request
  const { from, to } = rangeOf(request)
  return {
    document,
    against: againstOf(request, flow, context),
    disable,
    source: sourceOf(request.input, context.data),
    from,
    to,
    until: to === undefined ? undefined : Math.min(to, context.now),
    seed,
    width,
    tolerance: toleranceOf(request.tolerance),
  }
}

/** The same for the adviser. Throws BAD_REQUEST. */
export function adviseJob(request: AdviseRequest, context: RequestContext): AdviseJobData {
  const { topic, value, key, side, perDay = usualPerDay } = request
  return { topic, value, key, side, perDay, ...rangeOf(request), source: sourceOf(request.input, context.data) }
}

function againstOf(
  { against }: BacktestRequest,
  flow: string,
  { deployed }: RequestContext,
): BacktestJobData['against'] {
  if (against === undefined) return undefined
  if (against !== 'deployed') return { label: against.label ?? 'other', document: against.document }
  const document = deployed(flow)
  return document === undefined ? undefined : { label: 'deployed', document }
}

function sourceOf(input: InputText | undefined, data: string): MessageSource {
  if (input === undefined) return { kind: 'history', data }
  const { text, format, topic, time, tz = 'UTC', map } = input
  if (!isTimeZone(tz)) throw refused(`"${tz}" is no time zone.`, 'Write one such as UTC or Europe/Paris.', 'input.tz')
  return { kind: 'text', text, format, topic, time, zone: tz, map }
}

function rangeOf(request: { from?: TimeText | undefined; to?: TimeText | undefined }) {
  const [from, to] = [timeOf('from', request.from), timeOf('to', request.to)]
  if (from === undefined || to === undefined || from < to) return { from, to }
  throw refused('"from" is not before "to".', 'Write the earlier time as "from".', 'from')
}

/** A number is always of milliseconds here, as everywhere in the API. */
function timeOf(field: string, found: TimeText | undefined): number | undefined {
  if (found === undefined) return undefined
  const time = typeof found === 'number' ? found : timeReader('UTC')(found)
  if (time !== undefined && Number.isFinite(time)) return time
  throw refused(`"${found}" is no time.`, `Write ${timeForms}.`, field)
}

function toleranceOf(found: string | undefined): number {
  const milliseconds = found === undefined ? usualTolerance : parseDuration(found)
  if (milliseconds !== undefined) return milliseconds
  throw refused(`"${found}" is not a duration.`, 'Write a number and a unit, such as 30s or 10m.', 'tolerance')
}

function refused(detail: string, wanted: string, at: string) {
  return rulewireError('BAD_REQUEST', { detail, wanted }, { at: `body.${at}` })
}
