import { deleteNodes, deleteWires } from '../../core/commands.ts'
import { parseWireId } from '../../core/document.ts'
import type { Editor } from '../state/editor.ts'
import type { DrawerPanel } from '../state/ui.ts'

/** A key for people: `Ctrl K`. */
export function keyText(keys: string): string {
  const mac = /Mac|iP/.test(navigator.platform)
  return keys
    .replace('$mod', mac ? '⌘' : 'Ctrl')
    .replace('Shift+?', '?')
    .split('+')
    .filter(Boolean)
    .map((part) => (part.length === 1 ? part.toUpperCase() : part))
    .join(' ')
}

export async function copyToClipboard(editor: Editor, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    editor.toast({ tone: 'info', text: editor.t('copied') })
  } catch (thrown) {
    editor.fail(thrown)
  }
}

export function isDark(theme: 'system' | 'light' | 'dark'): boolean {
  return theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
}

export function remove(editor: Editor, heal: boolean): void {
  const open = editor.current()
  if (open === undefined) return
  const { nodes, wires } = editor.ui.getState()
  if (nodes.size > 0) editor.run(deleteNodes(open.history.document, [...nodes], { heal }))
  else if (wires.size > 0) editor.run(deleteWires([...wires].map(parseWireId)))
  const last = editor.current()?.history.past.at(-1)
  editor.ui.setState({ nodes: new Set(), wires: new Set(), focus: undefined })
  if (last) editor.say(editor.t('deleted', { count: Math.max(nodes.size, wires.size) }))
  editor.canvas.current?.focus()
}

export function showLeft(editor: Editor, panel: 'palette' | 'topics' | 'outline'): void {
  editor.ui.setState((state) => ({ left: state.left === panel ? undefined : panel }))
  editor.watch()
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('[data-left] input, [data-left] [tabindex="0"]')?.focus(),
  )
}

export function toggleDrawer(editor: Editor, panel: DrawerPanel): void {
  editor.ui.setState((state) => ({ drawer: state.drawer === panel ? undefined : panel, traced: undefined }))
  const { drawer, nodes } = editor.ui.getState()
  const [node] = nodes
  // The canvas is smaller then: what is chosen stays in view.
  if (drawer !== undefined && node !== undefined && nodes.size === 1)
    window.setTimeout(() => editor.canvas.current?.reveal(node, { focus: false }), 100)
}

export function nextFlow(editor: Editor, by: number): void {
  const { order, current } = editor.flows.getState()
  const at = order.indexOf(current ?? '')
  const next = order[(at + by + order.length) % order.length]
  if (next !== undefined) editor.open(next)
}

export function duplicateFlow(editor: Editor): void {
  withDocument(editor, (document) => {
    const taken = editor.flows.getState().flows
    let number = 2
    while (`${document.flow}-${number}` in taken) number++
    const title = `${document.title ?? document.flow} (${number})`
    editor.create({ ...structuredClone(document), flow: `${document.flow}-${number}`, title })
  })
}

export function withFlow(editor: Editor, act: (flow: string) => void): void {
  const open = editor.current()
  if (open) act(open.flow)
}

export function withDocument(
  editor: Editor,
  act: (document: NonNullable<ReturnType<Editor['current']>>['history']['document']) => void,
) {
  const open = editor.current()
  if (open) act(open.history.document)
}
