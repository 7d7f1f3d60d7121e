import type { AlarmSpan, BacktestResult } from '../../../../engine/server/protocol-backtest.ts'
import { lastedText, numberText } from '../../../core/backtest.ts'
import { chooseNode } from '../../actions/go.ts'
import { useEditor, useText } from '../../context.ts'
import { timeText } from '../../text/time.ts'
import drawer from '../Drawer.module.css'
import styles from './Backtest.module.css'

/** Rows that are drawn. */
const mostRows = 500

/** Every alarm of the backtest. */
export function AlarmTable({ result, flow }: { result: BacktestResult; flow: string }) {
  const t = useText()
  const { spans, total } = result.alarms
  if (spans.length === 0) return <p className={drawer.note}>{t('backtest.noAlarms')}</p>
  return (
    <Scroll label={t('backtest.alarms')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('backtest.alarm')}</th>
            <th>{t('backtest.raised')}</th>
            <th>{t('backtest.lasted')}</th>
            <th>{t('backtest.level')}</th>
            <th>{t('backtest.value')}</th>
            <th>{t('backtest.limit')}</th>
            <th>{t('backtest.worst')}</th>
          </tr>
        </thead>
        <tbody>
          {spans.slice(0, mostRows).map((span) => (
            <tr key={`${span.node}/${span.key}/${span.raised}`} data-span={span.key}>
              <th scope="row">
                <NodeLink flow={flow} node={span.node} name={span.key} />
              </th>
              <td>{timeText(span.raised)}</td>
              <td>{lengthText(span, t('backtest.stands'))}</td>
              <td>{span.level}</td>
              <td>{numberText(span.value)}</td>
              <td>{numberText(span.limit)}</td>
              <td>{numberText(span.worst)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {total > Math.min(spans.length, mostRows) && (
        <p className="muted">{t('backtest.more', { count: total - Math.min(spans.length, mostRows) })}</p>
      )}
    </Scroll>
  )
}

/** Alarms that only one of the two versions raises, or that both raise otherwise. */
export function DifferenceTable({ result, flow }: { result: BacktestResult; flow: string }) {
  const t = useText()
  const { against } = result
  if (against === undefined) return <p className={drawer.note}>{t('backtest.notCompared')}</p>
  if (against.differences.length === 0) return <p className={drawer.note}>{t('backtest.noDifferences')}</p>
  const left = against.left + Math.max(0, against.differences.length - mostRows)
  const cell = (span: AlarmSpan | undefined) =>
    span === undefined ? (
      <span className="muted">–</span>
    ) : (
      `${timeText(span.raised)}, ${lengthText(span, t('backtest.stands'))}, ${numberText(span.value)}`
    )
  return (
    <Scroll label={t('backtest.differences')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('backtest.kind')}</th>
            <th>{t('backtest.alarm')}</th>
            <th>{t('backtest.draft')}</th>
            <th>{t('backtest.deployed')}</th>
          </tr>
        </thead>
        <tbody>
          {against.differences.slice(0, mostRows).map(({ kind, node, key, span, other }) => (
            <tr key={`${kind}${node}/${key}/${span?.raised}/${other?.raised}`} data-difference={kind}>
              <td>
                <span className={styles.kind} data-kind={kind}>
                  {t(`backtest.kind.${kind}`)}
                </span>
              </td>
              <th scope="row">
                <NodeLink flow={flow} node={node} name={key} />
              </th>
              <td>{cell(span)}</td>
              <td>{cell(other)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {left > 0 && <p className="muted">{t('backtest.more', { count: left })}</p>}
    </Scroll>
  )
}

function Scroll({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}

function NodeLink({ flow, node, name }: { flow: string; node: string; name: string }) {
  const editor = useEditor()
  return (
    <button
      type="button"
      className={drawer.link}
      onClick={() => {
        if (editor.flows.getState().current !== flow) return
        chooseNode(editor, node)
        editor.canvas.current?.reveal(node)
      }}
    >
      {node}: {name}
    </button>
  )
}

function lengthText({ raised, cleared }: AlarmSpan, stands: string): string {
  return cleared === null ? stands : lastedText(cleared - raised)
}
