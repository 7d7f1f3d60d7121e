import { setNodesDisabled } from '../../core/commands.ts'
import { nodeOf, parseWireId } from '../../core/document.ts'
import { whyNot } from '../people/may.ts'
import type { Editor } from '../state/editor.ts'
import { type Action, hasFlow } from './action.ts'
import { isDark, remove, showLeft, toggleDrawer } from './acts.ts'
import { copyNodes, duplicate, pasteText } from './clipboard.ts'
import { flowActions } from './flow.ts'
import { copyLink } from './links.ts'
import { addNote, frameChosen } from './notes.ts'
import { tidyFlow } from './tidy.ts'

const chosenNodes = (editor: Editor) => [...editor.ui.getState().nodes]
const hasNodes = (editor: Editor) => editor.ui.getState().nodes.size > 0
const hasChoice = (editor: Editor) => hasNodes(editor) || editor.ui.getState().wires.size > 0

/** All actions. */
export const actions: readonly Action[] = [
  ...flowActions,
  {
    id: 'add',
    needs: 'editor',
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
    needs: 'editor',
    title: 'action.undo',
    keys: ['$mod+z'],
    group: 'edit',
    anywhere: true,
    enabled: (e) => (e.current()?.history.past.length ?? 0) > 0,
    run: (e) => e.undo(),
  },
  {
    id: 'redo',
    needs: 'editor',
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
    needs: 'editor',
    title: 'action.paste',
    keys: ['$mod+v'],
    group: 'edit',
    enabled: hasFlow,
    run: (e) => void navigator.clipboard.readText().then((text) => pasteText(e, text), e.fail),
  },
  {
    id: 'duplicate',
    needs: 'editor',
    title: 'action.duplicate',
    keys: ['$mod+d'],
    group: 'node',
    enabled: hasNodes,
    run: duplicate,
  },
  {
    id: 'delete',
    needs: 'editor',
    title: 'action.delete',
    keys: ['Delete', 'Backspace'],
    group: 'node',
    enabled: hasChoice,
    run: (editor) => remove(editor, false),
  },
  {
    id: 'heal',
    needs: 'editor',
    title: 'action.heal',
    keys: ['Shift+Delete', 'Shift+Backspace'],
    group: 'node',
    enabled: hasNodes,
    run: (editor) => remove(editor, true),
  },
  {
    id: 'toggle',
    needs: 'editor',
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
    id: 'frame',
    needs: 'editor',
    title: 'action.frame',
    keys: ['$mod+g'],
    group: 'edit',
    enabled: hasFlow,
    run: frameChosen,
  },
  {
    id: 'note',
    needs: 'editor',
    title: 'action.note',
    keys: ['Shift+N'],
    group: 'edit',
    enabled: hasFlow,
    run: addNote,
  },
  {
    id: 'tidy',
    needs: 'editor',
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
  {
    id: 'inspector',
    title: 'action.inspector',
    keys: ['i'],
    group: 'view',
    run: (e) => e.ui.setState((s) => ({ inspector: !s.inspector })),
  },
  { id: 'fit', title: 'action.fit', keys: ['f'], group: 'view', enabled: hasFlow, run: (e) => e.canvas.current?.fit() },
  {
    id: 'locate',
    title: 'action.locate',
    keys: ['l'],
    group: 'view',
    enabled: hasNodes,
    run: (e) => e.canvas.current?.showNodes([...e.ui.getState().nodes]),
  },
  {
    id: 'minimap',
    title: 'action.minimap',
    keys: ['m'],
    group: 'view',
    enabled: hasFlow,
    run: (e) => e.ui.setState((s) => ({ minimap: !s.minimap })),
  },
  { id: 'copyLink', title: 'action.copyLink', group: 'view', enabled: hasFlow, run: copyLink },
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
    needs: 'operator',
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
  {
    id: 'account',
    title: 'action.account',
    group: 'view',
    run: (e) => e.ui.setState({ dialog: { kind: 'admin', tab: 'account' } }),
  },
]

/** The action of an id. */
export function actionOf(id: string): Action {
  const found = actions.find((action) => action.id === id)
  if (found === undefined) throw new Error(`There is no action ${id}.`)
  return found
}

/** Whether an action is possible now, for who is logged in. */
export function isPossible(editor: Editor, action: Action): boolean {
  return action.enabled?.(editor) !== false && reasonAgainst(editor, action) === undefined
}

/** Why who is logged in may not do it, as a sentence. */
export function reasonAgainst(editor: Editor, action: Action): string | undefined {
  return action.needs === undefined ? undefined : whyNot(editor, action.needs)
}

/** Does an action if it is possible now; says so when the role is too low. */
export function perform(editor: Editor, id: string): void {
  const action = actionOf(id)
  const reason = reasonAgainst(editor, action)
  if (reason !== undefined) editor.toast({ tone: 'info', text: reason })
  else if (action.enabled?.(editor) !== false) action.run(editor)
}
