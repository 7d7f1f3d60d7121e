import { Suspense, useEffect } from 'react'
import { useStore } from 'zustand'
import { differenceCount, wireCounts } from '../../../core/backtest.ts'
import { useCurrent, useEditor, useText } from '../../context.ts'
import { lazyPart } from '../../parts/lazyPart.tsx'
import { type FlowBacktest, loadHistory, noBacktest, patchBacktest } from '../../state/backtest.ts'
import drawer from '../Drawer.module.css'
import { AlarmTable, DifferenceTable } from './AlarmTables.tsx'
import styles from './Backtest.module.css'
import { BacktestForm } from './Form.tsx'
import { Summary } from './Summary.tsx'

const ChartView = lazyPart(() => import('./ChartView.tsx'))
const Adviser = lazyPart(() => import('./Adviser.tsx'))

/** Milliseconds between two looks at what is recorded. */
const askEvery = 3000

const views = ['chart', 'alarms', 'differences', 'adviser'] as const

/** The draft over recorded history, in virtual time: its alarms, the difference to what is deployed, and which limits would fit. */
export default function Backtest() {
  const editor = useEditor()
  const t = useText()
  const flow = useCurrent((open) => open.flow)
  const state = useStore(editor.backtests, (all) => (flow === undefined ? undefined : all[flow])) ?? noBacktest
  useEffect(() => {
    if (flow === undefined) return
    void loadHistory(editor, flow)
    const timer = window.setInterval(() => void loadHistory(editor, flow), askEvery)
    return () => window.clearInterval(timer)
  }, [editor, flow])
  useCounts(state)
  if (flow === undefined) return null
  const { job, view } = state
  const result = job?.result
  const counts: Record<string, number | undefined> = {
    alarms: result?.alarms.total,
    differences: result?.against && differenceCount(result.against),
  }
  return (
    <div className={drawer.columns}>
      <BacktestForm flow={flow} state={state} />
      <div className={drawer.main} data-backtest={job?.state ?? 'none'}>
        <div className={styles.tabs} role="tablist" aria-label={t('backtest.views')}>
          {views.map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              className={styles.tab}
              aria-selected={one === view}
              onClick={() => patchBacktest(editor, flow, { view: one })}
            >
              {t(`backtest.${one}`)}
              {counts[one] !== undefined && <span className={styles.count}>{counts[one]}</span>}
            </button>
          ))}
        </div>
        {view !== 'adviser' && <Summary job={job} />}
        <Suspense fallback={<p className={drawer.note}>{t('loading')}</p>}>
          {view === 'adviser' && <Adviser key={flow} flow={flow} state={state} />}
          {view === 'chart' && result && <ChartView result={result} />}
          {view === 'alarms' && result && <AlarmTable result={result} flow={flow} />}
          {view === 'differences' && result && <DifferenceTable result={result} flow={flow} />}
        </Suspense>
      </div>
    </div>
  )
}

/** Counts stand on the wires as long as the panel is open. */
function useCounts({ job }: FlowBacktest): void {
  const editor = useEditor()
  const result = job?.result
  useEffect(() => {
    const counts = result === undefined ? undefined : wireCounts(result.wires, result.against?.wires)
    editor.ui.setState({ counts })
    return () => editor.ui.setState({ counts: undefined })
  }, [editor, result])
}
