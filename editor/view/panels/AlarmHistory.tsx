import { useEffect, useState } from 'react'
import type { AlarmHistory, AlarmLogEntry } from '../../../engine/server/protocol.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { timeText } from '../text/time.ts'
import styles from './Alarms.module.css'
import drawer from './Drawer.module.css'

/** What happened to alarms, newest first. */
export function AlarmHistoryList() {
  const editor = useEditor()
  const t = useText()
  const revision = useServer((state) => state.alarms?.revision)
  const [page, setPage] = useState<AlarmHistory>()
  const [older, setOlder] = useState<readonly AlarmLogEntry[]>([])
  // biome-ignore lint/correctness/useExhaustiveDependencies: `revision` asks again
  useEffect(() => {
    let gone = false
    editor.client.alarmReports.history().then((answer) => !gone && setPage(answer), editor.fail)
    return () => {
      gone = true
    }
  }, [editor, revision])
  if (page === undefined) return <p className={drawer.note}>{t('loading')}</p>
  // A transition that came meanwhile moves the pages; ids tell what is there already.
  const first = page.items.at(-1)?.id ?? 0
  const items = [...page.items, ...older.filter(({ id }) => id < first)]
  const last = items.at(-1)?.id
  if (items.length === 0) return <p className={drawer.note}>{t('alarms.noHistory')}</p>
  return (
    <section className={drawer.list} aria-label={t('alarms.view.history')}>
      <table className={styles.table}>
        <tbody>
          {items.map((entry) => (
            <tr key={entry.id} data-transition={entry.transition}>
              <td className="muted">{timeText(entry.time)}</td>
              <td>{entry.transition}</td>
              <td>{entry.level}</td>
              <td className="mono">{entry.value ?? '–'}</td>
              <td>{`${entry.flow}/${entry.node}: ${entry.key}`}</td>
              <td className="muted">{entry.by}</td>
              <td>{entry.note}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {items.length < page.total && last !== undefined && (
        <button
          type="button"
          className="button"
          onClick={() =>
            editor.client.alarmReports
              .history(last)
              .then((answer) => setOlder((known) => [...known, ...answer.items]), editor.fail)
          }
        >
          {t('alarms.more')}
        </button>
      )}
    </section>
  )
}
