import { type FlowDocument, hasWire, type NodeEntry, sameJson, type WireEntry } from './document.ts'
import { isObject } from './path.ts'

/** What a draft changes against what is deployed, for people: down to the field. */
export interface Changes {
  added: NodeEntry[]
  removed: NodeEntry[]
  changed: NodeChange[]
  wiresAdded: WireEntry[]
  wiresRemoved: WireEntry[]
  /** Ids of nodes that only stand elsewhere. */
  moved: string[]
  /** Title, description, disabled, history and guard of the flow. */
  properties: FieldChange[]
  /** How many of all these there are. */
  count: number
}

export interface NodeChange {
  id: string
  node: NodeEntry
  fields: FieldChange[]
}

export interface FieldChange {
  /** Such as `config.when`. */
  path: string
  before: unknown
  after: unknown
}

/** The changes from one version of a flow to another; from nothing, all of it is added. */
export function changesOf(before: FlowDocument | undefined, after: FlowDocument): Changes {
  const base: FlowDocument = before ?? { flow: after.flow, nodes: [], wires: [] }
  const old = new Map(base.nodes.map((node) => [node.id, node]))
  const kept = new Set(after.nodes.map((node) => node.id))
  const changed = after.nodes.flatMap((node) => {
    const was = old.get(node.id)
    const fields = was === undefined || was === node ? [] : nodeFields(was, node)
    return fields.length === 0 ? [] : [{ id: node.id, node, fields }]
  })
  const added = after.nodes.filter((node) => !old.has(node.id))
  const removed = base.nodes.filter((node) => !kept.has(node.id))
  const wiresAdded = after.wires.filter((wire) => !hasWire(base, wire))
  const wiresRemoved = base.wires.filter((wire) => !hasWire(after, wire))
  const moved = after.nodes
    .filter((node) => old.has(node.id) && !sameJson(base.layout?.[node.id], after.layout?.[node.id]))
    .map((node) => node.id)
  const properties = fieldChanges('', flowProperties(before), flowProperties(after))
  const count = [added, removed, changed, wiresAdded, wiresRemoved, moved, properties].reduce((n, l) => n + l.length, 0)
  return { added, removed, changed, wiresAdded, wiresRemoved, moved, properties, count }
}

function nodeFields(was: NodeEntry, is: NodeEntry): FieldChange[] {
  return fieldChanges(
    '',
    { type: was.type, title: was.title, disabled: was.disabled, config: was.config },
    { type: is.type, title: is.title, disabled: is.disabled, config: is.config },
  )
}

function flowProperties(document: FlowDocument | undefined): Record<string, unknown> {
  const { title, description, disabled, history, guard } = document ?? {}
  return { title, description, disabled, history, guard }
}

function fieldChanges(path: string, before: unknown, after: unknown): FieldChange[] {
  if (sameJson(before, after)) return []
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => fieldChanges(path === '' ? name : `${path}.${name}`, before[name], after[name]))
}
