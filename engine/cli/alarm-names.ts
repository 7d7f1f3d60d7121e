import { rulewireError, suggestion } from '../errors.ts'
import { escapeControls } from '../log.ts'
import type { Alarm, AlarmList, FlowDetail } from '../server/protocol.ts'
import type { AlarmInput } from './alarm-options.ts'
import { askEngine } from './client.ts'

/** Alarms that an engine gives at once, at most. */
const most = 1000

export interface AlarmRef {
  flow: string
  node: string
  key: string
}

/** `FLOW/NODE KEY...`, or `FLOW/NODE/KEY` as it stands in events; without a key only the node is named. */
export function namesOf(action: string, words: readonly string[]): { flow: string; node: string; keys: string[] } {
  const [place = '', ...keys] = words
  const [, flow = '', node = '', key] = /^([^/]+)\/([^/]+)(?:\/([\s\S]+))?$/.exec(place) ?? []
  if (flow === '') throw missing(action, 'FLOW/NODE')
  if (key !== undefined && keys.length > 0) throw surplus(action, keys[0] ?? '')
  return { flow, node, keys: key === undefined ? keys : [key] }
}

/** The one alarm that is named. Throws MISSING_ARGUMENT and SURPLUS_ARGUMENT. */
export function oneName(action: string, words: readonly string[]): AlarmRef {
  const { flow, node, keys } = namesOf(action, words)
  const [key, another] = keys
  if (key === undefined) throw missing(action, 'a key')
  if (another !== undefined) throw surplus(action, another)
  return { flow, node, key }
}

/** All alarms that the filters leave, worst first; and how many are not among them because there are too many. */
export async function filteredAlarms(values: AlarmInput['values']): Promise<AlarmList> {
  const { flow, node, level, unacked, normal } = values
  if (normal && (flow === undefined || node === undefined)) throw missing('list', 'FLOW/NODE (for --normal)')
  const all = normal ? 'true' : undefined
  const list = await askEngine<AlarmList>(values, `/alarms?${queryOf({ flow, node, limit: most, all })}`)
  if (list.items.length === 0) await checkPlace(values, flow, node)
  const items = list.items.filter(
    (alarm) => (level === undefined || alarm.level === level) && (!unacked || !alarm.acknowledged),
  )
  return { ...list, items }
}

/** To be asked when nothing was found: a name that is written wrong must not look as if all were well. Throws NOT_FOUND. */
export async function checkPlace(engine: AlarmInput['values'], flow?: string, node?: string): Promise<void> {
  if (flow === undefined) return
  const { document } = await askEngine<FlowDetail>(engine, `/flows/${encodeURIComponent(flow)}`)
  const names = document.nodes.map(({ id }) => `${flow}/${id}`)
  const name = `${flow}/${node}`
  if (node === undefined || names.includes(name)) return
  const list = `/api/v1/flows/${flow}`
  throw rulewireError('NOT_FOUND', { what: 'node', name, suggestion: suggestion(name, names), list })
}

/** A query of what is given. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  return query
}

/** Which alarm it is, as it can be written behind an action. Keys come from devices: they must not move the cursor. */
export function nameText({ flow, node, key }: Pick<Alarm, 'flow' | 'node' | 'key'>): string {
  return `${flow}/${node} ${/^[\p{L}\p{N}_.:/@%+-]+$/u.test(key) ? key : escapeControls(JSON.stringify(key))}`
}

export function missing(action: string, what: string) {
  return rulewireError('MISSING_ARGUMENT', { command: `alarms ${action}`, what, usage: usageOf(action) })
}

export function surplus(action: string, argument: string) {
  return rulewireError('SURPLUS_ARGUMENT', { command: `alarms ${action}`, argument, usage: usageOf(action) })
}

function usageOf(action: string): string {
  if (action === 'list' || action === 'health') return `rulewire alarms ${action} [--flow FLOW]`
  if (action === 'history') return 'rulewire alarms history [FLOW/NODE [KEY]]'
  if (action === 'show' || action === 'why') return `rulewire alarms ${action} FLOW/NODE KEY`
  return `rulewire alarms ${action} FLOW/NODE KEY..., or with filters: rulewire alarms ${action} --flow FLOW --all`
}
