import { canonicalJson } from './hash.ts'
import type { Plan, PlanDiff, PlannedNode } from './model.ts'
import { wiredOnly } from './plan.ts'

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
    const rewired = wiresText(known) !== wiresText(node)
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

function wiresText(node: PlannedNode): string {
  return canonicalJson(wiredOnly(node.wires))
}

function looksOther(id: string, known: PlannedNode, node: PlannedNode, before: Plan | undefined, after: Plan): boolean {
  return known.title !== node.title || placeText(before, id) !== placeText(after, id)
}

function placeText(plan: Plan | undefined, id: string): string {
  const layout = plan?.document.layout
  return canonicalJson(layout !== undefined && Object.hasOwn(layout, id) ? layout[id] : null)
}
