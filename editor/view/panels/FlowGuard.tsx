import { setGuard } from '../../core/commands-guard.ts'
import type { FlowDocument } from '../../core/document.ts'
import { useCurrent, useEditor, useText } from '../context.ts'
import styles from './Deploys.module.css'

/** When a deploy of the flow is taken back by itself; without a limit it never is. */
export function FlowGuard({ document }: { document: FlowDocument }) {
  const editor = useEditor()
  const t = useText()
  const problems = useCurrent((open) => open.check.problems) ?? []
  const own = problems.filter(({ at }) => at?.startsWith('guard') === true)
  const { errors = '', within = '', min = '' } = document.guard ?? {}
  const field = (name: 'errors' | 'within' | 'min', value: string | number, example: string) => (
    <label>
      {t(`guard.${name}`)}
      <input
        className="input"
        value={String(value)}
        placeholder={example}
        disabled={name !== 'errors' && document.guard === undefined}
        onChange={(event) => editor.run(setGuard(name, event.target.value))}
      />
    </label>
  )
  return (
    <fieldset>
      <legend className={styles.guardTitle}>
        <h3>{t('guard.title')}</h3>
      </legend>
      <p className="muted">{t('guard.help')}</p>
      <div className={styles.guard}>
        {field('errors', errors, '5%')}
        {field('within', within, '5m')}
        {field('min', min, '20')}
      </div>
      {own.map((problem) => (
        <p key={`${problem.at}${problem.text}`} role="alert" className={styles.guardProblem}>
          {problem.text} <span className="muted">{problem.hint}</span>
        </p>
      ))}
    </fieldset>
  )
}
