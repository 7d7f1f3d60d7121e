import { type FlowDocument, hasWire, type NodeEntry, parseEnd, sameJson } from './document.ts'
import { isObject } from './path.ts'

/** A merged flow, and where both sides changed the same: there our own change was kept. */
export interface Merged {
  document: FlowDocument
  conflicts: Conflict[]
}

export interface Conflict {
  /** Id of the node, or empty for the flow itself. */
  node: string
  /** Path of the field, or empty for the node as a whole. */
  path: string
  mine: unknown
  theirs: unknown
}

/**
 * Merges what others did to a flow (`base` to `theirs`) into a draft (`base` to `mine`), node by node and field by field.
 * Own changes are never dropped: where both changed one field differently ours stays and the conflict is told.
 */
export function merge(base: FlowDocument, mine: FlowDocument, theirs: FlowDocument): Merged {
  if (sameJson(base, theirs)) return { document: mine, conflicts: [] }
  if (sameJson(base, mine)) return { document: theirs, conflicts: [] }
  const conflicts: Conflict[] = []
  const touched = ownTargets(base, mine)
  const nodes: NodeEntry[] = []
  for (const id of unionOfIds(mine.nodes, theirs.nodes)) {
    const [b, m, t] = [base, mine, theirs].map((document) => document.nodes.find((node) => node.id === id))
    const node = mergeNode(id, { b, m, t, needed: touched.has(id) }, conflicts)
    if (node !== undefined) nodes.push(node)
  }
  const kept = new Set(nodes.map((node) => node.id))
  const wires = [...mine.wires, ...theirs.wires.filter((wire) => !hasWire(mine, wire))].filter((wire) => {
    const [here, there, before] = [hasWire(mine, wire), hasWire(theirs, wire), hasWire(base, wire)]
    const stays = before ? here && there : here || there
    return stays && kept.has(parseEnd(wire.from).node) && kept.has(parseEnd(wire.to).node)
  })
  const layout: Record<string, [number, number]> = {}
  for (const id of kept) {
    const [b, m, t] = [base.layout?.[id], mine.layout?.[id], theirs.layout?.[id]]
    const place = sameJson(b, m) ? (t ?? m) : (m ?? t)
    if (place !== undefined) layout[id] = place
  }
  const fields = mergeValue(properties(base), properties(mine), properties(theirs), (path, ours, other) =>
    conflicts.push({ node: '', path, mine: ours, theirs: other }),
  )
  const rest = isObject(fields) ? fields : {}
  return { document: { ...rest, flow: mine.flow, nodes, wires, layout }, conflicts }
}

interface Versions {
  b: NodeEntry | undefined
  m: NodeEntry | undefined
  t: NodeEntry | undefined
  /** A wire of ours that is new leads to or from it. */
  needed: boolean
}

function mergeNode(id: string, { b, m, t, needed }: Versions, conflicts: Conflict[]): NodeEntry | undefined {
  const tell = (path: string, mine: unknown, theirs: unknown) => conflicts.push({ node: id, path, mine, theirs })
  if (m === undefined) {
    // We removed it; if they changed it meanwhile, ours still holds, but they are told.
    if (b === undefined) return t
    if (t !== undefined && !sameJson(b, t)) tell('', undefined, t)
    return undefined
  }
  if (t === undefined) {
    if (b === undefined) return m
    if (sameJson(b, m) && !needed) return undefined
    tell('', m, undefined)
    return m
  }
  return mergeValue(b, m, t, tell) as NodeEntry // merging three objects gives an object with their fields
}

function mergeValue(
  base: unknown,
  mine: unknown,
  theirs: unknown,
  tell: (path: string, mine: unknown, theirs: unknown) => void,
  path = '',
): unknown {
  if (sameJson(mine, theirs) || sameJson(base, theirs)) return mine
  if (sameJson(base, mine)) return theirs
  if (isObject(mine) && isObject(theirs)) {
    const before = isObject(base) ? base : {}
    const names = new Set([...Object.keys(theirs), ...Object.keys(mine)])
    const entries = [...names].map((name) => {
      const inner = path === '' ? name : `${path}.${name}`
      return [name, mergeValue(before[name], mine[name], theirs[name], tell, inner)] as const
    })
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }
  tell(path, mine, theirs)
  return mine
}

function properties(document: FlowDocument): Record<string, unknown> {
  const { nodes: _nodes, wires: _wires, layout: _layout, flow: _flow, ...rest } = document
  return rest
}

/** Ids that new wires of ours touch. */
function ownTargets(base: FlowDocument, mine: FlowDocument): Set<string> {
  const own = mine.wires.filter((wire) => !hasWire(base, wire))
  return new Set(own.flatMap((wire) => [parseEnd(wire.from).node, parseEnd(wire.to).node]))
}

function unionOfIds(first: readonly NodeEntry[], second: readonly NodeEntry[]): Set<string> {
  return new Set([...first, ...second].map((node) => node.id))
}
