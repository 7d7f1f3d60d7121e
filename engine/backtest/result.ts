/**
 * What came of a backtest, as plain data: bounded whatever the length of the history. Times are UTC milliseconds of virtual time,
 * which is that of the messages.
 */
export interface BacktestResult {
  flow: string
  /** Time of the first and of the last message; null when there was none. */
  from: number | null
  to: number | null
  /** Messages that were read, and those of them that a node of the flow subscribes to. */
  messages: number
  taken: number
  /** Messages with a time before that of the one ahead of them: they ran at that one's time, as late ones do. */
  late: number
  /** Lines of a file that could not be used. */
  badLines: BadLines
  /** By node id. */
  nodes: Record<string, BacktestNode>
  wires: BacktestWire[]
  alarms: BacktestAlarms
  /** Values that alarms watched; those with alarms first. At most 24 of them. */
  series: BacktestSeries[]
  /** Watched values that are not among the series. */
  seriesLeft: number
  /** Messages that no node could take: as dead letters, they would have been kept. */
  deadLetters: { count: number; first: BacktestDeadLetter[] }
  /** Why it was ended early, as a sentence; absent when it was not. */
  stopped?: string
  /** The difference to another version of the flow, which ran over the same messages in the same pass. */
  against?: BacktestComparison
}

export interface BadLines {
  count: number
  /** The first ones. `line` is counted from 1, `text` says what is wrong with it. */
  first: { line: number; text: string }[]
}

/** What happened at one node. */
export interface BacktestNode {
  type: string
  title: string
  /** Messages that came in, or that it made where none come in. */
  messages: number
  /** Messages and timers that it failed at. */
  errors: number
  /** Messages that left it, by output port; ports that gave none are there with 0. */
  outputs: Record<string, number>
  /** What it would have handed to brokers, servers and tables. */
  published: number
  requests: number
  rows: number
  /** Transitions of its alarms by name (RAISED, CLEARED, ...); absent for a node without alarms. */
  alarms?: Record<string, number>
}

/** A wire and the messages that went over it. Both ends are written `node.port`. */
export interface BacktestWire {
  from: string
  to: string
  messages: number
}

export interface BacktestDeadLetter {
  node: string
  port: string
  time: number
  code: string
  text: string
}

export interface BacktestAlarms {
  /** From RAISED to the end, in order of `raised`; the first ones. */
  spans: AlarmSpan[]
  /** How many there were, with those that are not among `spans`. */
  total: number
  /** Every transition in order, also those outside of spans such as DATA_STALE; the first ones. */
  events: AlarmEvent[]
  /** How many there were. */
  eventsTotal: number
}

/** An alarm from when it was raised until it was over. */
export interface AlarmSpan {
  node: string
  key: string
  raised: number
  /** When it was cleared or reset; null: it still stood at the end of the history. */
  cleared: number | null
  /** The worst level that it reached. */
  level: string | null
  /** Value and limit when it was raised. */
  value: number | null
  limit: number | null
  /** The value that was farthest beyond the limit. */
  worst: number | null
}

/** One transition of an alarm. */
export interface AlarmEvent {
  node: string
  key: string
  /** RAISED, ESCALATED, DEESCALATED, CLEARED, DATA_STALE, ... */
  transition: string
  time: number
  level: string | null
  value: number | null
  limit: number | null
}

/** Values of one key of an alarm, for a chart: the lists have one entry for each stretch of time in which there was a value. */
export interface BacktestSeries {
  node: string
  key: string
  title: string
  /** Start of the stretch. */
  time: number[]
  /** The lowest and the highest value in it. */
  least: number[]
  most: number[]
  /** Length of a stretch, milliseconds. */
  width: number
  /** Values altogether. */
  count: number
  limits: SeriesLimit[]
}

/** Where an alarm is raised, and where it clears: one value each, or two for a range. */
export interface SeriesLimit {
  level: string
  /** As a person reads it: `> 8`. */
  text: string
  raise: number[]
  clear: number[]
}

export interface BacktestComparison {
  /** `deployed`, or what the other version was called. */
  label: string
  /** Only alarms raised before then are compared, because a list ended there; absent when all are. */
  until?: number
  counts: { same: number; moved: number; new: number; gone: number }
  /** All that is not the same, in order of time; the first ones. */
  differences: AlarmDifference[]
  /** Differences that are not listed. */
  left: number
  /** What happened in the other version. */
  nodes: Record<string, BacktestNode>
  wires: BacktestWire[]
  alarms: BacktestAlarms
  series: BacktestSeries[]
  deadLetters: { count: number; first: BacktestDeadLetter[] }
  stopped?: string
}

/**
 * `new`: only this version raised it; `gone`: only the other one did; `moved`: both did, at another time, level or with another end.
 * Alarms belong together when they are of the same node and key, and overlap or were raised within the tolerance.
 */
export interface AlarmDifference {
  kind: 'new' | 'gone' | 'moved'
  node: string
  key: string
  /** Of this version; absent for `gone`. */
  span?: AlarmSpan
  /** Of the other version; absent for `new`. */
  other?: AlarmSpan
}
