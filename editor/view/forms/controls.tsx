import { useState } from 'react'
import type { ChoiceField, NumberField, TextField } from '../../core/form.ts'
import { parsedJson, shortText } from '../../core/samples.ts'
import { useText } from '../context.ts'
import type { ControlProps } from './FieldView.tsx'
import styles from './Form.module.css'

/** What stands in an empty field: what holds then, or an example. */
export function hintOf(
  field: { standard: unknown; examples: readonly string[] },
  example: (text: string) => string,
): string {
  if (field.standard !== undefined && field.standard !== '') return shortText(field.standard).replace(/^"|"$/g, '')
  return field.examples[0] === undefined ? '' : example(field.examples[0])
}

export function TextControl({ field, value, change, id, describedBy, invalid }: ControlProps<TextField>) {
  const t = useText()
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  const shared = {
    id,
    className: `input ${field.kind === 'duration' ? 'mono' : ''}`,
    value: text,
    placeholder: hintOf(field, (example) => t('form.example', { example })),
    'aria-describedby': describedBy,
    'aria-invalid': invalid,
    spellCheck: false,
    autoComplete: 'off',
  }
  const set = (next: string) => change(field.path, next === '' && !field.required ? undefined : next)
  if (field.multiline || text.includes('\n'))
    return <textarea {...shared} rows={4} onChange={(event) => set(event.target.value)} />
  return <input {...shared} type="text" onChange={(event) => set(event.target.value)} />
}

export function NumberControl({ field, value, change, id, describedBy, invalid }: ControlProps<NumberField>) {
  const t = useText()
  const [typed, setTyped] = useState<string>()
  const shown = typed ?? (value === undefined ? '' : String(value))
  const parsed = Number(shown)
  const wrong = shown.trim() !== '' && !Number.isFinite(parsed)
  return (
    <>
      <input
        id={id}
        className="input mono"
        type="text"
        inputMode={field.integer ? 'numeric' : 'decimal'}
        value={shown}
        placeholder={hintOf(field, (example) => t('form.example', { example }))}
        aria-describedby={describedBy}
        aria-invalid={invalid || wrong}
        autoComplete="off"
        onBlur={() => !wrong && setTyped(undefined)}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
          if (by === 0 || wrong) return
          event.preventDefault()
          setTyped(undefined)
          change(field.path, Math.round((parsed + by) * 1e6) / 1e6)
        }}
        onChange={(event) => {
          const text = event.target.value
          setTyped(text)
          if (text.trim() === '') change(field.path, undefined)
          else if (Number.isFinite(Number(text))) change(field.path, Number(text))
        }}
      />
      {wrong && <p className={styles.fault}>{t('form.notNumber', { text: shown })}</p>}
    </>
  )
}

export function ChoiceControl({ field, value, change, id, describedBy, invalid }: ControlProps<ChoiceField>) {
  const t = useText()
  const at = field.choices.findIndex((choice) => Object.is(choice, value))
  if (field.required && field.choices.length === 1 && at === 0) {
    return <output id={id}>{String(field.choices[0])}</output>
  }
  const standard =
    field.standard === undefined ? t('form.notSet') : t('form.standard', { value: String(field.standard) })
  return (
    <select
      id={id}
      className="input"
      value={at < 0 ? '' : String(at)}
      aria-describedby={describedBy}
      aria-invalid={invalid}
      onChange={(event) =>
        change(field.path, event.target.value === '' ? undefined : field.choices[Number(event.target.value)])
      }
    >
      {(at < 0 || !field.required) && <option value="">{standard}</option>}
      {field.choices.map((choice, index) => (
        <option key={String(choice)} value={index}>
          {String(choice)}
        </option>
      ))}
    </select>
  )
}

export function SwitchControl({ field, value, change, id, describedBy }: ControlProps) {
  const t = useText()
  const on = typeof value === 'boolean' ? value : field.standard === true
  return (
    <button
      id={id}
      type="button"
      role="switch"
      className={styles.switch}
      aria-checked={on}
      aria-labelledby={`${id}label`}
      aria-describedby={describedBy}
      onClick={() => change(field.path, !on)}
    >
      <span aria-hidden />
      {t(on ? 'form.on' : 'form.off')}
    </button>
  )
}

/** What no other control fits: the value as JSON. */
export function JsonControl({ field, value, change, id, describedBy, invalid }: ControlProps) {
  const t = useText()
  const [typed, setTyped] = useState<string>()
  const shown = typed ?? (value === undefined ? '' : JSON.stringify(value, null, 2))
  const wrong = shown.trim() !== '' && parsedJson(shown) === undefined
  return (
    <>
      <textarea
        id={id}
        className="input mono"
        rows={Math.min(10, shown.split('\n').length + 1)}
        value={shown}
        spellCheck={false}
        placeholder={hintOf(field, (example) => t('form.example', { example }))}
        aria-describedby={describedBy}
        aria-invalid={invalid || wrong}
        onBlur={() => !wrong && setTyped(undefined)}
        onChange={(event) => {
          const text = event.target.value
          setTyped(text)
          if (text.trim() === '') change(field.path, undefined)
          else if (parsedJson(text) !== undefined) change(field.path, parsedJson(text))
        }}
      />
      {wrong && <p className={styles.fault}>{t('form.notJson')}</p>}
    </>
  )
}
