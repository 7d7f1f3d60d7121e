import { Play, Square } from 'lucide-react'
import { type FormEvent, useMemo } from 'react'
import { fileShape, lastedText, localTimeText, readLocalTime, topicsOfFlow } from '../../../core/backtest.ts'
import { setRecording } from '../../../core/commands-history.ts'
import { restless, sourcesOf } from '../../../core/recording.ts'
import { useCurrent, useEditor, useServer, useText } from '../../context.ts'
import { useWhyNot } from '../../people/may.ts'
import {
  type BacktestForm as Asked,
  endJob,
  type FlowBacktest,
  follow,
  inputOf,
  patchBacktest,
} from '../../state/backtest.ts'
import drawer from '../Drawer.module.css'
import styles from './Backtest.module.css'

/** A request may have a megabyte, with what JSON adds to a text. */
const mostFile = 950_000

/** Which messages the draft runs over, and what it is compared with. */
export function BacktestForm({ flow, state }: { flow: string; state: FlowBacktest }) {
  const editor = useEditor()
  const t = useText()
  const document = useCurrent((open) => open.history.document)
  const deployed = useCurrent((open) => open.base !== undefined) ?? false
  const specs = useServer((server) => server.specs)
  const reason = useWhyNot('editor')
  const { form, job } = state
  const own = useMemo(() => (document ? restless(sourcesOf(document, specs)) : []), [document, specs])
  const set = (change: Partial<Asked>) => patchBacktest(editor, flow, { form: { ...form, ...change } })
  const running = job?.state === 'running'
  const left = form.disable ?? own
  const run = (event: FormEvent) => {
    event.preventDefault()
    if (document === undefined || running) return
    const { compare, tolerance } = form
    const request = {
      document,
      ...inputOf(form),
      ...(compare && deployed ? { against: 'deployed' as const } : {}),
      ...(left.length > 0 ? { disable: [...left] } : {}),
      ...(tolerance === '' ? {} : { tolerance }),
    }
    if (state.view === 'adviser') patchBacktest(editor, flow, { view: 'chart' })
    void follow(editor, flow, 'job', () => editor.client.backtests.start(request))
  }
  return (
    <form className={styles.form} onSubmit={run}>
      <fieldset className={styles.choice}>
        <legend className="hidden">{t('backtest.source')}</legend>
        {(['history', 'file'] as const).map((source) => (
          <label key={source} className={styles.radio}>
            <input
              type="radio"
              name="backtest-source"
              checked={form.source === source}
              onChange={() => set({ source })}
            />
            {t(`backtest.source.${source}`)}
          </label>
        ))}
      </fieldset>
      {form.source === 'history' ? (
        <HistoryFields form={form} set={set} state={state} />
      ) : (
        <FileFields form={form} set={set} topics={document ? topicsOfFlow(document, specs) : []} />
      )}
      <label className={styles.radio} title={deployed ? undefined : t('backtest.neverDeployed')}>
        <input
          type="checkbox"
          checked={form.compare && deployed}
          disabled={!deployed}
          onChange={(event) => set({ compare: event.target.checked })}
        />
        {t('backtest.compare')}
      </label>
      {own.length > 0 && (
        <label className={styles.radio}>
          <input
            type="checkbox"
            checked={left.length > 0}
            onChange={(event) => set({ disable: event.target.checked ? own : [] })}
          />
          <span>
            {t('backtest.without')} <code>{own.slice(0, 3).join(', ')}</code>
            {own.length > 3 && ' …'}
          </span>
        </label>
      )}
      <div className={drawer.line}>
        <button
          type="submit"
          className="button"
          data-tone="main"
          data-run-backtest
          disabled={running || reason !== undefined || (form.source === 'file' && form.file === undefined)}
          title={reason}
        >
          <Play size={14} aria-hidden /> {t(running ? 'backtest.running' : 'backtest.run')}
        </button>
        {running && (
          <button type="button" className="button" onClick={() => endJob(editor, flow, 'job')}>
            <Square size={14} aria-hidden /> {t('backtest.cancel')}
          </button>
        )}
      </div>
    </form>
  )
}

interface Fields {
  form: Asked
  set: (change: Partial<Asked>) => void
}

