/** What the tools for looking into a flow carry: the trace of one message, the test run of a draft, one expression. */
import type { Problem } from '../errors.ts'
import type { Type } from '../types/index.ts'
import type { CutText, ErrorText } from './protocol.ts'

/** POST /api/v1/trace: records the next message that enters a flow, once. */
export interface TraceRequest {
  flow: string
  /** Only what enters at this node: a source, or a node whose timer or answer of a sink starts the run. */
  node?: string | undefined
  /** Only messages whose topic matches this topic filter. */
  filter?: string | undefined
}

/** GET /api/v1/trace/:id, and the answer of POST /api/v1/trace. One that is done or expired is kept for ten minutes. */
export interface Trace extends TraceRequest {
  id: string
  state: 'armed' | 'done' | 'expired'
  /** UTC milliseconds. */
  armed: number
  /** UTC milliseconds: when it gives up waiting. */
  expires: number
  /** UTC milliseconds: when the message ran. Absent before. */
  time?: number
  /** Microseconds in all nodes together. Absent before. */
  micros?: number
  /** In the order in which they ran; an array index is what {@link Hop.from} names. */
  hops: Hop[]
  /** Hops that are not shown because there are too many. */
  left: number
}

/** One call of a node: what came in, what it did. All texts are cut. */
export interface Hop {
  /** Another one than that of the trace where a message went over a link between flows. */
  flow: string
  node: string
  /** The input port; `:packet`, `:timer`, `:result`, `:caught`, `:linked`, `:start` or `:command` where the engine itself called. */
  port: string
  /** UTC milliseconds of the engine's clock (virtual in a test run). */
  time: number
  /** Which hop sent it, and out of which port. Absent for the first one of a run. */
  from?: { hop: number; port: string }
  message: ShownMessage
  out: { port: string; message: ShownMessage }[]
  /** Keys of the node's state that changed; a side that is absent had no value. */
  state: { key: string; before?: CutText; after?: CutText }[]
  /** Timers that were set, or called off (no `at`). */
  timers: { key: string; name: string; at?: number }[]
  effects: ShownEffect[]
  rows: ShownRow[]
  /** Why it failed. `kept`: where its message went. */
  error?: ErrorText & { kept: 'error-port' | 'dead-letter' | 'refused' }
  /** Microseconds; absent in a test run. */
  micros?: number
}

/** A message for people to look at. */
export interface ShownMessage {
  topic: string
  key: string
  /** UTC milliseconds. */
  time: number
  id: string
  payload: CutText
  /** All other fields as one JSON object: params, qos, retain, props, and those that the flow has set. */
  fields: CutText
}

/** Something that was handed to a sink. */
export type ShownEffect =
  | { kind: 'publish'; broker: string; topic: string; payload: CutText; qos: 0 | 1 | 2; retain: boolean }
  | { kind: 'answer'; request: string; status: number; headers: Record<string, string>; body: CutText }
  | { kind: 'request'; method: string; url: string; headers: Record<string, string>; body: CutText }

export interface ShownRow {
  table: string
  row: CutText
}

/**
 * POST /api/v1/try: runs a draft beside the flows, in virtual time that starts now. Nothing is published, stored or asked.
 * Give `message` with `node`, or `packet` (to `node`, or to all nodes that subscribe), or none and `advance`.
 */
export interface TryRequest {
  /** The draft, as for POST /api/v1/check. */
  document: unknown
  node?: string | undefined
  /** Input port of `node`; its first one unless said. */
  port?: string | undefined
  /** Fields of a message; those that are not given are filled up. */
  message?: Record<string, unknown> | undefined
  /** A packet as a device would publish it; a payload that is no text is sent as JSON. */
  packet?: { topic: string; payload: unknown; retain?: boolean | undefined; qos?: 0 | 1 | 2 | undefined } | undefined
  /** A request to a hook of the flow, whose sender is not asked for a proof; a body that is no text is sent as JSON. */
  request?: TriedRequest | undefined
  /** Lets virtual time go on after that, by a duration such as "5m"; timers fire on the way. */
  advance?: string | undefined
  /** Starts with a copy of the state and timers that the flow has now; `query` nodes then read the engine's tables. */
  withState?: boolean | undefined
  /** Seed of $random() and the like; 1 unless said. */
  seed?: number | undefined
}

export interface TriedRequest {
  /** POST unless said. */
  method?: string | undefined
  /** What stands behind `/hooks/`. */
  path: string
  query?: Record<string, string> | undefined
  headers?: Record<string, string> | undefined
  body?: unknown
}

export interface TryAnswer {
  /** What the check found; with an error among them nothing ran. */
  problems: Problem[]
  ran: boolean
  /** Virtual time at the start and at the end, UTC milliseconds. */
  started: number
  ended: number
  /** By node id; nodes to which nothing happened are not there. */
  nodes: Record<string, TriedNode>
  /** Everything in order, as in a trace. */
  hops: Hop[]
  /** Hops that are not shown because there are too many. */
  left: number
  /** Why it was ended early, as a sentence; absent when it was not. */
  stopped?: string
}

/** What happened at one node of a test run. */
export interface TriedNode {
  /** Messages by port, in order. */
  inputs: Record<string, ShownMessage[]>
  outputs: Record<string, ShownMessage[]>
  /** How many there were at each port; the lists hold 100 at most. */
  counts: { inputs: Record<string, number>; outputs: Record<string, number> }
  /** What would have been published or requested. */
  effects: ShownEffect[]
  /** What would have been stored. */
  rows: ShownRow[]
  /** State at the end, of the keys that changed; without `value` the key has gone. */
  state: { key: string; value?: CutText }[]
  /** Timers that wait at the end. */
  timers: { key: string; name: string; at: number }[]
  logs: string[]
  status?: string
  /** Messages that failed: they went to the error port, or would have become dead letters. */
  errors: (ErrorText & { port: string; kept: 'error-port' | 'dead-letter' | 'refused' })[]
}

/** POST /api/v1/evaluate { expression, message }: one JSONata expression, on a message. */
export interface EvaluateAnswer {
  /** JSON text of the result; absent when there is none, or an error. */
  value?: CutText
  /** The type that is inferred without looking at values; absent when the expression cannot be read. */
  type?: Type
  typeText?: string
  /** `position`: the place in the expression, from 0. */
  error?: { text: string; position?: number }
}
