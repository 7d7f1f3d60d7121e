import type { Edge, Node, NodeHandle } from '@xyflow/react'
import { Position } from '@xyflow/react'
import type { NodeTypeDescription } from '../../../engine/server/protocol.ts'
import {
  type FlowDocument,
  type NodeEntry,
  type Point,
  parseEnd,
  placeOf,
  sameJson,
  wireId,
} from '../../core/document.ts'
import { type Box, errorPortPlace, nodeHeight, nodeWidth, portPlace, portSize } from '../../core/geometry.ts'
import { frameOf, isNote, noteSize } from '../../core/notes.ts'
import { kindOf, type NodePorts, outputType, type PortKind, type Specs } from '../../core/ports.ts'
import type { PlacedProblem } from '../../core/problems.ts'
import type { CheckState } from '../state/flows.ts'

/** What a node on the canvas is drawn from. */
export interface NodeData extends Record<string, unknown> {
  flow: string
  entry: NodeEntry
  spec: NodeTypeDescription | undefined
  ports: NodePorts
  /** Kind of each output by name. */
  kinds: Readonly<Record<string, PortKind>>
  height: number
  /** It is only something to read. */
  note: boolean
  problems: readonly PlacedProblem[]
  /** Not deployed as it stands here. */
  dirty: boolean
  /** Whether the error port has a wire. */
  errorWired: boolean
}

export type CanvasNode = Node<NodeData, 'node' | 'note'>
export type CanvasNote = Node<NodeData, 'note'>
/** `first`: of those that leave the same port. */
export type CanvasWire = Edge<{ kind: PortKind; key: string; first: boolean }, 'wire'>

export interface MappingInput {
  flow: string
  document: FlowDocument
  base: FlowDocument | undefined
  specs: Specs
  ports: ReadonlyMap<string, NodePorts>
  check: CheckState
  problems: ReadonlyMap<string, readonly PlacedProblem[]>
  selected: ReadonlySet<string>
  /** Places of nodes that are being dragged. */
  dragged: ReadonlyMap<string, Point>
}

const noProblems: readonly PlacedProblem[] = []

/**
 * Nodes for the canvas. What did not change is the same object as the last time, so that nothing is drawn again; sizes and
 * places of ports are given, so that nothing is measured.
 */
export function canvasNodes(input: MappingInput, before: ReadonlyMap<string, CanvasNode>): Map<string, CanvasNode> {
  const { document } = input
  const deployed = new Map(input.base?.nodes.map((node) => [node.id, node]))
  const errorWires = new Set(
    document.wires.flatMap((wire) => (parseEnd(wire.from).port === 'error' ? [parseEnd(wire.from).node] : [])),
  )
  return new Map(
    document.nodes.map((entry, index) => {
      const ports = input.ports.get(entry.id) ?? { inputs: [], outputs: [] }
      const kinds = Object.fromEntries(
        ports.outputs.map((port) => [
          port.name,
          kindOf(outputType({ node: entry.id, port: port.name }, ports, input.check)),
        ]),
      )
      const data: NodeData = {
        flow: input.flow,
        entry,
        spec: input.specs.get(entry.type),
        ports,
        kinds,
        note: isNote(entry, input.ports.get(entry.id)),
        height: boxSize(entry, ports).height,
        problems: input.problems.get(entry.id) ?? noProblems,
        dirty: !sameJson(deployed.get(entry.id), entry),
        errorWired: errorWires.has(entry.id),
      }
      const place = input.dragged.get(entry.id) ?? placeOf(document, entry.id, index)
      return [entry.id, reuse(before.get(entry.id), entry.id, { data, place, selected: input.selected.has(entry.id) })]
    }),
  )
}

