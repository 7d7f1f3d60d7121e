import type { Problem } from '../errors.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import { describePorts, type NodePortsDescription } from './describe.ts'
import { checkShape } from './document.ts'
import { type FieldSchema, fieldSchema } from './fieldschema.ts'
import { historyProblems } from './history.ts'
import { hookProblems } from './hooks.ts'
import { readJsonText } from './jsontext.ts'
import type { CheckContext, CheckResult, FlowDocument } from './model.ts'
import { type CheckedNode, checkNode } from './node.ts'
import { planOf } from './plan.ts'
import { placed } from './read.ts'
import { inferTypes, typingOrder } from './typing.ts'
import { circleProblems, resolveWires, type Wire } from './wires.ts'

/**
 * Checks a flow as far as that is possible without running it, and collects all problems: frame, configs, wires, circles, types.
 * The plan is there when no problem is an error. A node of an unknown type, or a disabled one, is not in it, nor are its wires.
 */
export function checkFlow(document: unknown, context: CheckContext): CheckResult {
  const shape = checkShape(document, context.file)
  const schemas = new Map<AnyNodeSpec, FieldSchema>()
  const schemaOf = (spec: AnyNodeSpec) => {
    const schema = schemas.get(spec) ?? fieldSchema(spec.config)
    schemas.set(spec, schema)
    return schema
  }
  context.memory?.expect(shape.flow, shape.nodes.length)
  const checked = shape.nodes.map((node) => checkNode(node, context, schemaOf))
  // of nodes with the same id, which is a problem of its own, wires mean the first
  const nodes = new Map<string, CheckedNode>()
  for (const node of checked) if (!nodes.has(node.entry.id)) nodes.set(node.entry.id, node)
  const { wires, problems: wireProblems } = resolveWires(shape.wires, nodes, shape.ids)
  const { memory, topicType } = context
  const key = memory === undefined ? '' : waysKey(checked, wires)
  const order = () => typingOrder(nodes, wires)
  const circles = () => circleProblems([...nodes.keys()], wires)
  const typing = inferTypes(nodes, wires, {
    topicType,
    order: memory?.ways(shape.flow, 'order', key, order) ?? order(),
    ...(memory === undefined
      ? {}
      : { recall: (node, given, tell) => memory.typing.recall(`${shape.flow}/${node.entry.id}`, node, given, tell) }),
  })
  const found = [
    ...shape.problems,
    ...checked.flatMap((node) => node.problems),
    ...wireProblems,
    ...historyProblems(shape.document?.history, context),
    ...(memory?.ways(shape.flow, 'circles', key, circles) ?? circles()),
    ...hookProblems(
      { flow: shape.flow, disabled: shape.document?.disabled === true, nodes: nodes.values() },
      { taken: context.hooks?.() ?? [], exposed: context.exposed === true },
    ),
    ...typing.problems,
  ]
  const extra = {
    ...(shape.flow === '' ? {} : { flow: shape.flow }),
    ...(context.file === undefined ? {} : { file: context.file }),
  }
  const problems = found.map((one) => ({ ...one, ...extra }))
  const sound = !problems.some((one) => one.severity === 'error')
  const result = { problems, types: typing.types, ports: ownPorts(nodes) }
  if (!sound || shape.document === undefined) return result
  return { ...result, plan: planOf(shape.document, { nodes, wires, memory }) }
}

/** All that order and circles depend on. */
function waysKey(nodes: readonly CheckedNode[], wires: readonly Wire[]): string {
  let key = ''
  for (const { entry, runs } of nodes) key += `${entry.id} ${runs} `
  for (const { index, from, to, output, input } of wires) {
    key += `${index} ${from.node} ${to.node} ${output?.later} ${input?.ends} `
  }
  return key
}

/** Ports that only a config tells. */
function ownPorts(nodes: ReadonlyMap<string, CheckedNode>): Record<string, NodePortsDescription> {
  const dynamic = [...nodes].filter(([, { spec, inputs, outputs }]) => {
    const depends = typeof spec?.inputs === 'function' || typeof spec?.outputs === 'function'
    return depends && inputs !== undefined && outputs !== undefined
  })
  return Object.fromEntries(
    dynamic.map(([id, node]) => [id, { inputs: describePorts(node.inputs), outputs: describePorts(node.outputs) }]),
  )
}

/** Reads and checks the text of a flow file; every problem has its line and column. */
export function checkText(text: string, context: CheckContext): CheckResult & { document?: FlowDocument } {
  const json = readJsonText(text)
  const own = placed(json.problems, json.locate, context.file)
  if (json.value === undefined) return { problems: own, types: {} }
  const { problems, plan, types, ports } = checkFlow(json.value, context)
  const all: Problem[] = [...own, ...placed(problems, json.locate, context.file)]
  const sound = own.length === 0
  const document = plan?.document ?? checkShape(json.value, context.file).document
  return {
    problems: all.sort((one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0)),
    types,
    ...(ports === undefined ? {} : { ports }),
    ...(sound && plan !== undefined ? { plan } : {}),
    ...(sound && document !== undefined ? { document } : {}),
  }
}