function HistoryFields({ form, set, state }: Fields & { state: FlowBacktest }) {
  const editor = useEditor()
  const t = useText()
  const reason = useWhyNot('editor')
  const recording = useCurrent((open) => open.history.document.history !== undefined)
  const recorded = (state.history?.items ?? []).filter(({ messages }) => messages > 0)
  const count = recorded.reduce((sum, { messages }) => sum + messages, 0)
  const oldest = Math.min(...recorded.flatMap(({ oldest: time }) => time ?? []))
  const newest = Math.max(...recorded.flatMap(({ newest: time }) => time ?? []))
  return (
    <>
      <label className={drawer.stack}>
        {t('backtest.range')}
        <select
          className="input"
          value={form.range}
          onChange={(event) => {
            const range = ranges.find((one) => one === event.target.value)
            if (range !== undefined) set({ range })
          }}
        >
          {ranges.map((range) => (
            <option key={range} value={range}>
              {t(`backtest.range.${range}`)}
            </option>
          ))}
        </select>
      </label>
      {form.range === 'own' && (
        <div className={drawer.line}>
          {(['from', 'to'] as const).map((side) => (
            <label key={side} className={styles.half}>
              {t(`audit.${side}`)}
              <input
                className="input"
                type="datetime-local"
                step={1}
                defaultValue={localTimeText(form[side])}
                onChange={(event) => set({ [side]: readLocalTime(event.target.value) })}
              />
            </label>
          ))}
        </div>
      )}
      <p className="muted" data-recorded-history={count}>
        {state.history?.stopped ??
          (count === 0
            ? t('backtest.nothingRecorded')
            : t('backtest.recorded', { count, span: lastedText(newest - oldest) }))}
      </p>
      {count === 0 && !recording && (
        <button
          type="button"
          className="button"
          disabled={reason !== undefined}
          title={reason}
          onClick={() => {
            editor.run(setRecording(true))
            // The settings of the flow stand where nothing is chosen.
            editor.ui.setState({ nodes: new Set(), wires: new Set(), inspector: true })
          }}
        >
          {t('backtest.record')}
        </button>
      )}
    </>
  )
}

const ranges = ['all', 'hour', 'day', 'week', 'own'] as const

function FileFields({ form, set, topics }: Fields & { topics: readonly string[] }) {
  const editor = useEditor()
  const t = useText()
  const shape = useMemo(() => (form.file === undefined ? undefined : fileShape(form.file.text)), [form.file])
  const take = async (file: File | undefined) => {
    if (file === undefined) return
    if (file.size > mostFile) return editor.toast({ tone: 'error', text: t('backtest.tooLarge', { size: '950 kB' }) })
    const text = await file.text()
    const found = fileShape(text)
    const values = found.columns.filter((name) => name !== found.time)
    set({
      file: { name: file.name, text },
      time: found.time ?? '',
      topic: found.topics ? '' : (topics[0] ?? '').replace(/\{(\w+)\}|\+/g, 'file'),
      column: found.format === 'csv' && values.length === 1 ? (values[0] ?? '') : '',
    })
  }
  return (
    <>
      <label className={drawer.stack}>
        {t('backtest.file')}
        <input
          type="file"
          accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json"
          onChange={(event) => void take(event.target.files?.[0])}
        />
      </label>
      {form.file === undefined ? (
        <p className="muted">{t('backtest.fileHelp')}</p>
      ) : (
        <p className="muted">
          {form.file.name}: {shape?.columns.join(', ')}
        </p>
      )}
      {shape !== undefined && (
        <>
          <label className={drawer.stack}>
            {t('backtest.topic')}
            <input
              className="input mono"
              list="backtest-topics"
              value={form.topic}
              placeholder={shape.topics ? t('backtest.topicInFile') : 'plant/{column}/value'}
              onChange={(event) => set({ topic: event.target.value })}
            />
            <datalist id="backtest-topics">
              {topics.map((topic) => (
                <option key={topic} value={topic} />
              ))}
            </datalist>
          </label>
          <div className={drawer.line}>
            <ColumnSelect
              label={t('backtest.time')}
              value={form.time}
              columns={shape.columns}
              none="–"
              change={(time) => set({ time })}
            />
            <ColumnSelect
              label={t('backtest.column')}
              value={form.column}
              columns={shape.columns.filter((name) => name !== form.time)}
              none={t('backtest.allColumns')}
              change={(column) => set({ column })}
            />
          </div>
        </>
      )}
    </>
  )
}

function ColumnSelect(props: {
  label: string
  value: string
  columns: readonly string[]
  none: string
  change: (column: string) => void
}) {
  return (
    <label className={styles.half}>
      {props.label}
      <select className="input" value={props.value} onChange={(event) => props.change(event.target.value)}>
        <option value="">{props.none}</option>
        {props.columns.map((column) => (
          <option key={column}>{column}</option>
        ))}
      </select>
    </label>
  )
}
