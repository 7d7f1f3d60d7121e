import { ClipboardPlus, FileJson, Play } from 'lucide-react'
import { Suspense, useEffect, useMemo, useRef } from 'react'
import { useStore } from 'zustand'
import { casesOf } from '../../../core/ruletests.ts'
import { useCurrent, useEditor, useText } from '../../context.ts'
import { lazyPart } from '../../parts/lazyPart.tsx'
import { useWhyNot } from '../../people/may.ts'
import { loadTests, marksOf, noTests, patchTests, runTests } from '../../state/tests.ts'
import drawer from '../Drawer.module.css'
import { Detail } from './Detail.tsx'
import styles from './Tests.module.css'

const TestEditor = lazyPart(() => import('./TestEditor.tsx'))
const Recorder = lazyPart(() => import('./Recorder.tsx'))

/** Milliseconds of quiet after a change before tests that follow the draft run again. */
const followAfter = 600

/** The rule tests of the flow: run on the draft in virtual time, with what went wrong shown here and on the canvas. */
export default function Tests() {
  const editor = useEditor()
  const t = useText()
  const flow = useCurrent((open) => open.flow)
  const document = useCurrent((open) => open.history.document)
  const tests = useStore(editor.tests, (state) => (flow === undefined ? undefined : state[flow])) ?? noTests
  const cases = useMemo(() => casesOf(tests.text), [tests.text])
  useEffect(() => {
    if (flow !== undefined) void loadTests(editor, flow)
  }, [editor, flow])
  const reason = useWhyNot('editor')
  useMarks(flow, tests)
  const { follow, ran, text } = tests
  const stale = ran !== undefined && (ran.document !== document || ran.text !== text)
  useEffect(() => {
    if (!follow || reason !== undefined || flow === undefined || (ran !== undefined && !stale)) return
    const timer = window.setTimeout(() => void runTests(editor, flow), followAfter)
    return () => window.clearTimeout(timer)
  }, [editor, flow, follow, stale, ran, reason])
  if (flow === undefined || tests.file === undefined) return <p className={drawer.note}>{t('loading')}</p>
  const set = (patch: Partial<typeof tests>) => patchTests(editor, flow, patch)
  const failed = [...tests.results.values()].filter(({ passed }) => !passed).length
  return (
    <div className={drawer.columns}>
      <div className={styles.side} data-view={tests.view}>
        <div className={drawer.line}>
          <button
            type="button"
            className="button"
            data-tone="main"
            data-run-tests
            disabled={tests.busy || (cases?.length ?? 0) === 0 || reason !== undefined}
            title={reason}
            onClick={() => runTests(editor, flow)}
          >
            <Play size={14} aria-hidden /> {t(tests.busy ? 'try.running' : 'tests.runAll')}
          </button>
          <button
            type="button"
            className="button"
            aria-pressed={tests.view === 'record'}
            disabled={reason !== undefined}
            title={reason}
            onClick={() => set({ view: 'record' })}
          >
            <ClipboardPlus size={14} aria-hidden /> {t('tests.fromMessages')}
          </button>
          <button
            type="button"
            className="button"
            aria-pressed={tests.view === 'edit'}
            onClick={() => set({ view: 'edit' })}
          >
            <FileJson size={14} aria-hidden /> JSON
          </button>
        </div>
        <CaseList flow={flow} />
        <p
          className={styles.summary}
          role="status"
          data-tests-state={tests.busy ? 'busy' : failed > 0 ? 'failed' : 'passed'}
        >
          {tests.results.size > 0 && t('tests.summary', { passed: tests.results.size - failed, failed })}
          {tests.coverage &&
            ` · ${t('tests.coverage', {
              nodes: tests.coverage.nodes.reached.length,
              allNodes: tests.coverage.nodes.reached.length + tests.coverage.nodes.missed.length,
              ports: tests.coverage.ports.used.length,
              allPorts: tests.coverage.ports.used.length + tests.coverage.ports.missed.length,
            })}`}
          {stale && <span className={styles.stale}> · {t('tests.stale')}</span>}
        </p>
        <div className={drawer.line}>
          <label className={styles.check}>
            <input type="checkbox" checked={tests.follow} onChange={(event) => set({ follow: event.target.checked })} />
            {t('tests.follow')}
          </label>
          <label className={styles.check}>
            <input
              type="checkbox"
              checked={tests.showCoverage}
              onChange={(event) => set({ showCoverage: event.target.checked })}
            />
            {t('tests.showCoverage')}
          </label>
        </div>
      </div>
      <div className={drawer.main}>
        <Suspense fallback={<p className={drawer.note}>{t('loading')}</p>}>
          {tests.view === 'edit' && <TestEditor key={flow} flow={flow} />}
          {tests.view === 'record' && <Recorder key={flow} flow={flow} />}
          {tests.view === 'result' && <Detail flow={flow} tests={tests} cases={cases ?? []} />}
        </Suspense>
      </div>
    </div>
  )
}

