import { useEffect, useState } from 'react'
import type { Alarm } from '../../../engine/server/protocol.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { AlarmHealthReport } from './AlarmHealth.tsx'
import { AlarmHistoryList } from './AlarmHistory.tsx'
import { AlarmRow } from './AlarmRow.tsx'
import own from './Alarms.module.css'
import styles from './Drawer.module.css'

const views = ['list', 'history', 'health'] as const

/** Milliseconds after which what is shown is asked for again. */
const pause = 2000

/** The alarms of all flows: how they stand, what happened, and how well they serve. */
export default function Alarms() {
  const t = useText()
  const [view, setView] = useState<(typeof views)[number]>('list')
  return (
    <>
      <div className={own.views} role="tablist" aria-label={t('action.alarms')}>
        {views.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`alarms-${name}`}
            className={own.view}
            aria-selected={view === name}
            aria-controls="alarms-view"
            tabIndex={view === name ? 0 : -1}
            onClick={() => setView(name)}
            onKeyDown={(event) => {
              const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
              const next = views[(views.indexOf(name) + by + views.length) % views.length]
              if (by === 0 || next === undefined) return
              setView(next)
              document.getElementById(`alarms-${next}`)?.focus()
            }}
          >
            {t(`alarms.view.${name}`)}
          </button>
        ))}
      </div>
      <div id="alarms-view" role="tabpanel" aria-labelledby={`alarms-${view}`} className={own.panel}>
        {view === 'list' && <List />}
        {view === 'history' && <AlarmHistoryList />}
        {view === 'health' && <AlarmHealthReport />}
      </div>
    </>
  )
}

/** Worst first: acknowledge with a note, shelve, and why it fired. */
function List() {
  const editor = useEditor()
  const t = useText()
  const revision = useServer((state) => state.alarms?.revision)
  const [items, setItems] = useState<readonly Alarm[]>()
  const [asked, setAsked] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `revision` and `asked` ask again
  useEffect(() => {
    let gone = false
    editor.client.alarms().then(
      (list) => !gone && setItems(list.items),
      (thrown) => {
        editor.fail(thrown)
        if (!gone) setItems([])
      },
    )
    return () => {
      gone = true
    }
  }, [editor, revision, asked])
  // Values and ages go on without an event. What cannot be had while the engine is away is asked for again.
  useEffect(() => {
    let gone = false
    const ask = () => {
      if (document.visibilityState === 'hidden') return
      editor.client.alarms().then(
        (list) => !gone && setItems(list.items),
        () => undefined,
      )
    }
    const timer = window.setInterval(ask, pause)
    return () => {
      gone = true
      window.clearInterval(timer)
    }
  }, [editor])
  if (items === undefined) return <p className={styles.note}>{t('loading')}</p>
  if (items.length === 0) return <p className={styles.note}>{t('alarms.none')}</p>
  return (
    <ul className={styles.list}>
      {items.map((alarm) => (
        <AlarmRow
          key={`${alarm.flow}/${alarm.node}/${alarm.key}`}
          alarm={alarm}
          done={() => setAsked((count) => count + 1)}
        />
      ))}
    </ul>
  )
}
