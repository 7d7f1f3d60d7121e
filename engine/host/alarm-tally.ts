import type { AlarmHealth } from '../server/protocol.ts'
import type { AlarmTransition } from '../store/alarm-log.ts'

const minute = 60_000
/** Raised so often within a minute: it chatters (ISA-18.2, 5.3). */
const chatter = 3
/** Milliseconds of a block in which floods are counted, and alarms in it from which on it is one (ISA-18.2, 16.5). */
const block = 10 * minute
const flood = 10

/** What is counted for one alarm. */
interface Tally {
  readonly flow: string
  readonly node: string
  readonly key: string
  count: number
  /** Times of the last RAISED within a minute. */
  raises: number[]
  chattered: number
  lastChatter: number
  /** The RAISED that has not ended, and whether somebody has acknowledged it since. */
  raised: number | undefined
  seen: boolean
  fleeting: number
  shortest: number
  /** The first transition that waits to be acknowledged, and whether the alarm was over since. */
  waits: { since: number; over: boolean } | undefined
}

export type Ref = Pick<Tally, 'flow' | 'node' | 'key'>
export type Counts = Pick<AlarmHealth, 'annunciations' | 'peak' | 'floods' | 'levels' | 'acknowledged'> & {
  /** When each of them was, in order. UTC milliseconds. */
  times: number[]
  frequent: (Ref & { count: number })[]
  chattering: (Ref & { count: number; last: number })[]
  fleeting: (Ref & { count: number; shortest: number })[]
}

/** Counts the transitions of a period. Pure: one pass, and memory for each alarm that was in it. */
export function tallyOf(transitions: Iterable<AlarmTransition>, { from, to }: { from: number; to: number }): Counts {
  const tallies = new Map<string, Tally>()
  const times: number[] = []
  const levels = new Map<string, number>()
  const waited: number[] = []
  for (const one of transitions) {
    const id = `${one.flow}/${one.node}/${one.key}`
    const tally = tallies.get(id) ?? newTally(one)
    tallies.set(id, tally)
    if (one.transition === 'RAISED' || one.transition === 'ESCALATED') {
      times.push(one.time)
      const level = one.level ?? ''
      levels.set(level, (levels.get(level) ?? 0) + 1)
    }
    const wait = count(tally, one)
    if (wait !== undefined) waited.push(wait)
  }
  times.sort((left, right) => left - right)
  const all = [...tallies.values()]
  return {
    times,
    annunciations: times.length,
    peak: peakOf(times),
    floods: floodsOf(times, from, to),
    levels: [...levels]
      .map(([level, amount]) => ({ level, count: amount, share: amount / times.length }))
      .sort((left, right) => right.count - left.count),
    acknowledged: spreadOf(waited),
    frequent: mostOf(
      all.filter((tally) => tally.count > 0),
      (tally) => ({ ...refOf(tally), count: tally.count }),
    ),
    chattering: mostOf(
      all.filter((tally) => tally.chattered > 0),
      (tally) => ({ ...refOf(tally), count: tally.chattered, last: tally.lastChatter }),
    ),
    fleeting: mostOf(
      all.filter((tally) => tally.fleeting > 0),
      (tally) => ({ ...refOf(tally), count: tally.fleeting, shortest: tally.shortest }),
    ),
  }
}

/** Takes one transition in. Gives how long it had waited when it was acknowledged, milliseconds. */
function count(tally: Tally, { transition, time }: AlarmTransition): number | undefined {
  switch (transition) {
    case 'RAISED':
      tally.count++
      tally.raised = time
      tally.seen = false
      if (tally.waits === undefined || tally.waits.over) tally.waits = { since: time, over: false }
      noteRaise(tally, time)
      return undefined
    case 'ESCALATED':
      tally.count++
      if (tally.waits === undefined || tally.waits.over) tally.waits = { since: time, over: false }
      return undefined
    case 'CHATTERING':
      if (tally.chattered === 0 || time - tally.lastChatter > minute) noteChatter(tally, time)
      return undefined
    case 'CLEARED':
    case 'LATCHED':
    case 'RESET':
      return end(tally, transition, time)
    case 'ACKED': {
      const wait = tally.waits === undefined ? undefined : time - tally.waits.since
      tally.waits = undefined
      tally.seen = true
      return wait
    }
    default:
      return undefined
  }
}

function end(tally: Tally, transition: string, time: number): undefined {
  const { raised, seen } = tally
  if (transition === 'CLEARED' && raised !== undefined && !seen && time - raised <= minute) {
    tally.fleeting++
    tally.shortest = Math.min(tally.shortest, time - raised)
  }
  tally.raised = undefined
  // With "requireAck" it can still be acknowledged; otherwise the next one that is raised waits anew.
  if (tally.waits !== undefined) tally.waits.over = true
}

function noteRaise(tally: Tally, time: number): void {
  tally.raises = [...tally.raises.filter((raise) => time - raise <= minute), time]
  if (tally.raises.length < chatter) return
  noteChatter(tally, time)
  // Each one counts for one time only.
  tally.raises = []
}

function noteChatter(tally: Tally, time: number): void {
  tally.chattered++
  tally.lastChatter = time
}

function newTally({ flow, node, key }: Ref): Tally {
  return {
    flow,
    node,
    key,
    count: 0,
    raises: [],
    chattered: 0,
    lastChatter: 0,
    raised: undefined,
    seen: false,
    fleeting: 0,
    shortest: Number.POSITIVE_INFINITY,
    waits: undefined,
  }
}

/** The ten minutes in which the most happened; `times` are sorted. */
function peakOf(times: readonly number[]): AlarmHealth['peak'] {
  let best: AlarmHealth['peak'] = null
  let first = 0
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? time) >= block) first++
    const amount = index - first + 1
    if (best === null || amount > best.count) best = { time: times[first] ?? time, count: amount }
  }
  return best
}

function floodsOf(times: readonly number[], from: number, to: number): AlarmHealth['floods'] {
  const blocks = new Map<number, number>()
  for (const time of times) {
    const at = Math.floor((time - from) / block)
    blocks.set(at, (blocks.get(at) ?? 0) + 1)
  }
  const flooded = [...blocks.values()].filter((amount) => amount > flood).length
  // The last block may be cut short; a few milliseconds of one are none.
  return { blocks: flooded, share: Math.min(1, (flooded * block) / (to - from)) }
}

function spreadOf(waited: readonly number[]): AlarmHealth['acknowledged'] {
  const sorted = waited.toSorted((left, right) => left - right)
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? null
  const sum = sorted.reduce((total, wait) => total + wait, 0)
  const mean = sorted.length === 0 ? null : Math.round(sum / sorted.length)
  return { count: sorted.length, mean, median: at(0.5), most: at(0.9), longest: at(1) }
}

function mostOf<Item extends Ref & { count: number }>(tallies: readonly Tally[], show: (tally: Tally) => Item): Item[] {
  return tallies.map(show).sort((left, right) => right.count - left.count || compare(left, right))
}

function compare(left: Ref, right: Ref): number {
  const [one, other] = [left, right].map(({ flow, node, key }) => `${flow}/${node}/${key}`)
  return (one ?? '') < (other ?? '') ? -1 : 1
}

function refOf({ flow, node, key }: Tally): Ref {
  return { flow, node, key }
}
