import { useEffect, useRef, useState } from 'react'
import type { DeployDetail, DeploySummary } from '../../../engine/server/protocol.ts'
import { replaceBy } from '../../core/commands.ts'
import { changesOf } from '../../core/diff.ts'
import { ageText } from '../../core/samples.ts'
import { useCurrent, useEditor, useText } from '../context.ts'
import { ChangeList } from '../dialogs/ChangeList.tsx'
import { useNeeds } from '../people/may.ts'
import { timeText } from '../text/time.ts'
import styles from './Deploys.module.css'
import drawer from './Drawer.module.css'

/** The versions of a flow that were deployed: who, when, why, what each changed, and the way back. */
export default function Deploys() {
  const t = useText()
  const flow = useCurrent((open) => open.flow)
  return flow === undefined ? <p className={drawer.note}>{t('flows.none')}</p> : <Versions key={flow} flow={flow} />
}

/** Milliseconds after which the counts of a deploy that is watched are asked for again. */
const pause = 2000

function Versions({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const summary = useCurrent((open) => open.summary)
  const [items, setItems] = useState<readonly DeploySummary[]>()
  const [chosen, setChosen] = useState<number>()
  const [asked, setAsked] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new summary and `asked` ask again
  useEffect(() => {
    let gone = false
    // A flow that was never deployed has none, which is no failure.
    const none = () => !gone && setItems([])
    editor.client.deploys.list(flow).then((answer) => !gone && setItems(answer.items), none)
    return () => {
      gone = true
    }
  }, [editor, flow, summary, asked])
  const isWatched = items?.some(({ watch }) => watch !== undefined) === true
  useEffect(() => {
    if (!isWatched) return
    const timer = window.setInterval(() => setAsked((count) => count + 1), pause)
    return () => window.clearInterval(timer)
  }, [isWatched])
  if (items === undefined) return <p className={drawer.note}>{t('loading')}</p>
  if (items.length === 0) return <p className={drawer.note}>{t('deploys.none')}</p>
  const id = items.some((item) => item.id === chosen) ? chosen : items[0]?.id
  const choose = (by: number) => {
    const next = items[items.findIndex((item) => item.id === id) + by]
    if (next === undefined) return
    setChosen(next.id)
    list.current?.querySelector<HTMLElement>(`[data-version="${next.id}"]`)?.focus()
  }
  return (
    <div className={drawer.columns}>
      <div
        ref={list}
        className={styles.list}
        role="listbox"
        aria-label={t('action.deploys')}
        tabIndex={-1}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
          if (by === 0) return
          event.preventDefault()
          choose(by)
        }}
      >
        {items.map((item) => (
          <Version key={item.id} item={item} selected={item.id === id} choose={() => setChosen(item.id)} />
        ))}
      </div>
      {id !== undefined && (
        <Comparison key={id} flow={flow} items={items} id={id} done={() => setAsked((count) => count + 1)} />
      )}
    </div>
  )
}

function Version({ item, selected, choose }: { item: DeploySummary; selected: boolean; choose: () => void }) {
  const t = useText()
  const { id, time, by, origin, restored, comment, verdict, reason, current, watch } = item
  return (
    <div
      role="option"
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      className={styles.version}
      data-version={id}
      data-verdict={verdict}
      onClick={choose}
      onKeyDown={(event) => event.key === 'Enter' && choose()}
    >
      <p className={styles.line}>
        <strong>{`#${id}`}</strong>
        <span title={timeText(time)}>{t('deploys.age', { age: ageText(Date.now() - time) })}</span>
        <span>{by === 'automatic return' ? t('deploys.automatic') : by === 'file' ? t('deploys.file') : by}</span>
        {origin === 'restore' && <span className="muted">{t('deploys.restored', { id: restored ?? 0 })}</span>}
        {origin === 'return' && <span className="muted">{t('deploys.returned', { id: restored ?? 0 })}</span>}
        {current && <span className={styles.badge}>{t('deploys.current')}</span>}
        {verdict === 'failed' && (
          <span className={styles.badge} data-tone="error">
            {t('deploys.failed')}
          </span>
        )}
      </p>
      {(reason ?? comment) && <p className={styles.comment}>{reason ?? comment}</p>}
      {watch && (
        <p className="muted">
          {t('deploys.watched', {
            age: ageText(Math.max(0, watch.until - Date.now())),
            errors: watch.errors,
            messages: watch.messages,
          })}
        </p>
      )}
    </div>
  )
}

