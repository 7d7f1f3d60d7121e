import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { AuditEntry, AuditList } from '../../../engine/server/protocol-auth.ts'
import type { AuditQuery } from '../api/people.ts'
import { useEditor, useText } from '../context.ts'
import { timeText } from '../text/time.ts'
import styles from './People.module.css'

const pageSize = 200
const rowHeight = 44
/** Milliseconds of quiet while one types a filter. */
const typing = 250

/** What was done by whom, newest first: filtered by the engine, fetched page by page, only what is seen is drawn. */
export default function Audit() {
  const editor = useEditor()
  const t = useText()
  const [filter, setFilter] = useState<AuditQuery>({})
  const [list, setList] = useState<AuditList>()
  const asked = useRef(0)
  const more = useRef(false)
  const ask = useCallback(
    async (wanted: AuditQuery, before: AuditList | undefined) => {
      const number = ++asked.current
      try {
        const last = before?.items.at(-1)?.id
        const answer = await editor.client.people.audit({ ...wanted, limit: pageSize, before: last })
        if (number !== asked.current) return
        setList(before === undefined ? answer : { ...answer, items: [...before.items, ...answer.items] })
      } catch (thrown) {
        editor.fail(thrown)
      } finally {
        more.current = false
      }
    },
    [editor],
  )
  useEffect(() => {
    const timer = window.setTimeout(() => void ask(filter, undefined), typing)
    return () => window.clearTimeout(timer)
  }, [ask, filter])
  const next = () => {
    if (list === undefined || more.current || list.items.length >= list.total) return
    more.current = true
    void ask(filter, list)
  }
  const set = (change: AuditQuery) => setFilter((before) => ({ ...before, ...change }))
  return (
    <div className={styles.audit}>
      <div className={styles.filters}>
        <label className={styles.field}>
          {t('audit.who')}
          <input className="input" value={filter.who ?? ''} onChange={(event) => set({ who: event.target.value })} />
        </label>
        <label className={styles.field}>
          {t('audit.action')}
          <select
            className="input"
            value={filter.action ?? ''}
            onChange={(event) => set({ action: event.target.value })}
          >
            <option value="">{t('audit.any')}</option>
            {(list?.actions ?? []).map((action) => (
              <option key={action}>{action}</option>
            ))}
          </select>
        </label>
        <label className={styles.field}>
          {t('audit.target')}
          <input
            className="input"
            value={filter.target ?? ''}
            onChange={(event) => set({ target: event.target.value })}
          />
        </label>
        <label className={styles.field}>
          {t('audit.outcome')}
          <select
            className="input"
            value={filter.outcome ?? ''}
            onChange={(event) => set({ outcome: event.target.value })}
          >
            <option value="">{t('audit.any')}</option>
            {(['done', 'refused', 'failed'] as const).map((outcome) => (
              <option key={outcome} value={outcome}>
                {t(`audit.${outcome}`)}
              </option>
            ))}
          </select>
        </label>
        {(['from', 'to'] as const).map((side) => (
          <label key={side} className={styles.field}>
            {t(`audit.${side}`)}
            <input
              className="input"
              type="datetime-local"
              onChange={(event) => set({ [side]: timeOf(event.target.value) })}
            />
          </label>
        ))}
      </div>
      <p className="muted" role="status">
        {list === undefined
          ? t('loading')
          : list.total === 0
            ? t('audit.none')
            : t('audit.total', { shown: list.items.length, total: list.total })}
      </p>
      <Rows items={list?.items ?? []} atEnd={next} />
    </div>
  )
}

function Rows({ items, atEnd }: { items: readonly AuditEntry[]; atEnd: () => void }) {
  const t = useText()
  const frame = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })
  const seen = rows.getVirtualItems()
  const last = seen.at(-1)?.index ?? -1
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another last row is news
  useEffect(() => {
    if (last >= 0 && last >= items.length - 20) atEnd()
  }, [last, items.length])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section ref={frame} className={styles.rows} aria-label={t('audit.list')} tabIndex={0}>
      <ul className={styles.all} style={{ height: rows.getTotalSize() }}>
        {seen.map(({ index, start }) => {
          const entry = items[index]
          return entry && <Row key={entry.id} entry={entry} top={start} />
        })}
      </ul>
    </section>
  )
}

function Row({ entry, top }: { entry: AuditEntry; top: number }) {
  const t = useText()
  const more = [
    entry.code ?? '',
    entry.token === null ? '' : t('audit.token', { token: entry.token }),
    entry.before === null && entry.after === null
      ? ''
      : t('audit.hashes', { before: entry.before ?? '–', after: entry.after ?? '–' }),
    entry.repeats > 0 ? t('audit.repeats', { count: entry.repeats }) : '',
  ].filter(Boolean)
  return (
    <li
      className={styles.entry}
      style={{ transform: `translateY(${top}px)`, height: rowHeight }}
      data-audit={entry.action}
      data-outcome={entry.outcome}
    >
      <time dateTime={new Date(entry.time).toISOString()}>{timeText(entry.time)}</time>
      <span>{entry.who}</span>
      <span className="mono">{entry.action}</span>
      <span className={styles.target} title={entry.target}>
        {entry.target}
        {more.length > 0 && <small className="muted">{more.join(' · ')}</small>}
      </span>
      <span className={styles.outcome}>{t(`audit.${entry.outcome}`)}</span>
      <span className="muted">{entry.address ?? '–'}</span>
    </li>
  )
}

function timeOf(text: string): number | undefined {
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}
