import { useEffect, useRef, useState } from 'react'
import { changesOf } from '../../core/diff.ts'
import { useCurrent, useEditor, useText } from '../context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { ChangeList } from './ChangeList.tsx'
import styles from './Deploy.module.css'

/** Shows what a deploy changes, down to the field, and does it. */
export default function DeployDialog() {
  const editor = useEditor()
  const t = useText()
  const open = useCurrent((flow) => flow)
  const [busy, setBusy] = useState(false)
  const [comment, setComment] = useState('')
  const confirm = useRef<HTMLButtonElement>(null)
  useEffect(() => confirm.current?.focus(), [])
  if (open === undefined) return null
  const changes = changesOf(open.base, open.history.document)
  const errors = open.check.problems.filter((problem) => problem.severity === 'error')
  const deploy = async () => {
    if (busy || changes.count === 0) return
    setBusy(true)
    const done = await editor.deploy(open.flow, comment.trim())
    setBusy(false)
    if (done || errors.length > 0) editor.ui.setState({ dialog: undefined })
  }
  return (
    <Dialog
      wide
      title={t('deploy.title', { flow: open.history.document.title ?? open.flow })}
      footer={
        <>
          <button type="button" className="button" onClick={() => editor.ui.setState({ dialog: undefined })}>
            {t('cancel')}
          </button>
          <button
            ref={confirm}
            type="button"
            className="button"
            data-tone="main"
            data-confirm
            disabled={busy || changes.count === 0}
            onClick={deploy}
            onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && void deploy()}
          >
            {t(busy ? 'deploy.busy' : 'action.deploy')}
          </button>
        </>
      }
    >
      {errors.length > 0 && (
        <ul className={styles.errors}>
          <li>{t('deploy.errors', { count: errors.length })}</li>
          {errors.slice(0, 5).map((problem) => (
            <li key={`${problem.at}${problem.text}`}>
              <code>{problem.node}</code> {problem.text}
            </li>
          ))}
        </ul>
      )}
      {changes.count === 0 ? <p>{t('deploy.nothing')}</p> : <ChangeList changes={changes} />}
      {changes.count > 0 && (
        <label className={styles.comment}>
          {t('deploys.comment')}
          <input
            className="input"
            maxLength={500}
            value={comment}
            placeholder={t('deploys.commentHelp')}
            onChange={(event) => setComment(event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && void deploy()}
          />
        </label>
      )}
    </Dialog>
  )
}
