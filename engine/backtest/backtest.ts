import type { Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { TableStore } from '../run/ports.ts'
import type { Packet } from '../spec/message.ts'
import { compareAlarms } from './compare.ts'
import { type PaceOptions, Pacer } from './pacer.ts'
import type { RecordedInput } from './recorded.ts'
import { Replay } from './replay.ts'
import type { BacktestAlarms, BacktestResult } from './result.ts'

export interface BacktestOptions extends PaceOptions {
  plan: Plan
  /** Another version, which runs over the same messages. */
  against?: { label: string; plan: Plan } | undefined
  input: RecordedInput
  /** Only messages from this time on, and before that one, UTC milliseconds. */
  from?: number | undefined
  to?: number | undefined
  /** Virtual time goes on to then after the last message, UTC milliseconds; timers fire. It ends with the last message unless given. */
  until?: number | undefined
  /** Tables for one version, empty. */
  tables(): TableStore
  seed: number
  /** Stretches of time in a series, about. */
  width: number
  /** Alarms of a version that are listed; the others are counted. 50,000 unless said. */
  listed?: number | undefined
  /** Alarms of both versions that are raised this close together are one that moved, milliseconds. */
  tolerance: number
  limits?: Partial<Limits> | undefined
}

/** Timers that may fire between two looks at the time. */
const timersAtOnce = 5000

/**
 * Runs a flow, and another version of it, over recorded messages in virtual time: one pass, in memory that does not grow with the
 * number of messages. The same input, seed and plan give the same result, however the input is cut into pieces. Throws what the
 * input throws, what a node's `create` throws, and what `pause` throws to end it.
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestResult> {
  const { input, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options
  const pacer = new Pacer(input, options)
  let versions: Versions | undefined
  let [messages, taken, late] = [0, 0, 0]
  let first: number | null = null
  for await (const piece of input.pieces()) {
    for (const recorded of piece) {
      const time = recorded.received
      if (time < from || time >= to) continue
      first ??= time
      versions ??= startVersions(options, time)
      if (time < versions.now) late++
      // A promise for each message would cost more than most of them do.
      if (time > versions.now && !goOn(versions, time)) await advance(versions, time, pacer)
      const packet = time < versions.now ? receivedAt(recorded, versions.now) : recorded
      const main = versions.main.take(packet)
      const other = versions.other?.take(packet) ?? false
      messages++
      if (main || other) taken++
      if (pacer.isDue(messages)) await pacer.pause(messages, versions.now)
    }
    await pacer.pause(messages, versions?.now ?? null)
    if (versions?.main.stopped !== undefined && versions.other?.stopped !== undefined) break
  }
  versions ??= startVersions(options, options.from ?? 0)
  const last = first === null ? null : versions.now
  if (options.until !== undefined && first !== null) await advance(versions, options.until, pacer)
  return resultOf(options, versions, { from: first, to: last, messages, taken, late })
}

interface Versions {
  main: Replay
  other: Replay | undefined
  /** UTC milliseconds. */
  now: number
}

function startVersions({ plan, against, tables, ...rest }: BacktestOptions, start: number): Versions {
  const { seed, limits, width, listed } = rest
  const replay = (version: Plan) => new Replay({ plan: version, start, seed, tables: tables(), limits, width, listed })
  return { main: replay(plan), other: against === undefined ? undefined : replay(against.plan), now: start }
}

/** The same packet, received at another time; its bytes and what they are stay those of the first one. */
function receivedAt(packet: Packet, received: number): Packet {
  return Object.create(packet, { received: { value: received, enumerable: true } }) as Packet // it inherits all the rest
}

async function advance(versions: Versions, time: number, pacer: Pacer): Promise<void> {
  while (!goOn(versions, time)) await pacer.rest(versions.main.now)
}

/** Lets time go on in both versions. False when there is more to do. */
function goOn(versions: Versions, time: number): boolean {
  const main = versions.main.advance(time, timersAtOnce)
  const other = versions.other?.advance(time, timersAtOnce) ?? true
  if (!main || !other) return false
  versions.now = Math.max(versions.now, time)
  return true
}

function resultOf(
  { plan, against, input, tolerance }: BacktestOptions,
  { main, other }: Versions,
  counts: Pick<BacktestResult, 'from' | 'to' | 'messages' | 'taken' | 'late'>,
): BacktestResult {
  const own = main.result()
  const result: BacktestResult = { flow: plan.flow, ...counts, badLines: input.badLines(), ...own }
  if (against === undefined || other === undefined) return result
  const { seriesLeft: _, ...theirs } = other.result()
  const until = Math.min(listedUntil(own.alarms), listedUntil(theirs.alarms))
  const difference = compareAlarms(own.alarms.spans, theirs.alarms.spans, tolerance, until)
  const cut = until === Number.POSITIVE_INFINITY ? {} : { until }
  return { ...result, against: { label: against.label, ...cut, ...difference, ...theirs } }
}

/** Every alarm raised before then is in the list. */
function listedUntil({ spans, total }: BacktestAlarms): number {
  return spans.length < total ? (spans.at(-1)?.raised ?? Number.NEGATIVE_INFINITY) : Number.POSITIVE_INFINITY
}
