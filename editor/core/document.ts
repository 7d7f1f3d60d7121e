import type { FlowDocument, NodeEntry, WireEntry } from '../../engine/flow/model.ts'

export type { FlowDocument, NodeEntry, WireEntry }

/** A point of the canvas, pixels at zoom 1. */
export interface Point {
  x: number
  y: number
}

/** One end of a wire. */
export interface End {
  node: string
  port: string
}

export function emptyFlow(flow: string, title: string): FlowDocument {
  return { $schema: './flow.schema.json', flow, title, nodes: [], wires: [], layout: {} }
}

/** The node of an id, or undefined. */
export function nodeOf(document: FlowDocument, id: string): NodeEntry | undefined {
  return document.nodes.find((node) => node.id === id)
}

/** Parts of `node.port`; the port is empty when there is no dot. */
export function parseEnd(text: string): End {
  const dot = text.indexOf('.')
  return dot < 0 ? { node: text, port: '' } : { node: text.slice(0, dot), port: text.slice(dot + 1) }
}

export function printEnd(end: End): string {
  return `${end.node}.${end.port}`
}

/** A name for a wire that stays as long as its ends do. */
export function wireId(wire: WireEntry): string {
  return `${wire.from}>${wire.to}`
}

/** The wire of a name, as {@link wireId} makes it. */
export function parseWireId(id: string): WireEntry {
  const [from = '', to = ''] = id.split('>')
  return { from, to }
}

export function hasWire(document: FlowDocument, wire: WireEntry): boolean {
  return document.wires.some((other) => other.from === wire.from && other.to === wire.to)
}

/** Wires that touch one of the nodes. */
export function wiresAt(document: FlowDocument, ids: ReadonlySet<string>): WireEntry[] {
  return document.wires.filter((wire) => ids.has(parseEnd(wire.from).node) || ids.has(parseEnd(wire.to).node))
}

/** Where a node stands. A file may leave that out: then nodes stand in rows, in the order of the file. */
export function placeOf(document: FlowDocument, id: string, index: number): Point {
  const place = document.layout?.[id]
  if (place !== undefined) return { x: place[0], y: place[1] }
  return { x: 80 + (index % 5) * 240, y: 80 + Math.floor(index / 5) * 120 }
}

/** Name of a node for people. */
export function titleOf(node: NodeEntry): string {
  return node.title === undefined || node.title === '' ? node.id : node.title
}

/** Whether two values are the same plain JSON; the order of fields does not count. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const a = Object.entries(left).filter(([, value]) => value !== undefined)
  const b = new Map(Object.entries(right).filter(([, value]) => value !== undefined))
  return a.length === b.size && a.every(([name, value]) => b.has(name) && sameJson(value, b.get(name)))
}