function reuse(
  known: CanvasNode | undefined,
  id: string,
  { data, place, selected }: { data: NodeData; place: Point; selected: boolean },
): CanvasNode {
  const sameData = known !== undefined && sameNode(known.data, data)
  if (sameData && known.selected === selected && known.position.x === place.x && known.position.y === place.y)
    return known
  const { width, height } = boxSize(data.entry, data.ports)
  const base = {
    id,
    position: place,
    data: sameData ? known.data : data,
    selected,
    width,
    height,
    measured: sameData && known.measured ? known.measured : { width, height },
  }
  if (data.note) {
    // A frame lies behind all else and lets the mouse through; the view says where it does not.
    const behind = frameOf(data.entry) === undefined ? {} : { zIndex: -1, style: { pointerEvents: 'none' as const } }
    return { ...base, type: 'note', handles: [], ...behind }
  }
  return { ...base, type: 'node', handles: sameData && known.handles ? known.handles : handlesOf(data) }
}

function sameNode(a: NodeData, b: NodeData): boolean {
  return (
    a.flow === b.flow &&
    a.entry === b.entry &&
    a.spec === b.spec &&
    a.dirty === b.dirty &&
    a.errorWired === b.errorWired &&
    a.note === b.note &&
    sameJson(a.problems, b.problems) &&
    sameJson(a.kinds, b.kinds) &&
    sameJson(a.ports.inputs, b.ports.inputs) &&
    sameJson(a.ports.outputs, b.ports.outputs)
  )
}

function handlesOf(data: NodeData): NodeHandle[] {
  const handle = (type: 'source' | 'target', id: string, place: Point, position: Position): NodeHandle => ({
    id,
    type,
    position,
    x: place.x - portSize / 2,
    y: place.y - portSize / 2,
    width: portSize,
    height: portSize,
  })
  const { inputs, outputs } = data.ports
  const place = (side: 'input' | 'output', index: number) => portPlace(side, index, inputs.length)
  return [
    ...inputs.map((port, index) => handle('target', port.name, place('input', index), Position.Left)),
    ...outputs.map((port, index) => handle('source', port.name, place('output', index), Position.Right)),
    handle('source', 'error', errorPortPlace(data.height), Position.Bottom),
  ]
}

/** Wires for the canvas; the same objects as before where nothing changed. */
export function canvasWires(
  input: Pick<MappingInput, 'flow' | 'document' | 'ports' | 'check'> & { selected: ReadonlySet<string> },
  before: ReadonlyMap<string, CanvasWire>,
): Map<string, CanvasWire> {
  const ports = new Set<string>()
  return new Map(
    input.document.wires.map((wire) => {
      const id = wireId(wire)
      const first = !ports.has(wire.from)
      ports.add(wire.from)
      const [from, to] = [parseEnd(wire.from), parseEnd(wire.to)]
      const kind = kindOf(outputType(from, input.ports.get(from.node), input.check))
      const selected = input.selected.has(id)
      const known = before.get(id)
      if (known?.selected === selected && known.data?.kind === kind && known.data.first === first) return [id, known]
      return [
        id,
        {
          id,
          type: 'wire',
          source: from.node,
          sourceHandle: from.port,
          target: to.node,
          targetHandle: to.port,
          selected,
          data: { kind, key: `${input.flow}/${wire.from}`, first },
        },
      ]
    }),
  )
}

/** Where each node stands, for the keyboard and for free places. */
export function boxesOf(document: FlowDocument, ports: ReadonlyMap<string, NodePorts>): Map<string, Box> {
  return new Map(
    document.nodes.map((entry, index) => {
      const own = ports.get(entry.id)
      return [entry.id, { ...placeOf(document, entry.id, index), ...boxSize(entry, own) }]
    }),
  )
}

/** Size of a node or note, pixels at zoom 1. */
function boxSize(entry: NodeEntry, ports: NodePorts | undefined): { width: number; height: number } {
  if (isNote(entry, ports)) return noteSize(entry)
  return { width: nodeWidth, height: nodeHeight(ports?.inputs.length ?? 0, ports?.outputs.length ?? 0) }
}
