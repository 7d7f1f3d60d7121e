import { type Problem, problem, warning } from '../errors.ts'
import { type Hook, hookShape } from '../spec/hook.ts'
import type { Plan } from './model.ts'
import type { CheckedNode } from './node.ts'

/** A hook of a flow that runs, for {@link hookProblems}. */
export interface TakenHook {
  readonly flow: string
  readonly node: string
  readonly hook: Hook
}

/** All hooks of flows that run. */
export function hooksOf(plans: Iterable<Plan>): TakenHook[] {
  return [...plans].flatMap(({ flow, nodes, disabled }) =>
    disabled
      ? []
      : nodes.flatMap(({ id: node, spec, config }) =>
          (spec.serves?.(config) ?? []).map((hook) => ({ flow, node, hook })),
        ),
  )
}

/**
 * Hooks of a flow that another node has already, in this flow or another one, and those that are open to everybody.
 *
 * @param taken those of all flows; the flow's own do not count
 * @param exposed others than this machine reach the HTTP server
 */
export function hookProblems(
  { flow, disabled, nodes }: { flow: string; disabled: boolean; nodes: Iterable<CheckedNode> },
  { taken = [], exposed = false }: { taken?: readonly TakenHook[]; exposed?: boolean },
): Problem[] {
  const owners = new Map<string, string>()
  if (!disabled) {
    for (const one of taken) if (one.flow !== flow) owners.set(hookShape(one.hook), `${one.flow}/${one.node}`)
  }
  const problems: Problem[] = []
  for (const { index, entry, spec, config, runs } of nodes) {
    if (!runs || config === undefined) continue
    for (const hook of spec?.serves?.(config) ?? []) {
      const place = { node: entry.id, at: `nodes[${index}].config.path` }
      const { method, path } = hook
      const other = owners.get(hookShape(hook))
      if (other !== undefined) problems.push(problem('HOOK_TAKEN', { method, path, other }, place))
      else owners.set(hookShape(hook), `${flow}/${entry.id}`)
      if (exposed && hook.auth.kind === 'none') problems.push(warning('HOOK_OPEN', { path }, place))
    }
  }
  return problems
}

/** Hooks that several of these flows have: a problem at each flow but the first. */
export function hookClashes(plans: readonly Plan[]): Problem[] {
  const owners = new Map<string, TakenHook>()
  return hooksOf(plans).flatMap((one) => {
    const shape = hookShape(one.hook)
    const other = owners.get(shape)
    if (other === undefined) owners.set(shape, one)
    if (other === undefined || other.flow === one.flow) return []
    const { method, path } = one.hook
    return [
      problem('HOOK_TAKEN', { method, path, other: `${other.flow}/${other.node}` }, { flow: one.flow, node: one.node }),
    ]
  })
}
