import { useId } from 'react'
import type { Field } from '../../core/form.ts'
import { type PlacedProblem, problemsAt } from '../../core/problems.ts'
import { useText } from '../context.ts'
import { ChoiceControl, JsonControl, NumberControl, SwitchControl, TextControl } from './controls.tsx'
import { ExpressionControl } from './ExpressionControl.tsx'
import styles from './Form.module.css'
import { ListControl, RecordControl, VariantControl } from './nested.tsx'
import { BrokerControl, SecretControl, TopicControl } from './special.tsx'

export type Path = readonly (string | number)[]

/** What every control gets. */
export interface ControlProps<Kind extends Field = Field> {
  field: Kind
  node: string
  value: unknown
  problems: readonly PlacedProblem[]
  change: (path: Path, value: unknown) => void
  /** Id of the control, named by the label. */
  id: string
  describedBy: string | undefined
  invalid: boolean
}

/** A field with its label, help and problems. */
export function FieldView(props: Omit<ControlProps, 'id' | 'describedBy' | 'invalid'> & { bare?: boolean }) {
  const t = useText()
  const id = useId()
  const { field } = props
  const nested = field.kind === 'list' || field.kind === 'record' || field.kind === 'group' || field.kind === 'variant'
  const found = problemsAt(props.problems, field.path).filter(
    (problem) => !nested || problem.field?.length === field.path.length,
  )
  const described = [field.help ? `${id}help` : '', found.length > 0 ? `${id}problems` : ''].filter(Boolean).join(' ')
  const control = (
    <Control
      {...props}
      id={id}
      describedBy={described || undefined}
      invalid={found.some((problem) => problem.severity === 'error')}
    />
  )
  const notes = (
    <>
      {field.help && (
        <p className={styles.help} id={`${id}help`}>
          {field.help}
        </p>
      )}
      {found.length > 0 && (
        <ul id={`${id}problems`} className={styles.problems}>
          {found.map((problem) => (
            <li key={problem.code + problem.text} data-severity={problem.severity}>
              {problem.text} <span className={styles.hint}>{problem.hint}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
  if (field.kind === 'group' || field.kind === 'list' || field.kind === 'record')
    return (
      <fieldset className={styles.group} data-field={field.path.join('.')}>
        {!props.bare && (
          <legend className={styles.label}>
            {field.title}
            {field.required && <span className={styles.needed}> {t('form.needed')}</span>}
          </legend>
        )}
        {notes}
        {control}
      </fieldset>
    )
  return (
    <div className={styles.field} data-kind={field.kind} data-field={field.path.join('.')}>
      <label className={props.bare ? 'hidden' : styles.label} htmlFor={id} id={`${id}label`}>
        {field.title || field.path.join(' ')}
        {field.required && !props.bare && <span className={styles.needed}> {t('form.needed')}</span>}
      </label>
      {control}
      {notes}
    </div>
  )
}

function Control(props: ControlProps) {
  const { field } = props
  switch (field.kind) {
    case 'text':
    case 'duration':
      return <TextControl {...props} field={field} />
    case 'topic':
      return <TopicControl {...props} field={field} />
    case 'expression':
      return <ExpressionControl {...props} field={field} />
    case 'secret':
      return <SecretControl {...props} field={field} />
    case 'broker':
      return <BrokerControl {...props} field={field} />
    case 'number':
      return <NumberControl {...props} field={field} />
    case 'choice':
      return <ChoiceControl {...props} field={field} />
    case 'boolean':
      return <SwitchControl {...props} />
    case 'list':
      return <ListControl {...props} field={field} />
    case 'record':
      return <RecordControl {...props} field={field} />
    case 'variant':
      return <VariantControl {...props} field={field} />
    case 'json':
      return <JsonControl {...props} />
    case 'group':
      return (
        <div className={styles.inner}>
          {field.fields.map((inner) => {
            const name = String(inner.path.at(-1))
            const value =
              typeof props.value === 'object' && props.value !== null ? Reflect.get(props.value, name) : undefined
            return <FieldView key={name} {...props} field={inner} value={value} />
          })}
        </div>
      )
  }
}
