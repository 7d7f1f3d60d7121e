import { Command, Keyboard, Languages, LayoutGrid, ListTree, Radio, Search } from 'lucide-react'
import { type ReactNode, Suspense } from 'react'
import { perform } from '../actions/registry.ts'
import { useEditor, useText, useUi } from '../context.ts'
import { lazyPart } from '../parts/lazyPart.tsx'
import type { LeftPanel } from '../state/ui.ts'
import styles from './Left.module.css'
import { Outline } from './Outline.tsx'
import { Palette } from './Palette.tsx'

const Topics = lazyPart(() => import('./Topics.tsx'))

/** The rail at the left and the panel that it opens. */
export function Left() {
  const editor = useEditor()
  const t = useText()
  const left = useUi((state) => state.left)
  const tab = (id: LeftPanel, label: string, icon: ReactNode) => (
    <button
      type="button"
      className={styles.railButton}
      aria-label={label}
      title={label}
      aria-pressed={left === id}
      onClick={() => perform(editor, id)}
    >
      {icon}
    </button>
  )
  const tool = (id: string, label: string, icon: ReactNode) => (
    <button
      type="button"
      className={styles.railButton}
      aria-label={label}
      title={label}
      onClick={() => perform(editor, id)}
    >
      {icon}
    </button>
  )
  return (
    <>
      <nav className={styles.rail} aria-label={t('rail.label')}>
        {tab('palette', t('action.palette'), <LayoutGrid size={18} aria-hidden />)}
        {tab('topics', t('action.topics'), <Radio size={18} aria-hidden />)}
        {tab('outline', t('action.outline'), <ListTree size={18} aria-hidden />)}
        <span className={styles.space} />
        {tool('search', t('action.search'), <Search size={18} aria-hidden />)}
        {tool('commands', t('action.commands'), <Command size={18} aria-hidden />)}
        {tool('language', t('action.language'), <Languages size={18} aria-hidden />)}
        {tool('keys', t('action.keys'), <Keyboard size={18} aria-hidden />)}
      </nav>
      {left !== undefined && (
        <aside className={styles.panel} aria-label={t(`action.${left}`)} data-left={left}>
          {left === 'palette' && <Palette />}
          {left === 'outline' && <Outline />}
          {left === 'topics' && (
            <Suspense fallback={<p className={styles.note}>{t('loading')}</p>}>
              <Topics />
            </Suspense>
          )}
        </aside>
      )}
    </>
  )
}
