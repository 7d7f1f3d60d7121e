/** What the HTTP API and the live stream carry: types only, shared by engine, editor and command line. */
import type { Problem } from '../errors.ts'
import type { NodePortsDescription } from '../flow/describe.ts'
import type { FlowDocument, PlanDiff } from '../flow/model.ts'
import type { ConnectionState } from '../mqtt/contract.ts'
import type { JsonSchema, Summary, Type } from '../types/index.ts'
import type { AlarmCounts } from './protocol-alarms.ts'
import type { ReturnedDeploy } from './protocol-deploys.ts'

export type * from './protocol-alarms.ts'
export type * from './protocol-auth.ts'
export type * from './protocol-backtest.ts'
export type * from './protocol-deploys.ts'
export type * from './protocol-history.ts'
export type * from './protocol-operations.ts'
export type * from './protocol-tools.ts'

/** GET /api/v1/flows */
export interface FlowSummary {
  flow: string
  title: string
  disabled: boolean
  nodes: number
  /** `running`: as in its file. `held`: the file has errors and the last good deploy runs on. `failed`: it never deployed. */
  status: 'running' | 'held' | 'failed' | 'disabled'
  /** Hash of the file's text: sent back with PUT so that nobody overwrites another's change. */
  hash: string
  problems: Problem[]
  /** UTC milliseconds of the last deploy. */
  deployed?: number
  /** The guard of the flow took the last deploy back: what runs is an earlier version. */
  returned?: ReturnedDeploy
}

/** GET /api/v1/flows/:flow */
export interface FlowDetail extends FlowSummary {
  document: FlowDocument
  /** Type of messages at each output port, by `node.port`. */
  types: Record<string, Type>
}

/** PUT /api/v1/flows/:flow  { document, hash? }  and  POST /api/v1/check { document } */
export interface CheckAnswer {
  problems: Problem[]
  types: Record<string, Type>
  /** Ports of the nodes whose ports depend on their config, by id; a node whose config cannot be read is not in it. */
  ports?: Record<string, NodePortsDescription>
  /** Against what is deployed. */
  diff: PlanDiff
}

export interface DeployAnswer extends CheckAnswer {
  hash: string
}

/** GET /api/v1/nodes: a node type without its code. */
export interface NodeTypeDescription {
  type: string
  title: string
  category: string
  summary: string
  docs: string
  icon: string
  /** JSON Schema of the config; `format` jsonata, duration, topic-filter and secret name the field's editor. */
  config: Record<string, unknown>
  /** Ports for the config's defaults; for a node whose ports depend on the config, `dynamicPorts` is true and POST /check tells them. */
  inputs: PortDescription[]
  outputs: PortDescription[]
  dynamicPorts: boolean
  /** Its nodes have alarms. */
  alarms?: true
  /** A source of requests to a hook, whose path stands in the field `path`. */
  serves?: true
  examples: { title: string; config: unknown }[]
}

export interface PortDescription {
  name: string
  summary: string
  type: Type | 'any' | `same:${string}`
  typeText: string
  later: boolean
}

/** GET /api/v1/brokers */
export interface BrokerDescription {
  name: string
  embedded: boolean
  /** True: nobody checks the broker's certificate. */
  insecure?: boolean
  /** The certificate of the broker is not looked at. */
  unverified?: true
  incoming: ConnectionState
  outgoing: ConnectionState
  /** Committed messages that the broker has not confirmed. */
  outbox: number
  /** QoS 0 messages dropped because the connection was away or slow. */
  dropped: number
}

/** GET /api/v1/statistics: by `flow/node`. */
export interface NodeStatistics {
  messages: number
  errors: number
  /** Messages a second, over the last seconds. */
  rate: number
  /** UTC milliseconds; absent when there was none. */
  last?: number
  status?: string
}

