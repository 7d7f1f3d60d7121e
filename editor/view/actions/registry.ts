import { deleteNodes, deleteWires, setFlowDisabled, setNodesDisabled } from '../../core/commands.ts'
import { nodeOf, parseWireId } from '../../core/document.ts'
import type { Editor } from '../state/editor.ts'
import type { DrawerPanel } from '../state/ui.ts'
import type { TextKey } from '../text/languages.ts'
import { copyNodes, duplicate, exportFlow, pasteText, pickFile } from './clipboard.ts'
import { tidyFlow } from './tidy.ts'

/**
 * Everything one can do, once: menus, keys, the command palette and the help are made from this list. Keys are written as
 * tinykeys has them; `$mod` is Control, or Command on a Mac.
 */
export interface Action {
  id: string
  title: Extract<TextKey, `action.${string}`>
  keys?: readonly string[]
  group: 'edit' | 'flow' | 'view' | 'node' | 'wire'
  /** Works while one types in a field, too. */
  anywhere?: boolean
  enabled?: (editor: Editor) => boolean
  run: (editor: Editor) => void
}

const chosenNodes = (editor: Editor) => [...editor.ui.getState().nodes]
const hasFlow = (editor: Editor) => editor.current() !== undefined
const hasNodes = (editor: Editor) => editor.ui.getState().nodes.size > 0
const hasChoice = (editor: Editor) => hasNodes(editor) || editor.ui.getState().wires.size > 0

