import { useEffect, useState } from 'react'
import type { AlarmHealth, AlarmName, AlarmStanding } from '../../../engine/server/protocol.ts'
import { ageText } from '../../core/samples.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { dayText, timeText } from '../text/time.ts'
import { AlarmLink } from './AlarmLink.tsx'
import styles from './Alarms.module.css'
import drawer from './Drawer.module.css'

const day = 24 * 3_600_000
const periods = [1, 7, 30] as const
/** What ISA-18.2 takes for manageable: alarms an hour, in ten minutes, and share of the time in a flood. */
const good = { perHour: 6, much: 12, peak: 10, flood: 0.01 }

/** How well the alarms serve people, after ISA-18.2. */
export function AlarmHealthReport() {
  const editor = useEditor()
  const t = useText()
  const revision = useServer((state) => state.alarms?.revision)
  const [days, setDays] = useState<number>(7)
  const [report, setReport] = useState<AlarmHealth>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `revision` asks again
  useEffect(() => {
    let gone = false
    editor.client.alarmReports.health(Date.now() - days * day).then((answer) => !gone && setReport(answer), editor.fail)
    return () => {
      gone = true
    }
  }, [editor, revision, days])
  if (report === undefined) return <p className={drawer.note}>{t('loading')}</p>
  return (
    <section className={styles.health} aria-label={t('alarms.view.health')}>
      <div className={styles.figures}>
        <label className={styles.period}>
          {t('health.period')}
          <select className="input" value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {periods.map((count) => (
              <option key={count} value={count}>
                {t(`health.days.${count}`)}
              </option>
            ))}
          </select>
        </label>
        <Figures report={report} />
      </div>
      <div className={styles.lists}>
        <Bars report={report} />
        <Names
          title={t('health.frequent')}
          items={report.frequent}
          text={(one) => `${one.count} · ${percent(one.share)}`}
        />
        <Names
          title={t('health.chattering')}
          items={report.chattering}
          text={(one) => t('health.times', { count: one.count })}
        />
        <Names
          title={t('health.fleeting')}
          items={report.fleeting}
          text={(one) => t('health.times', { count: one.count })}
        />
        <Names title={t('health.stale')} items={report.stale} text={(one) => ageText(report.now - one.since)} />
        <Names title={t('health.shelved')} items={report.shelved} text={(one) => hidden(one, report.now)} />
        <Names
          title={t('health.suppressed')}
          items={report.suppressed}
          text={(one) => ageText(report.now - one.since)}
        />
        <Names title={t('health.outOfService')} items={report.outOfService} text={(one) => hidden(one, report.now)} />
      </div>
    </section>
  )
}

function Figures({ report }: { report: AlarmHealth }) {
  const t = useText()
  const { annunciations, perHour, peak, floods, acknowledged, waiting, oldest, from, now } = report
  const rate = Math.round(perHour * 100) / 100
  return (
    <>
      <dl>
        <Figure name={t('health.alarms')} value={annunciations} />
        <Figure
          name={t('health.perHour')}
          value={rate}
          tone={perHour > good.much ? 'error' : perHour > good.perHour ? 'warn' : 'ok'}
          detail={t('health.goodPerHour')}
        />
        <Figure
          name={t('health.peak')}
          value={peak?.count ?? 0}
          tone={(peak?.count ?? 0) > good.peak ? 'warn' : 'ok'}
          detail={peak === null ? undefined : timeText(peak.time)}
        />
        <Figure
          name={t('health.floods')}
          value={percent(floods.share)}
          tone={floods.share > good.flood ? 'warn' : 'ok'}
          detail={t('health.goodFloods')}
        />
        <Figure
          name={t('health.acknowledged')}
          value={acknowledged.median === null ? '–' : ageText(acknowledged.median)}
          detail={acknowledged.most === null ? undefined : t('health.nineOfTen', { age: ageText(acknowledged.most) })}
        />
        <Figure
          name={t('health.waiting')}
          value={waiting.count}
          tone={waiting.count > 0 ? 'warn' : 'ok'}
          detail={waiting.since === null ? undefined : t('health.oldest', { age: ageText(now - waiting.since) })}
        />
      </dl>
      {oldest !== null && oldest > from && <p className="muted">{t('health.begins', { time: timeText(oldest) })}</p>}
    </>
  )
}

function Figure(props: { name: string; value: string | number; tone?: string; detail?: string | undefined }) {
  return (
    <div data-figure={props.name} data-tone={props.tone}>
      <dt>{props.name}</dt>
      <dd>
        <strong>{props.value}</strong> {props.detail && <span className="muted">{props.detail}</span>}
      </dd>
    </div>
  )
}

/** Alarms over time, as bars. */
function Bars({ report: { histogram, annunciations } }: { report: AlarmHealth }) {
  const t = useText()
  const highest = Math.max(1, ...histogram.counts.map(({ count }) => count))
  const width = 100 / Math.max(1, histogram.counts.length)
  const title = t(histogram.span < day ? 'health.byHour' : 'health.byDay')
  return (
    <figure className={styles.bars}>
      <figcaption>
        <h3>{title}</h3>
        <span className="muted">{t('health.highest', { count: highest })}</span>
      </figcaption>
      <svg
        viewBox="0 0 100 40"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${annunciations}, ${t('health.highest', { count: highest })}`}
      >
        {histogram.counts.map(
          ({ time, count }, index) =>
            count > 0 && (
              <rect
                key={time}
                x={index * width}
                y={40 - Math.max(1, (count / highest) * 40)}
                width={width * 0.85}
                height={Math.max(1, (count / highest) * 40)}
              >
                <title>{`${timeText(time)}: ${count}`}</title>
              </rect>
            ),
        )}
      </svg>
      <p className={styles.ends}>
        <span>{dayText(histogram.counts[0]?.time ?? 0)}</span>
        <span>{t('health.now')}</span>
      </p>
    </figure>
  )
}

function Names<Item extends AlarmName>(props: { title: string; items: readonly Item[]; text: (item: Item) => string }) {
  if (props.items.length === 0) return null
  return (
    <section className={styles.names} data-kind={props.title}>
      <h3>
        {props.title} <span className="muted">{props.items.length}</span>
      </h3>
      <ul>
        {props.items.map((item) => (
          <li key={`${item.flow}/${item.node}/${item.key}`}>
            <AlarmLink alarm={item} /> <span className="muted">{props.text(item)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function hidden({ until, since, by, note }: AlarmStanding, now: number): string {
  const time = until === null ? ageText(now - since) : ageText(until - now)
  return [time, by, note].filter((part) => part !== null && part !== '').join(' · ')
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
