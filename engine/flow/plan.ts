import type { Port } from '../spec/spec.ts'
import { hashOf } from './hash.ts'
import { planHistory } from './history.ts'
import type { FlowDocument, Plan, PlannedNode, Target } from './model.ts'
import type { CheckedNode } from './node.ts'
import type { Wire } from './wires.ts'

/** What is deployed of a document whose check found no error. */
export function planOf(
  document: FlowDocument,
  checked: ReadonlyMap<string, CheckedNode>,
  wires: readonly Wire[],
): Plan {
  const targets = targetsByEnd(wires)
  const nodes = [...checked.values()].flatMap((node) => plannedNode(node, targets))
  const { flow, title = flow, disabled = false } = document
  // Undefined fields are left out of the hash.
  const hash = hashOf({ flow, disabled, history: document.history, nodes: hashParts(nodes) })
  const history = planHistory(document, nodes)
  return { flow, title, disabled, nodes, ...(history.length === 0 ? {} : { history }), hash, document }
}

function plannedNode(node: CheckedNode, targets: ReadonlyMap<string, Target[]>): PlannedNode[] {
  const { entry, spec, inputs, outputs } = node
  if (!node.runs || spec === undefined || inputs === undefined || outputs === undefined) return []
  const { id, type, title = id } = entry
  const wires = Object.keys(outputs).map((name): [string, Target[]] => [name, targets.get(`${id}.${name}`) ?? []])
  const planned = {
    id,
    type,
    title,
    spec,
    config: node.config,
    configHash: hashOf({ type, config: entry.config }),
    inputs: { ...inputs } satisfies Record<string, Port>,
    outputs: { ...outputs },
    wires: Object.fromEntries(wires),
  }
  return [planned]
}

/** What the hash of a plan covers: the order of nodes in the file does not matter, that of wires at one port does. */
function hashParts(nodes: readonly PlannedNode[]): unknown[] {
  return [...nodes]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, configHash, wires }) => ({ id, configHash, wires: wiredOnly(wires) }))
}

/** The ports that are wired, so that a new port of a node type changes no hash. */
export function wiredOnly(wires: Readonly<Record<string, Target[]>>): Record<string, Target[]> {
  return Object.fromEntries(Object.entries(wires).filter(([, targets]) => targets.length > 0))
}

function targetsByEnd(wires: readonly Wire[]): ReadonlyMap<string, Target[]> {
  const targets = new Map<string, Target[]>()
  for (const { from, to } of wires) {
    const end = `${from.node}.${from.port}`
    const known = targets.get(end)
    if (known === undefined) targets.set(end, [to])
    else known.push(to)
  }
  return targets
}
