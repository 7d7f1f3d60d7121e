import type { z } from 'zod'
import type { Type } from '../types/index.ts'
import type { AlarmCapability } from './alarm.ts'
import type { PlainLimit } from './alarm-limit.ts'
import type { Handlers, NodeContext } from './context.ts'
import type { Expression } from './fields.ts'
import type { Hook, HookMethod } from './hook.ts'
import type { Json, Message } from './message.ts'
import type { StatusReport } from './status.ts'

/** Where a node type stands in the palette. */
export type Category = 'sources' | 'rules' | 'state' | 'sinks' | 'more'

/** The type of messages at a port: any, the same as at an input port (`same:in`), or a message type of its own. */
export type PortType = 'any' | `same:${string}` | Type

export interface Port {
  readonly type: PortType
  readonly summary: string
  /** True for an output that answers in a later run (after a call or a timer): it breaks circles of wires. */
  readonly later: boolean
  /** True for an input where a way ends: what comes in there does not come out again, so no wire to it closes a circle. */
  readonly ends?: boolean
}

export function port(type: PortType, summary: string, options: { later?: boolean; ends?: boolean } = {}): Port {
  return { type, summary, later: options.later ?? false, ...(options.ends === true ? { ends: true } : {}) }
}

/** Ports by name: fixed, or made from the config (a switch has one for each case). */
export type Ports<Config, Name extends string> =
  | Readonly<Record<Name, Port>>
  | ((config: Config) => Readonly<Record<string, Port>>)

/** What a source wants to receive from a connection. */
export interface Subscription {
  /** Name of a connection; undefined = the default one. */
  broker?: string | undefined
  /** As MQTT has it: `{name}` has become `+`; `$share/group/` may stand in front. */
  filter: string
  qos: 0 | 1 | 2
}

/** A step of an executed example: what is sent in, how time goes on, and what must come out. */
export interface ExampleStep {
  /** Messages by input port; fields that are not given are filled up. */
  send?: Readonly<Record<string, Partial<Message>>>
  /** A packet for a source, as text or as JSON that is printed to text. */
  packet?: { topic: string; payload: unknown; retain?: boolean; qos?: 0 | 1 | 2 }
  /** A request to the node's own hook; the body as text or as JSON that is printed to text. */
  request?: {
    method?: HookMethod
    path: string
    query?: Readonly<Record<string, string>>
    headers?: Readonly<Record<string, string>>
    body?: unknown
  }
  /** Code of the error with which that request must be refused. */
  refused?: string
  /** What a node that watches the engine is told: changes, or with `complete` everything. */
  status?: StatusReport
  /** What a sink answers to the oldest request that has no answer yet: a response, or `failed` with the reason. */
  answer?: { status: number; body?: unknown; headers?: Readonly<Record<string, string>> } | { failed: string }
  /** Lets virtual time go on by a duration such as "5m". */
  advance?: string
  /** Messages that must have come out since the last step, by port; fields that are not given are not compared. Ports that are not named must have given none. */
  expect?: Readonly<Record<string, readonly Partial<Message>[]>>
  /** Effects that must have been handed to sinks since the last step; fields that are not given are not compared. */
  effects?: readonly Readonly<Record<string, unknown>>[]
  /** Rows that must stand in a table of the user. */
  rows?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
}

export interface Example<Config> {
  title: string
  config: Config
  steps: readonly ExampleStep[]
}

/** The declaration of a node type: the only place for its fields, texts, ports and examples. */
export interface NodeSpec<
  Config extends z.ZodType = z.ZodType,
  Input extends string = string,
  Output extends string = string,
