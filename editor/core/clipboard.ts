import type { Part } from './commands.ts'
import { type FlowDocument, type NodeEntry, type Point, parseEnd, placeOf, printEnd } from './document.ts'
import { freeId, idShape } from './ids.ts'
import { isObject } from './path.ts'

/** Why a text cannot be pasted or imported; the view has a sentence for each. */
export type PasteFault = 'notJson' | 'notNodes' | 'tooLarge'

const maxLength = 5_000_000

/** The chosen nodes and the wires between them, as the text that goes to the clipboard. */
export function copyText(document: FlowDocument, ids: ReadonlySet<string>): string {
  const nodes = document.nodes.filter((node) => ids.has(node.id))
  const wires = document.wires.filter((wire) => ids.has(parseEnd(wire.from).node) && ids.has(parseEnd(wire.to).node))
  const layout = Object.fromEntries(
    nodes.map((node) => {
      const place = placeOf(document, node.id, document.nodes.indexOf(node))
      return [node.id, [place.x, place.y]]
    }),
  )
  return `${JSON.stringify({ nodes, wires, layout }, null, 2)}\n`
}

/** Reads a copied part, or a whole flow file, from text. Anything may stand in a clipboard, so each piece is looked at. */
export function readPart(text: string): { part: Part; flow?: FlowDocument } | { fault: PasteFault } {
  if (text.length > maxLength) return { fault: 'tooLarge' }
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return { fault: 'notJson' }
  }
  if (!isObject(data) || !Array.isArray(data.nodes)) return { fault: 'notNodes' }
  const nodes = data.nodes.filter(isNode)
  if (nodes.length === 0 && data.nodes.length > 0) return { fault: 'notNodes' }
  const wires = (Array.isArray(data.wires) ? data.wires : []).filter(isWire)
  const layout: Part['layout'] = {}
  for (const [id, place] of Object.entries(isObject(data.layout) ? data.layout : {}))
    if (isPlace(place)) layout[id] = [place[0], place[1]]
  const part = { nodes: nodes.map(plainNode), wires: wires.map(({ from, to }) => ({ from, to })), layout }
  if (typeof data.flow !== 'string') return { part }
  const { title, description, disabled } = data
  const flow: FlowDocument = {
    $schema: './flow.schema.json',
    flow: data.flow,
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(disabled === true ? { disabled } : {}),
    ...part,
  }
  return { part, flow }
}

/** The part with ids that are free in a flow, moved so that its top left corner stands at a place. */
export function fitIn(part: Part, document: FlowDocument, at: Point): Part {
  const taken = new Set(document.nodes.map((node) => node.id))
  const names = new Map<string, string>()
  for (const node of part.nodes) {
    const id = freeId(node.id, taken)
    taken.add(id)
    names.set(node.id, id)
  }
  const places = part.nodes.map((node, index) => placeOf({ flow: '', ...part }, node.id, index))
  const left = Math.min(...places.map((place) => place.x))
  const top = Math.min(...places.map((place) => place.y))
  const layout: Part['layout'] = {}
  const nodes = part.nodes.map((node, index) => {
    const id = names.get(node.id) ?? node.id
    const place = places[index] ?? { x: left, y: top }
    layout[id] = [Math.round(at.x + place.x - left), Math.round(at.y + place.y - top)]
    return { ...node, id }
  })
  const wires = part.wires.flatMap((wire) => {
    const [from, to] = [parseEnd(wire.from), parseEnd(wire.to)]
    const [source, target] = [names.get(from.node), names.get(to.node)]
    if (source === undefined || target === undefined) return []
    return [{ from: printEnd({ ...from, node: source }), to: printEnd({ ...to, node: target }) }]
  })
  return { nodes, wires, layout }
}

function isNode(value: unknown): value is NodeEntry {
  return (
    isObject(value) &&
    typeof value.id === 'string' &&
    idShape.test(value.id) &&
    typeof value.type === 'string' &&
    (value.config === undefined || isObject(value.config))
  )
}

function plainNode(node: NodeEntry): NodeEntry {
  const { id, type, title, disabled, config } = node
  return {
    id,
    type,
    ...(typeof title === 'string' ? { title } : {}),
    ...(disabled === true ? { disabled } : {}),
    config: config ?? {},
  }
}

function isWire(value: unknown): value is { from: string; to: string } {
  return isObject(value) && typeof value.from === 'string' && typeof value.to === 'string'
}

function isPlace(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((number) => Number.isFinite(number))
}
