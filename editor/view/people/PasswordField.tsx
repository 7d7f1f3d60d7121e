import { Eye, EyeOff } from 'lucide-react'
import { useId, useState } from 'react'
import { useText } from '../context.ts'
import { IconButton } from '../forms/nested.tsx'
import styles from './People.module.css'

/** A field for a password, which can be shown. */
export function PasswordField(props: {
  label: string
  value: string
  change: (value: string) => void
  autoComplete: 'current-password' | 'new-password' | 'off'
  /** Characters that it must have; said below. */
  least?: number
  autoFocus?: boolean
}) {
  const t = useText()
  const id = useId()
  const [shown, setShown] = useState(false)
  const { value, least } = props
  const short = least !== undefined && value !== '' && value.length < least
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{props.label}</label>
      <div className={styles.row}>
        <input
          id={id}
          className="input"
          type={shown ? 'text' : 'password'}
          value={value}
          data-autofocus={props.autoFocus || undefined}
          autoComplete={props.autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={least === undefined ? undefined : `${id}help`}
          aria-invalid={short || undefined}
          onChange={(event) => props.change(event.target.value)}
        />
        <IconButton
          label={t('login.show')}
          icon={shown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
          run={() => setShown(!shown)}
        />
      </div>
      {least !== undefined && (
        <small id={`${id}help`} className={short ? styles.fault : 'muted'}>
          {short ? t('password.short', { count: value.length, least }) : t('password.rule', { least })}
        </small>
      )}
    </div>
  )
}
