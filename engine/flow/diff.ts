import type { Plan, PlanDiff, PlannedNode, Target } from './model.ts'

/**
 * What a deploy of `after` over `before` does, by node id in the order of `after`. A changed node is named in `changed` only,
 * unless its wires differ too; a node that only moved or got another title is in `moved` and touches nothing that runs.
 */
export function diffPlans(before: Plan | undefined, after: Plan): PlanDiff {
  const old = new Map(before?.nodes.map((node) => [node.id, node]))
  const ids = new Set(after.nodes.map((node) => node.id))
  const diff: PlanDiff = { added: [], changed: [], removed: [], rewired: [], moved: [] }
  for (const node of after.nodes) {
    const known = old.get(node.id)
    if (known === undefined) {
      diff.added.push(node.id)
      continue
    }
    const changed = known.configHash !== node.configHash
    const rewired = !hasSameWires(known, node)
    if (changed) diff.changed.push(node.id)
    if (rewired) diff.rewired.push(node.id)
    if (!changed && !rewired && looksOther(node.id, known, node, before, after)) diff.moved.push(node.id)
  }
  diff.removed.push(...[...old.keys()].filter((id) => !ids.has(id)))
  return diff
}

/** Whether a deploy of this difference would change anything that runs. */
export function isEmptyDiff(diff: PlanDiff): boolean {
  return [diff.added, diff.changed, diff.removed, diff.rewired].every((list) => list.length === 0)
}

/** Ports that are not wired do not count. */
function hasSameWires({ wires: before }: PlannedNode, { wires: after }: PlannedNode): boolean {
  const ports = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...ports].every((port) => {
    const [one = none, other = none] = [before[port], after[port]]
    return (
      one.length === other.length &&
      one.every((target, index) => target.node === other[index]?.node && target.port === other[index]?.port)
    )
  })
}

const none: readonly Target[] = []

function looksOther(id: string, known: PlannedNode, node: PlannedNode, before: Plan | undefined, after: Plan): boolean {
  if (known.title !== node.title) return true
  const [one, other] = [placeOf(before, id), placeOf(after, id)]
  return one?.[0] !== other?.[0] || one?.[1] !== other?.[1]
}

function placeOf(plan: Plan | undefined, id: string): readonly number[] | undefined {
  const layout = plan?.document.layout
  return layout !== undefined && Object.hasOwn(layout, id) ? layout[id] : undefined
}
