import type { Port } from '../spec/spec.ts'
import { hashOf } from './hash.ts'
import { planHistory } from './history.ts'
import { type CheckMemory, configHash } from './memory.ts'
import type { FlowDocument, Plan, PlannedNode, Target } from './model.ts'
import type { CheckedNode } from './node.ts'
import type { Wire } from './wires.ts'

/** What is deployed of a document whose check found no error. */
export function planOf(document: FlowDocument, { nodes: checked, wires, memory }: Parts): Plan {
  const targets = targetsByEnd(wires)
  const nodes = [...checked.values()].flatMap((node) => plannedNode(node, targets, memory))
  const { flow, title = flow, disabled = false } = document
  // Undefined fields are left out of the hash.
  const hash = hashOf({ flow, disabled, history: document.history, nodes: hashParts(nodes) })
  const history = planHistory(document, nodes)
  return { flow, title, disabled, nodes, ...(history.length === 0 ? {} : { history }), hash, document }
}

interface Parts {
  nodes: ReadonlyMap<string, CheckedNode>
  wires: readonly Wire[]
  memory?: CheckMemory | undefined
}

function plannedNode(
  node: CheckedNode,
  targets: ReadonlyMap<string, ReadonlyMap<string, Target[]>>,
  memory: CheckMemory | undefined,
): PlannedNode[] {
  const { entry, spec, inputs, outputs } = node
  if (!node.runs || spec === undefined || inputs === undefined || outputs === undefined) return []
  const { id, type, title = id } = entry
  const own = targets.get(id)
  const wires = Object.keys(outputs).map((name): [string, Target[]] => [name, own?.get(name) ?? []])
  const planned = {
    id,
    type,
    title,
    spec,
    config: node.config,
    configHash: memory?.hash(spec, entry.config, node.config) ?? configHash(type, entry.config),
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
function wiredOnly(wires: Readonly<Record<string, Target[]>>): Record<string, Target[]> {
  return Object.fromEntries(Object.entries(wires).filter(([, targets]) => targets.length > 0))
}

/** Where wires lead, by the node and the port where they begin. */
function targetsByEnd(wires: readonly Wire[]): ReadonlyMap<string, ReadonlyMap<string, Target[]>> {
  const targets = new Map<string, Map<string, Target[]>>()
  for (const { from, to } of wires) {
    let ports = targets.get(from.node)
    if (ports === undefined) {
      ports = new Map()
      targets.set(from.node, ports)
    }
    const known = ports.get(from.port)
    if (known === undefined) ports.set(from.port, [to])
    else known.push(to)
  }
  return targets
}
