import { X } from 'lucide-react'
import { Suspense, useEffect, useState } from 'react'
import type { DeadLetter } from '../../../engine/server/protocol.ts'
import type { PlacedProblem } from '../../core/problems.ts'
import { ageText, shortText } from '../../core/samples.ts'
import { chooseNode } from '../actions/go.ts'
import { useCurrent, useEditor, useText, useUi } from '../context.ts'
import { focusField } from '../forms/focus.ts'
import { IconButton } from '../forms/nested.tsx'
import { lazyPart } from '../parts/lazyPart.tsx'
import { useNeeds } from '../people/may.ts'
import type { Editor } from '../state/editor.ts'
import styles from './Drawer.module.css'

const Alarms = lazyPart(() => import('./Alarms.tsx'))
const Deploys = lazyPart(() => import('./Deploys.tsx'))
const Try = lazyPart(() => import('./Try.tsx'))
const TracePanel = lazyPart(() => import('./Trace.tsx'))
const Tests = lazyPart(() => import('./tests/Tests.tsx'))
const Backtest = lazyPart(() => import('./backtest/Backtest.tsx'))

/** The drawer at the bottom: problems of the flow, or messages that failed. */
export function Drawer() {
  const editor = useEditor()
  const t = useText()
  const drawer = useUi((state) => state.drawer)
  const height = useUi((state) => state.drawerHeight)
  if (drawer === undefined) return null
  return (
    <section className={styles.drawer} aria-label={t(`action.${drawer}`)} style={{ height }} data-drawer={drawer}>
      <Edge height={height} />
      <header className={styles.header}>
        <h2>{t(`action.${drawer}`)}</h2>
        <IconButton
          label={t('close')}
          icon={<X size={16} aria-hidden />}
          run={() => editor.ui.setState({ drawer: undefined, traced: undefined })}
        />
      </header>
      {drawer === 'problems' && <Problems />}
      {drawer === 'letters' && <Letters />}
      <Suspense fallback={<p className={styles.note}>{t('loading')}</p>}>
        {drawer === 'alarms' && <Alarms />}
        {drawer === 'deploys' && <Deploys />}
        {drawer === 'try' && <Try />}
        {drawer === 'trace' && <TracePanel />}
        {drawer === 'tests' && <Tests />}
        {drawer === 'backtest' && <Backtest />}
      </Suspense>
    </section>
  )
}

const least = 120

/** The upper edge, which one can drag, or move with the arrow keys. */
function Edge({ height }: { height: number }) {
  const editor = useEditor()
  const t = useText()
  const most = window.innerHeight - 200
  const set = (wanted: number) =>
    editor.ui.setState({ drawerHeight: Math.round(Math.max(least, Math.min(most, wanted))) })
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <div
      className={styles.edge}
      role="separator"
      aria-orientation="horizontal"
      aria-label={t('drawer.height')}
      aria-valuenow={height}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
        const box = event.currentTarget.parentElement?.getBoundingClientRect()
        if (box) set(box.bottom - event.clientY)
      }}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowUp' ? 40 : event.key === 'ArrowDown' ? -40 : 0
        if (by !== 0) set(height + by)
      }}
    />
  )
}

/** Goes to the node, and to the field, that a problem is about. */
export function goToProblem(editor: Editor, problem: PlacedProblem): void {
  if (problem.node === undefined) return
  chooseNode(editor, problem.node)
  editor.canvas.current?.reveal(problem.node, { focus: problem.field === undefined, near: true })
  if (problem.field === undefined) return
  const path = problem.field.join('.')
  window.setTimeout(() => {
    const field = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`)
    field?.scrollIntoView({ block: 'center' })
    if (field) focusField(field)
  }, 50)
}

function Problems() {
  const editor = useEditor()
  const t = useText()
  const problems = useCurrent((open) => open.check.problems) ?? []
  const check = useCurrent((open) => open.check)
  if (check?.state === 'failed' && problems.length === 0)
    return <p className={styles.note}>{t('problems.failed', { detail: check.detail })}</p>
  if (problems.length === 0) return <p className={styles.note}>{t('problems.none')}</p>
  return (
    <ul className={styles.list}>
      {problems.map((problem) => (
        <li key={`${problem.code}${problem.at}${problem.text}`}>
          <button
            type="button"
            className={styles.row}
            onClick={() => goToProblem(editor, problem)}
            data-severity={problem.severity}
          >
            <span className={styles.severity}>
              {t(problem.severity === 'error' ? 'problems.error' : 'problems.warning')}
            </span>
            <code>{[problem.node, problem.field?.join('.')].filter(Boolean).join(': ')}</code>
            <span className={styles.text}>
              {problem.text} <span className="muted">{problem.hint}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function Letters() {
  const editor = useEditor()
  const t = useText()
  const flow = useCurrent((open) => open.flow)
  const needs = useNeeds('operator')
  const [found, setFound] = useState<{ items: DeadLetter[]; total: number }>()
  const [fetched, setFetched] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `fetched` asks again
  useEffect(() => {
    let gone = false
    editor.client.deadLetters({ limit: 100, ...(flow === undefined ? {} : { flow }) }).then((answer) => {
      if (!gone) setFound(answer)
    }, editor.fail)
    return () => {
      gone = true
    }
  }, [editor, flow, fetched])
  const act = async (work: Promise<unknown>) => {
    try {
      await work
      setFetched((count) => count + 1)
    } catch (thrown) {
      editor.fail(thrown)
    }
  }
  if (found === undefined) return <p className={styles.note}>{t('loading')}</p>
  if (found.items.length === 0) return <p className={styles.note}>{t('letters.none')}</p>
  return (
    <ul className={styles.list}>
      {found.items.map((letter) => (
        <li key={letter.id} className={styles.letter}>
          <span className="muted">{ageText(Date.now() - letter.time)}</span>
          <code>{`${letter.node}.${letter.port}`}</code>
          <span className={styles.text}>
            {letter.text} <span className="muted">{letter.hint}</span>
            <code className={styles.payload}>{shortText(letter.message, 200)}</code>
          </span>
          <button
            type="button"
            className="button"
            {...needs}
            onClick={() => act(editor.client.retryDeadLetters([letter.id]))}
          >
            {t('letters.retry')}
          </button>
          <button
            type="button"
            className="button"
            data-tone="quiet"
            {...needs}
            onClick={() => act(editor.client.dropDeadLetters([letter.id]))}
          >
            {t('letters.drop')}
          </button>
        </li>
      ))}
    </ul>
  )
}
