import { FilePlus2, Plus, Radio, Upload } from 'lucide-react'
import { perform } from '../actions/registry.ts'
import { useEditor, useText } from '../context.ts'
import styles from './Welcome.module.css'

/** What stands where there is nothing yet: the next things to do. */
export function Welcome({ kind, detail }: { kind: 'noFlows' | 'emptyFlow' | 'noEngine'; detail: string }) {
  const editor = useEditor()
  const t = useText()
  const button = (id: string, icon: React.ReactNode, main = false) => (
    <button type="button" className="button" data-tone={main ? 'main' : undefined} onClick={() => perform(editor, id)}>
      {icon}{' '}
      {t(
        id === 'add'
          ? 'action.add'
          : id === 'topics'
            ? 'action.topics'
            : id === 'newFlow'
              ? 'action.newFlow'
              : 'action.importFlow',
      )}
    </button>
  )
  return (
    <div className={styles.welcome} data-kind={kind}>
      <div className={styles.card}>
        <h2>{t(`welcome.${kind}`)}</h2>
        <p className="muted">{kind === 'noEngine' ? detail : t(`welcome.${kind}Text`)}</p>
        <div className={styles.buttons}>
          {kind === 'noFlows' && (
            <>
              {button('newFlow', <FilePlus2 size={14} aria-hidden />, true)}
              {button('importFlow', <Upload size={14} aria-hidden />)}
            </>
          )}
          {kind === 'emptyFlow' && (
            <>
              {button('add', <Plus size={14} aria-hidden />)}
              {button('topics', <Radio size={14} aria-hidden />)}
            </>
          )}
        </div>
      </div>
    </div>
  )
}
