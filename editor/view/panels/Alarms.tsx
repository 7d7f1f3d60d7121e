import { Circle, Diamond, Triangle } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Alarm, AlarmWhy } from '../../../engine/server/protocol.ts'
import { ageText } from '../../core/samples.ts'
import { useEditor, useServer, useText } from '../context.ts'
import styles from './Drawer.module.css'

const hour = 3_600_000

/** The alarms of all flows, worst first: acknowledge with a note, shelve, and why it fired. */
export default function Alarms() {
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
  if (items === undefined) return <p className={styles.note}>{t('loading')}</p>
  if (items.length === 0) return <p className={styles.note}>{t('alarms.none')}</p>
  return (
    <ul className={styles.list}>
      {items.map((alarm) => (
        <Row
          key={`${alarm.flow}/${alarm.node}/${alarm.key}`}
          alarm={alarm}
          done={() => setAsked((count) => count + 1)}
        />
      ))}
    </ul>
  )
}

function Row({ alarm, done }: { alarm: Alarm; done: () => void }) {
  const editor = useEditor()
  const t = useText()
  const [note, setNote] = useState('')
  const [why, setWhy] = useState<AlarmWhy>()
  const { flow, node, key } = alarm
  const command = async (
    name: 'acknowledge' | 'shelve' | 'unshelve' | 'reset',
    more: { until?: number; oneShot?: boolean } = {},
  ) => {
    try {
      await editor.client.commandAlarm(name, { flow, node, key, ...(note === '' ? {} : { note }), ...more })
      setNote('')
      done()
    } catch (thrown) {
      editor.fail(thrown)
    }
  }
  const can = (name: string) => alarm.commands.includes(name)
  const Glyph = alarm.severity >= 3 ? Triangle : alarm.severity === 2 ? Diamond : Circle
  return (
    <li
      className={styles.alarm}
      data-condition={alarm.condition}
      data-waiting={!alarm.acknowledged || undefined}
      data-alarm={key}
    >
      <div className={styles.alarmLine}>
        <Glyph size={14} aria-hidden />
        <button
          type="button"
          className={styles.link}
          onClick={() => {
            if (editor.flows.getState().current !== flow) editor.open(flow)
            editor.ui.setState({ nodes: new Set([node]), wires: new Set(), focus: node, inspector: true })
            window.setTimeout(() => editor.canvas.current?.reveal(node), 60)
          }}
        >
          {alarm.title}: {key}
        </button>
        <span>{alarm.level}</span>
        <span className="mono">{t('alarms.value', { value: alarm.value ?? '–', limit: alarm.limit ?? '–' })}</span>
        <span className="muted">
          {t('alarms.since', { condition: alarm.condition, age: ageText(Date.now() - alarm.since) })}
        </span>
        {alarm.acknowledgement && alarm.acknowledged && (
          <span className="muted">
            {t('alarms.by', { by: alarm.acknowledgement.by })} {alarm.acknowledgement.note}
          </span>
        )}
        {alarm.shelved && <span className="muted">{t('alarms.shelved')}</span>}
        {alarm.detail && <span className="muted">{alarm.detail}</span>}
        <span className={styles.space} />
        {(can('acknowledge') || can('shelve')) && (
          <input
            className={`input ${styles.noteInput}`}
            aria-label={`${t('alarms.note')}: ${key}`}
            placeholder={t('alarms.note')}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
        {can('acknowledge') && (
          <button type="button" className="button" onClick={() => command('acknowledge')}>
            {t('alarms.acknowledge')}
          </button>
        )}
        {can('shelve') && (
          <select
            className={`input ${styles.shelve}`}
            aria-label={`${t('alarms.shelve')}: ${key}`}
            value=""
            onChange={(event) => {
              if (event.target.value === 'clear') void command('shelve', { oneShot: true })
              else void command('shelve', { until: Date.now() + Number(event.target.value) * hour })
            }}
          >
            <option value="">{t('alarms.shelve')}</option>
            <option value="1">{t('alarms.hour')}</option>
            <option value="24">{t('alarms.day')}</option>
            <option value="clear">{t('alarms.clear')}</option>
          </select>
        )}
        {(['unshelve', 'reset'] as const).map(
          (name) =>
            can(name) && (
              <button key={name} type="button" className="button" onClick={() => command(name)}>
                {t(`alarms.${name}`)}
              </button>
            ),
        )}
        <button
          type="button"
          className="button"
          data-tone="quiet"
          aria-expanded={why !== undefined}
          onClick={() => (why ? setWhy(undefined) : editor.client.whyAlarm(alarm).then(setWhy, editor.fail))}
        >
          {t('alarms.why')}
        </button>
      </div>
      {why && (
        <ul className={styles.reasons}>
          {why.reasons.map((reason) => (
            <li key={`${reason.level}${reason.rule}`}>
              {reason.holds ? '✓' : '✗'} {reason.text}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
