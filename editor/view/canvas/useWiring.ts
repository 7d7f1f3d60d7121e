import type { Connection, FinalConnectionState, OnConnectStartParams } from '@xyflow/react'
import type { End, Point } from '../../core/document.ts'
import { nodeWidth } from '../../core/geometry.ts'
import { allPorts, fitOf, inputType, kindOf, outputType } from '../../core/ports.ts'
import { tryWire } from '../actions/place.ts'
import { useEditor } from '../context.ts'
import type { CanvasWire } from './mapping.ts'

/** Handlers of the canvas for drawing wires with the mouse. */
export function useWiring() {
  const editor = useEditor()
  const portsNow = () => {
    const open = editor.current()
    return open && { open, ports: allPorts(open.history.document, editor.server.getState().specs, open.check) }
  }
  return {
    onConnectStart(_event: MouseEvent | TouchEvent, { nodeId, handleId, handleType }: OnConnectStartParams) {
      const now = portsNow()
      if (now === undefined || nodeId === null || handleId === null) return
      const end: End = { node: nodeId, port: handleId }
      const own = now.ports.get(nodeId)
      const output = handleType === 'source'
      const type = output
        ? outputType(end, own, now.open.check)
        : inputType(own?.inputs.find((port) => port.name === handleId))
      editor.ui.setState({
        connecting: { end, side: output ? 'output' : 'input', type, kind: kindOf(type) },
        refusal: undefined,
        picker: undefined,
      })
    },
    isValidConnection(wire: Connection | CanvasWire) {
      if (wire.source === wire.target) return false
      const now = portsNow()
      const to = now?.ports.get(wire.target)?.inputs.find((port) => port.name === wire.targetHandle)
      if (now === undefined || to === undefined) return false
      const from = { node: wire.source, port: wire.sourceHandle ?? '' }
      return fitOf(outputType(from, now.ports.get(wire.source), now.open.check), inputType(to)).verdict !== 'no'
    },
    onConnectEnd(event: MouseEvent | TouchEvent, state: FinalConnectionState) {
      editor.ui.setState({ connecting: undefined })
      const point = 'clientX' in event ? event : event.changedTouches[0]
      const screen: Point = { x: point?.clientX ?? 0, y: point?.clientY ?? 0 }
      const start = state.fromHandle
      if (start === null || start === undefined) return
      const end: End = { node: start.nodeId, port: start.id ?? '' }
      const target = state.toHandle
      if (target) {
        const other: End = { node: target.nodeId, port: target.id ?? '' }
        if (target.type === start.type) return
        const [from, to] = start.type === 'source' ? [end, other] : [other, end]
        tryWire(editor, { from: `${from.node}.${from.port}`, to: `${to.node}.${to.port}` }, screen)
        return
      }
      const node = nodeUnder(screen)
      if (node !== undefined) return void dropOnNode(node, end, start.type, screen)
      const place = editor.canvas.current?.toCanvas(screen) ?? { x: 0, y: 0 }
      const at = { x: start.type === 'source' ? place.x : place.x - nodeWidth, y: place.y - 20 }
      editor.ui.setState({
        picker: { kind: 'add', screen, at, ...(start.type === 'source' ? { from: end } : { to: end }) },
      })
    },
  }

  /** A wire that ends on a node, beside its ports, goes to the first port that takes it. */
  function dropOnNode(node: string, end: End, type: string, screen: Point): void {
    const ports = portsNow()?.ports.get(node)
    if (node === end.node) return
    const port = type === 'source' ? ports?.inputs[0] : ports?.outputs[0]
    if (port === undefined) return
    const other = { node, port: port.name }
    const [from, to] = type === 'source' ? [end, other] : [other, end]
    tryWire(editor, { from: `${from.node}.${from.port}`, to: `${to.node}.${to.port}` }, screen)
  }
}

function nodeUnder({ x, y }: Point): string | undefined {
  return document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-node]')?.dataset.node
}
