import type { Command } from './command.ts'
import {
  type End,
  type FlowDocument,
  hasWire,
  type NodeEntry,
  nodeOf,
  type Point,
  parseEnd,
  printEnd,
  sameJson,
  titleOf,
  type WireEntry,
  wiresAt,
} from './document.ts'
import { setAt } from './path.ts'

/** Adds a node, and the wires that come with it. */
export function addNode(node: NodeEntry, place: Point, wires: readonly WireEntry[] = []): Command {
  return {
    name: 'addNode',
    values: { node: titleOf(node) },
    edit(draft) {
      draft.nodes.push(node)
      layoutOf(draft)[node.id] = rounded(place)
      for (const wire of wires) connect(draft, wire)
    },
  }
}

/** A part of a flow, as it is copied and pasted. */
export interface Part {
  nodes: NodeEntry[]
  wires: WireEntry[]
  layout: Record<string, [number, number]>
}

export function addPart(part: Part, name: 'addNodes' | 'paste' = 'addNodes'): Command {
  return {
    name,
    values: { count: part.nodes.length },
    edit(draft) {
      draft.nodes.push(...part.nodes)
      Object.assign(layoutOf(draft), part.layout)
      for (const wire of part.wires) connect(draft, wire)
    },
  }
}

/**
 * Removes nodes with their wires. With `heal`, what came in goes on to where it went out: every source of a removed node is
 * wired to every target of its ordinary outputs.
 */
export function deleteNodes(document: FlowDocument, ids: readonly string[], options: { heal?: boolean } = {}): Command {
  const [only] = ids
  const one = ids.length === 1 && only !== undefined ? nodeOf(document, only) : undefined
  return {
    name: one ? 'deleteNode' : 'deleteNodes',
    values: one ? { node: titleOf(one) } : { count: ids.length },
    edit(draft) {
      for (const id of ids) removeNode(draft, id, options.heal === true)
    },
  }
}

export function addWire(from: End, to: End): Command {
  return {
    name: 'addWire',
    values: { from: printEnd(from), to: printEnd(to) },
    edit: (draft) => connect(draft, { from: printEnd(from), to: printEnd(to) }),
  }
}

export function deleteWires(wires: readonly WireEntry[]): Command {
  const [first] = wires
  return {
    name: 'deleteWire',
    values: { from: first?.from ?? '', to: first?.to ?? '', count: wires.length },
    edit(draft) {
      for (const wire of wires) disconnect(draft, wire)
    },
  }
}

/** Puts a node into a wire: what it carried goes in at `input` and on from `output`. The node may be new or stand there already. */
export function insertOnWire(
  wire: WireEntry,
  node: NodeEntry,
  options: { input: string; output: string; place: Point },
): Command {
  return {
    name: 'insertNode',
    values: { node: titleOf(node), from: wire.from, to: wire.to },
    edit(draft) {
      if (nodeOf(draft, node.id) === undefined) draft.nodes.push(node)
      layoutOf(draft)[node.id] = rounded(options.place)
      disconnect(draft, wire)
      connect(draft, { from: wire.from, to: `${node.id}.${options.input}` })
      connect(draft, { from: `${node.id}.${options.output}`, to: wire.to })
    },
  }
}

export function moveNodes(places: Readonly<Record<string, Point>>, name: 'moveNodes' | 'tidy' = 'moveNodes'): Command {
  const ids = Object.keys(places)
  return {
    name,
    values: { count: ids.length },
    join: name === 'tidy' ? `tidy:${ids.length}` : `move:${ids.join()}`,
    edit(draft) {
      const layout = layoutOf(draft)
      for (const [id, place] of Object.entries(places)) {
        const next = rounded(place)
        if (nodeOf(draft, id) !== undefined && !sameJson(layout[id], next)) layout[id] = next
      }
    },
  }
}

/** Sets a field of a node's config, by path; undefined takes it away. */
export function setConfig(node: NodeEntry, path: readonly (string | number)[], value: unknown): Command {
  return {
    name: 'changeConfig',
    values: { node: titleOf(node), field: path.join('.') },
    join: `config:${node.id}:${path.join('.')}`,
    edit(draft) {
      const entry = nodeOf(draft, node.id)
      if (entry === undefined) return
      const config = setAt(entry.config, path, value)
      if (!sameJson(config, entry.config)) entry.config = config as Record<string, unknown> // setAt keeps the root an object
    },
  }
}

