import type { AlarmWhy } from '../../../engine/server/protocol.ts'
import { ageText } from '../../core/samples.ts'
import { useText } from '../context.ts'
import styles from './Alarms.module.css'

/** Why an alarm fired, or did not: each condition with how much is missing, the last values, and what happened. */
export function AlarmReasons({ why }: { why: AlarmWhy }) {
  const t = useText()
  const now = Date.now()
  return (
    <div className={styles.why}>
      <ul>
        {why.reasons.map((reason, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: near misses have the same rule and level
          <li key={`${reason.level}${reason.rule}${index}`} data-holds={reason.holds}>
            {reason.holds ? '✓' : '✗'} {reason.level !== null && <span className="muted">{reason.level}: </span>}
            {reason.text}
          </li>
        ))}
      </ul>
      {why.inputs.length > 0 && (
        <section>
          <h3>{t('alarms.inputs')}</h3>
          <ul>
            {why.inputs.map((input, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two may have come in the same millisecond
              <li key={`${input.time} ${index}`}>
                <span className="muted">{ageText(now - input.received)}</span>{' '}
                <span className="mono">{input.value ?? '–'}</span> {input.outcome}
              </li>
            ))}
          </ul>
        </section>
      )}
      {why.history.length > 0 && (
        <section>
          <h3>{t('alarms.view.history')}</h3>
          <ul>
            {why.history.slice(0, 8).map((entry) => (
              <li key={entry.id}>
                <span className="muted">{ageText(now - entry.time)}</span> {entry.transition} {entry.level}{' '}
                {entry.by !== null && <span className="muted">{entry.by}</span>} {entry.note}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
