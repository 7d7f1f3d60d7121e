import { useEffect, useRef } from 'react'
import { useText } from '../context.ts'
import styles from './People.module.css'

/** Asks once more, in the place where it is asked. */
export function Sure({ question, yes, no }: { question: string; yes: () => void; no: () => void }) {
  const t = useText()
  const refuse = useRef<HTMLButtonElement>(null)
  useEffect(() => refuse.current?.focus(), [])
  return (
    <div className={styles.sure} role="alertdialog" aria-label={question}>
      <span>{question}</span>
      <button type="button" className="button" data-tone="danger" data-sure onClick={yes}>
        {t('sure.yes')}
      </button>
      <button ref={refuse} type="button" className="button" onClick={no}>
        {t('cancel')}
      </button>
    </div>
  )
}
