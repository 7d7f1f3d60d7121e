import { type Problem, problem, reasonOf, warning } from '../errors.ts'
import { narrow } from '../jsonata/types/index.ts'
import type { Expression } from '../spec/fields.ts'
import type { Port, Subscription } from '../spec/spec.ts'
import {
  closedObject,
  fieldType,
  fits,
  messageType,
  openObject,
  printType,
  STRING,
  type Type,
  unionAll,
  withField,
} from '../types/index.ts'
import { expressionProblems, inferExpression, isUnknown } from './expressions.ts'
import { orderVertices } from './graph.ts'
import { type CheckedNode, errorPort } from './node.ts'
import type { Path } from './path.ts'
import { edgesOf, type Wire } from './wires.ts'

/** A message of which nothing more is known than that it is one. */
export const openMessage: Type = messageType({ fields: { params: openObject({}, STRING) } })

export interface Typing {
  /** Type of the messages at each output port, by `node.port`. */
  types: Record<string, Type>
  problems: Problem[]
}

/**
 * Carries message types through a flow: from sources over wires and nodes, in the direction of the messages. On a circle, what
 * comes back later begins as a message of which nothing is known. Then looks whether each wire fits.
 */
export function inferTypes(
  nodes: ReadonlyMap<string, CheckedNode>,
  wires: readonly Wire[],
  topicType: (subscription: Subscription) => Type = () => openMessage,
): Typing {
  const problems: Problem[] = []
  const outputs = new Map<string, Type>()
  const inputs = new Map<string, Type>()
  const running = [...nodes.values()].filter((node) => node.runs).map((node) => node.entry.id)
  const wiresInto = groupByTarget(wires)
  // Types go on from where a message goes on.
  const onward = wires.filter((wire) => wire.input?.ends !== true)
  const order = orderVertices(running, edgesOf(onward), edgesOf(onward.filter((wire) => wire.output?.later !== true)))
  for (const id of order) {
    const node = nodes.get(id)
    if (node === undefined) continue
    for (const name of Object.keys(node.inputs ?? {})) {
      const sources = wiresInto.get(`${id}.${name}`)?.map(({ from }) => outputs.get(endText(from)) ?? openMessage)
      if (sources !== undefined) inputs.set(`${id}.${name}`, unionAll(sources))
    }
    const inferred = inferNode(node, inputs, topicType)
    problems.push(...inferred.problems)
    for (const [name, type] of inferred.types) outputs.set(`${id}.${name}`, type)
  }
  problems.push(...wires.flatMap((wire) => fitProblems(wire, outputs)))
  return { types: Object.fromEntries(outputs), problems }
}

function inferNode(
  node: CheckedNode,
  known: ReadonlyMap<string, Type>,
  topicType: (subscription: Subscription) => Type,
): Inferred {
  const { id } = node.entry
  const inputs = Object.fromEntries(
    Object.entries(node.inputs ?? {}).map(([name, port]) => [name, known.get(`${id}.${name}`) ?? ownType(port)]),
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
  const found = { inputs, types, problems: told.problems }
  const all = messageIn(node, found)
  const outputs = Object.fromEntries(types)
  const messageAt = (path: Path) => sees?.({ config: node.config, inputs, outputs, path, ...tools }) ?? all
  const checked = attempt(node, () => expressionProblems(node, messageAt), [])
  return { ...found, problems: [...told.problems, ...checked.value, ...checked.problems] }
}

/** Types help people; that they cannot be told must not keep a flow from running. */
function attempt<Value>(node: CheckedNode, tell: () => Value, instead: Value): { value: Value; problems: Problem[] } {
  try {
    return { value: tell(), problems: [] }
  } catch (thrown) {
    const place = { node: node.entry.id, at: `nodes[${node.index}]` }
    const detail = `its types cannot be told: ${reasonOf(thrown)}`
    return { value: instead, problems: [warning('NODE_FAILED', { detail }, place)] }
  }
}

interface Inferred {
  inputs: Readonly<Record<string, Type>>
  types: [string, Type][]
  problems: Problem[]
}

/** What the expressions of a node see: the messages of its inputs, or those that it makes when it has none. */
function messageIn({ inputs }: CheckedNode, found: Inferred): Type {
  const seen = Object.keys(inputs ?? {}).length > 0 ? Object.values(found.inputs) : ownOutputs(found)
  return seen.length === 0 ? openMessage : unionAll(seen)
}

function ownOutputs({ types }: Inferred): Type[] {
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

function fitProblems(wire: Wire, outputs: ReadonlyMap<string, Type>): Problem[] {
  const [from, to] = [endText(wire.from), endText(wire.to)]
  const type = outputs.get(from)
  const wanted = wire.input?.type
  if (type === undefined || wanted === undefined || typeof wanted === 'string') return []
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

/** A wanted message with any parameters: those that an input does not name do no harm. */
function withAnyParams(wanted: Type): Type {
  if (wanted.kind !== 'object') return wanted
  const params = fieldType(wanted, 'params')
  return params.kind === 'object' ? withField(wanted, 'params', { ...params, rest: STRING }) : wanted
}

function groupByTarget(wires: readonly Wire[]): ReadonlyMap<string, Wire[]> {
  const groups = new Map<string, Wire[]>()
  for (const wire of wires) {
    const end = endText(wire.to)
    const group = groups.get(end)
    if (group === undefined) groups.set(end, [wire])
    else group.push(wire)
  }
  return groups
}

function endText(end: { node: string; port: string }): string {
  return `${end.node}.${end.port}`
}