/** GET /api/v1/dead-letters?flow=&node=&code=&limit=&before= */
export interface DeadLetter {
  id: number
  flow: string
  node: string
  port: string
  /** UTC milliseconds. */
  time: number
  code: string
  text: string
  hint: string
  /** The message as it reached the node, as far as JSON can say it. */
  message: unknown
  attempts: number
}

/** GET /api/v1/learned: what devices send on a topic filter, learned from samples. */
export interface LearnedTopic {
  connection: string
  filter: string
  /** Payloads that were looked at. */
  count: number
  /** The payload's type in one line. */
  typeText: string
  drift: LearnedDrift[]
}

/** A payload that was not as those before it, or a field that has gone. */
export interface LearnedDrift {
  code: 'NEW_KIND' | 'NEW_FIELD' | 'VANISHED_FIELD'
  /** Within the payload; empty for the whole. */
  path: string
  found: string
  expected: string
  count: number
  /** UTC milliseconds. */
  first: number
  last: number
}

/** GET /api/v1/learned/one?connection=&filter= ; POST /api/v1/learned/accept writes `schema` into a flow, POST /api/v1/learned/reset forgets. */
export interface LearnedDetail extends LearnedTopic {
  type: Type
  schema: JsonSchema
  /** Fields, kinds, ranges, how often each was there, examples. */
  summary: Summary
}

/** GET /api/v1/engine */
export interface EngineDescription {
  version: string
  started: number
  flowsDirectory: string
  dataDirectory?: string
  /** Where the embedded broker listens; absent when there is none. Without a port as it is, `port` is 0. */
  mqtt?: { host: string; port: number; tlsPort?: number }
  durability: 'full' | 'normal'
  /** Messages a second through the engine. */
  rate: number
  received: number
  deadLetters: number
  healthy: boolean
  /** Sentences: why it is not. */
  reasons: string[]
}

/**
 * Client to server on /api/v1/live. The last `watch` holds; an empty one stops the stream. `topics` are the topic filters that
 * somebody chose in the topic explorer, at the connection `broker` (the default one unless said).
 */
export type LiveRequest = { type: 'watch'; flows?: string[]; topics?: string[]; broker?: string }

/** Server to client, at most 5 a second. */
export type LiveFrame =
  | {
      type: 'live'
      /** UTC milliseconds. */
      time: number
      /** By `flow/node`, only what changed since the last frame. */
      nodes: Record<string, NodeStatistics>
      /** Last message at an output port, by `flow/node.port`, cut to a few kB. */
      values: Record<string, LiveValue>
      engine: { rate: number; received: number; dropped: number }
    }
  | {
      type: 'topics'
      /** By topic, only what changed since the last frame. */
      values: Record<string, TopicValue>
      /** Topics that are followed; at most as many as the server's limit. */
      known: number
      /** Messages on further topics, which are not followed because the limit is reached: narrow the filter. */
      left: number
      /** Why nothing comes, as a sentence; absent when all is well. */
      detail?: string
    }
  | { type: 'flows'; flows: FlowSummary[] }
  | { type: 'brokers'; brokers: BrokerDescription[] }
  | { type: 'alarms'; counts: AlarmCounts }
  | { type: 'error'; error: ErrorAnswer }

/** JSON text, cut; `size` is its whole length. Bytes that are no text are told by their number. */
export interface CutText {
  text: string
  size: number
}

/** An error of the table, without what an HTTP answer adds. */
export interface ErrorText {
  code: string
  text: string
  hint: string
}

export interface LiveValue extends CutText {
  topic: string
  /** UTC milliseconds. */
  time: number
}

/** The last message of a topic. A size of 0 with `retain` says that the retained message was removed. */
export interface TopicValue extends LiveValue {
  retain: boolean
  qos: 0 | 1 | 2
  /** Messages since the watch began. */
  count: number
}

/** GET /api/v1 */
export interface RouteList {
  routes: { method: string; path: string; summary: string }[]
}

/** Every answer that is not 2xx. */
export interface ErrorAnswer {
  code: string
  text: string
  hint: string
  at?: string
  problems?: Problem[]
}
