import type { EffectResult } from '../spec/context.ts'
import type { Message, Packet } from '../spec/message.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'

/** Ports that no wire leads to: what reaches a node from the engine itself. Dead letters name them. */
export type EnginePort =
  | ':start'
  | ':timer'
  | ':packet'
  | ':result'
  | ':request'
  | ':status'
  | ':caught'
  | ':linked'
  | ':command'

/** A place that a message can be sent to: one handler of one node. */
export interface Target {
  readonly node: NodeRuntime
  readonly port: string
  /** Whether what comes here is a message that the node counts, and not the rest of its work on one. */
  readonly counted: boolean
  /** Takes a Message, or for engine ports a DueTimer, a Packet, an EffectResult, a HookRequest, a StatusReport or a Command. */
  readonly handle: (argument: never) => void
}

/** A node that runs. It is replaced as a whole when its config changes; its wires are swapped in place. */
export interface NodeRuntime {
  /** `flow/node` */
  readonly ref: string
  readonly flow: string
  readonly id: string
  readonly type: string
  readonly spec: AnyNodeSpec
  readonly configHash: string
  /** As the check gave it: not bound. */
  readonly config: unknown
  readonly inputs: ReadonlyMap<string, Target>
  readonly outputs: ReadonlyMap<string, OutputPort>
  /** Messages that came in, or that a node to which none come made or failed to make. */
  messages: number
  /** Calls of handlers that threw. */
  errors: number
  /** When it was last called, UTC milliseconds; 0: never. */
  last: number
  status: string | undefined
}

export interface OutputPort {
  readonly name: string
  targets: readonly Target[]
  messages: number
  last: Message | undefined
  readonly send: (message: Message) => void
}

/** Messages that a node to which none come has made by now; undefined for the others. */
export function madeBy({ inputs, outputs }: NodeRuntime): number | undefined {
  if (inputs.values().some(({ counted }) => counted)) return undefined
  return outputs.values().reduce((all, { messages }) => all + messages, 0)
}

/** A message for the error port, from whatever a handler got; undefined when there is none in it. */
export function messageOfArgument(port: string, argument: unknown, now: number): Message | undefined {
  if (!port.startsWith(':') || port === ':caught' || port === ':linked') return argument as Message
  if (port === ':result') return (argument as EffectResult).message
  if (port !== ':packet') return undefined
  const packet = argument as Packet
  return {
    topic: packet.topic,
    payload: packet.payload,
    time: packet.received,
    received: now,
    params: {},
    retain: packet.retain,
    qos: packet.qos,
    props: packet.props,
    key: packet.topic,
    id: '',
  }
}

/** What is kept of an argument in a dead letter: of a packet only what it was received with, not what was decoded from it. */
export function keptOfArgument(port: string, argument: unknown): unknown {
  if (port !== ':packet') return argument
  const { connection, topic, payload, qos, retain, props, received } = argument as Packet
  return { connection, topic, payload, qos, retain, props, received }
}