> {
  /** Name in flow files, as in an id. */
  readonly type: string
  readonly title: string
  readonly category: Category
  /** One sentence for the palette. */
  readonly summary: string
  /** Markdown for the reference: what it does exactly, what it keeps, what it does with bad input. */
  readonly docs?: string
  /** A lucide icon's name for the editor. */
  readonly icon: string
  /** A strict object schema of zod. Titles and help texts of fields stand in its `meta({ title, description, examples })`. */
  readonly config: Config
  readonly inputs: Ports<z.output<Config>, Input>
  readonly outputs: Ports<z.output<Config>, Output>
  /** For sources: the topic filters that reach `onPacket`. */
  readonly subscribes?: (config: z.output<Config>) => readonly Subscription[]
  /** For sources: the routes below `/hooks/` whose requests reach `onRequest`. */
  readonly serves?: (config: z.output<Config>) => readonly Hook[]
  /** `errors`: it gets the messages that fail at nodes of its flow whose error port is not wired, by `onCaught`. */
  readonly catches?: 'errors'
  /** `status`: it is told what changes in the engine, by `onStatus`, but not of what its own messages cause. */
  readonly watches?: 'status'
  /** The name of the link whose messages it gets from nodes of all flows, by `onLinked`. */
  readonly receives?: (config: z.output<Config>) => string
  /** The name of the link that its `link` sends to. */
  readonly links?: (config: z.output<Config>) => string
  /** For sinks: topic filters that cover what it may publish, to find loops. */
  readonly publishes?: (config: z.output<Config>) => readonly Subscription[]
  /** Message types of the outputs, from those of the inputs; the port's own type where it says nothing. */
  readonly infer?: (inference: Inference<z.output<Config>>) => Readonly<Record<string, Type>>
  /**
   * Type of the messages that the expression at a path of the config sees; undefined: what comes in at all inputs, or what a node
   * without inputs sends.
   */
  readonly sees?: (sight: Sight<z.output<Config>>) => Type | undefined
  /** For a node type with alarms: how its state is shown to people. It writes the alarm log, and takes commands by `onCommand`. */
  readonly alarms?: (config: z.output<Config>) => AlarmCapability
  /** For a node type that raises at a limit: its config for one that was found from history. */
  readonly configFor?: (limit: PlainLimit) => Readonly<Record<string, Json>>
  readonly examples: readonly Example<z.input<Config>>[]
  readonly create: (context: NodeContext<z.output<Config>, Output>) => NoInfer<Handlers<Input>>
}

/** What type inference through a node gets. */
export interface Inference<Config> {
  readonly config: Config
  /** Message type at each input port: the union over its wires. */
  readonly inputs: Readonly<Record<string, Type>>
  /** Type of the messages of a topic filter, learned or written; the open message type when nothing is known. */
  readonly topicType: (subscription: Subscription) => Type
  /** Type of what an expression gives for messages of a type; with `missing` where it may find nothing. */
  readonly typeOf: (expression: Expression, message: Type) => Type
  /** The part of a message type for which a condition is true, or is not; `never` when there is none. */
  readonly narrow: (condition: Expression, message: Type, outcome: boolean) => Type
}

/** What a spec is asked about one of its expressions. */
export interface Sight<Config> extends Inference<Config> {
  /** Such as `['parts', 0, 'value']`. */
  readonly path: readonly (string | number)[]
  /** Message type at each output port. */
  readonly outputs: Readonly<Record<string, Type>>
}

/** Declares a node type. Every node gets an output port `error` beside its own. */
export function defineNode<Config extends z.ZodType, Input extends string = never, Output extends string = never>(
  spec: NodeSpec<Config, Input, Output>,
): NodeSpec<Config, Input, Output> {
  return spec
}

/** A spec whose config and ports are not known by type, as the engine holds it. */
// biome-ignore lint/suspicious/noExplicitAny: a registry holds specs of every config type; zod checks the config before create sees it
export type AnyNodeSpec = Omit<NodeSpec<any, any, any>, 'create'> & { readonly create: (context: any) => AnyHandlers }

/** Handlers by input port or by `onStart`, `onTimer`, `onPacket`, `onResult`; the engine knows what each of them takes. */
export interface AnyHandlers {
  readonly [name: string]: ((argument: never) => void) | undefined
}
