import { addNode } from '../../core/commands.ts'
import type { NodeEntry } from '../../core/document.ts'
import { fieldsOf } from '../../core/form.ts'
import { freeId, slug } from '../../core/ids.ts'
import { frameAround, leastFrame } from '../../core/notes.ts'
import { allPorts } from '../../core/ports.ts'
import { boxesOf } from '../canvas/mapping.ts'
import { focusForm } from '../forms/focus.ts'
import type { Editor } from '../state/editor.ts'
import { chooseNode } from './go.ts'

/** Puts a frame around the chosen nodes, or an empty one where one looks; its text is written next. */
export function frameChosen(editor: Editor): void {
  const open = editor.current()
  const type = noteType(editor)
  if (open === undefined || type === undefined) return
  const document = open.history.document
  const boxes = boxesOf(document, allPorts(document, editor.server.getState().specs, open.check))
  const chosen = [...editor.ui.getState().nodes].flatMap((id) => boxes.get(id) ?? [])
  const center = editor.canvas.current?.center() ?? { x: 0, y: 0 }
  const box = chosen.length > 0 ? frameAround(chosen) : { ...center, width: 400, height: 240 }
  const frame = {
    width: Math.round(Math.max(leastFrame.width, box.width)),
    height: Math.round(Math.max(leastFrame.height, box.height)),
  }
  add(editor, { id: freeId('frame', ids(editor)), type, config: { text: editor.t('note.group'), frame } }, box)
}

/** Puts a note where one looks; its text is written next. */
export function addNote(editor: Editor): void {
  const type = noteType(editor)
  if (type === undefined) return
  const place = editor.canvas.current?.center() ?? { x: 0, y: 0 }
  add(editor, { id: freeId(slug('note', 'note'), ids(editor)), type, config: { text: '' } }, place)
}

/** The node type for notes: one with a text and a frame, and without ports. */
function noteType(editor: Editor): string | undefined {
  const specs = [...editor.server.getState().specs.values()]
  return specs.find(({ inputs, outputs, config }) => {
    const names = fieldsOf(config).map((field) => field.path.join('.'))
    const silent = inputs.length === 0 && outputs.every(({ name }) => name === 'error')
    return silent && names.includes('text') && names.includes('frame')
  })?.type
}

function ids(editor: Editor): ReadonlySet<string> {
  return new Set(editor.current()?.history.document.nodes.map(({ id }) => id))
}

function add(editor: Editor, node: NodeEntry, place: { x: number; y: number }): void {
  editor.run(addNode(node, place))
  chooseNode(editor, node.id)
  editor.say(editor.t('node.added', { node: node.id }))
  requestAnimationFrame(focusForm)
}
