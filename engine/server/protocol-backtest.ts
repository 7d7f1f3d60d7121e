/**
 * What the backtest routes carry: a draft over recorded history in virtual time, and the adviser of thresholds. Both are jobs that
 * run in a thread of their own: a POST starts one, its id is asked until `state` is no longer `running`.
 */

import type { Advice } from '../backtest/advice.ts'
import type { BacktestResult } from '../backtest/result.ts'
import type { Problem } from '../errors.ts'
import type { ErrorText } from './protocol.ts'

export type { Advice, AdviceCandidate, AdviceReason, AdviceStatistics } from '../backtest/advice.ts'
export type {
  AlarmDifference,
  AlarmEvent,
  AlarmSpan,
  BacktestAlarms,
  BacktestComparison,
  BacktestDeadLetter,
  BacktestNode,
  BacktestResult,
  BacktestSeries,
  BacktestWire,
  BadLines,
  SeriesLimit,
} from '../backtest/result.ts'

/** A time in a request: UTC milliseconds, or ISO 8601 text (UTC unless it names a zone). */
export type TimeText = number | string

/**
 * POST /api/v1/backtest: runs a draft over history. Nothing is published, requested or stored, and the flow that runs notices nothing.
 * Answered with a {@link BacktestJob}; BACKTESTS_BUSY (429) while two others run. A document that does not pass the check is answered
 * with CHECK_FAILED (422) and its problems.
 */
export interface BacktestRequest {
  /** The draft, as for POST /api/v1/check. */
  document: unknown
  /** Only messages from this time on, and before that one; all that there is unless said. */
  from?: TimeText | undefined
  to?: TimeText | undefined
  /** The other version: `deployed` is what runs of this flow (nothing is compared when none does); or a document. */
  against?: 'deployed' | { label?: string | undefined; document: unknown } | undefined
  /** Instead of the recorded history. */
  input?: InputText | undefined
  /** Ids of nodes that are left out, in both versions: simulators, for example. */
  disable?: string[] | undefined
  /** Alarms of both versions that are raised this close together are the same one, moved; a duration, `10m` unless said. */
  tolerance?: string | undefined
  /** Stretches of time in a series, about: the pixels of the chart. From 50 to 4000; 1000 unless said. */
  width?: number | undefined
  /** Seed of $random() and the like; 1 unless said. */
  seed?: number | undefined
}

/** A file as a text: what `--input` is on the command line. */
export interface InputText {
  /** CSV with a line of names, or one JSON object a line. The whole request may have 1 MB. */
  text: string
  /** Told by the first character unless said: `{` begins JSON lines. */
  format?: 'csv' | 'jsonl' | undefined
  /** Topic of the messages; `{name}` stands for the value of that column. For JSON lines that have a field `topic` it may be left out. */
  topic?: string | undefined
  /** Column of the time; `time`, `timestamp`, `ts`, `date` or `datetime` unless said. */
  time?: string | undefined
  /** Zone of times that name none, such as `Europe/Paris`; UTC unless said. */
  tz?: string | undefined
  /** Fields of the payload by the column that they are taken from; all columns under their names unless said. `.`: the payload itself. */
  map?: Record<string, string> | undefined
}

/**
 * POST /api/v1/advise: suggests limit, deadband and on-delay for a value, and shows how many alarms a day each would have made. Answered
 * with a {@link BacktestJob}.
 */
export interface AdviseRequest {
  /** Topic filter of the messages, as in an `mqtt-in` node: `fridges/{fridge}/climate`. */
  topic: string
  /** JSONata for the number to watch; `payload` unless said. */
  value?: string | undefined
  /** JSONata for the key; the topic unless said. */
  key?: string | undefined
  /** Which side is bad; both are looked at unless said. */
  side?: 'above' | 'below' | undefined
  /** Alarms a day, of all keys together, that people can take; 1 unless said. */
  perDay?: number | undefined
  from?: TimeText | undefined
  to?: TimeText | undefined
  input?: InputText | undefined
}

/**
 * GET /api/v1/backtests/:id, the answer of POST /api/v1/backtest and /advise, and of DELETE /api/v1/backtests/:id, which ends one that
 * runs and forgets one that does not. GET /api/v1/backtests lists them without results, newest first; the last twenty are kept for an hour.
 */
export interface BacktestJob {
  id: string
  kind: 'backtest' | 'advice'
  /** Of the document; the topic for advice. */
  flow: string
  state: 'running' | 'done' | 'failed' | 'cancelled'
  /** UTC milliseconds. */
  started: number
  /** UTC milliseconds; absent while it runs. */
  ended?: number
  progress: BacktestProgress
  /** Of the check: warnings only, as a draft with errors does not start. */
  problems: Problem[]
  /** When it is done; absent in the list. */
  result?: BacktestResult
  advice?: Advice
  /** When it failed. */
  error?: ErrorText
}

export interface BacktestProgress {
  /** Messages so far, and how many there are altogether, about; null while nobody knows. */
  messages: number
  total: number | null
  /** From 0 to 1; null while nobody knows. */
  done: number | null
  /** Virtual time: that of the latest message; null before the first. */
  time: number | null
  /** Messages a second since the start. */
  rate: number
}
