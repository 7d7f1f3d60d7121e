import { Graph, layout } from '@dagrejs/dagre'
import type { Point } from './document.ts'

/** What tidying needs of a flow. */
export interface TidyInput {
  nodes: { id: string; width: number; height: number; x: number; y: number }[]
  wires: { from: string; to: string }[]
}

/** Places for all nodes, layer by layer from left to right. The top left corner stays where it was. Slow for thousands: call it in a worker. */
export function tidy({ nodes, wires }: TidyInput): Record<string, Point> {
  if (nodes.length === 0) return {}
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 32, ranksep: 72, edgesep: 16 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height })
  for (const { from, to } of wires) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to)
  layout(graph)
  const corners = nodes.map(({ id, width, height }) => {
    const middle = graph.node(id)
    return { id, x: (middle?.x ?? 0) - width / 2, y: (middle?.y ?? 0) - height / 2 }
  })
  const shift = {
    x: Math.min(...nodes.map((node) => node.x)) - Math.min(...corners.map((corner) => corner.x)),
    y: Math.min(...nodes.map((node) => node.y)) - Math.min(...corners.map((corner) => corner.y)),
  }
  const snap = (value: number) => Math.round(value / 8) * 8
  return Object.fromEntries(corners.map(({ id, x, y }) => [id, { x: snap(x + shift.x), y: snap(y + shift.y) }]))
}
