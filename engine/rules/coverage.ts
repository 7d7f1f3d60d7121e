import type { Plan, PlannedNode } from '../flow/model.ts'

/** Which nodes were reached and which output ports gave something, by `node` and `node.port`. */
export interface Coverage {
  nodes: { reached: string[]; missed: string[] }
  ports: { used: string[]; missed: string[] }
  /** Nodes that every test leaves out. */
  left: string[]
}

/** What one test reached of the plan that it ran. */
export interface Reach {
  plan: Plan
  nodes: ReadonlySet<string>
  ports: ReadonlySet<string>
}

/**
 * Adds up what the tests of a flow reached. Comments do not count, nor do error ports that no wire leads from.
 *
 * @param ids of all nodes of the flow
 */
export function coverageOf(ids: readonly string[], reaches: readonly Reach[]): Coverage {
  const planned = new Map<string, PlannedNode>()
  for (const { plan } of reaches) for (const node of plan.nodes) planned.set(node.id, node)
  const nodes = ids.flatMap((id) => planned.get(id) ?? []).filter(canBeReached)
  const ports = nodes.flatMap((node) => countedPorts(node).map((port) => `${node.id}.${port}`))
  const wasReached = (id: string) => reaches.some((reach) => reach.nodes.has(id))
  const wasUsed = (port: string) => reaches.some((reach) => reach.ports.has(port))
  const names = nodes.map(({ id }) => id)
  return {
    nodes: { reached: names.filter(wasReached), missed: names.filter((id) => !wasReached(id)) },
    ports: { used: ports.filter(wasUsed), missed: ports.filter((port) => !wasUsed(port)) },
    left: ids.filter((id) => !planned.has(id)),
  }
}

function canBeReached(node: PlannedNode): boolean {
  return Object.keys(node.inputs).length > 0 || Object.keys(node.outputs).some((port) => port !== 'error')
}

function countedPorts({ outputs, wires }: PlannedNode): string[] {
  return Object.keys(outputs).filter((port) => port !== 'error' || (wires.error ?? []).length > 0)
}
