import type { NodeTypeDescription } from '../../../engine/server/protocol.ts'
import { addNode, addWire, insertOnWire } from '../../core/commands.ts'
import { type End, type NodeEntry, type Point, parseEnd, printEnd, type WireEntry } from '../../core/document.ts'
import { blankConfig } from '../../core/form.ts'
import { freePlace, nodeHeight, nodeWidth } from '../../core/geometry.ts'
import { freeId, slug } from '../../core/ids.ts'
import { allPorts, converterFor, fitOf, inputType, outputType, wireFault } from '../../core/ports.ts'
import { boxesOf } from '../canvas/mapping.ts'
import type { Editor } from '../state/editor.ts'

export interface Placing {
  at?: Point
  /** Put it into this wire. */
  wire?: WireEntry
  /** Wire it behind this output, or before this input. */
  from?: End
  to?: End
  config?: Record<string, unknown>
  id?: string
  title?: string
}

/** Adds a node of a type, wired as asked, chooses it and gives its id; undefined when no flow is open. */
export function placeNode(editor: Editor, spec: NodeTypeDescription, placing: Placing): string | undefined {
  const open = editor.current()
  if (open === undefined) return undefined
  const document = open.history.document
  const taken = new Set(document.nodes.map((node) => node.id))
  const id = freeId(placing.id ?? slug(spec.type, 'node'), taken)
  const node: NodeEntry = { id, type: spec.type, config: placing.config ?? blankConfig(spec.config) }
  if (placing.title !== undefined && placing.title !== id) node.title = placing.title
  const ports = allPorts(document, editor.server.getState().specs, open.check)
  const outputs = spec.outputs.filter((port) => port.name !== 'error')
  const boxes = boxesOf(document, ports)
  const wish = placing.at ?? editor.canvas.current?.center() ?? { x: 80, y: 80 }
  const place = freePlace(boxes, wish, nodeHeight(spec.inputs.length, outputs.length))

  if (placing.wire !== undefined) {
    const [input, output] = [spec.inputs[0], outputs[0]]
    if (input !== undefined && output !== undefined)
      editor.run(insertOnWire(placing.wire, node, { input: input.name, output: output.name, place }))
    else editor.run(addNode(node, place))
  } else {
    const wires: WireEntry[] = []
    if (placing.from !== undefined) {
      const type = outputType(placing.from, ports.get(placing.from.node), open.check)
      const port = spec.inputs.find((input) => fitOf(type, inputType(input)).verdict !== 'no')
      if (port) wires.push({ from: printEnd(placing.from), to: `${id}.${port.name}` })
    }
    if (placing.to !== undefined && outputs[0])
      wires.push({ from: `${id}.${outputs[0].name}`, to: printEnd(placing.to) })
    editor.run(addNode(node, place, wires))
  }
  editor.ui.setState({ nodes: new Set([id]), wires: new Set(), focus: id, inspector: true, picker: undefined })
  editor.say(editor.t('node.added', { node: id }))
  return id
}

/** Draws a wire, or says why it cannot be. `screen` is where to say it. */
export function tryWire(editor: Editor, wire: WireEntry, screen: Point): boolean {
  const open = editor.current()
  if (open === undefined) return false
  const specs = editor.server.getState().specs
  const document = open.history.document
  const ports = allPorts(document, specs, open.check)
  const fault = wireFault(wire, { document, ports: (node) => ports.get(node), found: open.check })
  if (fault === undefined) {
    editor.run(addWire(parseEnd(wire.from), parseEnd(wire.to)))
    editor.say(editor.t('wire.added', { from: wire.from, to: wire.to }))
    return true
  }
  if (fault.fault !== 'type') {
    editor.ui.setState({ refusal: { screen, wire, reason: fault.fault } })
    return false
  }
  const converter = converterFor(fault.from, fault.to, specs)?.type
  editor.ui.setState({
    refusal: {
      screen,
      wire,
      reason: 'type',
      from: fault.from,
      to: fault.to,
      ...(converter === undefined ? {} : { converter }),
    },
  })
  return false
}

/** Puts a node that stands there already into a wire; false when it has no free ports for that. */
export function insertExisting(editor: Editor, id: string, wire: WireEntry, place: Point): boolean {
  const open = editor.current()
  const node = open?.history.document.nodes.find((entry) => entry.id === id)
  if (open === undefined || node === undefined) return false
  const document = open.history.document
  const wired = document.wires.some((other) => parseEnd(other.from).node === id || parseEnd(other.to).node === id)
  const ports = allPorts(document, editor.server.getState().specs, open.check).get(id)
  const [input, output] = [ports?.inputs[0], ports?.outputs[0]]
  if (wired || input === undefined || output === undefined) return false
  editor.run(insertOnWire(wire, node, { input: input.name, output: output.name, place }))
  return true
}

/** A place to the right of a node, for one that comes behind it. */
export function placeBehind(editor: Editor, id: string): Point | undefined {
  const open = editor.current()
  if (open === undefined) return undefined
  const box = boxesOf(open.history.document, new Map()).get(id)
  return box && { x: box.x + nodeWidth + 56, y: box.y }
}
