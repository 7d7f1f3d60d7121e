/** What the alarm routes carry. Terms as in ISA-18.2; times are UTC milliseconds. */
import type { AlarmEntry, AlarmInput, AlarmReason, AlarmView } from '../spec/alarm.ts'

export type {
  AlarmCondition,
  AlarmData,
  AlarmEntry,
  AlarmGate,
  AlarmInput,
  AlarmReason,
  AlarmView,
} from '../spec/alarm.ts'

/** An alarm: one key of one node. */
export interface Alarm extends AlarmView {
  flow: string
  node: string
  key: string
  /** Title of the node, or its id. */
  title: string
}

/** GET /api/v1/alarms?flow=&node=&limit= : alarms that are not plain NORMAL, and those that were cleared within a day; worst first. */
export interface AlarmList {
  items: Alarm[]
  counts: AlarmCounts
  /** Alarms that are not among the items because of `limit`. */
  left: number
}

/** Also sent in the live stream when they change: a client that shows the list fetches it again then. */
export interface AlarmCounts {
  /** ACTIVE, RECOVERING or LATCHED; shelved ones not counted. */
  active: number
  /** Of all, those that nobody has acknowledged. */
  unacknowledged: number
  shelved: number
  /** Goes up with every change that is worth a look. */
  revision: number
}

/**
 * POST /api/v1/alarms/ack, /shelve, /unshelve, /reset: answered with the alarm as it is after that, once it is
 * committed. Refused with COMMAND_REFUSED (409) when the alarm is not in a state for it.
 */
export interface AlarmCommand {
  flow: string
  node: string
  key: string
  note?: string | undefined
  /** Who does it; "operator" unless said. */
  by?: string | undefined
  /** For `shelve`: UTC milliseconds. */
  until?: number | undefined
  /** For `shelve`: until it clears, instead of a time. */
  oneShot?: boolean | undefined
}

/** GET /api/v1/alarms/history?flow=&node=&key=&before=&limit= : newest first. */
export interface AlarmHistory {
  items: AlarmLogEntry[]
  total: number
}

/** One transition. */
export interface AlarmLogEntry extends AlarmEntry {
  id: number
  flow: string
  node: string
}

/** GET /api/v1/alarms/why?flow=&node=&key= : why it fired, or did not. */
export interface AlarmWhy {
  alarm: Alarm
  /** Conditions of each level, in words and as data: which holds, which does not and by how much. */
  reasons: AlarmReason[]
  /** The last inputs, newest first. */
  inputs: AlarmInput[]
  /** The last transitions, newest first. */
  history: AlarmLogEntry[]
}
