/** What the engine knows of alarms, whatever node type has them. Times are UTC milliseconds. */
import type { AlarmLimit } from './alarm-limit.ts'
import type { Json } from './message.ts'

export type AlarmCondition = 'UNKNOWN' | 'NORMAL' | 'PENDING' | 'ACTIVE' | 'RECOVERING' | 'LATCHED'

/** Whether the values that the condition was judged by are there and usable. */
export type AlarmData = 'FRESH' | 'STALE' | 'BAD'

/** Whether people are told. Behind a closed gate the evaluation goes on. */
export type AlarmGate = 'OPEN' | 'SHELVED_TIMED' | 'SHELVED_ONESHOT' | 'SUPPRESSED' | 'OUT_OF_SERVICE'

/** An alarm as people see it, made from the state of a node for one key. */
export interface AlarmView {
  condition: AlarmCondition
  data: AlarmData
  gate: AlarmGate
  acknowledged: boolean
  /** The name of the level, worst first in `severity`; while NORMAL that of the last time. */
  level: string | null
  /** 1 for the lowest level of the node, and up; 0 when there is none. */
  severity: number
  value: number | null
  /** The limit that the value is beyond, or next to, and how far beyond; negative on the good side. */
  limit: number | null
  margin: number | null
  /** When the condition began. */
  since: number
  /** When it was raised last, and cleared last. */
  raised: number | null
  cleared: number | null
  /** When the condition changes by itself, if nothing else happens. */
  due: number | null
  /** Transitions so far. */
  seq: number
  /** Who acknowledged it last. */
  acknowledgement: { by: string; time: number; note: string | null } | null
  shelved: { by: string; until: number | null; note: string | null } | null
  /** Who took it out of service, and when. */
  outOfService: { by: string; time: number; note: string | null } | null
  topic: string
  /** A sentence such as "15 minutes without a value", when `data` is not FRESH. */
  detail: string | null
  /** What people may do with it now: `acknowledge`, `note`, `shelve`, `unshelve`, `reset`, `out-of-service`, `in-service`. */
  commands: readonly string[]
}

/** One of the last inputs of an alarm and what came of it. */
export interface AlarmInput {
  /** When it was measured, and when the engine got it. */
  time: number
  received: number
  value: number | null
  /** A sentence. */
  outcome: string
}

/** How the state of a node for one key is shown as an alarm. Pure: the engine calls it at any time. `now`: UTC milliseconds. */
export interface AlarmCapability {
  /** Undefined when the state is none of an alarm. */
  view(state: Json, now: number): AlarmView | undefined
  /** Why it fired, or did not. */
  why(state: Json, now: number): { reasons: AlarmReason[]; inputs: AlarmInput[] }
  /** Where it is raised, for charts: the lowest level first. */
  readonly limits?: readonly AlarmLimit[]
}

/** One transition of an alarm, for the log. */
export interface AlarmEntry {
  key: string
  seq: number
  /** RAISED, CLEARED, ACKED, ESCALATED, ... */
  transition: string
  time: number
  condition: AlarmCondition
  level: string | null
  value: number | null
  limit: number | null
  /** For what a person did. */
  by: string | null
  note: string | null
}

/** One condition of an alarm and how things stand with it. */
export interface AlarmReason {
  /** The level, or null for what concerns all of them. */
  level: string | null
  /** Such as `raise`, `onDelay`, `minSamples`, `count`, `gate`, `data`. */
  rule: string
  holds: boolean
  /** A sentence with the values. */
  text: string
  /** How far the value is beyond the limit, for `raise`. */
  margin?: number
  /** Milliseconds that are left, for delays. */
  left?: number
}

/**
 * What a person tells a node to do for one key. After a deploy that changed the node, the engine gives the command `refresh` for
 * each of its keys: what is due under the new config happens then.
 */
export interface Command {
  readonly name: string
  readonly key: string
  /** Who tells it. */
  readonly by: string
  readonly note: string | null
  /** What else the command needs, such as `until`. */
  readonly values: Readonly<Record<string, Json>>
}
