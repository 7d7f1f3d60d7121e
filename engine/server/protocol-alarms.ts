/** What the alarm routes carry. Terms as in ISA-18.2; times are UTC milliseconds. */
import type { AlarmCondition, AlarmEntry, AlarmInput, AlarmReason, AlarmView } from '../spec/alarm.ts'

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
  /** ACTIVE, RECOVERING or LATCHED; shelved ones and those out of service not counted. */
  active: number
  /** Of all, those that nobody has acknowledged. */
  unacknowledged: number
  shelved: number
  /** Goes up with every change that is worth a look. */
  revision: number
}

export type AlarmCommandName =
  | 'acknowledge'
  | 'note'
  | 'shelve'
  | 'unshelve'
  | 'reset'
  | 'out-of-service'
  | 'in-service'

/**
 * POST /api/v1/alarms/ack, /note, /shelve, /unshelve, /reset, /out-of-service, /in-service: answered with the alarm as it is after that, once it is
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

/** GET /api/v1/alarms/health?from=&to=&flow=&node=&top= : how well the alarms serve people, after ISA-18.2. */
export interface AlarmHealth {
  /** UTC milliseconds, and now. */
  from: number
  to: number
  now: number
  /** When the oldest transition that is still kept happened; older than `from` unless the log was cut. Null: there is none. */
  oldest: number | null
  /** Times at which an alarm asked for attention: RAISED and ESCALATED. Those that were shelved or suppressed count too. */
  annunciations: number
  /** Mean over the whole period. */
  perHour: number
  /** The ten minutes with the most of them, and when they began. */
  peak: { time: number; count: number } | null
  /** Ten-minute blocks with more than ten (a flood), and their share of all blocks. */
  floods: { blocks: number; share: number }
  /** Counts of equal spans of `span` milliseconds, from `from` on: hours, or days when the period is long. */
  histogram: { span: number; counts: { time: number; count: number }[] }
  /** By level, the most frequent first. */
  levels: { level: string; count: number; share: number }[]
  /** The most frequent alarms; `share` of all annunciations. */
  frequent: (AlarmName & { count: number; share: number })[]
  /** Raised three times or more within a minute, and how often that was so. */
  chattering: (AlarmName & { count: number; last: number })[]
  /** Cleared within a minute after being raised, with nobody acknowledging it: how often, and the shortest in milliseconds. */
  fleeting: (AlarmName & { count: number; shortest: number })[]
  /** From RAISED or ESCALATED to ACKED, milliseconds; and what nobody has acknowledged now. */
  acknowledged: {
    count: number
    mean: number | null
    median: number | null
    /** Nine of ten took no longer. */
    most: number | null
    longest: number | null
  }
  waiting: { count: number; since: number | null }
  /** How things are now: active for more than a day; hidden by people; withheld by the calendar or an expression; taken out of service. */
  stale: AlarmStanding[]
  shelved: AlarmStanding[]
  suppressed: AlarmStanding[]
  outOfService: AlarmStanding[]
}

/** Which alarm it is. */
export interface AlarmName {
  flow: string
  node: string
  key: string
  /** Title of the node, or its id. */
  title: string
}

/** An alarm as it stands now. */
export interface AlarmStanding extends AlarmName {
  condition: AlarmCondition
  level: string | null
  /** When it was raised, or taken out of service; for a shelved one also until when. UTC milliseconds. */
  since: number
  until: number | null
  /** Who hid it, and why. */
  by: string | null
  note: string | null
}