export const actions: readonly Action[] = [
  {
    id: 'deploy',
    title: 'action.deploy',
    keys: ['$mod+Enter'],
    group: 'flow',
    anywhere: true,
    enabled: hasFlow,
    run: (editor) => editor.ui.setState({ dialog: { kind: 'deploy' } }),
  },
  {
    id: 'add',
    title: 'action.add',
    keys: ['n'],
    group: 'edit',
    enabled: hasFlow,
    run: (editor) => {
      const { wires } = editor.ui.getState()
      const [wire] = wires
      const at = editor.canvas.current?.center() ?? { x: 0, y: 0 }
      const screen = editor.canvas.current?.toScreen(at) ?? { x: 300, y: 200 }
      editor.ui.setState({
        picker: {
          kind: 'add',
          screen,
          at,
          ...(wire !== undefined && wires.size === 1 ? { wire: parseWireId(wire) } : {}),
        },
      })
    },
  },
  {
    id: 'undo',
    title: 'action.undo',
    keys: ['$mod+z'],
    group: 'edit',
    anywhere: true,
    enabled: (e) => (e.current()?.history.past.length ?? 0) > 0,
    run: (e) => e.undo(),
  },
  {
    id: 'redo',
    title: 'action.redo',
    keys: ['$mod+Shift+Z', '$mod+y'],
    group: 'edit',
    anywhere: true,
    enabled: (e) => (e.current()?.history.future.length ?? 0) > 0,
    run: (e) => e.redo(),
  },
  {
    id: 'copy',
    title: 'action.copy',
    keys: ['$mod+c'],
    group: 'node',
    enabled: hasNodes,
    run: (e) => void copyNodes(e),
  },
  {
    id: 'paste',
    title: 'action.paste',
    keys: ['$mod+v'],
    group: 'edit',
    enabled: hasFlow,
    run: (e) => void navigator.clipboard.readText().then((text) => pasteText(e, text), e.fail),
  },
  { id: 'duplicate', title: 'action.duplicate', keys: ['$mod+d'], group: 'node', enabled: hasNodes, run: duplicate },
  {
    id: 'delete',
    title: 'action.delete',
    keys: ['Delete', 'Backspace'],
    group: 'node',
    enabled: hasChoice,
    run: (editor) => remove(editor, false),
  },
  {
    id: 'heal',
    title: 'action.heal',
    keys: ['Shift+Delete', 'Shift+Backspace'],
    group: 'node',
    enabled: hasNodes,
    run: (editor) => remove(editor, true),
  },
  {
    id: 'toggle',
    title: 'action.toggle',
    keys: ['d'],
    group: 'node',
    enabled: hasNodes,
    run: (editor) => {
      const open = editor.current()
      const [first] = chosenNodes(editor)
      const node = open && nodeOf(open.history.document, first ?? '')
      if (open && node) editor.run(setNodesDisabled(open.history.document, chosenNodes(editor), node.disabled !== true))
    },
  },
  {
    id: 'selectAll',
    title: 'action.selectAll',
    keys: ['$mod+a'],
    group: 'edit',
    enabled: hasFlow,
    run: (editor) =>
      editor.ui.setState({
        nodes: new Set(editor.current()?.history.document.nodes.map((node) => node.id)),
        wires: new Set(),
      }),
  },
  {
    id: 'tidy',
    title: 'action.tidy',
    keys: ['Shift+T'],
    group: 'edit',
    enabled: hasFlow,
    run: (e) => void tidyFlow(e),
  },
  {
    id: 'search',
    title: 'action.search',
    keys: ['$mod+f'],
    group: 'view',
    anywhere: true,
    run: (e) => e.ui.setState({ dialog: { kind: 'search' } }),
  },
  {
    id: 'commands',
    title: 'action.commands',
    keys: ['$mod+k'],
    group: 'view',
    anywhere: true,
    run: (e) => e.ui.setState({ dialog: { kind: 'commands' } }),
  },
  {
    id: 'keys',
    title: 'action.keys',
    keys: ['?', 'Shift+?'],
    group: 'view',
    run: (e) => e.ui.setState({ dialog: { kind: 'keys' } }),
  },
  { id: 'palette', title: 'action.palette', keys: ['1'], group: 'view', run: (e) => showLeft(e, 'palette') },
  { id: 'topics', title: 'action.topics', keys: ['2'], group: 'view', run: (e) => showLeft(e, 'topics') },
  { id: 'outline', title: 'action.outline', keys: ['3'], group: 'view', run: (e) => showLeft(e, 'outline') },
  {
    id: 'problems',
    title: 'action.problems',
    keys: ['p'],
    group: 'view',
    run: (e) => e.ui.setState((s) => ({ drawer: s.drawer === 'problems' ? undefined : 'problems' })),
  },
  {
    id: 'letters',
    title: 'action.letters',
    group: 'view',
    run: (e) => e.ui.setState((s) => ({ drawer: s.drawer === 'letters' ? undefined : 'letters' })),
  },
  { id: 'alarms', title: 'action.alarms', keys: ['a'], group: 'view', run: (e) => toggleDrawer(e, 'alarms') },
  { id: 'try', title: 'action.try', keys: ['t'], group: 'flow', enabled: hasFlow, run: (e) => toggleDrawer(e, 'try') },
  {
    id: 'trace',
    title: 'action.trace',
    keys: ['r'],
    group: 'flow',
    enabled: hasFlow,
    run: (e) => toggleDrawer(e, 'trace'),
  },
  {
    id: 'tests',
    title: 'action.tests',
    keys: ['y'],
    group: 'flow',
    enabled: hasFlow,
    run: (e) => toggleDrawer(e, 'tests'),
  },
  {
    id: 'inspector',
    title: 'action.inspector',
    keys: ['i'],
    group: 'view',
    run: (e) => e.ui.setState((s) => ({ inspector: !s.inspector })),
  },
  { id: 'fit', title: 'action.fit', keys: ['f'], group: 'view', enabled: hasFlow, run: (e) => e.canvas.current?.fit() },
  {
    id: 'zoomIn',
    title: 'action.zoomIn',
    keys: ['+', 'Shift++', '='],
    group: 'view',
    run: (e) => e.canvas.current?.zoomBy(1.25),
  },
  { id: 'zoomOut', title: 'action.zoomOut', keys: ['-'], group: 'view', run: (e) => e.canvas.current?.zoomBy(0.8) },
  {
    id: 'pause',
    title: 'action.pause',
    keys: ['$mod+Shift+P'],
    group: 'view',
    run: (editor) => {
      const paused = !editor.ui.getState().paused
      editor.ui.setState({ paused })
      editor.live.pause(paused)
    },
  },
  {
    id: 'canvas',
    title: 'action.canvas',
    keys: ['g'],
    group: 'view',
    enabled: hasFlow,
    run: (e) => e.canvas.current?.focus(),
  },
  {
    id: 'publish',
    title: 'action.publish',
    group: 'view',
    run: (e) => e.ui.setState({ dialog: { kind: 'publish', topic: '', payload: '' } }),
  },
  {
    id: 'theme',
    title: 'action.theme',
    group: 'view',
    run: (e) => e.ui.setState((s) => ({ theme: isDark(s.theme) ? 'light' : 'dark' })),
  },
  {
    id: 'language',
    title: 'action.language',
    group: 'view',
    run: (e) => e.ui.setState((s) => ({ language: s.language === 'en' ? 'zh' : 'en' })),
  },
  { id: 'newFlow', title: 'action.newFlow', group: 'flow', run: (e) => e.ui.setState({ dialog: { kind: 'newFlow' } }) },
  {
    id: 'renameFlow',
    title: 'action.renameFlow',
    keys: ['F2'],
    group: 'flow',
    enabled: hasFlow,
    run: (e) => withFlow(e, (flow) => e.ui.setState({ dialog: { kind: 'renameFlow', flow } })),
  },
  { id: 'duplicateFlow', title: 'action.duplicateFlow', group: 'flow', enabled: hasFlow, run: (e) => duplicateFlow(e) },
  {
    id: 'toggleFlow',
    title: 'action.toggleFlow',
    group: 'flow',
    enabled: hasFlow,
    run: (editor) => {
      const open = editor.current()
      if (open) editor.run(setFlowDisabled(open.history.document, open.history.document.disabled !== true))
    },
  },
  { id: 'exportFlow', title: 'action.exportFlow', group: 'flow', enabled: hasFlow, run: exportFlow },
  {
    id: 'copyFlow',
    title: 'action.copyFlow',
    group: 'flow',
    enabled: hasFlow,
    run: (e) => withDocument(e, (document) => void copyToClipboard(e, `${JSON.stringify(document, null, 2)}\n`)),
  },
  {
    id: 'importFlow',
    title: 'action.importFlow',
    group: 'flow',
    run: (e) => e.ui.setState({ dialog: { kind: 'import', text: '' } }),
  },
  { id: 'importFile', title: 'action.importFile', group: 'flow', run: (e) => void pickFile(e) },
  {
    id: 'restoreFlow',
    title: 'action.restoreFlow',
    group: 'flow',
    enabled: (e) => e.current()?.base !== undefined,
    run: (e) => withFlow(e, (flow) => e.restore(flow)),
  },
  {
    id: 'deleteFlow',
    title: 'action.deleteFlow',
    group: 'flow',
    enabled: hasFlow,
    run: (e) => withFlow(e, (flow) => e.ui.setState({ dialog: { kind: 'deleteFlow', flow } })),
  },
  { id: 'nextFlow', title: 'action.nextFlow', keys: ['$mod+Shift+]', ']'], group: 'flow', run: (e) => nextFlow(e, 1) },
  {
    id: 'previousFlow',
    title: 'action.previousFlow',
    keys: ['$mod+Shift+[', '['],
    group: 'flow',
    run: (e) => nextFlow(e, -1),
  },
]

