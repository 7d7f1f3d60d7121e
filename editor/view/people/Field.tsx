import { type ReactElement, useId } from 'react'
import styles from './People.module.css'

/** A labelled control. Help and fault are described to screen readers and are no part of its name. */
export function Field(props: {
  label: string
  help?: string
  fault?: boolean
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactElement
}) {
  const id = useId()
  const { help, fault } = props
  const described = help === undefined ? {} : { 'aria-describedby': `${id}help` }
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{props.label}</label>
      {props.children({ id, ...described, ...(fault ? { 'aria-invalid': true as const } : {}) })}
      {help !== undefined && (
        <small id={`${id}help`} className={fault ? styles.fault : 'muted'}>
          {help}
        </small>
      )}
    </div>
  )
}
