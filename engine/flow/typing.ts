import { type Problem, problem, reasonOf, warning } from '../errors.ts'
import { narrow } from '../jsonata/types/index.ts'
import type { Expression } from '../spec/fields.ts'
import type { Port, Subscription } from '../spec/spec.ts'
import {
  closedObject,
  fieldType,
  fits,
  messageType,
  NEVER,
  openObject,
  printType,
  STRING,
  type Type,
  unionAll,
  withField,
} from '../types/index.ts'
import { expressionProblems, inferExpression, isUnknown } from './expressions.ts'
import { orderVertices } from './graph.ts'
import type { Sources } from './memory.ts'
import type { Target } from './model.ts'
import { type CheckedNode, errorPort } from './node.ts'
import type { Path } from './path.ts'
import { maxTypeParts, TypeBudget } from './type-budget.ts'
import { edgesOf, type Wire } from './wires.ts'

/** A message of which nothing more is known than that it is one. */
export const openMessage: Type = messageType({ fields: { params: openObject({}, STRING) } })

export interface Typing {
  /** Type of the messages at each output port, by `node.port`. */
  types: Record<string, Type>
  problems: Problem[]
}

/** Type of the messages of a topic filter. */
type TopicTypes = (subscription: Subscription) => Type

export interface TypingOptions {
  topicType?: TopicTypes | undefined
  /** Of {@link typingOrder}. */
  order?: readonly string[]
  /** What was told of a node before for the same, or what `tell` gives now. */
  recall?: (
    node: CheckedNode,
    given: { sources: Sources; topicType: TopicTypes },
    tell: (topicType: TopicTypes) => Inferred,
  ) => Inferred
}

/**
 * Carries message types through a flow: from sources over wires and nodes, in the direction of the messages. On a circle, what
 * comes back later begins as a message of which nothing is known. Then looks whether each wire fits.
 */
export function inferTypes(
  nodes: ReadonlyMap<string, CheckedNode>,
  wires: readonly Wire[],
  { topicType = () => openMessage, recall = tellAnew, order = typingOrder(nodes, wires) }: TypingOptions = {},
): Typing {
  const problems: Problem[] = []
  const outputs = new Map<string, Inferred>()
  const typeAt = ({ node, port }: Target) => outputs.get(node)?.byPort.get(port)
  const wiresInto = groupByTarget(wires)
  const budget = new TypeBudget()
  for (const id of order) {
    const node = nodes.get(id)
    if (node === undefined) continue
    const into = wiresInto.get(id)
    const sources = Object.keys(node.inputs ?? {}).map((name) =>
      into?.get(name)?.map(({ from }) => typeAt(from) ?? openMessage),
    )
    const inferred = recall(node, { sources, topicType }, (types) => inferNode(node, sources, types))
    problems.push(...inferred.problems)
    if (!budget.isSpent) {
      for (const [, type] of inferred.ends) budget.count(type)
      if (budget.isSpent) problems.push(warning('TYPES_TOO_LARGE', { limit: maxTypeParts }, placeOf(node)))
    }
    outputs.set(id, budget.isSpent ? withoutTypes(inferred) : inferred)
  }
  for (const wire of wires) problems.push(...fitProblems(wire, typeAt(wire.from)))
  const types: Record<string, Type> = {}
  for (const { ends } of outputs.values()) for (const [end, type] of ends) types[end] = type
  return { types, problems }
}

/** The nodes that run, each after those whose messages it gets, as far as that is possible. */
export function typingOrder(nodes: ReadonlyMap<string, CheckedNode>, wires: readonly Wire[]): string[] {
  const running = [...nodes.values()].filter((node) => node.runs).map((node) => node.entry.id)
  // Types go on from where a message goes on.
  const onward = wires.filter((wire) => wire.input?.ends !== true)
  return orderVertices(running, edgesOf(onward), edgesOf(onward.filter((wire) => wire.output?.later !== true)))
}

function tellAnew(_: CheckedNode, { topicType }: { topicType: TopicTypes }, tell: (types: TopicTypes) => Inferred) {
  return tell(topicType)
}

function inferNode(node: CheckedNode, sources: Sources, topicType: TopicTypes): Inferred {
  const inputs = Object.fromEntries(
    Object.entries(node.inputs ?? {}).map(([name, port], index) => {
      const types = sources[index]
      return [name, types === undefined ? ownType(port) : types.length === 1 ? (types[0] ?? NEVER) : unionAll(types)]
    }),
  )
  const { infer, sees } = node.spec ?? {}
  const tools = { topicType, typeOf, narrow: narrowMessage }
  const told =
    infer === undefined || node.config === undefined
      ? { value: {}, problems: [] }
      : attempt(node, () => infer({ config: node.config, inputs, ...tools }), {})
  const own: Readonly<Record<string, Type>> = told.value
  const types = Object.entries(node.outputs ?? {}).map(([name, port]): [string, Type] => [
    name,
    (Object.hasOwn(own, name) ? own[name] : undefined) ?? declaredType(port, inputs),
  ])
  const found = { inputs, types }
  const all = messageIn(node, found)
  const outputs = Object.fromEntries(types)
  const messageAt = (path: Path) => sees?.({ config: node.config, inputs, outputs, path, ...tools }) ?? all
  const checked = attempt(node, () => expressionProblems(node, messageAt), [])
  const problems = [...told.problems, ...checked.value, ...checked.problems]
  const ends = types.map(([name, type]): [string, Type] => [`${node.entry.id}.${name}`, type])
  return { byPort: new Map(types), ends, problems }
}

