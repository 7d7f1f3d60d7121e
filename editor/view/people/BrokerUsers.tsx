import { type FormEvent, useState } from 'react'
import type { BrokerUser, BrokerUserChange } from '../../../engine/server/protocol-broker-users.ts'
import { parseRules, printRules } from '../../core/broker-rules.ts'
import { useEditor, useText } from '../context.ts'
import { Field } from './Field.tsx'
import { PasswordField } from './PasswordField.tsx'
import styles from './People.module.css'
import { Sure } from './Sure.tsx'
import { useLoaded } from './useLoaded.ts'

/** Who may connect to the embedded broker, and which topics are theirs. */
export default function BrokerUsers() {
  const editor = useEditor()
  const t = useText()
  const { people } = editor.client
  const { answer, act } = useLoaded(() => people.brokerUsers())
  const [changing, setChanging] = useState<BrokerUser>()
  const [removing, setRemoving] = useState<BrokerUser>()
  if (answer === undefined) return <p className="muted">{t('loading')}</p>
  const put = (name: string, change: BrokerUserChange) =>
    act(async () => {
      await people.putBrokerUser(name, change)
      editor.toast({ tone: 'ok', text: t('broker.users.done', { name }) })
    })
  return (
    <>
      <p className="muted">{t('broker.users.help')}</p>
      {answer.length === 0 ? (
        <p className="muted">{t('broker.users.none')}</p>
      ) : (
        <List items={answer} change={setChanging} put={put} remove={setRemoving} />
      )}
      {removing && (
        <Sure
          question={t('broker.users.removeSure', { name: removing.name })}
          no={() => setRemoving(undefined)}
          yes={() => {
            setRemoving(undefined)
            void act(async () => {
              await people.removeBrokerUser(removing.name)
              editor.toast({ tone: 'ok', text: t('broker.users.removed', { name: removing.name }) })
            })
          }}
        />
      )}
      {changing ? (
        <UserForm key={changing.name} user={changing} put={put} close={() => setChanging(undefined)} />
      ) : (
        <UserForm key="new" put={put} />
      )}
    </>
  )
}

function List(props: {
  items: readonly BrokerUser[]
  change: (user: BrokerUser) => void
  put: (name: string, change: BrokerUserChange) => Promise<boolean>
  remove: (user: BrokerUser) => void
}) {
  const t = useText()
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{t('users.name')}</th>
          <th>{t('broker.users.rules')}</th>
          <th>{t('broker.users.password')}</th>
          <th>{t('users.state')}</th>
          <th>{t('broker.users.clients')}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {props.items.map((user) => (
          <tr key={user.name} data-broker-user={user.name} data-off={user.disabled || undefined}>
            <th scope="row">
              {user.name} {user.fixed && <span className="muted">({t('broker.users.fixed')})</span>}
            </th>
            <td>
              <code className={styles.rules}>{printRules(user.rules)}</code>
            </td>
            <td>{t(user.password ? 'broker.users.hasPassword' : 'broker.users.noPassword')}</td>
            <td>{t(user.disabled ? 'users.disabled' : 'users.enabled')}</td>
            <td>{user.clients}</td>
            <td>
              {!user.fixed && (
                <div className={styles.acts}>
                  <button type="button" className="button" onClick={() => props.change(user)}>
                    {t('broker.users.edit')}
                  </button>
                  <button
                    type="button"
                    className="button"
                    onClick={() => props.put(user.name, { disabled: !user.disabled })}
                  >
                    {t(user.disabled ? 'users.enable' : 'users.disable')}
                  </button>
                  <button type="button" className="button" data-tone="quiet" onClick={() => props.remove(user)}>
                    {t('secrets.remove')}
                  </button>
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function UserForm(props: {
  user?: BrokerUser
  put: (name: string, change: BrokerUserChange) => Promise<boolean>
  close?: () => void
}) {
  const t = useText()
  const { user } = props
  const [typed, setTyped] = useState('')
  const [password, setPassword] = useState('')
  const [text, setText] = useState(user === undefined ? 'both %u/#' : printRules(user.rules))
  const name = user?.name ?? typed
  const parsed = parseRules(text)
  const fault = 'line' in parsed
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if ('line' in parsed) return
    const done = await props.put(name, { rules: parsed.rules, ...(password === '' ? {} : { password }) })
    if (!done) return
    setTyped('')
    setPassword('')
    props.close?.()
  }
  return (
    <form className={styles.section} onSubmit={save} data-broker-user-form={user?.name ?? ''}>
      <h3>{user === undefined ? t('broker.users.add') : t('broker.users.editOf', { name })}</h3>
      <div className={styles.fields}>
        {user === undefined && (
          <Field label={t('users.name')}>
            {(ids) => (
              <input
                {...ids}
                className="input mono"
                value={typed}
                maxLength={64}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field
          label={t('broker.users.rule')}
          help={fault ? t('broker.users.badRule', { line: parsed.line }) : t('broker.users.ruleHelp')}
          fault={fault}
        >
          {(ids) => (
            <textarea
              {...ids}
              className="input mono"
              rows={3}
              value={text}
              spellCheck={false}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <div className={styles.field}>
          <PasswordField
            label={t('login.password')}
            value={password}
            change={setPassword}
            autoComplete="new-password"
          />
          {user !== undefined && <small className="muted">{t('broker.users.keep')}</small>}
        </div>
      </div>
      <div className={styles.line}>
        <button
          type="submit"
          className="button"
          data-tone="main"
          disabled={fault || name === '' || (user === undefined && password === '')}
        >
          {t('broker.users.save')}
        </button>
        {props.close && (
          <button type="button" className="button" onClick={props.close}>
            {t('cancel')}
          </button>
        )}
      </div>
    </form>
  )
}
