import { WifiOff, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { keyText } from '../actions/acts.ts'
import { actions, isPossible, perform, reasonAgainst } from '../actions/registry.ts'
import { useEditor, useServer, useText, useUi } from '../context.ts'
import { IconButton } from '../forms/nested.tsx'
import type { MenuState } from '../state/ui.ts'
import styles from './Overlay.module.css'

/** What lies over everything: messages to the user, menus, and what screen readers say. */
export function Overlay() {
  const t = useText()
  const spoken = useUi((state) => state.spoken)
  const menu = useUi((state) => state.menu)
  return (
    <section aria-label={t('overlay.label')}>
      <Toasts />
      {menu && <Menu key={`${menu.kind}${menu.id}${menu.screen.x}`} menu={menu} />}
      <div className="hidden" role="status" aria-live="polite">
        {spoken}
      </div>
    </section>
  )
}

/** Messages to the user; those that are no alert are spoken by the status beside them. While a modal window is open they stand in it: all else cannot be reached then. */
function Toasts() {
  const editor = useEditor()
  const t = useText()
  const toasts = useUi((state) => state.toasts)
  const modals = useUi((state) => state.modals)
  const [host, setHost] = useState<Element>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of windows is another topmost one
  useEffect(() => setHost([...document.querySelectorAll('dialog[open]')].at(-1)), [modals])
  const list = (
    <div className={styles.toasts}>
      {toasts.map((toast) => (
        <div
          key={toast.id}
          className={`float ${styles.toast}`}
          data-tone={toast.tone}
          role={toast.tone === 'error' ? 'alert' : undefined}
        >
          <div className={styles.toastText}>
            <p>{toast.text}</p>
            {toast.hint && <p className="muted">{toast.hint}</p>}
          </div>
          {toast.action && (
            <button
              type="button"
              className="button"
              onClick={() => {
                toast.action?.run()
                editor.dismiss(toast.id)
              }}
            >
              {toast.action.label}
            </button>
          )}
          <IconButton label={t('close')} icon={<X size={14} aria-hidden />} run={() => editor.dismiss(toast.id)} />
        </div>
      ))}
    </div>
  )
  return host?.isConnected ? createPortal(list, host) : list
}

/** Says that the engine cannot be reached, and that nothing is lost by it. */
export function OfflineBar() {
  const t = useText()
  const connection = useServer((state) => state.connection)
  const away = useServer((state) => state.session?.who === null)
  if (connection !== 'offline' || away) return null
  return (
    <div className={styles.offline} role="alert">
      <WifiOff size={16} aria-hidden /> {t('offline.bar')}
    </div>
  )
}

const menus: Readonly<Record<MenuState['kind'], readonly string[]>> = {
  canvas: ['add', 'note', 'frame', 'paste', 'selectAll', 'tidy', 'fit', 'undo', 'redo'],
  node: ['duplicate', 'copy', 'frame', 'toggle', 'heal', 'delete', 'try', 'trace', 'copyLink', 'inspector'],
  wire: ['add', 'delete'],
  flow: [
    'newFlow',
    'renameFlow',
    'duplicateFlow',
    'toggleFlow',
    'exportFlow',
    'copyFlow',
    'importFlow',
    'importFile',
    'restoreFlow',
    'deleteFlow',
  ],
}

function Menu({ menu }: { menu: MenuState }) {
  const editor = useEditor()
  const t = useText()
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement
    list.current?.querySelector<HTMLElement>('[role="menuitem"]:not(:disabled)')?.focus()
    const away = (event: PointerEvent) => {
      if (event.target instanceof Node && !list.current?.contains(event.target)) editor.ui.setState({ menu: undefined })
    }
    window.addEventListener('pointerdown', away, true)
    return () => {
      window.removeEventListener('pointerdown', away, true)
      if (before instanceof HTMLElement && before.isConnected && editor.ui.getState().dialog === undefined)
        before.focus()
    }
  }, [editor])
  const close = () => editor.ui.setState({ menu: undefined })
  const items = menus[menu.kind].flatMap((id) => actions.filter((action) => action.id === id))
  const move = (by: number) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('[role="menuitem"]:not(:disabled)') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLElement) // one of the buttons or none; indexOf takes both
    buttons[(at + by + buttons.length) % buttons.length]?.focus()
  }
  return (
    <div
      ref={list}
      className={`float ${styles.menu}`}
      role="menu"
      tabIndex={-1}
      aria-label={t(`menu.${menu.kind}`)}
      style={{
        left: Math.min(menu.screen.x, window.innerWidth - 250),
        top: Math.min(menu.screen.y, window.innerHeight - 30 * items.length - 16),
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') move(1)
        else if (event.key === 'ArrowUp') move(-1)
        else if (event.key === 'Escape' || event.key === 'Tab') close()
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      {items.map((action) => (
        <button
          key={action.id}
          type="button"
          role="menuitem"
          tabIndex={-1}
          className={styles.menuItem}
          disabled={!isPossible(editor, action)}
          title={reasonAgainst(editor, action)}
          onClick={() => {
            close()
            if (action.id === 'add') {
              const wire = menu.kind === 'wire' ? wireOf(menu.id) : undefined
              editor.ui.setState({
                picker: { kind: 'add', screen: menu.screen, at: menu.at, ...(wire ? { wire } : {}) },
              })
            } else perform(editor, action.id)
          }}
        >
          <span>{t(action.title)}</span>
          {action.keys?.[0] && <span className="muted">{keyText(action.keys[0])}</span>}
        </button>
      ))}
    </div>
  )
}

function wireOf(id: string) {
  const [from = '', to = ''] = id.split('>')
  return { from, to }
}
