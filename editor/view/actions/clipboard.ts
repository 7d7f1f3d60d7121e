import { copyText, fitIn, readPart } from '../../core/clipboard.ts'
import { addPart } from '../../core/commands.ts'
import { placeOf } from '../../core/document.ts'
import { freeId, idShape, slug } from '../../core/ids.ts'
import type { Editor } from '../state/editor.ts'

/** The chosen nodes as text. */
export function chosenText(editor: Editor): string | undefined {
  const open = editor.current()
  const { nodes } = editor.ui.getState()
  return open === undefined || nodes.size === 0 ? undefined : copyText(open.history.document, nodes)
}

export async function copyNodes(editor: Editor): Promise<void> {
  const text = chosenText(editor)
  if (text === undefined) return
  try {
    await navigator.clipboard.writeText(text)
    editor.toast({ tone: 'info', text: editor.t('copied') })
  } catch (thrown) {
    editor.fail(thrown)
  }
}

/** Adds copied nodes to the current flow, with ids that are free. */
export function pasteText(editor: Editor, text: string): void {
  const open = editor.current()
  if (open === undefined) return
  const read = readPart(text)
  if ('fault' in read) {
    editor.toast({ tone: 'error', text: editor.t(`paste.${read.fault}`) })
    return
  }
  if (read.part.nodes.length === 0) return
  const at = editor.canvas.current?.center() ?? { x: 80, y: 80 }
  const part = fitIn(read.part, open.history.document, at)
  editor.run(addPart(part, 'paste'))
  editor.ui.setState({ nodes: new Set(part.nodes.map((node) => node.id)), wires: new Set(), focus: part.nodes[0]?.id })
}

/** Puts copies of the chosen nodes beside them. */
export function duplicate(editor: Editor): void {
  const open = editor.current()
  const text = chosenText(editor)
  if (open === undefined || text === undefined) return
  const document = open.history.document
  const chosen = document.nodes.filter((node) => editor.ui.getState().nodes.has(node.id))
  const places = chosen.map((node) => placeOf(document, node.id, document.nodes.indexOf(node)))
  const read = readPart(text)
  if ('fault' in read) return
  const at = {
    x: Math.min(...places.map((place) => place.x)) + 32,
    y: Math.min(...places.map((place) => place.y)) + 64,
  }
  const part = fitIn(read.part, document, at)
  editor.run(addPart(part))
  editor.ui.setState({ nodes: new Set(part.nodes.map((node) => node.id)), wires: new Set(), focus: part.nodes[0]?.id })
}

/** Opens a flow from text as a new draft; a flow of that id that is there already stays, the new one gets a free id. */
export function importText(editor: Editor, text: string, name = 'imported'): boolean {
  const read = readPart(text)
  if ('fault' in read) {
    editor.toast({ tone: 'error', text: editor.t(`paste.${read.fault}`) })
    return false
  }
  const wish = read.flow !== undefined && idShape.test(read.flow.flow) ? read.flow.flow : slug(name, 'imported')
  const flow = freeId(wish, new Map(Object.entries(editor.flows.getState().flows)))
  editor.create(read.flow ? { ...read.flow, flow } : { flow, title: name, ...read.part })
  return true
}

/** Saves the current flow as a file. */
export function exportFlow(editor: Editor): void {
  const open = editor.current()
  if (open === undefined) return
  const text = `${JSON.stringify(open.history.document, null, 2)}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: `${open.flow}.json` })
  link.click()
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** Asks for a file and opens the flow in it. */
export async function pickFile(editor: Editor): Promise<void> {
  const input = Object.assign(document.createElement('input'), { type: 'file', accept: '.json,application/json' })
  input.onchange = async () => {
    const [file] = input.files ?? []
    if (file) importText(editor, await file.text(), file.name.replace(/\.json$/, ''))
  }
  input.click()
}
