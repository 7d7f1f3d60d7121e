import type { KeyboardEvent } from 'react'
import { moveNodes } from '../../core/commands.ts'
import { nodeOf, titleOf } from '../../core/document.ts'
import { type Box, type Direction, firstBox, nearest } from '../../core/geometry.ts'
import { withContents } from '../../core/notes.ts'
import { useEditor } from '../context.ts'
import { focusForm } from '../forms/focus.ts'

const arrows: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}
const step = 8

/** Keys of the canvas: arrows go from node to node, with alt they move what is chosen; c draws a wire; Enter opens the form. */
export function useCanvasKeys(boxes: ReadonlyMap<string, Box>) {
  const editor = useEditor()
  const go = (id: string) => {
    editor.ui.setState({ focus: id, nodes: new Set([id]), wires: new Set() })
    editor.canvas.current?.reveal(id)
  }
  const shift = (direction: Direction, far: boolean) => {
    const by = far ? step * 5 : step
    const delta = { left: [-by, 0], right: [by, 0], up: [0, -by], down: [0, by] }[direction]
    const { nodes, focus } = editor.ui.getState()
    const chosen = nodes.size > 0 ? [...nodes] : focus === undefined ? [] : [focus]
    const document = editor.current()?.history.document
    const moved = document === undefined ? chosen : withContents(chosen, document, boxes)
    const places = moved.flatMap((id) => {
      const box = boxes.get(id)
      return box === undefined ? [] : [[id, { x: box.x + (delta[0] ?? 0), y: box.y + (delta[1] ?? 0) }] as const]
    })
    if (places.length > 0) editor.run(moveNodes(Object.fromEntries(places)))
  }
  return (event: KeyboardEvent) => {
    const target = event.target instanceof HTMLElement ? event.target : undefined
    if (target === undefined || target.closest('input, textarea, select, [contenteditable], [role="menu"]')) return
    const focus = target.closest<HTMLElement>('[data-node]')?.dataset.node ?? editor.ui.getState().focus
    const direction = arrows[event.key]
    if (direction !== undefined && !event.ctrlKey && !event.metaKey) {
      if (event.altKey) shift(direction, event.shiftKey)
      else {
        const next = focus !== undefined && boxes.has(focus) ? nearest(boxes, focus, direction) : firstBox(boxes)
        if (next !== undefined && event.shiftKey) {
          editor.ui.setState((state) => ({ nodes: new Set([...state.nodes, next]), focus: next }))
          editor.canvas.current?.reveal(next)
        } else if (next !== undefined) go(next)
      }
    } else if (event.key === 'Enter' && focus !== undefined && !event.ctrlKey && !event.metaKey) {
      editor.ui.setState({ nodes: new Set([focus]), wires: new Set(), inspector: true })
      const open = editor.current()
      const node = open && nodeOf(open.history.document, focus)
      if (node) editor.say(editor.t('inspector.opened', { node: titleOf(node) }))
      requestAnimationFrame(focusForm)
    } else if (event.key === 'c' && focus !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const box = boxes.get(focus)
      const screen = box && editor.canvas.current?.toScreen({ x: box.x + box.width + 24, y: box.y })
      if (screen) editor.ui.setState({ picker: { kind: 'wire', screen, node: focus } })
    } else if (event.key === ' ' && focus !== undefined && target.closest('[data-node]')) {
      editor.ui.setState((state) => ({
        nodes: state.nodes.has(focus)
          ? new Set([...state.nodes].filter((id) => id !== focus))
          : new Set([...state.nodes, focus]),
      }))
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
}
