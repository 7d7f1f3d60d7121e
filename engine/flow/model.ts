import type { Problem } from '../errors.ts'
import type { AnyNodeSpec, Port, Subscription } from '../spec/spec.ts'
import type { Type } from '../types/index.ts'
import type { NodePortsDescription } from './describe.ts'
import type { PlannedHistory } from './history.ts'
import type { TakenHook } from './hooks.ts'
import type { CheckMemory } from './memory.ts'

/** A flow file as it is written: nodes, wires, layout. */
export interface FlowDocument {
  $schema?: string
  /** Its id and file name. */
  flow: string
  title?: string
  description?: string
  /** True: checked, but not run. */
  disabled?: boolean
  /** What is recorded of its messages. */
  history?: HistoryEntry
  /** When a fresh deploy is taken back by itself. */
  guard?: GuardEntry
  nodes: NodeEntry[]
  wires: WireEntry[]
  /** Canvas places of the nodes, pixels. Not part of the logic: a move redeploys nothing. */
  layout?: Record<string, [number, number]>
}

/** As it is written: see `guardSchema`. */
export interface GuardEntry {
  errors: string | number
  within?: string
  min?: number
}

/** As it is written: see `historySchema`. */
export interface HistoryEntry {
  filters?: string[]
  connection?: string
  keep?: string
  size?: string
  qos?: 0 | 1 | 2
}

export interface NodeEntry {
  id: string
  type: string
  title?: string
  disabled?: boolean
  config: Record<string, unknown>
}

/** Both ends are written `node.port`. */
export interface WireEntry {
  from: string
  to: string
}

/** What is deployed of a flow: checked configs and resolved wires. */
export interface Plan {
  flow: string
  title: string
  disabled: boolean
  nodes: PlannedNode[]
  /** What is recorded, by connection. */
  history?: readonly PlannedHistory[]
  /** Hash of all that matters for running, without layout and titles. */
  hash: string
  /** The document it was made from. */
  document: FlowDocument
}

export interface PlannedNode {
  id: string
  type: string
  title: string
  spec: AnyNodeSpec
  /** As the spec's schema gave it: durations in milliseconds, expressions compiled but not yet bound. */
  config: unknown
  /** Hash of type and config: the node is replaced only when it changes. */
  configHash: string
  inputs: Record<string, Port>
  /** With the port `error`, which every node has. */
  outputs: Record<string, Port>
  /** Targets of the wires, by output port. */
  wires: Record<string, Target[]>
}

export interface Target {
  node: string
  port: string
}

/** What a check knows beside the document. */
export interface CheckContext {
  specs: ReadonlyMap<string, AnyNodeSpec>
  /** Names of broker connections; not checked when absent. */
  connections?: readonly string[]
  /** The value of a secret; not checked when absent. */
  secrets?: (name: string) => string | undefined
  /** Why a secret that is set cannot be read; the flow runs all the same. */
  secretFault?: ((name: string) => string | undefined) | undefined
  /** Type of the messages of a topic filter, learned or written. */
  topicType?: (subscription: Subscription) => Type
  /** Hooks of the flows that run. */
  hooks?: () => readonly TakenHook[]
  /** Others than this machine reach the HTTP server. */
  exposed?: boolean
  /** For where flows are checked again and again. */
  memory?: CheckMemory
  /** The file that the document comes from: named in the problems, and compared with the flow's id. */
  file?: string
}

/** What a check found. A plan is there when nothing stands against a deploy. */
export interface CheckResult {
  problems: Problem[]
  plan?: Plan
  /** Type of the messages at each output port, by `node.port`. */
  types: Record<string, Type>
  /** Ports of the nodes whose ports depend on their config, by id, where that config can be read. */
  ports?: Record<string, NodePortsDescription>
}

/** The difference of two plans of one flow. */
export interface PlanDiff {
  added: string[]
  changed: string[]
  removed: string[]
  /** Nodes whose outgoing wires differ. */
  rewired: string[]
  /** Nodes that only moved on the canvas, or got another title. */
  moved: string[]
}