/** Types help people; that they cannot be told must not keep a flow from running. */
function attempt<Value>(node: CheckedNode, tell: () => Value, instead: Value): { value: Value; problems: Problem[] } {
  try {
    return { value: tell(), problems: [] }
  } catch (thrown) {
    const detail = `its types cannot be told: ${reasonOf(thrown)}`
    return { value: instead, problems: [warning('NODE_FAILED', { detail }, placeOf(node))] }
  }
}

function placeOf({ entry, index }: CheckedNode) {
  return { node: entry.id, at: `nodes[${index}]` }
}

/** What was told of a node. */
interface Inferred {
  /** Types of its outputs, and the same by `node.port`. */
  byPort: ReadonlyMap<string, Type>
  ends: readonly [string, Type][]
  problems: readonly Problem[]
}

/** The same ports, with messages of which nothing is known. */
function withoutTypes({ byPort, ends, problems }: Inferred): Inferred {
  return {
    byPort: new Map([...byPort.keys()].map((port) => [port, openMessage])),
    ends: ends.map(([end]) => [end, openMessage]),
    problems,
  }
}

interface Found {
  inputs: Readonly<Record<string, Type>>
  types: [string, Type][]
}

/** What the expressions of a node see: the messages of its inputs, or those that it makes when it has none. */
function messageIn({ inputs }: CheckedNode, found: Found): Type {
  const seen = Object.keys(inputs ?? {}).length > 0 ? Object.values(found.inputs) : ownOutputs(found)
  return seen.length === 0 ? openMessage : unionAll(seen)
}

function ownOutputs({ types }: Found): Type[] {
  return types.filter(([name]) => name !== 'error').map(([, type]) => type)
}

function typeOf(expression: Expression, message: Type): Type {
  return inferExpression(expression, message).type
}

function narrowMessage(condition: Expression, message: Type, outcome: boolean): Type {
  return narrow(condition.compiled.ast, message, outcome)
}

function declaredType(port: Port, inputs: Readonly<Record<string, Type>>): Type {
  if (port === errorPort) return failedMessage(Object.values(inputs))
  if (typeof port.type !== 'string') return port.type
  const source = port.type.startsWith('same:') ? port.type.slice('same:'.length) : ''
  return (Object.hasOwn(inputs, source) ? inputs[source] : undefined) ?? openMessage
}

/** What came in, with the reason why it could not be worked with. */
function failedMessage(inputs: readonly Type[]): Type {
  const message = inputs.length === 0 ? openMessage : unionAll(inputs)
  const error = closedObject({ code: STRING, text: STRING, hint: STRING, node: STRING })
  return message.kind === 'object' ? withField(message, 'error', error) : message
}

function ownType(port: Port): Type {
  return typeof port.type === 'string' ? openMessage : port.type
}

function fitProblems(wire: Wire, type: Type | undefined): readonly Problem[] {
  const wanted = wire.input?.type
  if (type === undefined || wanted === undefined || typeof wanted === 'string') return none
  const [from, to] = [endText(wire.from), endText(wire.to)]
  const { verdict, reasons } = fits(type, withAnyParams(wanted))
  const telling = reasons.filter((reason) => verdict === 'no' || !isUnknown(reason))
  const [first] = telling
  if (verdict === 'yes' || first === undefined) return []
  const place = { at: `wires[${wire.index}]`, node: wire.to.node, port: wire.to.port }
  const detail = `${first.path === '' ? 'the message' : first.path} is ${first.found}, not ${first.wanted}`
  if (verdict === 'maybe') return [warning('TYPE_MAYBE', { from, to, detail }, place)]
  const text = printType(wanted, { depth: 3, fields: 8, values: 6 })
  return [problem('TYPE_MISMATCH', { from, to, detail, wanted: text }, place)]
}

const none: readonly Problem[] = []

/** A wanted message with any parameters: those that an input does not name do no harm. */
function withAnyParams(wanted: Type): Type {
  if (wanted.kind !== 'object') return wanted
  const params = fieldType(wanted, 'params')
  return params.kind === 'object' ? withField(wanted, 'params', { ...params, rest: STRING }) : wanted
}

/** Wires by the node and the port where they end. */
function groupByTarget(wires: readonly Wire[]): ReadonlyMap<string, ReadonlyMap<string, Wire[]>> {
  const groups = new Map<string, Map<string, Wire[]>>()
  for (const wire of wires) {
    const { node, port } = wire.to
    let ports = groups.get(node)
    if (ports === undefined) {
      ports = new Map()
      groups.set(node, ports)
    }
    const group = ports.get(port)
    if (group === undefined) ports.set(port, [wire])
    else group.push(wire)
  }
  return groups
}

function endText(end: { node: string; port: string }): string {
  return `${end.node}.${end.port}`
}
