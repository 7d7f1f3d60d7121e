import { type FormEvent, useState } from 'react'
import { setConfig, setFlowText } from '../../core/commands.ts'
import { emptyFlow } from '../../core/document.ts'
import { freeId, idShape, slug } from '../../core/ids.ts'
import { parsePath } from '../../core/path.ts'
import { shortText } from '../../core/samples.ts'
import { importText } from '../actions/clipboard.ts'
import { useEditor, useFlows, useText } from '../context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import type { Editor } from '../state/editor.ts'
import { patchFlow } from '../state/flows.ts'
import styles from './dialogs.module.css'

const close = (editor: Editor) => editor.ui.setState({ dialog: undefined })

export function NewFlowDialog() {
  const editor = useEditor()
  const t = useText()
  const [title, setTitle] = useState('')
  const [typed, setTyped] = useState<string>()
  const taken = new Map(Object.entries(useFlows((state) => state.flows)))
  const id = typed ?? freeId(slug(title, 'flow'), taken)
  const fault = idFault(id, taken, undefined)
  const create = (event: FormEvent) => {
    event.preventDefault()
    if (fault !== undefined) return
    close(editor)
    editor.create(emptyFlow(id, title.trim() === '' ? id : title.trim()))
  }
  return (
    <Dialog title={t('action.newFlow')}>
      <form className={styles.form} onSubmit={create}>
        <Titled label={t('inspector.title')}>
          <input
            className="input"
            value={title}
            data-autofocus
            placeholder={t('newFlow.example')}
            onChange={(event) => setTitle(event.target.value)}
          />
        </Titled>
        <Titled label={t('newFlow.id')} help={t('newFlow.idHelp')} fault={fault && t(`flowId.${fault}`, { id })}>
          <input
            className="input mono"
            value={id}
            aria-invalid={fault !== undefined}
            onChange={(event) => setTyped(event.target.value)}
          />
        </Titled>
        <Buttons main={t('newFlow.create')} disabled={fault !== undefined} />
      </form>
    </Dialog>
  )
}

export function RenameFlowDialog({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const open = useFlows((state) => state.flows[flow])
  const taken = new Map(Object.entries(useFlows((state) => state.flows)))
  const [title, setTitle] = useState(open?.history.document.title ?? flow)
  const [id, setId] = useState(flow)
  const fault = idFault(id, taken, flow)
  const rename = (event: FormEvent) => {
    event.preventDefault()
    if (fault !== undefined) return
    close(editor)
    if (id === flow) editor.run(setFlowText('title', title))
    else editor.rename(flow, id, title).catch(editor.fail)
  }
  return (
    <Dialog title={t('action.renameFlow')}>
      <form className={styles.form} onSubmit={rename}>
        <Titled label={t('inspector.title')}>
          <input className="input" value={title} data-autofocus onChange={(event) => setTitle(event.target.value)} />
        </Titled>
        <Titled label={t('newFlow.id')} help={t('renameFlow.idHelp')} fault={fault && t(`flowId.${fault}`, { id })}>
          <input
            className="input mono"
            value={id}
            aria-invalid={fault !== undefined}
            onChange={(event) => setId(event.target.value)}
          />
        </Titled>
        <Buttons main={t('renameFlow.do')} disabled={fault !== undefined} />
      </form>
    </Dialog>
  )
}

export function DeleteFlowDialog({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const open = useFlows((state) => state.flows[flow])
  const title = open?.history.document.title ?? flow
  return (
    <Dialog title={t('deleteFlow.title', { flow: title })}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          close(editor)
          editor.remove(flow).catch(editor.fail)
        }}
      >
        <p>{t(open?.base ? 'deleteFlow.deployed' : 'deleteFlow.draft', { file: `${flow}.json` })}</p>
        <Buttons main={t('action.deleteFlow')} danger />
      </form>
    </Dialog>
  )
}

export function ImportDialog({ text }: { text: string }) {
  const editor = useEditor()
  const t = useText()
  const [typed, setTyped] = useState(text)
  return (
    <Dialog title={t('action.importFlow')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (importText(editor, typed)) close(editor)
        }}
      >
        <Titled label={t('import.label')} help={t('import.help')}>
          <textarea
            className="input mono"
            rows={10}
            value={typed}
            data-autofocus
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </Titled>
        <Titled label={t('import.file')}>
          <input
            type="file"
            accept=".json,application/json"
            onChange={async (event) => {
              const [file] = event.target.files ?? []
              if (file) setTyped(await file.text())
            }}
          />
        </Titled>
        <Buttons main={t('import.do')} disabled={typed.trim() === ''} />
      </form>
    </Dialog>
  )
}

/** Where a file changed on disk and the draft say different things: ours was kept, theirs can be taken field by field. */
export function ConflictsDialog({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const open = useFlows((state) => state.flows[flow])
  const conflicts = open?.conflicts ?? []
  return (
    <Dialog wide title={t('conflicts.title')}>
      <p>{t('conflicts.help')}</p>
      {conflicts.length === 0 && <p>{t('conflicts.none')}</p>}
      <ul className={styles.conflicts}>
        {conflicts.map((conflict) => (
          <li key={`${conflict.node}:${conflict.path}`}>
            <code>{[conflict.node, conflict.path].filter(Boolean).join(': ') || flow}</code>
            <p>
              {t('conflicts.mine')} <code>{shortText(conflict.mine, 160)}</code>
            </p>
            <p>
              {t('conflicts.theirs')} <code>{shortText(conflict.theirs, 160)}</code>
            </p>
            {conflict.path.startsWith('config') && (
              <button
                type="button"
                className="button"
                onClick={() => {
                  const node = open?.history.document.nodes.find((entry) => entry.id === conflict.node)
                  if (node === undefined) return
                  editor.open(flow)
                  editor.run(setConfig(node, parsePath(conflict.path).slice(1), conflict.theirs))
                  patchFlow(editor.flows, flow, { conflicts: conflicts.filter((other) => other !== conflict) })
                }}
              >
                {t('conflicts.take')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

function idFault(
  id: string,
  taken: ReadonlyMap<string, unknown>,
  own: string | undefined,
): 'shape' | 'taken' | undefined {
  if (!idShape.test(id)) return 'shape'
  return id !== own && taken.has(id) ? 'taken' : undefined
}

export function Titled(props: { label: string; help?: string; fault?: string | undefined; children: React.ReactNode }) {
  return (
    <div className={styles.titled}>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is the child */}
      <label className={styles.titled}>
        <span>{props.label}</span>
        {props.children}
      </label>
      {props.help && <small>{props.help}</small>}
      {props.fault && <small className={styles.fault}>{props.fault}</small>}
    </div>
  )
}

export function Buttons({ main, disabled, danger }: { main: string; disabled?: boolean; danger?: boolean }) {
  const editor = useEditor()
  const t = useText()
  return (
    <div className={styles.buttons}>
      <button type="button" className="button" onClick={() => close(editor)}>
        {t('cancel')}
      </button>
      <button type="submit" className="button" data-tone={danger ? 'danger' : 'main'} disabled={disabled}>
        {main}
      </button>
    </div>
  )
}
