import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { blank, fieldAt, type ListField, type RecordField, type VariantField, variantOf } from '../../core/form.ts'
import { isObject } from '../../core/path.ts'
import { useText } from '../context.ts'
import { type ControlProps, FieldView } from './FieldView.tsx'
import styles from './Form.module.css'

export function ListControl(props: ControlProps<ListField>) {
  const t = useText()
  const { field, change } = props
  const items: readonly unknown[] = Array.isArray(props.value) ? props.value : []
  const swap = (from: number, to: number) => {
    const next = [...items]
    const [moved] = next.splice(from, 1)
    next.splice(to, 0, moved)
    change(field.path, next)
  }
  return (
    <div className={styles.items}>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have nothing but their place
        <div key={index} className={styles.item}>
          <div className={styles.itemBody}>
            <FieldView
              {...props}
              field={{ ...fieldAt(field.item, [...field.path, index]), title: t('form.item', { number: index + 1 }) }}
              value={item}
              bare
            />
          </div>
          <div className={styles.itemButtons}>
            <IconButton
              label={t('form.up')}
              disabled={index === 0}
              run={() => swap(index, index - 1)}
              icon={<ArrowUp size={14} aria-hidden />}
            />
            <IconButton
              label={t('form.down')}
              disabled={index === items.length - 1}
              run={() => swap(index, index + 1)}
              icon={<ArrowDown size={14} aria-hidden />}
            />
            <IconButton
              label={t('form.remove', { name: String(index + 1) })}
              run={() => change([...field.path, index], undefined)}
              icon={<Trash2 size={14} aria-hidden />}
            />
          </div>
        </div>
      ))}
      <button
        type="button"
        className="button"
        data-tone="quiet"
        onClick={() => change(field.path, [...items, blank(field.item)])}
      >
        <Plus size={14} aria-hidden /> {t('form.add', { field: field.title })}
      </button>
    </div>
  )
}

export function RecordControl(props: ControlProps<RecordField>) {
  const t = useText()
  const { field, change } = props
  const entries = isObject(props.value) ? Object.entries(props.value) : []
  const rename = (from: string, to: string) =>
    change(field.path, Object.fromEntries(entries.map(([name, value]) => [name === from ? to : name, value])))
  const fresh = () => {
    for (let number = entries.length + 1; ; number++) {
      const name = `field${number}`
      if (entries.every(([other]) => other !== name)) return name
    }
  }
  return (
    <div className={styles.items}>
      {entries.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is edited, so the place is what stays
        <div key={index} className={styles.item}>
          <div className={styles.itemBody}>
            <NameInput
              name={name}
              label={t('form.name')}
              taken={entries.map(([other]) => other)}
              rename={(to) => rename(name, to)}
            />
            <FieldView
              {...props}
              field={{ ...fieldAt(field.value, [...field.path, name]), title: name }}
              value={value}
              bare
            />
          </div>
          <div className={styles.itemButtons}>
            <IconButton
              label={t('form.remove', { name })}
              run={() => change([...field.path, name], undefined)}
              icon={<Trash2 size={14} aria-hidden />}
            />
          </div>
        </div>
      ))}
      <button
        type="button"
        className="button"
        data-tone="quiet"
        onClick={() => change(field.path, { ...Object.fromEntries(entries), [fresh()]: blank(field.value) })}
      >
        <Plus size={14} aria-hidden /> {t('form.add', { field: field.title })}
      </button>
    </div>
  )
}

/** The name of an entry; it is taken when it is free, on leaving the field. */
function NameInput(props: { name: string; label: string; taken: readonly string[]; rename: (to: string) => void }) {
  const t = useText()
  const [typed, setTyped] = useState<string>()
  const shown = typed ?? props.name
  const twice = typed !== undefined && typed !== props.name && props.taken.includes(typed)
  const done = () => {
    if (typed !== undefined && typed !== props.name && typed !== '' && !twice) props.rename(typed)
    setTyped(undefined)
  }
  return (
    <>
      <input
        className="input mono"
        aria-label={props.label}
        aria-invalid={twice}
        value={shown}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={done}
        onKeyDown={(event) => event.key === 'Enter' && done()}
      />
      {twice && <p className={styles.fault}>{t('form.twice', { name: shown })}</p>}
    </>
  )
}

export function VariantControl(props: ControlProps<VariantField>) {
  const t = useText()
  const { field, value, change, id } = props
  const [wanted, setWanted] = useState<number>()
  const at = value === undefined ? (wanted ?? 0) : variantOf(field, value)
  const variant = field.variants[at]
  return (
    <div className={styles.inner}>
      <select
        id={id}
        className="input"
        aria-describedby={props.describedBy}
        value={at}
        onChange={(event) => {
          const next = field.variants[Number(event.target.value)]
          setWanted(Number(event.target.value))
          if (next) change(field.path, blank(next.field))
        }}
      >
        {field.variants.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: kinds have nothing but their place
          <option key={index} value={index}>
            {one.label}
          </option>
        ))}
      </select>
      {variant && <FieldView {...props} field={{ ...variant.field, title: t('form.value'), help: '' }} bare />}
    </div>
  )
}

export function IconButton(props: {
  label: string
  icon: React.ReactNode
  run: () => void
  disabled?: boolean
  /** Why it is disabled. */
  title?: string | undefined
}) {
  return (
    <button
      type="button"
      className="button"
      data-tone="quiet"
      data-icon
      aria-label={props.label}
      title={props.title === undefined ? props.label : `${props.label}: ${props.title}`}
      disabled={props.disabled}
      onClick={props.run}
    >
      {props.icon}
    </button>
  )
}
