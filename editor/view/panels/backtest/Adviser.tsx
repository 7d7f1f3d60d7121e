import { Lightbulb, Square } from 'lucide-react'
import { type FormEvent, useMemo, useState } from 'react'
import type { Advice, AdviceCandidate } from '../../../../engine/server/protocol-backtest.ts'
import { alarmNodes, lastedText, numberText } from '../../../core/backtest.ts'
import { setConfig } from '../../../core/commands.ts'
import { nodeOf } from '../../../core/document.ts'
import { chooseNode } from '../../actions/go.ts'
import { useCurrent, useEditor, useServer, useText } from '../../context.ts'
import { useWhyNot } from '../../people/may.ts'
import { endJob, type FlowBacktest, follow, inputOf } from '../../state/backtest.ts'
import drawer from '../Drawer.module.css'
import styles from './Backtest.module.css'
import { Progress } from './Summary.tsx'

/** Suggests limit, deadband and on-delay from what was recorded, and writes them into the alarm node. */
export default function Adviser({ flow, state }: { flow: string; state: FlowBacktest }) {
  const editor = useEditor()
  const t = useText()
  const document = useCurrent((open) => open.history.document)
  const specs = useServer((server) => server.specs)
  const reason = useWhyNot('editor')
  const nodes = useMemo(() => (document ? alarmNodes(document, specs) : []), [document, specs])
  const [chosen, setChosen] = useState<string>()
  const node = nodes.find(({ id }) => id === chosen) ?? nodes[0]
  const [typed, setTyped] = useState<{ topic?: string; value?: string; key?: string }>({})
  const [perDay, setPerDay] = useState('1')
  const [side, setSide] = useState<'' | 'above' | 'below'>('')
  if (node === undefined) return <p className={drawer.note}>{t('advise.noNode')}</p>
  const { topic, value, key } = { topic: node.topic, value: node.value, key: node.key, ...typed }
  const job = state.advice
  const running = job?.state === 'running'
  const ask = (event: FormEvent) => {
    event.preventDefault()
    const request = {
      topic,
      ...(value === '' ? {} : { value }),
      ...(key === '' ? {} : { key }),
      ...(side === '' ? {} : { side }),
      ...(Number(perDay) > 0 ? { perDay: Number(perDay) } : {}),
      ...inputOf(state.form),
    }
    void follow(editor, flow, 'advice', () => editor.client.backtests.advise(request))
  }
  const apply = (candidate: AdviceCandidate) => {
    const open = editor.current()
    const entry = open && nodeOf(open.history.document, node.id)
    if (entry === undefined) return
    let current = entry
    for (const [field, wanted] of Object.entries(candidate.config)) {
      editor.run(setConfig(current, [field], wanted))
      current = nodeOf(editor.current()?.history.document ?? { flow, nodes: [], wires: [] }, node.id) ?? current
    }
    chooseNode(editor, node.id)
    editor.toast({ tone: 'ok', text: t('advise.applied', { node: node.id }) })
  }
  return (
    <div className={styles.adviser}>
      <form className={styles.ask} onSubmit={ask}>
        <label className={styles.half}>
          {t('advise.node')}
          <select
            className="input"
            value={node.id}
            onChange={(event) => {
              setChosen(event.target.value)
              setTyped({})
            }}
          >
            {nodes.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label className={styles.half}>
          {t('advise.topic')}
          <input
            className="input mono"
            value={topic}
            spellCheck={false}
            onChange={(event) => setTyped({ ...typed, topic: event.target.value })}
          />
        </label>
        <label className={styles.half}>
          {t('advise.value')}
          <input
            className="input mono"
            value={value}
            placeholder="payload"
            spellCheck={false}
            onChange={(event) => setTyped({ ...typed, value: event.target.value })}
          />
        </label>
        <label className={styles.half}>
          {t('advise.key')}
          <input
            className="input mono"
            value={key}
            placeholder={t('advise.keyStandard')}
            spellCheck={false}
            onChange={(event) => setTyped({ ...typed, key: event.target.value })}
          />
        </label>
        <label className={styles.half}>
          {t('advise.side')}
          <select
            className="input"
            value={side}
            onChange={(event) =>
              setSide(event.target.value === 'above' ? 'above' : event.target.value === 'below' ? 'below' : '')
            }
          >
            <option value="">{t('advise.both')}</option>
            <option value="above">{t('advise.above')}</option>
            <option value="below">{t('advise.below')}</option>
          </select>
        </label>
        <label className={styles.half}>
          {t('advise.perDay')}
          <input
            className="input"
            inputMode="decimal"
            value={perDay}
            onChange={(event) => setPerDay(event.target.value)}
          />
        </label>
        <button
          type="submit"
          className="button"
          data-tone="main"
          data-advise
          disabled={running || topic === '' || reason !== undefined}
          title={reason}
        >
          <Lightbulb size={14} aria-hidden /> {t('advise.do')}
        </button>
        {running && (
          <button type="button" className="button" onClick={() => endJob(editor, flow, 'advice')}>
            <Square size={14} aria-hidden /> {t('backtest.cancel')}
          </button>
        )}
      </form>
      {!node.direct && <p className="muted">{t('advise.notDirect')}</p>}
      {running && <Progress job={job} />}
      {job?.state === 'failed' && (
        <p className={drawer.failed} role="alert">
          {job.error?.text} {job.error?.hint}
        </p>
      )}
      {job?.advice && <Found advice={job.advice} apply={apply} />}
    </div>
  )
}

function Found({ advice, apply }: { advice: Advice; apply: (candidate: AdviceCandidate) => void }) {
  const t = useText()
  const { statistics, candidates, reasons } = advice
  if (candidates.length === 0) {
    const key = statistics.count === 0 ? 'advise.nothing' : 'advise.same'
    return <p className="muted">{t(key, { count: advice.messages, median: numberText(statistics.median) })}</p>
  }
  return (
    <>
      <p className="muted">
        {t('advise.statistics', {
          count: statistics.count,
          keys: statistics.keys,
          median: numberText(statistics.median),
          least: numberText(statistics.least),
          most: numberText(statistics.most),
          noise: numberText(statistics.noise),
          every: lastedText(statistics.interval),
        })}
      </p>
      <Candidates candidates={candidates.filter(({ suggested }) => suggested)} apply={apply} />
      <ul className={styles.reasons}>
        {reasons.map(({ side, about, text }) => (
          <li key={`${side}${about}`}>{text}</li>
        ))}
      </ul>
      <h3 className={styles.tried}>{t('advise.tried')}</h3>
      <Candidates candidates={candidates} apply={apply} />
    </>
  )
}

/** What each limit, deadband and delay would have done. */
function Candidates(props: { candidates: readonly AdviceCandidate[]; apply: (candidate: AdviceCandidate) => void }) {
  const { candidates, apply } = props
  const t = useText()
  const reason = useWhyNot('editor')
  return (
    <table className={styles.table} data-advice={candidates.length}>
      <thead>
        <tr>
          <th>{t('backtest.limit')}</th>
          <th>{t('advise.deadband')}</th>
          <th>{t('advise.onDelay')}</th>
          <th>{t('advise.alarmsPerDay')}</th>
          <th>{t('advise.alarms')}</th>
          <th>{t('advise.keys')}</th>
          <th>{t('advise.lasted')}</th>
          <th>{t('advise.active')}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {candidates.map((candidate) => (
          <tr
            key={`${candidate.side}${candidate.limit}/${candidate.deadband}/${candidate.onDelay}`}
            data-suggested={candidate.suggested || undefined}
          >
            <th scope="row">
              {candidate.side === 'above' ? '> ' : '< '}
              {numberText(candidate.limit)}
              {candidate.suggested && <span className={styles.suggested}> {t('advise.suggested')}</span>}
            </th>
            <td>{numberText(candidate.deadband)}</td>
            <td>{lastedText(candidate.onDelay)}</td>
            <td>{numberText(Math.round(candidate.perDay * 100) / 100)}</td>
            <td>{candidate.alarms}</td>
            <td>{candidate.keys}</td>
            <td>{candidate.lasted === null ? '–' : lastedText(candidate.lasted)}</td>
            <td>{`${Math.round(candidate.active * 1000) / 10} %`}</td>
            <td>
              <button
                type="button"
                className="button"
                disabled={reason !== undefined}
                title={reason}
                onClick={() => apply(candidate)}
              >
                {t('advise.apply')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
