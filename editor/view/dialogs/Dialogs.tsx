import { lazy, Suspense } from 'react'
import { useUi } from '../context.ts'
import { CommandsDialog, KeysDialog, SearchDialog } from './find.tsx'
import { ConflictsDialog, DeleteFlowDialog, ImportDialog, NewFlowDialog, RenameFlowDialog } from './flows.tsx'
import { PublishDialog } from './Publish.tsx'

const DeployDialog = lazy(() => import('./Deploy.tsx'))
const AdminDialog = lazy(() => import('../people/Admin.tsx'))

/** The dialog that is open. */
export function Dialogs() {
  const dialog = useUi((state) => state.dialog)
  if (dialog === undefined) return null
  switch (dialog.kind) {
    case 'deploy':
      return (
        <Suspense fallback={null}>
          <DeployDialog />
        </Suspense>
      )
    case 'newFlow':
      return <NewFlowDialog />
    case 'renameFlow':
      return <RenameFlowDialog flow={dialog.flow} />
    case 'deleteFlow':
      return <DeleteFlowDialog flow={dialog.flow} />
    case 'import':
      return <ImportDialog text={dialog.text} />
    case 'publish':
      return <PublishDialog topic={dialog.topic} payload={dialog.payload} />
    case 'commands':
      return <CommandsDialog />
    case 'search':
      return <SearchDialog />
    case 'keys':
      return <KeysDialog />
    case 'admin':
      return (
        <Suspense fallback={null}>
          <AdminDialog tab={dialog.tab} />
        </Suspense>
      )
    case 'conflicts':
      return <ConflictsDialog flow={dialog.flow} />
  }
}
