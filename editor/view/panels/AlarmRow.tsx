import { Circle, Diamond, Triangle } from 'lucide-react'
import { useState } from 'react'
import type { Alarm, AlarmCommandName, AlarmWhy } from '../../../engine/server/protocol.ts'
import { ageText } from '../../core/samples.ts'
import { useEditor, useText } from '../context.ts'
import { useNeeds } from '../people/may.ts'
import { AlarmLink } from './AlarmLink.tsx'
import { AlarmReasons } from './AlarmReasons.tsx'
import styles from './Drawer.module.css'

const hour = 3_600_000

/** One alarm with what people can do to it. */
export function AlarmRow({ alarm, done }: { alarm: Alarm; done: () => void }) {
  const editor = useEditor()
  const t = useText()
  const needs = useNeeds('operator')
  const [note, setNote] = useState('')
  const [why, setWhy] = useState<AlarmWhy>()
  const { flow, node, key, shelved, outOfService, acknowledgement } = alarm
  const command = async (name: AlarmCommandName, more: { until?: number; oneShot?: boolean } = {}) => {
    try {
      await editor.client.commandAlarm(name, { flow, node, key, ...(note === '' ? {} : { note }), ...more })
      setNote('')
      done()
      if (why) setWhy(await editor.client.whyAlarm(alarm))
    } catch (thrown) {
      editor.fail(thrown)
    }
  }
  const can = (name: AlarmCommandName) => alarm.commands.includes(name)
  const Glyph = alarm.severity >= 3 ? Triangle : alarm.severity === 2 ? Diamond : Circle
  return (
    <li
      className={styles.alarm}
      data-condition={alarm.condition}
      data-waiting={!alarm.acknowledged || undefined}
      data-alarm={key}
    >
      <div className={styles.alarmLine}>
        <Glyph size={14} className={styles.glyph} aria-hidden />
        <div className={styles.alarmText}>
          <AlarmLink alarm={alarm} />
          <span>{alarm.level}</span>
          <span className="mono">{t('alarms.value', { value: alarm.value ?? '–', limit: alarm.limit ?? '–' })}</span>
          <span className="muted">
            {t('alarms.since', { condition: alarm.condition, age: ageText(Date.now() - alarm.since) })}
          </span>
          {acknowledgement && alarm.acknowledged && (
            <span className="muted">
              {t('alarms.by', { by: acknowledgement.by })} {acknowledgement.note}
            </span>
          )}
          {outOfService ? (
            <span className="muted">
              {t('alarms.outBy', { by: outOfService.by })} {outOfService.note}
            </span>
          ) : (
            shelved && (
              <span className="muted">
                {t('alarms.shelvedFor', { age: ageText((shelved.until ?? 0) - Date.now()), by: shelved.by })}{' '}
                {shelved.note}
              </span>
            )
          )}
          {alarm.detail && <span className="muted">{alarm.detail}</span>}
        </div>
        <div className={styles.alarmTools}>
          <input
            className={`input ${styles.noteInput}`}
            aria-label={`${t('alarms.note')}: ${key}`}
            placeholder={t('alarms.note')}
            {...needs}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
          {can('acknowledge') && (
            <button type="button" className="button" {...needs} onClick={() => command('acknowledge')}>
              {t('alarms.acknowledge')}
            </button>
          )}
          {note.trim() !== '' && (
            <button type="button" className="button" {...needs} onClick={() => command('note')}>
              {t('alarms.addNote')}
            </button>
          )}
          {can('out-of-service') && (
            <select
              className={`input ${styles.shelve}`}
              aria-label={`${t('alarms.shelve')}: ${key}`}
              value=""
              {...needs}
              onChange={(event) => {
                const chosen = event.target.value
                if (chosen === 'clear') void command('shelve', { oneShot: true })
                else if (chosen === 'out') void command('out-of-service')
                else void command('shelve', { until: Date.now() + Number(chosen) * hour })
              }}
            >
              <option value="">{t('alarms.shelve')}</option>
              <option value="1">{t('alarms.hour')}</option>
              <option value="8">{t('alarms.hours')}</option>
              <option value="clear">{t('alarms.clear')}</option>
              <option value="out">{t('alarms.out')}</option>
            </select>
          )}
          {(['unshelve', 'in-service', 'reset'] as const).map(
            (name) =>
              can(name) && (
                <button key={name} type="button" className="button" {...needs} onClick={() => command(name)}>
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
      </div>
      {why && <AlarmReasons why={why} />}
    </li>
  )
}
