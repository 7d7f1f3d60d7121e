import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import styles from './Picker.module.css'

export interface PickerItem {
  id: string
  label: string
  /** Second line. */
  detail?: string
  /** At the right end: a key, a type. */
  note?: ReactNode
  icon?: ReactNode
  disabled?: boolean
}

/** A field to type in and the list of what matches: arrows choose, Enter takes, Escape closes. Used for every list one searches. */
export function Picker(props: {
  label: string
  placeholder: string
  empty: string
  itemsFor: (typed: string) => readonly PickerItem[]
  onChoose: (item: PickerItem, typed: string) => void
  onClose: () => void
  onHighlight?: (item: PickerItem | undefined) => void
}) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const items = props.itemsFor(typed)
  const chosen = items[Math.min(at, items.length - 1)]
  const { onHighlight } = props
  useEffect(() => input.current?.focus({ preventScroll: true }), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another choice is news
  useEffect(() => onHighlight?.(chosen), [chosen?.id])
  const move = (by: number) => {
    if (items.length === 0) return
    const next = (Math.min(at, items.length - 1) + by + items.length) % items.length
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div className={styles.picker}>
      <input
        ref={input}
        className={styles.input}
        role="combobox"
        aria-label={props.label}
        aria-expanded="true"
        aria-controls={`${id}list`}
        aria-activedescendant={chosen ? `${id}${items.indexOf(chosen)}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={props.placeholder}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(1)
          else if (event.key === 'ArrowUp') move(-1)
          else if (event.key === 'Enter' && chosen && !chosen.disabled) props.onChoose(chosen, typed)
          else if (event.key === 'Escape') props.onClose()
          else return event.stopPropagation()
          event.preventDefault()
          event.stopPropagation()
        }}
      />
      <div ref={list} className={styles.list} role="listbox" id={`${id}list`} aria-label={props.label}>
        {items.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys and the focus
          <div
            key={item.id}
            id={`${id}${index}`}
            role="option"
            tabIndex={-1}
            className={styles.item}
            aria-selected={item === chosen}
            aria-disabled={item.disabled ?? false}
            onPointerMove={() => setAt(index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => item.disabled || props.onChoose(item, typed)}
          >
            {item.icon && <span className={styles.icon}>{item.icon}</span>}
            <span className={styles.text}>
              <span className={styles.label}>{item.label}</span>
              {item.detail && <span className={styles.detail}>{item.detail}</span>}
            </span>
            {item.note && <span className={styles.note}>{item.note}</span>}
          </div>
        ))}
      </div>
      {items.length === 0 && (
        <p className={styles.empty} role="status">
          {props.empty}
        </p>
      )}
    </div>
  )
}
