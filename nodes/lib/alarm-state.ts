import type { Limit } from './limit.ts'

/** What is fixed for one level of an alarm; delays in milliseconds. */
export interface LevelRules {
  readonly id: string
  readonly limit: Limit
  readonly deadband: number
  readonly onDelay: number
  readonly offDelay: number
}

/** What is fixed for an alarm; durations in milliseconds. */
export interface AlarmRules {
  /** The lowest first. */
  readonly levels: readonly LevelRules[]
  readonly minSamples: number
  readonly maxGap: number | null
  readonly count: { readonly n: number; readonly within: number } | null
  readonly noData: { readonly after: number; readonly tell: boolean } | null
  readonly requireAck: boolean
  readonly latch: boolean
  readonly remind: { readonly every: number; readonly max: number } | null
  readonly shelveMax: number
  readonly schedule: ActiveTimes | null
  readonly flap: { readonly n: number; readonly within: number; readonly quiet: number } | null
  readonly tellRetained: boolean
  readonly keepLate: boolean
  /** A running delay waits for a live sample after a start. */
  readonly confirm: boolean
  /** Says whether a state was made under the same rules; undefined when that does not matter. */
  readonly fingerprint: string | undefined
}

/** When an alarm is told, by the calendar. */
export interface ActiveTimes {
  isActive(time: number): boolean
  /** The first time from `time` on at which it is; undefined when there is none. */
  nextActive(time: number): number | undefined
}

export type Condition = 'UNKNOWN' | 'NORMAL' | 'PENDING' | 'ACTIVE' | 'RECOVERING' | 'LATCHED'

/** One level: plain JSON. */
export type LevelState = {
  readonly phase: 'off' | 'rising' | 'on' | 'falling'
  /** When the phase began. */
  readonly since: number
  /** When it began to rise. */
  readonly began: number
  /** When the delay that runs is over. */
  readonly due: number | null
  /** Samples beyond the limit while rising. */
  readonly samples: number
  /** When the last samples beyond the limit were measured, as many as `count` needs. */
  readonly hits: readonly number[]
}

/** What an alarm remembers for a key: plain JSON, never changed in place. Times are UTC milliseconds. */
export type AlarmState = {
  readonly condition: Condition
  /** The level that is active, or was last. */
  readonly level: string | null
  /** When the condition, or its level, began. */
  readonly since: number
  readonly raised: number | null
  readonly cleared: number | null
  readonly levels: { readonly [id: string]: LevelState }
  /** The latest sample: its value, when it was measured and received. */
  readonly value: number | null
  readonly time: number
  readonly received: number
  /** When the last live sample was received, and whether it was the latest. */
  readonly fresh: number | null
  readonly live: boolean
  /** When the last message came, whether it could be used or not. */
  readonly heard: number
  readonly data: 'FRESH' | 'STALE' | 'BAD'
  readonly detail: string | null
  /** What people know: that there is something wrong with the data. */
  readonly dataTold: boolean
  /** Whether what `data` says comes from more than a retained message. */
  readonly dataLive: boolean
  readonly acked: boolean
  readonly ack: { readonly by: string; readonly time: number; readonly note: string | null } | null
  readonly shelf: Shelf | null
  /** Taken out of service by a person. States of before there was such a thing have no such field: it counts as null. */
  readonly out: OutOfService | null
  /** By the expression of `activeWhen`. */
  readonly suppressed: boolean
  /** When what the calendar withholds can be told. */
  readonly gateAt: number | null
  /** What people know: that there is an alarm, and how it stood when they were told last, as {@link standingOf} says it. */
  readonly told: boolean
  readonly toldAs: string | null
  readonly remindAt: number | null
  readonly reminders: number
  /** Times of the last flaps, as many as `flap` needs; how many since it was raised. */
  readonly flaps: readonly number[]
  readonly flapCount: number
  readonly quietAt: number | null
  /** Transitions so far; and which of them was the last that changed the alarm, and the last that changed `data`. */
  readonly seq: number
  readonly standingSeq: number
  readonly dataSeq: number
  readonly nearMisses: number
  readonly late: number
  /** The last near misses and inputs, newest first. */
  readonly misses: readonly NearMiss[]
  readonly inputs: readonly Input[]
  readonly fingerprint: string | null
}

