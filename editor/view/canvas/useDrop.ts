import type { DragEvent } from 'react'
import { parseWireId } from '../../core/document.ts'
import { nodeWidth } from '../../core/geometry.ts'
import { placeNode } from '../actions/place.ts'
import { placeTopic } from '../actions/topic.ts'
import { useEditor } from '../context.ts'
import { markWire, wireUnder } from './dropTarget.ts'

/** What is dragged onto the canvas: a node type of the palette, or a topic. */
export const dragNode = 'application/x-rulewire-node'
export const dragTopic = 'application/x-rulewire-topic'

/** Handlers of the canvas for what is dragged there. */
export function useDrop() {
  const editor = useEditor()
  return {
    onDragOver(event: DragEvent) {
      const { types } = event.dataTransfer
      if (!types.includes(dragNode) && !types.includes(dragTopic)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
      markWire(types.includes(dragNode) ? wireUnder(event.clientX, event.clientY) : undefined)
    },
    onDragLeave: () => markWire(undefined),
    onDrop(event: DragEvent) {
      markWire(undefined)
      const canvas = editor.canvas.current
      if (canvas === undefined) return
      const place = canvas.toCanvas({ x: event.clientX, y: event.clientY })
      const at = { x: place.x - nodeWidth / 2, y: place.y - 20 }
      const spec = editor.server.getState().specs.get(event.dataTransfer.getData(dragNode))
      const topic = event.dataTransfer.getData(dragTopic)
      if (spec !== undefined) {
        const wire = wireUnder(event.clientX, event.clientY)
        placeNode(editor, spec, { at, ...(wire === undefined ? {} : { wire: parseWireId(wire) }) })
      } else if (topic !== '') placeTopic(editor, topic, at)
      else return
      event.preventDefault()
    },
  }
}
