import { createStore, type StoreApi } from 'zustand/vanilla'
import type { BacktestJob, InputText } from '../../../engine/server/protocol-backtest.ts'
import type { HistoryOverview } from '../../../engine/server/protocol-history.ts'
import { ApiError } from '../api/client.ts'
import type { Editor } from './editor.ts'

/** What is asked of a backtest, as it stands in the form. */
export interface BacktestForm {
  source: 'history' | 'file'
  range: 'hour' | 'day' | 'week' | 'all' | 'own'
  /** UTC milliseconds, of the range `own`. */
  from: number | undefined
  to: number | undefined
  file: { name: string; text: string } | undefined
  topic: string
  time: string
  /** Column that is the payload; empty: all columns are its fields. */
  column: string
  compare: boolean
  disable: readonly string[] | undefined
  tolerance: string
}

/** Backtests and advice of one flow. */
export interface FlowBacktest {
  form: BacktestForm
  job: BacktestJob | undefined
  advice: BacktestJob | undefined
  history: HistoryOverview | undefined
  view: 'chart' | 'alarms' | 'differences' | 'adviser'
}

export type BacktestStore = StoreApi<Readonly<Record<string, FlowBacktest>>>

export function createBacktestStore(): BacktestStore {
  return createStore(() => ({}))
}

export const noBacktest: FlowBacktest = {
  form: {
    source: 'history',
    range: 'all',
    from: undefined,
    to: undefined,
    file: undefined,
    topic: '',
    time: '',
    column: '',
    compare: true,
    disable: undefined,
    tolerance: '10m',
  },
  job: undefined,
  advice: undefined,
  history: undefined,
  view: 'chart',
}

export function patchBacktest(editor: Editor, flow: string, patch: Partial<FlowBacktest>): void {
  editor.backtests.setState((state) => ({ ...state, [flow]: { ...noBacktest, ...state[flow], ...patch } }))
}

/** What the form says where the messages come from. */
export function inputOf(form: BacktestForm): { from?: number; to?: number; input?: InputText } {
  if (form.source === 'file') {
    const { file, topic, time, column } = form
    if (file === undefined) return {}
    return {
      input: {
        text: file.text,
        ...(topic === '' ? {} : { topic }),
        ...(time === '' ? {} : { time }),
        ...(column === '' ? {} : { map: { '.': column } }),
      },
    }
  }
  if (form.range === 'own') {
    return {
      ...(form.from === undefined ? {} : { from: form.from }),
      ...(form.to === undefined ? {} : { to: form.to }),
    }
  }
  const length = lengths[form.range]
  return length === undefined ? {} : { from: Date.now() - length }
}

const hour = 3_600_000
const lengths: Readonly<Record<string, number | undefined>> = { hour, day: 24 * hour, week: 7 * 24 * hour }

/** Milliseconds between two questions about a job that runs. */
const askEvery = 300

/** Starts a job and follows it to its end; what it says is kept under its name in the flow's part. */
export async function follow(
  editor: Editor,
  flow: string,
  part: 'job' | 'advice',
  start: () => Promise<BacktestJob>,
): Promise<void> {
  try {
    let job = await start()
    patchBacktest(editor, flow, { [part]: job })
    while (job.state === 'running') {
      await new Promise((resolve) => window.setTimeout(resolve, askEvery))
      const { id } = job
      // Another one was started, or this one was ended.
      if (editor.backtests.getState()[flow]?.[part]?.id !== id) return
      job = await editor.client.backtests.job(id)
      if (editor.backtests.getState()[flow]?.[part]?.id === id) patchBacktest(editor, flow, { [part]: job })
    }
    if (job.state === 'done') editor.say(editor.t('backtest.done'))
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.answer.code === 'CHECK_FAILED') editor.ui.setState({ drawer: 'problems' })
    editor.fail(thrown)
  }
}

/** Ends a job that runs. */
export async function endJob(editor: Editor, flow: string, part: 'job' | 'advice'): Promise<void> {
  const job = editor.backtests.getState()[flow]?.[part]
  if (job === undefined) return
  try {
    patchBacktest(editor, flow, { [part]: await editor.client.backtests.end(job.id) })
  } catch (thrown) {
    editor.fail(thrown)
  }
}

export async function loadHistory(editor: Editor, flow: string): Promise<void> {
  try {
    patchBacktest(editor, flow, { history: await editor.client.backtests.history() })
  } catch (thrown) {
    editor.fail(thrown)
  }
}