/** What a version changed, or what going back to it would; and going back. */
function Comparison(props: { flow: string; items: readonly DeploySummary[]; id: number; done: () => void }) {
  const { flow, items, id, done } = props
  const editor = useEditor()
  const t = useText()
  const needs = useNeeds('editor')
  const [detail, setDetail] = useState<DeployDetail>()
  const [other, setOther] = useState<DeployDetail>()
  const [against, setAgainst] = useState<'before' | 'current'>('before')
  const [busy, setBusy] = useState(false)
  const at = items.findIndex((item) => item.id === id)
  const isCurrent = items[at]?.current === true
  const otherId = against === 'before' ? items[at + 1]?.id : items[0]?.id
  useEffect(() => {
    let gone = false
    editor.client.deploys.one(flow, id).then((found) => !gone && setDetail(found), editor.fail)
    return () => {
      gone = true
    }
  }, [editor, flow, id])
  useEffect(() => {
    setOther(undefined)
    if (otherId === undefined) return
    let gone = false
    editor.client.deploys.one(flow, otherId).then((found) => !gone && setOther(found), editor.fail)
    return () => {
      gone = true
    }
  }, [editor, flow, otherId])
  if (detail === undefined) return <p className={drawer.note}>{t('loading')}</p>
  // Going back to a version is a change from what runs to it; a version by itself is one from the version before.
  const ready = otherId === undefined || other !== undefined
  const changes = changesOf(other?.document, detail.document)
  const errors = detail.problems.filter(({ severity }) => severity === 'error')
  const restore = async () => {
    setBusy(true)
    try {
      await editor.client.deploys.restore(flow, id, '')
      editor.toast({ tone: 'ok', text: t('deploys.done', { id }) })
      done()
    } catch (thrown) {
      editor.fail(thrown)
    }
    setBusy(false)
  }
  return (
    <div className={drawer.main}>
      <div className={styles.bar}>
        <select
          className="input"
          aria-label={t('deploys.compare')}
          value={against}
          onChange={(event) => setAgainst(event.target.value === 'before' ? 'before' : 'current')}
        >
          <option value="before">{t('deploys.whatChanged', { id })}</option>
          <option value="current">{t('deploys.wouldChange', { id })}</option>
        </select>
        <span className={drawer.space} />
        <button
          type="button"
          className="button"
          {...needs}
          onClick={() => {
            editor.run(replaceBy(detail.document, 'replace'))
            editor.toast({ tone: 'info', text: t('deploys.inDraft', { id }) })
          }}
        >
          {t('deploys.toDraft')}
        </button>
        <button
          type="button"
          className="button"
          data-tone="main"
          disabled={busy || isCurrent || errors.length > 0}
          {...needs}
          onClick={restore}
        >
          {t('deploys.restore')}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className={styles.changes} tabIndex={0} aria-label={t('deploys.changes')}>
        {errors.map((problem) => (
          <p key={`${problem.at}${problem.text}`} className={drawer.failed}>
            {t('deploys.noLonger')} {problem.text}
          </p>
        ))}
        {!ready ? (
          <p className="muted">{t('loading')}</p>
        ) : changes.count === 0 ? (
          <p className="muted">{t('deploys.same')}</p>
        ) : (
          <ChangeList changes={changes} />
        )}
      </section>
    </div>
  )
}