export type Shelf = {
  readonly by: string
  readonly note: string | null
  readonly until: number
  /** Ends when the alarm clears. */
  readonly oneShot: boolean
}

/** Who took it out of service, and when. It does not end by itself. */
export type OutOfService = {
  readonly by: string
  readonly note: string | null
  readonly time: number
}

/** Rising from `since` to `time`, and why it ended. */
export type NearMiss = {
  readonly level: string
  readonly since: number
  readonly time: number
  readonly reason: 'back' | 'gap'
}

/** Measured, received, value, what came of it. */
export type Input = readonly [
  time: number,
  received: number,
  value: number | null,
  outcome: 'beyond' | 'good' | 'late' | 'retained' | 'bad',
]

/** A sample: its value, when it was measured and received. */
export interface Sample {
  readonly value: number
  readonly time: number
  readonly received: number
  /** Of a retained message: it may be old. */
  readonly retained?: boolean
  /** What the expression of `activeWhen` says; true when there is none. */
  readonly active?: boolean
}

/** Something that happened to an alarm. */
export interface Transition {
  /** RAISED, CLEARED, ... or the condition where nothing has to be told. */
  readonly name: string
  /** It has a number of its own: for the port `event` and the log. Without it, a change that only the port `state` shows. */
  readonly event: boolean
  /** Only a repeat of what was withheld: nothing has changed. */
  readonly repeat: boolean
  readonly notify: boolean
  /** Its number; of a repeat that of what it repeats, otherwise of the last one. */
  readonly seq: number
  readonly time: number
  /** When what led to it began: for RAISED the first sample beyond the limit, for CLEARED when it was raised. */
  readonly since: number
  /** As it is after the change. */
  readonly state: AlarmState
  /** Of what a person did. */
  readonly by: string | null
  readonly note: string | null
}

export interface Step {
  readonly state: AlarmState
  readonly transitions: readonly Transition[]
}

/** Inputs and near misses that are kept. */
const kept = 5

export function newState(received: number, rules: AlarmRules): AlarmState {
  return {
    condition: 'UNKNOWN',
    level: null,
    since: received,
    raised: null,
    cleared: null,
    levels: {},
    value: null,
    // Before any sample: none is late.
    time: Number.MIN_SAFE_INTEGER,
    received,
    fresh: null,
    live: false,
    heard: received,
    data: 'FRESH',
    detail: null,
    dataTold: false,
    dataLive: true,
    acked: true,
    ack: null,
    shelf: null,
    out: null,
    suppressed: false,
    gateAt: null,
    told: false,
    toldAs: null,
    remindAt: null,
    reminders: 0,
    flaps: [],
    flapCount: 0,
    quietAt: null,
    seq: 0,
    standingSeq: 0,
    dataSeq: 0,
    nearMisses: 0,
    late: 0,
    misses: [],
    inputs: [],
    fingerprint: rules.fingerprint ?? null,
  }
}

/** ACTIVE or RECOVERING. */
export function isOn({ condition }: Pick<AlarmState, 'condition'>): boolean {
  return condition === 'ACTIVE' || condition === 'RECOVERING'
}

/** How an alarm stands, as people are told it: as ACTIVE at a level, LATCHED, or over. */
export function standingOf(state: Pick<AlarmState, 'condition' | 'level'>): string {
  if (state.condition === 'LATCHED') return 'LATCHED'
  return isOn(state) ? `ACTIVE ${state.level}` : 'NORMAL'
}

/** The newest first, as many as are kept. */
export function remember<Item>(list: readonly Item[], item: Item): readonly Item[] {
  return [item, ...list.slice(0, kept - 1)]
}

/** Place of a level in the order of severity, from 0; -1 when there is no such level. */
export function rankOf(level: string | null, { levels }: AlarmRules): number {
  return levels.findIndex(({ id }) => id === level)
}
