import { useMemo } from 'react'
import type { TextField } from '../../core/form.ts'
import { isObject } from '../../core/path.ts'
import { allTopics, filterChoices } from '../../core/topics.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { useWhyNot } from '../people/may.ts'
import { hintOf } from './controls.tsx'
import type { ControlProps } from './FieldView.tsx'
import styles from './Form.module.css'

/** A topic filter, with those that were seen in the topic explorer to choose from. */
export function TopicControl({ field, value, change, id, describedBy, invalid }: ControlProps<TextField>) {
  const t = useText()
  const { live } = useEditor()
  const text = typeof value === 'string' ? value : ''
  const choices = useMemo(() => filterChoices(allTopics(live.tree), text), [live, text])
  return (
    <>
      <input
        id={id}
        className="input mono"
        type="text"
        list={`${id}topics`}
        value={text}
        placeholder={hintOf(field, (example) => t('form.example', { example }))}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) =>
          change(field.path, event.target.value === '' && !field.required ? undefined : event.target.value)
        }
      />
      <datalist id={`${id}topics`}>
        {choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </>
  )
}

/** A text, or the name of a secret that only the engine knows. */
export function SecretControl({ field, value, change, id, describedBy, invalid }: ControlProps<TextField>) {
  const editor = useEditor()
  const t = useText()
  const admin = useWhyNot('admin') === undefined
  const secret = isObject(value) && typeof value.$secret === 'string' ? value.$secret : undefined
  const text = secret ?? (typeof value === 'string' ? value : '')
  const set = (next: string, asSecret: boolean) => {
    if (next === '' && !field.required && !asSecret) change(field.path, undefined)
    else change(field.path, asSecret ? { $secret: next } : next)
  }
  return (
    <div className={styles.row}>
      <select
        className={`input ${styles.short}`}
        aria-label={t('form.secretOrText')}
        value={secret === undefined ? 'text' : 'secret'}
        onChange={(event) => set(text, event.target.value === 'secret')}
      >
        <option value="text">{t('form.text')}</option>
        <option value="secret">{t('form.secret')}</option>
      </select>
      <input
        id={id}
        className="input mono"
        value={text}
        placeholder={
          secret === undefined ? hintOf(field, (example) => t('form.example', { example })) : t('form.secretName')
        }
        aria-describedby={describedBy}
        aria-invalid={invalid}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => set(event.target.value, secret !== undefined)}
      />
      {secret !== undefined && admin && (
        <button
          type="button"
          className="button"
          data-tone="quiet"
          onClick={() => editor.ui.setState({ dialog: { kind: 'admin', tab: 'secrets' } })}
        >
          {t('secrets.manage')}
        </button>
      )}
    </div>
  )
}

/** The name of a broker connection. */
export function BrokerControl({ field, value, change, id, describedBy, invalid }: ControlProps<TextField>) {
  const t = useText()
  const brokers = useServer((state) => state.brokers)
  const text = typeof value === 'string' ? value : ''
  const names = brokers.map((broker) => broker.name)
  return (
    <select
      id={id}
      className="input"
      value={text}
      aria-describedby={describedBy}
      aria-invalid={invalid}
      onChange={(event) => change(field.path, event.target.value === '' ? undefined : event.target.value)}
    >
      <option value="">{t('form.standardBroker')}</option>
      {(names.includes(text) || text === '' ? names : [...names, text]).map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  )
}
