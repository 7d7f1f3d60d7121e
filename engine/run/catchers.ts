import type { PlannedNode } from '../flow/model.ts'
import type { NodeRuntime } from './node-runtime.ts'

/**
 * Leads the error ports that no wire leaves to the nodes of the flow that catch errors. To be called after the wires are set.
 *
 * What stands behind such a node keeps its dead letters: a message that fails there has been caught once, and would go round for
 * ever. A node that catches but leads nowhere catches nothing, so that no failure is lost in silence.
 */
export function connectCatchers(
  nodes: readonly PlannedNode[],
  runtimeOf: (id: string) => NodeRuntime | undefined,
): void {
  const catchers = nodes.filter(({ spec, wires }) => spec.catches === 'errors' && isWired(wires))
  const targets = catchers.flatMap(({ id }) => runtimeOf(id)?.inputs.get(':caught') ?? [])
  if (targets.length === 0) return
  const behind = reachedFrom(
    nodes.filter(({ spec }) => spec.catches === 'errors').map(({ id }) => id),
    nodes,
  )
  for (const { id } of nodes) {
    const port = behind.has(id) ? undefined : runtimeOf(id)?.outputs.get('error')
    if (port !== undefined && port.targets.length === 0) port.targets = targets
  }
}

function isWired(wires: PlannedNode['wires']): boolean {
  return Object.entries(wires).some(([port, targets]) => port !== 'error' && targets.length > 0)
}

/** The nodes themselves, and all that their wires lead to. */
function reachedFrom(start: readonly string[], nodes: readonly PlannedNode[]): ReadonlySet<string> {
  const wiresOf = new Map(nodes.map(({ id, wires }) => [id, Object.values(wires).flat()]))
  const reached = new Set(start)
  for (const id of reached) for (const { node } of wiresOf.get(id) ?? []) reached.add(node)
  return reached
}
