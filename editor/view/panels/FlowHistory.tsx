import { setHistory, setHistoryFilters, setRecording } from '../../core/commands-history.ts'
import type { FlowDocument } from '../../core/document.ts'
import { useCurrent, useEditor, useText } from '../context.ts'
import styles from './Inspector.module.css'

/** What is recorded of a flow's messages, for backtests and tests. */
export function FlowHistory({ document }: { document: FlowDocument }) {
  const editor = useEditor()
  const t = useText()
  const problems = useCurrent((open) => open.check.problems) ?? []
  const own = problems.filter(({ at }) => at?.startsWith('history') === true)
  const { history } = document
  const field = (name: 'keep' | 'size', example: string) => (
    <label className={styles.stack}>
      {t(`history.${name}`)}
      <input
        className="input"
        value={history?.[name] ?? ''}
        placeholder={example}
        onChange={(event) => editor.run(setHistory(name, event.target.value))}
      />
    </label>
  )
  return (
    <fieldset className={styles.history}>
      <legend className="hidden">{t('history.title')}</legend>
      <label className={styles.checkLine}>
        <input
          type="checkbox"
          checked={history !== undefined}
          data-record-history
          onChange={(event) => editor.run(setRecording(event.target.checked))}
        />
        {t('history.record')}
      </label>
      <p className={styles.help}>{t('history.help')}</p>
      {history !== undefined && (
        <>
          <div className={styles.pair}>
            {field('keep', '30d')}
            {field('size', '500MB')}
          </div>
          <label className={styles.stack}>
            {t('history.filters')}
            <textarea
              className="input mono"
              rows={2}
              value={(history.filters ?? []).join('\n')}
              placeholder={t('history.filtersStandard')}
              spellCheck={false}
              onChange={(event) => editor.run(setHistoryFilters(event.target.value))}
            />
          </label>
        </>
      )}
      {own.map((problem) => (
        <p key={`${problem.at}${problem.text}`} role="alert" className={styles.fault}>
          {problem.text} <span className="muted">{problem.hint}</span>
        </p>
      ))}
    </fieldset>
  )
}
