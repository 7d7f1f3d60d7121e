import type { AlarmRules, AlarmState, LevelRules, LevelState, Sample } from './alarm-state.ts'
import { isCleared, isRaised } from './limit.ts'

/** A level that has seen nothing. */
export const levelOff: LevelState = { phase: 'off', since: 0, began: 0, due: null, samples: 0, hits: [] }

export interface SampleContext {
  readonly level: LevelRules
  readonly rules: AlarmRules
  /** Whether a delay may end now. */
  readonly mayEnd: boolean
}

/** What a sample does to a level. [L1] `sample.time` is not in the future, and not before that of the latest sample. */
export function sampleLevel(before: LevelState, sample: Sample, { level, rules, mayEnd }: SampleContext): LevelState {
  const { value, time, received } = sample
  const beyond = isRaised(level.limit, value)
  const hits = hitsOf(before, beyond, time, rules)
  const state = hits === before.hits ? before : { ...before, hits }
  switch (state.phase) {
    case 'off':
      return beyond && isCounted(hits, time, rules) ? rise(state, sample, level, rules) : state
    case 'rising': {
      if (rules.count === null ? !beyond : !isCounted(hits, time, rules)) return toOff(state, time)
      const next = { ...state, samples: state.samples + (beyond ? 1 : 0) }
      return mayEnd && isOver(next, received) && hasSamples(next, rules) ? toOn(next, after(next, time)) : next
    }
    case 'on':
      if (!isCleared(level.limit, value, level.deadband)) return state
      if (level.offDelay === 0) return toOff({ ...state, hits: [] }, time)
      return { ...state, phase: 'falling', since: time, due: received + level.offDelay }
    case 'falling':
      if (!isCleared(level.limit, value, level.deadband)) return toOn(state, time)
      return mayEnd && isOver(state, received) ? toOff({ ...state, hits: [] }, after(state, time)) : state
  }
}

/**
 * When time alone changes a level, if nothing else happens; undefined when it does not.
 *
 * @param mayEnd whether a delay may end by itself
 */
export function levelDeadline(level: LevelState, alarm: AlarmState, rules: AlarmRules, mayEnd: boolean) {
  if (level.due === null) return undefined
  if (level.phase === 'falling') return mayEnd ? level.due : undefined
  if (level.phase !== 'rising') return undefined
  const end = mayEnd && hasSamples(level, rules) ? level.due : Number.POSITIVE_INFINITY
  const deadline = Math.min(end, gapEnd(alarm, rules))
  return deadline === Number.POSITIVE_INFINITY ? undefined : deadline
}

/** What the passing of its {@link levelDeadline} does to a level. [L4] [L5] [L9] */
export function endLevel(level: LevelState, alarm: AlarmState, rules: AlarmRules, mayEnd: boolean): LevelState {
  const { due, phase } = level
  if (due === null) return level
  if (phase === 'falling') return toOff({ ...level, hits: [] }, due)
  const end = gapEnd(alarm, rules)
  return mayEnd && hasSamples(level, rules) && due < end ? toOn(level, due) : toOff(level, end)
}

/** Whether a hole between two samples ends what was rising. [L4] */
export function isHole(alarm: AlarmState, time: number, { maxGap }: AlarmRules): boolean {
  return maxGap !== null && time - alarm.time > maxGap
}

/** The end of a level that was rising, because of a hole. */
export function breakLevel(level: LevelState, time: number): LevelState {
  return level.phase === 'rising' ? toOff(level, time) : level
}

export function hasSamples(level: LevelState, rules: AlarmRules): boolean {
  return level.samples >= rules.minSamples
}

/** Samples beyond the limit that count at a time. [L6] */
export function countedHits(hits: readonly number[], time: number, rules: AlarmRules): number {
  const { count } = rules
  return count === null ? 0 : hits.filter((hit) => time - hit <= count.within).length
}

function rise(state: LevelState, sample: Sample, level: LevelRules, rules: AlarmRules): LevelState {
  const { time, received } = sample
  const rising: LevelState = {
    ...state,
    phase: 'rising',
    since: time,
    began: time,
    due: received + level.onDelay,
    samples: 1,
  }
  return level.onDelay === 0 && hasSamples(rising, rules) ? toOn(rising, time) : rising
}

function toOn(state: LevelState, time: number): LevelState {
  return { ...state, phase: 'on', since: time, due: null }
}

function toOff(state: LevelState, time: number): LevelState {
  return { ...state, phase: 'off', since: time, due: null, samples: 0 }
}

function isOver({ due }: LevelState, received: number): boolean {
  return due !== null && due <= received
}

/** A delay that had to wait for a sample ends with it, but not before it was over. */
function after({ due }: LevelState, time: number): number {
  return Math.max(due ?? time, time)
}

/** The first moment at which the silence is too long. */
export function gapEnd(alarm: AlarmState, { maxGap }: AlarmRules): number {
  return maxGap === null ? Number.POSITIVE_INFINITY : alarm.received + maxGap + 1
}

function hitsOf({ hits }: LevelState, beyond: boolean, time: number, { count }: AlarmRules): readonly number[] {
  return count === null || !beyond ? hits : [...hits, time].slice(-count.n)
}

function isCounted(hits: readonly number[], time: number, rules: AlarmRules): boolean {
  return rules.count === null || countedHits(hits, time, rules) >= rules.count.n
}
