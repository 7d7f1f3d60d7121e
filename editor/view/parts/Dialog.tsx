import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useEditor, useText } from '../context.ts'
import type { Editor } from '../state/editor.ts'
import styles from './Dialog.module.css'

/** A modal window. Escape and a click beside it close it; the focus goes back to where it was. */
export function Dialog(props: {
  title: string
  wide?: boolean
  large?: boolean
  bare?: boolean
  children: ReactNode
  footer?: ReactNode
}) {
  const editor = useEditor()
  const t = useText()
  const element = useRef<HTMLDialogElement>(null)
  const title = useId()
  const close = () => editor.ui.setState({ dialog: undefined })
  useEffect(() => {
    const before = document.activeElement
    if (element.current?.open === false) element.current.showModal()
    element.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    const end = countModal(editor)
    return () => {
      end()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [editor])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, the click beside it is only one more way
    <dialog
      ref={element}
      className={styles.dialog}
      data-wide={props.wide}
      data-large={props.large}
      aria-labelledby={title}
      onClose={close}
      onClick={(event) => event.target === element.current && close()}
    >
      <div className={styles.frame}>
        {props.bare ? (
          <h2 id={title} className="hidden">
            {props.title}
          </h2>
        ) : (
          <header className={styles.header}>
            <h2 id={title}>{props.title}</h2>
            <button
              type="button"
              className="button"
              data-tone="quiet"
              data-icon
              aria-label={t('close')}
              onClick={close}
            >
              <X size={16} aria-hidden />
            </button>
          </header>
        )}
        <div className={props.bare ? styles.bare : styles.body}>{props.children}</div>
        {props.footer && <footer className={styles.footer}>{props.footer}</footer>}
      </div>
    </dialog>
  )
}

/** Says that a modal window is open; returns how to end it. */
export function countModal(editor: Editor): () => void {
  editor.ui.setState((state) => ({ modals: state.modals + 1 }))
  return () => editor.ui.setState((state) => ({ modals: state.modals - 1 }))
}
