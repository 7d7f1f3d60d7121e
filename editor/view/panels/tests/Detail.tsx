import { Play } from 'lucide-react'
import { Fragment } from 'react'
import type { RuleFailure, RuleTestResult } from '../../../../engine/server/protocol-tests.ts'
import { placeAt } from '../../../core/jsontext.ts'
import { parsePath } from '../../../core/path.ts'
import type { RuleCase } from '../../../core/ruletests.ts'
import { chooseNode } from '../../actions/go.ts'
import { useEditor, useText } from '../../context.ts'
import { useWhyNot } from '../../people/may.ts'
import { type FlowTests, patchTests, runTests } from '../../state/tests.ts'
import drawer from '../Drawer.module.css'
import styles from './Tests.module.css'

/** What came of the chosen test: expected against found, the last messages, and what no test reaches. */
export function Detail({ flow, tests, cases }: { flow: string; tests: FlowTests; cases: readonly RuleCase[] }) {
  const editor = useEditor()
  const t = useText()
  const reason = useWhyNot('editor')
  const chosen = cases[tests.chosen]
  const result = tests.results.get(tests.chosen)
  if (tests.problems.length > 0) return <Problems flow={flow} tests={tests} />
  if (chosen === undefined) {
    return (
      <div className={styles.empty}>
        <p>{t('tests.emptyText')}</p>
        <p className="muted">{t('tests.emptyHow', { file: tests.file?.file ?? '' })}</p>
      </div>
    )
  }
  return (
    <div
      className={styles.detail}
      data-test-result={result === undefined ? 'none' : result.passed ? 'passed' : 'failed'}
    >
      <div className={styles.detailHead}>
        <h3>{chosen.name}</h3>
        <button
          type="button"
          className="button"
          disabled={tests.busy || reason !== undefined}
          title={reason}
          onClick={() => runTests(editor, flow, [chosen.place])}
        >
          <Play size={14} aria-hidden /> {t('tests.runOne')}
        </button>
        <button
          type="button"
          className="button"
          data-tone="quiet"
          onClick={() => patchTests(editor, flow, { view: 'edit', goTo: { offset: chosen.offset } })}
        >
          {t('tests.edit')}
        </button>
      </div>
      <Outcome flow={flow} text={tests.text} result={result} steps={chosen.steps} />
      <Coverage tests={tests} />
    </div>
  )
}

function Outcome(props: { flow: string; text: string; result: RuleTestResult | undefined; steps: number }) {
  const t = useText()
  const { result } = props
  if (result === undefined) return <p className="muted">{t('tests.notYet', { steps: props.steps })}</p>
  if (result.passed) return <p className={styles.good}>{t('tests.good', { lasted: result.lasted.slice(1) })}</p>
  return (
    <>
      {result.failures.map((failure) => (
        <Failure key={failure.at} flow={props.flow} text={props.text} failure={failure} />
      ))}
    </>
  )
}

function Failure({ flow, text, failure }: { flow: string; text: string; failure: RuleFailure }) {
  const editor = useEditor()
  const t = useText()
  const { node, lines, calls } = failure
  return (
    <section className={styles.failure}>
      <h4>
        {failure.text}
        {failure.unreached && node !== undefined && ` – ${t('tests.unreached', { node })}`}
      </h4>
      <p className="muted">
        <button
          type="button"
          className={drawer.link}
          onClick={() => {
            const offset = placeAt(text, parsePath(failure.at))?.start ?? 0
            patchTests(editor, flow, { view: 'edit', goTo: { offset } })
          }}
        >
          {t('tests.step', { step: failure.step, after: failure.after })}
          {failure.line !== undefined && `, ${t('tests.line', { line: failure.line })}`}
        </button>
        {node !== undefined && (
          <>
            {' · '}
            <button
              type="button"
              className={drawer.link}
              onClick={() => {
                chooseNode(editor, node)
                editor.canvas.current?.reveal(node)
              }}
            >
              {t('tests.showNode', { node })}
            </button>
          </>
        )}
      </p>
      {lines.length > 0 && (
        <table className={styles.lines}>
          <thead>
            <tr>
              <th>#</th>
              <th>{t('tests.expected')}</th>
              <th>{t('tests.found')}</th>
              <th>{t('tests.at')}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={`${line.kind}${line.place}${line.field}`} data-kind={line.kind}>
                <td>{line.place}</td>
                <td>
                  {line.field !== undefined && line.field !== '' && <span className="muted">{line.field} </span>}
                  {line.expected === undefined ? (
                    <span className="muted">{line.kind === 'same' ? '=' : t('tests.notExpected')}</span>
                  ) : (
                    <del>{line.expected}</del>
                  )}
                </td>
                <td>
                  {line.found === undefined ? (
                    <span className="muted">{t('tests.didNotCome')}</span>
                  ) : line.kind === 'same' ? (
                    <code>{line.found}</code>
                  ) : (
                    <ins>{line.found}</ins>
                  )}
                </td>
                <td className="muted">{line.after}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {calls.length > 0 && (
        <>
          <h5>{t('tests.calls')}</h5>
          <ol className={styles.calls}>
            {calls.map((call, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: calls are known by their place
              <Fragment key={index}>
                <li>{call}</li>
              </Fragment>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

function Coverage({ tests }: { tests: FlowTests }) {
  const t = useText()
  const { coverage } = tests
  if (coverage === undefined) return null
  const list = (label: string, names: readonly string[]) =>
    names.length > 0 && (
      <p className={styles.missed}>
        <span className="muted">{label}</span> <code>{names.join(', ')}</code>
      </p>
    )
  return (
    <>
      {list(t('tests.missedNodes'), coverage.nodes.missed)}
      {list(t('tests.missedPorts'), coverage.ports.missed)}
      {list(t('tests.left'), coverage.left)}
    </>
  )
}

/** Why nothing ran: of the tests, with their line, or of the draft. */
function Problems({ flow, tests }: { flow: string; tests: FlowTests }) {
  const editor = useEditor()
  const t = useText()
  return (
    <ul className={drawer.list} data-test-problems>
      <li className={styles.problemHead}>{t('tests.problems')}</li>
      {tests.problems.map((problem) => {
        const own = problem.file === tests.file?.file || problem.file === undefined
        return (
          <li key={`${problem.code}${problem.at}${problem.text}`}>
            <button
              type="button"
              className={drawer.row}
              data-severity={problem.severity}
              onClick={() => {
                if (!own) return editor.ui.setState({ drawer: 'problems' })
                const offset = placeAt(tests.text, parsePath(problem.at ?? ''))?.start ?? 0
                patchTests(editor, flow, { view: 'edit', goTo: { offset } })
              }}
            >
              <code>{problem.line === undefined ? problem.file : t('tests.line', { line: problem.line })}</code>
              <span className={drawer.text}>
                {problem.text} <span className="muted">{problem.hint}</span>
              </span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
