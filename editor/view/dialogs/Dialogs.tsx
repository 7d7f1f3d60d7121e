import { type ReactNode, Suspense } from 'react'
import { useText, useUi } from '../context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { lazyPart } from '../parts/lazyPart.tsx'
import { CommandsDialog, KeysDialog, SearchDialog } from './find.tsx'
import { ConflictsDialog, DeleteFlowDialog, ImportDialog, NewFlowDialog, RenameFlowDialog } from './flows.tsx'
import { PublishDialog } from './Publish.tsx'

const DeployDialog = lazyPart(() => import('./Deploy.tsx'), NotLoaded)
const AdminDialog = lazyPart(() => import('../people/Admin.tsx'), NotLoaded)

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

/** A dialog in the place of one that could not be loaded. */
function NotLoaded({ children }: { children: ReactNode }) {
  return <Dialog title={useText()('part.title')}>{children}</Dialog>
}
