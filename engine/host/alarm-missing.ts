import { type RulewireError, rulewireError, suggestion } from '../errors.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { EngineStore } from '../store/index.ts'

/** Keys that are looked at for one that was meant. */
const looked = 1000

/** Why there is no alarm of a name: no such flow runs, it has no such alarm node, or nothing has come for the key. Gives NOT_FOUND. */
export function missingAlarm(
  [flow, node, key]: readonly [string, string, string],
  { nodes, store }: { nodes: ReadonlyMap<string, NodeRuntime>; store: EngineStore },
): RulewireError {
  const running = [...nodes.values()]
  const own = running.filter((one) => one.flow === flow)
  const withAlarms = own.filter(({ spec }) => spec.alarms !== undefined)
  const refuse = (what: string, name: string, choices: Iterable<string>, list: string) =>
    rulewireError('NOT_FOUND', { what, name, suggestion: suggestion(name, choices), list: `/api/v1/${list}` })
  if (own.length === 0) return refuse('running flow', flow, new Set(running.map((one) => one.flow)), 'flows')
  const found = withAlarms.find(({ id }) => id === node)
  if (found === undefined) {
    const names = withAlarms.map(({ id }) => `${flow}/${id}`)
    return refuse('alarm node', `${flow}/${node}`, names, `flows/${flow}`)
  }
  const keys = store.state.page(found.ref, '', looked).map((one) => one.key)
  return rulewireError('NOT_FOUND', {
    what: 'alarm',
    name: `${flow}/${node}/${key}`,
    suggestion: `: nothing has come for this key yet${suggestion(key, keys)}`,
    list: `/api/v1/alarms?flow=${flow}&node=${node}&all=true`,
  })
}
