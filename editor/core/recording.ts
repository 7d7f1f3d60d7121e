import type { NodeTypeDescription } from '../../engine/server/protocol.ts'
import { type FlowDocument, nodeOf } from './document.ts'
import { fieldsOf } from './form.ts'
import { getAt } from './path.ts'
import { parsedJson } from './samples.ts'

/** A message that was seen at the output of a source. */
export interface SeenMessage {
  /** Output port, `node.port`. */
  port: string
  topic: string
  payload: unknown
  /** UTC milliseconds. */
  time: number
}

/** A source of a flow: a node into which no messages go. */
export interface FlowSource {
  id: string
  title: string
  outputs: readonly string[]
  /** Its messages come from topics; else it makes them itself. */
  subscribes: boolean
}

export function sourcesOf(document: FlowDocument, specs: ReadonlyMap<string, NodeTypeDescription>): FlowSource[] {
  return document.nodes.flatMap(({ id, title, type, disabled }) => {
    const spec = specs.get(type)
    const outputs = spec?.outputs.filter((port) => port.name !== 'error').map((port) => `${id}.${port.name}`) ?? []
    if (spec === undefined || disabled || spec.inputs.length > 0 || outputs.length === 0) return []
    return [{ id, title: title ?? id, outputs, subscribes: fieldsOf(spec.config).some(isFilter) }]
  })
}

/** Messages as a test takes them, in order, with times from the first one on. What a source made itself goes to where its wires lead. */
export function messagesFor(seen: readonly SeenMessage[], document: FlowDocument, sources: readonly FlowSource[]) {
  const inOrder = [...seen].sort((a, b) => a.time - b.time)
  const first = inOrder[0]?.time ?? 0
  const subscribing = new Set(sources.flatMap((source) => (source.subscribes ? source.outputs : [])))
  return inOrder.map(({ port, topic, payload, time }) => {
    // Tenths of a second are exact enough, and can be read.
    const after = Math.round((time - first) / 100) * 100
    if (subscribing.has(port)) return { after, topic, payload }
    return { after, topic, payload, to: document.wires.flatMap((wire) => (wire.from === port ? [wire.to] : [])) }
  })
}

/** Milliseconds within which two sources get what is one message. */
const sameMessage = 1000

/**
 * Messages in order with one more. Two sources of one topic get the same message, and a test publishes it once: the copy of another
 * port that subscribes is left out.
 */
export function withMessage(
  before: readonly SeenMessage[],
  message: SeenMessage,
  sources: readonly FlowSource[],
): readonly SeenMessage[] {
  const subscribing = new Set(sources.flatMap((source) => (source.subscribes ? source.outputs : [])))
  const { port, topic, time } = message
  const payload = JSON.stringify(message.payload)
  const isCopy = (one: SeenMessage) =>
    one.topic === topic &&
    one.port !== port &&
    Math.abs(one.time - time) < sameMessage &&
    subscribing.has(one.port) &&
    JSON.stringify(one.payload) === payload
  if (subscribing.has(port) && before.some(isCopy)) return before
  return [...before, message].sort((a, b) => a.time - b.time)
}

/**
 * A message of the history as a test can have it; undefined where it cannot: a test publishes whole texts.
 *
 * @param text as the history shows it: JSON, all other text as a JSON string, and of bytes how many they are
 * @param size bytes of the whole payload
 */
export function recordedPayload({ text, size }: { text: string; size: number }): unknown {
  const isCut = new TextEncoder().encode(text).length < size
  return isCut || text === JSON.stringify(`${size} bytes`) ? undefined : parsedJson(text)
}

/** Nodes that a test from messages leaves out: sources that make messages themselves, when time goes on. */
export function restless(sources: readonly FlowSource[]): string[] {
  return sources.flatMap(({ id, subscribes }) => (subscribes ? [] : [id]))
}

/** A sentence to start with, for the name of a test. */
export function nameFor(seen: readonly SeenMessage[]): string {
  const topics = [...new Set(seen.map(({ topic }) => topic))]
  return topics.length === 0 ? '' : `${seen.length} × ${topics.slice(0, 2).join(', ')}${topics.length > 2 ? ' …' : ''}`
}

/** Topic filters that a node subscribes to, as MQTT has them: `{name}` has become `+`. */
export function filtersOfNode(
  document: FlowDocument,
  id: string,
  specs: ReadonlyMap<string, NodeTypeDescription>,
): string[] {
  const node = nodeOf(document, id)
  const spec = node && specs.get(node.type)
  return (spec ? fieldsOf(spec.config) : []).flatMap((field) => {
    const value = isFilter(field) ? getAt(node?.config, field.path) : undefined
    return typeof value === 'string' && value !== '' ? [value.replace(/\{\w+\}/g, '+')] : []
  })
}

function isFilter(field: ReturnType<typeof fieldsOf>[number]): boolean {
  return field.kind === 'topic'
}
