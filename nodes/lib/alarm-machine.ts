import { isCleared, isRaised, type Limit } from './limit.ts'

/** What is fixed for an alarm; delays in milliseconds. */
export interface AlarmRules {
  readonly limit: Limit
  readonly deadband: number
  readonly onDelay: number
  readonly offDelay: number
}

export type Condition = 'NORMAL' | 'PENDING' | 'ACTIVE' | 'RECOVERING'

/** What an alarm remembers for a key: plain JSON. Times are UTC milliseconds. */
export type AlarmState = {
  readonly condition: Condition
  /** When the condition began. */
  readonly since: number
  /** When the delay that runs is over; only while PENDING or RECOVERING. */
  readonly due: number | null
  /** When it was raised last, while ACTIVE or RECOVERING. */
  readonly raised: number | null
  /** The latest sample, and when it was measured. */
  readonly value: number
  readonly time: number
  /** Events so far. */
  readonly seq: number
  /** Times that it was on its way back and did not get there, since it was raised. */
  readonly flaps: number
  /** Times that it was PENDING and was not raised. */
  readonly nearMisses: number
  /** Samples that were older than the latest one and changed nothing. */
  readonly late: number
}

/** A sample: its value, when it was measured, and when it was received. */
export interface Sample {
  readonly value: number
  readonly time: number
  readonly received: number
}

/** A change of condition; `event` is there when people have to know. */
export interface Transition {
  readonly event: 'RAISED' | 'CLEARED' | undefined
  /** As it is after the change. */
  readonly state: AlarmState
  /** When it happened. */
  readonly time: number
  /** When what led to it began: for RAISED the first sample beyond the limit, for CLEARED when it was raised. */
  readonly since: number
}

export interface Step {
  readonly state: AlarmState
  readonly transitions: readonly Transition[]
}

/**
 * What a sample does to an alarm. A sample that is older than the latest one changes nothing. A delay that was over before
 * the sample was received ends first. Measured times count as received when they lie in the future.
 */
export function onSample(before: AlarmState | undefined, sample: Sample, rules: AlarmRules): Step {
  const time = Math.min(sample.time, sample.received)
  if (before !== undefined && time < before.time) return unchanged({ ...before, late: before.late + 1 })
  const first = onDeadline(before ?? newState(sample.value, time), sample.received)
  const state = { ...first.state, value: sample.value, time }
  const then = judge(state, { ...sample, time }, rules)
  return first.transitions.length === 0
    ? then
    : { state: then.state, transitions: [...first.transitions, ...then.transitions] }
}

/** What the passing of time does to an alarm: a delay that is over at `now` ends. */
export function onDeadline(state: AlarmState, now: number): Step {
  if (state.due === null || state.due > now) return unchanged(state)
  if (state.condition === 'PENDING') return raise(state, state.due)
  return state.condition === 'RECOVERING' ? clear(state, state.due) : unchanged({ ...state, due: null })
}

function judge(state: AlarmState, sample: Sample, rules: AlarmRules): Step {
  const { value, time, received } = sample
  switch (state.condition) {
    case 'NORMAL':
      if (!isRaised(rules.limit, value)) return unchanged(state)
      // The delay runs from when we heard of it: an old time of measurement never ends a delay by itself.
      if (rules.onDelay > 0)
        return change({ ...state, condition: 'PENDING', since: time, due: received + rules.onDelay }, time)
      return raise({ ...state, since: time }, time)
    case 'PENDING':
      if (isRaised(rules.limit, value)) return unchanged(state)
      return change({ ...state, condition: 'NORMAL', since: time, due: null, nearMisses: state.nearMisses + 1 }, time)
    case 'ACTIVE':
      if (!isCleared(rules.limit, value, rules.deadband)) return unchanged(state)
      if (rules.offDelay > 0)
        return change({ ...state, condition: 'RECOVERING', since: time, due: received + rules.offDelay }, time)
      return clear(state, time)
    case 'RECOVERING':
      if (isCleared(rules.limit, value, rules.deadband)) return unchanged(state)
      return change({ ...state, condition: 'ACTIVE', since: time, due: null, flaps: state.flaps + 1 }, time)
  }
}

function raise(state: AlarmState, time: number): Step {
  const raised: AlarmState = {
    ...state,
    condition: 'ACTIVE',
    since: time,
    due: null,
    raised: time,
    seq: state.seq + 1,
    flaps: 0,
  }
  return { state: raised, transitions: [{ event: 'RAISED', state: raised, time, since: state.since }] }
}

function clear(state: AlarmState, time: number): Step {
  const cleared: AlarmState = {
    ...state,
    condition: 'NORMAL',
    since: time,
    due: null,
    raised: null,
    seq: state.seq + 1,
  }
  return {
    state: cleared,
    transitions: [{ event: 'CLEARED', state: cleared, time, since: state.raised ?? state.since }],
  }
}

function change(state: AlarmState, time: number): Step {
  return { state, transitions: [{ event: undefined, state, time, since: state.since }] }
}

function unchanged(state: AlarmState): Step {
  return { state, transitions: [] }
}

function newState(value: number, time: number): AlarmState {
  return {
    condition: 'NORMAL',
    since: time,
    due: null,
    raised: null,
    value,
    time,
    seq: 0,
    flaps: 0,
    nearMisses: 0,
    late: 0,
  }
}
