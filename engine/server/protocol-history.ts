/** What the routes of the history carry. Times are of receipt, UTC milliseconds. */
import type { CutText } from './protocol.ts'

/** GET /api/v1/history : what is recorded, and what was and has not gone yet. */
export interface HistoryOverview {
  items: HistoryRecording[]
  /** Why nothing is recorded now, as a sentence; absent when all is well. */
  stopped?: string
  /** Messages that were not recorded since the start, because of that. */
  missed: number
}

/** What is recorded of one connection, for a flow or for the connection itself. A message that several want is in one of them. */
export interface HistoryRecording {
  connection: string
  /** The flow whose `history` it is; absent for that of the connection. */
  flow?: string
  filters: string[]
  /** Milliseconds after which messages go. */
  keep: number
  /** Bytes on the disk above which the oldest go. */
  size: number
  /** False: nobody records it any more; what there is stays until it is too old. */
  active: boolean
  messages: number
  /** Of topics and payloads. */
  bytes: number
  /** On the disk. */
  stored: number
  /** Absent when there is no message. */
  oldest?: number
  newest?: number
  /** Messages that went because of `size`, although they were not too old. */
  dropped: number
}

/**
 * GET /api/v1/history/messages?connection=&filter=&from=&to=&limit= : the newest ones in that time, oldest first. For the page
 * before them give the time of the first as `to`.
 */
export interface HistoryMessages {
  items: HistoryMessage[]
  /** There are older ones in that time, or may be. */
  more: boolean
  /** Everything from this time on was looked through; a rare topic may need several pages. */
  from: number
}

export interface HistoryMessage extends CutText {
  connection: string
  topic: string
  time: number
  qos: 0 | 1 | 2
  retain: boolean
}

/** POST /api/v1/history/clear : of all connections and flows unless said. Messages go in groups, so a few before the time may stay. */
export interface HistoryClear {
  connection?: string | undefined
  flow?: string | undefined
  /** Only what was received before. */
  before?: number | undefined
}

export interface HistoryCleared {
  /** How many went. */
  messages: number
}