/** Marks on the canvas last as long as the panel is open. */
function useMarks(flow: string | undefined, tests: typeof noTests): void {
  const editor = useEditor()
  const { results, chosen, coverage, showCoverage } = tests
  useEffect(() => {
    if (flow !== undefined)
      editor.ui.setState({ marks: marksOf({ ...noTests, results, chosen, coverage, showCoverage }) })
  }, [editor, flow, results, chosen, coverage, showCoverage])
  useEffect(() => () => editor.ui.setState({ marks: undefined }), [editor])
}

/** A text that is no JSON. The engine says of a file where and why, beside this list. */
function Broken({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const ofFile = useStore(editor.tests, (state) => state[flow]?.text === state[flow]?.file?.text)
  useEffect(() => {
    if (ofFile) void runTests(editor, flow)
  }, [editor, flow, ofFile])
  return <p className={`${styles.list} ${drawer.failed}`}>{t('tests.notJson')}</p>
}

/** Tests by name: arrows choose, Enter runs the chosen one. */
function CaseList({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const tests = useStore(editor.tests, (state) => state[flow]) ?? noTests
  const cases = useMemo(() => casesOf(tests.text), [tests.text])
  const list = useRef<HTMLDivElement>(null)
  if (cases === undefined) return <Broken flow={flow} />
  if (cases.length === 0) return <p className={`${styles.list} muted`}>{t('tests.none')}</p>
  const choose = (place: number) => {
    const next = Math.max(0, Math.min(cases.length - 1, place))
    patchTests(editor, flow, { chosen: next, ...(tests.view === 'edit' ? {} : { view: 'result' as const }) })
    if (tests.view === 'edit') patchTests(editor, flow, { goTo: { offset: cases[next]?.offset ?? 0 } })
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
    const failure = tests.results.get(next)?.failures.find(({ node }) => node !== undefined)
    if (failure?.node !== undefined) editor.canvas.current?.reveal(failure.node, { focus: false })
  }
  return (
    <div
      ref={list}
      className={styles.list}
      role="listbox"
      tabIndex={0}
      aria-label={t('tests.list')}
      aria-activedescendant={`case-${tests.chosen}`}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown') choose(tests.chosen + 1)
        else if (event.key === 'ArrowUp') choose(tests.chosen - 1)
        else if (event.key === 'Enter') void runTests(editor, flow, [tests.chosen])
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      {cases.map(({ place, name }) => {
        const result = tests.results.get(place)
        const state = result === undefined ? 'none' : result.passed ? 'passed' : 'failed'
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
          <div
            key={place}
            id={`case-${place}`}
            role="option"
            tabIndex={-1}
            className={styles.case}
            aria-selected={place === tests.chosen}
            data-case={place}
            data-state={state}
            onClick={() => choose(place)}
          >
            <span className={styles.glyph} aria-hidden>
              {state === 'passed' ? '✓' : state === 'failed' ? '✗' : '○'}
            </span>
            <span className={styles.name}>{name}</span>
            {state !== 'none' && <span className="hidden">({t(`tests.${state}`)})</span>}
          </div>
        )
      })}
    </div>
  )
}
