import type { BacktestJob } from '../../../../engine/server/protocol-backtest.ts'
import { lastedText } from '../../../core/backtest.ts'
import { useText } from '../../context.ts'
import { timeText } from '../../text/time.ts'
import drawer from '../Drawer.module.css'
import styles from './Backtest.module.css'

/** How far a backtest is, and in a few numbers what came of it. */
export function Summary({ job }: { job: BacktestJob | undefined }) {
  const t = useText()
  if (job === undefined) return <p className={drawer.note}>{t('backtest.start')}</p>
  if (job.state === 'running') return <Progress job={job} />
  if (job.state === 'cancelled') return <p className={drawer.note}>{t('backtest.cancelled')}</p>
  if (job.state === 'failed')
    return (
      <p className={`${drawer.note} ${drawer.failed}`} role="alert">
        {job.error?.text} {job.error?.hint}
      </p>
    )
  const { result } = job
  if (result === undefined) return null
  const { against } = result
  return (
    <p className={styles.summary} role="status">
      {result.taken === 0
        ? t('backtest.noMessages')
        : t('backtest.summary', {
            messages: result.taken,
            from: timeText(result.from),
            span: lastedText((result.to ?? 0) - (result.from ?? 0)),
            alarms: result.alarms.total,
          })}
      {against && (
        <span className={styles.kinds}>
          {(['new', 'gone', 'moved', 'same'] as const).map((kind) => (
            <span key={kind} className={styles.kind} data-kind={against.counts[kind] === 0 ? 'none' : kind}>
              {t(`backtest.kind.${kind}`)} {against.counts[kind]}
            </span>
          ))}
          {against.until !== undefined && (
            <span className="muted">{t('backtest.comparedUntil', { time: timeText(against.until) })}</span>
          )}
        </span>
      )}
      {result.stopped && <span className={drawer.failed}> {result.stopped}</span>}
      {result.deadLetters.count > 0 && (
        <span className={drawer.failed} title={result.deadLetters.first[0]?.text}>
          {' '}
          {t('backtest.deadLetters', { count: result.deadLetters.count })}
        </span>
      )}
      {result.badLines.count > 0 && (
        <span className={drawer.failed} title={result.badLines.first[0]?.text}>
          {' '}
          {t('backtest.badLines', {
            count: result.badLines.count,
            line: result.badLines.first[0]?.line ?? 0,
            text: result.badLines.first[0]?.text ?? '',
          })}
        </span>
      )}
      {result.late > 0 && <span className="muted"> {t('backtest.late', { count: result.late })}</span>}
    </p>
  )
}

/** How far a job is. */
export function Progress({ job }: { job: BacktestJob }) {
  const t = useText()
  const { messages, done, time, rate } = job.progress
  return (
    <div className={styles.progress}>
      <progress max={1} value={done ?? undefined} aria-label={t('backtest.progress')} />
      <span className="muted">
        {t('backtest.sofar', { messages, rate: Math.round(rate), time: time === null ? '' : timeText(time) })}
      </span>
    </div>
  )
}