/** The action of an id. */
export function actionOf(id: string): Action {
  const found = actions.find((action) => action.id === id)
  if (found === undefined) throw new Error(`There is no action ${id}.`)
  return found
}

/** Does an action if it is possible now. */
export function perform(editor: Editor, id: string): void {
  const action = actionOf(id)
  if (action.enabled?.(editor) !== false) action.run(editor)
}

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

function remove(editor: Editor, heal: boolean): void {
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

function showLeft(editor: Editor, panel: 'palette' | 'topics' | 'outline'): void {
  editor.ui.setState((state) => ({ left: state.left === panel ? undefined : panel }))
  editor.watch()
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('[data-left] input, [data-left] [tabindex="0"]')?.focus(),
  )
}

function toggleDrawer(editor: Editor, panel: DrawerPanel): void {
  editor.ui.setState((state) => ({ drawer: state.drawer === panel ? undefined : panel, traced: undefined }))
}

function nextFlow(editor: Editor, by: number): void {
  const { order, current } = editor.flows.getState()
  const at = order.indexOf(current ?? '')
  const next = order[(at + by + order.length) % order.length]
  if (next !== undefined) editor.open(next)
}

function duplicateFlow(editor: Editor): void {
  withDocument(editor, (document) => {
    const taken = editor.flows.getState().flows
    let number = 2
    while (`${document.flow}-${number}` in taken) number++
    const title = `${document.title ?? document.flow} (${number})`
    editor.create({ ...structuredClone(document), flow: `${document.flow}-${number}`, title })
  })
}

function withFlow(editor: Editor, act: (flow: string) => void): void {
  const open = editor.current()
  if (open) act(open.flow)
}

function withDocument(
  editor: Editor,
  act: (document: NonNullable<ReturnType<Editor['current']>>['history']['document']) => void,
) {
  const open = editor.current()
  if (open) act(open.history.document)
}
