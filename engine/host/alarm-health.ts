import { rulewireError } from '../errors.ts'
import type { AlarmHealthRequest } from '../server/api.ts'
import type { Alarm, AlarmHealth, AlarmName, AlarmStanding } from '../server/protocol.ts'
import type { AlarmLog } from '../store/alarm-log.ts'
import { type Ref, tallyOf } from './alarm-tally.ts'

const hour = 3_600_000
const day = 24 * hour
/** The period when none is said, and the longest: milliseconds. */
const usual = 7 * day
const longest = 400 * day
/** Alarms that stand longer than this are stale (ISA-18.2, 16.6). */
const staleAfter = day
const usualTop = 10

export interface HealthParts {
  log: AlarmLog
  /** The alarms that are worth showing now. */
  alarms: readonly Alarm[]
  titleOf(flow: string, node: string): string
  /** UTC milliseconds. */
  now: number
}

/**
 * How well alarms serve people, after ISA-18.2 (clause 16, monitoring), from the log of a period and from how they stand.
 * Throws BAD_REQUEST for a period that is none, or is longer than 400 days.
 */
export function healthOf(request: AlarmHealthRequest, { log, alarms, titleOf, now }: HealthParts): AlarmHealth {
  const { flow, node, top = usualTop } = request
  const { from, to } = periodOf(request, now)
  const counts = tallyOf(log.during({ flow, node, from, to }), { from, to })
  const { times, annunciations, peak, floods, levels, acknowledged } = counts
  const named = <Item extends Ref>(items: readonly Item[]): (Item & AlarmName)[] =>
    items.slice(0, top).map((item) => ({ ...item, title: titleOf(item.flow, item.node) }))
  const own = alarms.filter(
    (alarm) => (flow === undefined || alarm.flow === flow) && (node === undefined || alarm.node === node),
  )
  const unacknowledged = own.filter(
    ({ acknowledged, shelved, outOfService }) => !acknowledged && shelved === null && outOfService === null,
  )
  return {
    from,
    to,
    now,
    oldest: log.oldest() ?? null,
    annunciations,
    perHour: (annunciations * hour) / (to - from),
    peak,
    floods,
    histogram: histogramOf(times, from, to),
    levels,
    frequent: named(counts.frequent).map((one) => ({ ...one, share: one.count / annunciations })),
    chattering: named(counts.chattering),
    fleeting: named(counts.fleeting),
    acknowledged,
    waiting: {
      count: unacknowledged.length,
      since: unacknowledged.reduce<number | null>(
        (first, { raised, since }) => Math.min(first ?? Number.POSITIVE_INFINITY, raised ?? since),
        null,
      ),
    },
    stale: own.filter((alarm) => isStale(alarm, now)).map(standing),
    shelved: own.filter(({ shelved }) => shelved !== null).map(standing),
    suppressed: own.filter(({ gate }) => gate === 'SUPPRESSED').map(standing),
    outOfService: own.filter(({ outOfService }) => outOfService !== null).map(standing),
  }
}

function periodOf({ from, to }: AlarmHealthRequest, now: number): { from: number; to: number } {
  const end = Math.min(to ?? now, now)
  const start = from ?? end - usual
  if (start >= end) throw refuse('The period ends before it begins', 'Give a "from" before "to", and before now.')
  if (end - start > longest) throw refuse('The period is longer than 400 days', 'Give a shorter one.')
  return { from: start, to: end }
}

function refuse(detail: string, wanted: string) {
  return rulewireError('BAD_REQUEST', { detail: `${detail}.`, wanted })
}

/** Hours of a week, or days of more. The last one may be cut by the end of the period. */
function histogramOf(times: readonly number[], from: number, to: number): AlarmHealth['histogram'] {
  // Who asks for a week and says when it began means a week, though some time has passed since.
  const span = to - from > usual + hour ? day : hour
  // "The last hour" is one bar, though it was asked for a few milliseconds ago: what is less than a hundredth of a bar goes to the last one.
  const length = Math.max(1, Math.ceil((to - from) / span - 0.01))
  const counts = Array.from({ length }, (_, index) => ({
    time: from + index * span,
    count: 0,
  }))
  for (const time of times) {
    const bar = counts[Math.min(Math.floor((time - from) / span), length - 1)]
    if (bar !== undefined) bar.count++
  }
  return { span, counts }
}

function isStale({ condition, raised }: Alarm, now: number): boolean {
  const stands = condition === 'ACTIVE' || condition === 'RECOVERING' || condition === 'LATCHED'
  return stands && raised !== null && now - raised > staleAfter
}

function standing(alarm: Alarm): AlarmStanding {
  const { flow, node, key, title, condition, level, raised, since, shelved, outOfService } = alarm
  const hidden = outOfService ?? shelved
  return {
    flow,
    node,
    key,
    title,
    condition,
    level,
    since: outOfService?.time ?? (condition === 'NORMAL' ? since : (raised ?? since)),
    until: outOfService === null ? (shelved?.until ?? null) : null,
    by: hidden?.by ?? null,
    note: hidden?.note ?? null,
  }
}
