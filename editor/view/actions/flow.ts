import { setFlowDisabled } from '../../core/commands.ts'
import { type Action, hasFlow } from './action.ts'
import { copyToClipboard, duplicateFlow, nextFlow, toggleDrawer, withDocument, withFlow } from './acts.ts'
import { exportFlow, pickFile } from './clipboard.ts'

/** What one can do with flows. */
export const flowActions: readonly Action[] = [
  {
    id: 'deploy',
    needs: 'editor',
    title: 'action.deploy',
    keys: ['$mod+Enter'],
    group: 'flow',
    anywhere: true,
    enabled: hasFlow,
    run: (editor) => editor.ui.setState({ dialog: { kind: 'deploy' } }),
  },
  {
    id: 'try',
    needs: 'editor',
    title: 'action.try',
    keys: ['t'],
    group: 'flow',
    enabled: hasFlow,
    run: (e) => toggleDrawer(e, 'try'),
  },
  {
    id: 'trace',
    needs: 'operator',
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
    id: 'deploys',
    title: 'action.deploys',
    keys: ['h'],
    group: 'flow',
    enabled: hasFlow,
    run: (e) => toggleDrawer(e, 'deploys'),
  },
  {
    id: 'newFlow',
    needs: 'editor',
    title: 'action.newFlow',
    group: 'flow',
    run: (e) => e.ui.setState({ dialog: { kind: 'newFlow' } }),
  },
  {
    id: 'renameFlow',
    needs: 'editor',
    title: 'action.renameFlow',
    keys: ['F2'],
    group: 'flow',
    enabled: hasFlow,
    run: (e) => withFlow(e, (flow) => e.ui.setState({ dialog: { kind: 'renameFlow', flow } })),
  },
  {
    id: 'duplicateFlow',
    needs: 'editor',
    title: 'action.duplicateFlow',
    group: 'flow',
    enabled: hasFlow,
    run: (e) => duplicateFlow(e),
  },
  {
    id: 'toggleFlow',
    needs: 'editor',
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
    needs: 'editor',
    title: 'action.importFlow',
    group: 'flow',
    run: (e) => e.ui.setState({ dialog: { kind: 'import', text: '' } }),
  },
  { id: 'importFile', needs: 'editor', title: 'action.importFile', group: 'flow', run: (e) => void pickFile(e) },
  {
    id: 'restoreFlow',
    needs: 'editor',
    title: 'action.restoreFlow',
    group: 'flow',
    enabled: (e) => e.current()?.base !== undefined,
    run: (e) => withFlow(e, (flow) => e.restore(flow)),
  },
  {
    id: 'deleteFlow',
    needs: 'editor',
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