/** Gives a node another id; wires and layout follow. The new id must be free. */
export function renameNode(node: NodeEntry, id: string): Command {
  return {
    name: 'renameNode',
    values: { node: titleOf(node), id },
    edit(draft) {
      const entry = nodeOf(draft, node.id)
      if (entry === undefined || nodeOf(draft, id) !== undefined) return
      entry.id = id
      for (const wire of draft.wires) {
        const [from, to] = [parseEnd(wire.from), parseEnd(wire.to)]
        if (from.node === node.id) wire.from = printEnd({ ...from, node: id })
        if (to.node === node.id) wire.to = printEnd({ ...to, node: id })
      }
      const layout = layoutOf(draft)
      const place = layout[node.id]
      if (place === undefined) return
      delete layout[node.id]
      layout[id] = place
    },
  }
}

export function setNodeTitle(node: NodeEntry, title: string): Command {
  return {
    name: 'titleNode',
    values: { node: titleOf(node), title },
    join: `title:${node.id}`,
    edit(draft) {
      const entry = nodeOf(draft, node.id)
      if (entry === undefined || (entry.title ?? '') === title) return
      if (title === '') delete entry.title
      else entry.title = title
    },
  }
}

export function setNodesDisabled(document: FlowDocument, ids: readonly string[], disabled: boolean): Command {
  const first = nodeOf(document, ids[0] ?? '')
  return {
    name: disabled ? 'disableNode' : 'enableNode',
    values: { node: first ? titleOf(first) : '', count: ids.length },
    edit(draft) {
      for (const entry of draft.nodes) {
        if (!ids.includes(entry.id) || (entry.disabled === true) === disabled) continue
        if (disabled) entry.disabled = true
        else delete entry.disabled
      }
    },
  }
}

/** Sets the title or the description of the flow. */
export function setFlowText(field: 'title' | 'description', text: string): Command {
  return {
    name: 'changeFlow',
    values: { field, text },
    join: `flow:${field}`,
    edit(draft) {
      if ((draft[field] ?? '') === text) return
      if (text === '') delete draft[field]
      else draft[field] = text
    },
  }
}

export function setFlowDisabled(document: FlowDocument, disabled: boolean): Command {
  return {
    name: disabled ? 'disableFlow' : 'enableFlow',
    values: { flow: document.title ?? document.flow },
    edit(draft) {
      if ((draft.disabled === true) === disabled) return
      if (disabled) draft.disabled = true
      else delete draft.disabled
    },
  }
}

/** Another document in the place of this one: a merge, an import, the deployed version. The id stays. */
export function replaceBy(document: FlowDocument, name: 'merge' | 'restore' | 'replace'): Command {
  return {
    name,
    values: { flow: document.title ?? document.flow },
    edit(draft) {
      for (const field of ['title', 'description', 'disabled', 'history', 'guard', 'layout', '$schema'] as const) {
        if (sameJson(draft[field], document[field])) continue
        if (document[field] === undefined) delete draft[field]
        else Object.assign(draft, { [field]: document[field] })
      }
      if (!sameJson(draft.nodes, document.nodes)) draft.nodes = document.nodes
      if (!sameJson(draft.wires, document.wires)) draft.wires = document.wires
    },
  }
}

function layoutOf(draft: FlowDocument): Record<string, [number, number]> {
  draft.layout ??= {}
  return draft.layout
}

function rounded(place: Point): [number, number] {
  return [Math.round(place.x), Math.round(place.y)]
}

function connect(draft: FlowDocument, wire: WireEntry): void {
  if (!hasWire(draft, wire)) draft.wires.push({ from: wire.from, to: wire.to })
}

function disconnect(draft: FlowDocument, wire: WireEntry): void {
  const index = draft.wires.findIndex((other) => other.from === wire.from && other.to === wire.to)
  if (index >= 0) draft.wires.splice(index, 1)
}

function removeNode(draft: FlowDocument, id: string, heal: boolean): void {
  const index = draft.nodes.findIndex((node) => node.id === id)
  if (index < 0) return
  const touching = wiresAt(draft, new Set([id])).map(({ from, to }) => ({ from, to }))
  draft.nodes.splice(index, 1)
  for (const wire of touching) disconnect(draft, wire)
  if (draft.layout) delete draft.layout[id]
  if (!heal) return
  const sources = touching.filter((wire) => parseEnd(wire.to).node === id && parseEnd(wire.from).node !== id)
  const targets = touching.filter((wire) => {
    const from = parseEnd(wire.from)
    return from.node === id && from.port !== 'error' && parseEnd(wire.to).node !== id
  })
  for (const source of sources) for (const target of targets) connect(draft, { from: source.from, to: target.to })
}
