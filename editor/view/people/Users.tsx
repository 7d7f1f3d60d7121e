import { type FormEvent, useState } from 'react'
import type { Role, User } from '../../../engine/server/protocol-auth.ts'
import { ageText } from '../../core/samples.ts'
import { copyToClipboard } from '../actions/acts.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { Field } from './Field.tsx'
import { roles } from './may.ts'
import { PasswordField } from './PasswordField.tsx'
import styles from './People.module.css'
import { Sure } from './Sure.tsx'
import { useLoaded } from './useLoaded.ts'

/** The users: who may do what, and since when they were not seen. */
export default function Users() {
  const editor = useEditor()
  const t = useText()
  const { people } = editor.client
  const session = useServer((state) => state.session)
  const { answer, act } = useLoaded(() => people.users())
  const [asked, setAsked] = useState<{ user: User; what: 'delete' | 'password' }>()
  if (answer === undefined) return <p className="muted">{t('loading')}</p>
  const change = (user: User, wanted: Parameters<typeof people.changeUser>[1]) =>
    act(async () => {
      await people.changeUser(user.name, wanted)
      editor.toast({ tone: 'ok', text: t('users.changed', { name: user.name }) })
    })
  const least = session?.passwordLength.least ?? 1
  return (
    <>
      {answer.items.length === 0 ? (
        <p className="muted">{t('users.none')}</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>{t('users.name')}</th>
              <th>{t('users.role')}</th>
              <th>{t('users.state')}</th>
              <th>{t('users.lastLogin')}</th>
              <th>{t('users.sessions')}</th>
              <th>{t('users.tokens')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {answer.items.map((user) => (
              <tr key={user.name} data-user={user.name} data-off={user.disabled || undefined}>
                <th scope="row">
                  {user.name} {session?.who?.name === user.name && <span className="muted">({t('users.you')})</span>}
                </th>
                <td>
                  <RoleSelect
                    label={t('users.roleOf', { name: user.name })}
                    value={user.role}
                    change={(role) => void change(user, { role })}
                  />
                </td>
                <td>{t(user.disabled ? 'users.disabled' : 'users.enabled')}</td>
                <td>{user.lastLogin === null ? t('users.never') : ageText(Date.now() - user.lastLogin)}</td>
                <td>{user.sessions}</td>
                <td>{user.tokens}</td>
                <td>
                  <div className={styles.acts}>
                    <button type="button" className="button" onClick={() => setAsked({ user, what: 'password' })}>
                      {t('users.reset')}
                    </button>
                    <button type="button" className="button" onClick={() => change(user, { disabled: !user.disabled })}>
                      {t(user.disabled ? 'users.enable' : 'users.disable')}
                    </button>
                    <button
                      type="button"
                      className="button"
                      data-tone="quiet"
                      onClick={() => setAsked({ user, what: 'delete' })}
                    >
                      {t('users.delete')}
                    </button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asked?.what === 'delete' && (
        <Sure
          question={t('users.deleteSure', { name: asked.user.name })}
          no={() => setAsked(undefined)}
          yes={() => {
            setAsked(undefined)
            void act(async () => {
              await people.deleteUser(asked.user.name)
              editor.toast({ tone: 'ok', text: t('users.deleted', { name: asked.user.name }) })
            })
          }}
        />
      )}
      {asked?.what === 'password' && (
        <NewPassword
          key={asked.user.name}
          name={asked.user.name}
          least={least}
          close={() => setAsked(undefined)}
          set={(password) => change(asked.user, { password })}
        />
      )}
      <AddUser first={answer.items.length === 0} least={least} act={act} />
    </>
  )
}

function AddUser({
  first,
  least,
  act,
}: {
  first: boolean
  least: number
  act: (work: () => Promise<unknown>) => Promise<boolean>
}) {
  const editor = useEditor()
  const t = useText()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [password, setPassword] = useState('')
  const wrong = name !== '' && !/^[a-z0-9][a-z0-9._-]{0,31}$/.test(name)
  const add = async (event: FormEvent) => {
    event.preventDefault()
    const done = await act(() => editor.client.people.addUser({ name, role: first ? 'admin' : role, password }))
    if (!done) return
    editor.toast({ tone: 'ok', text: t('users.added', { name }) })
    setName('')
    setPassword('')
    // With the first user a login is needed from now on.
    if (first) void editor.askSession()
  }
  return (
    <form className={styles.section} onSubmit={add} data-add-user>
      <h3>{t('users.add')}</h3>
      {first && <p className="muted">{t('users.firstIsAdmin')}</p>}
      <div className={styles.fields}>
        <Field label={t('users.name')} help={t('users.nameRule')} fault={wrong}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              value={name}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t('users.role')} help={t(`role.does.${first ? 'admin' : role}`)}>
          {(ids) => (
            <RoleSelect ids={ids} value={first ? 'admin' : role} only={first ? 'admin' : undefined} change={setRole} />
          )}
        </Field>
        <GeneratedPassword value={password} change={setPassword} least={least} label={t('login.password')} />
      </div>
      <div className={styles.line}>
        <button
          type="submit"
          className="button"
          data-tone="main"
          disabled={name === '' || wrong || password.length < least}
        >
          {t('users.addDo')}
        </button>
      </div>
    </form>
  )
}

function NewPassword(props: {
  name: string
  least: number
  close: () => void
  set: (password: string) => Promise<boolean>
}) {
  const t = useText()
  const [password, setPassword] = useState('')
  return (
    <form
      className={styles.section}
      onSubmit={async (event) => {
        event.preventDefault()
        if (await props.set(password)) props.close()
      }}
    >
      <h3>{t('users.resetOf', { name: props.name })}</h3>
      <GeneratedPassword value={password} change={setPassword} least={props.least} label={t('account.new')} />
      <div className={styles.line}>
        <button type="submit" className="button" data-tone="main" disabled={password.length < props.least}>
          {t('users.reset')}
        </button>
        <button type="button" className="button" onClick={props.close}>
          {t('cancel')}
        </button>
      </div>
    </form>
  )
}

/** A password for somebody else: typed, or made up and copied. */
function GeneratedPassword(props: { label: string; value: string; change: (value: string) => void; least: number }) {
  const editor = useEditor()
  const t = useText()
  return (
    <div className={styles.field}>
      <PasswordField
        label={props.label}
        value={props.value}
        change={props.change}
        autoComplete="new-password"
        least={props.least}
      />
      <button
        type="button"
        className="button"
        data-tone="quiet"
        onClick={() => {
          const made = madeUp()
          props.change(made)
          void copyToClipboard(editor, made)
        }}
      >
        {t('users.generate')}
      </button>
    </div>
  )
}

/** A choice of roles; named by `label`, or by a label outside with `ids`. */
export function RoleSelect(props: {
  label?: string
  ids?: { id: string; 'aria-describedby'?: string }
  value: Role
  change: (role: Role) => void
  only?: Role | undefined
  most?: Role | undefined
}) {
  const t = useText()
  const choices = props.only === undefined ? roles.slice(0, roles.indexOf(props.most ?? 'admin') + 1) : [props.only]
  return (
    <select
      className="input"
      aria-label={props.label}
      {...props.ids}
      value={props.value}
      onChange={(event) => {
        const role = roles.find((one) => one === event.target.value)
        if (role !== undefined) props.change(role)
      }}
    >
      {choices.map((role) => (
        <option key={role} value={role}>
          {t(`role.${role}`)}
        </option>
      ))}
    </select>
  )
}

/** 24 letters and digits that are not mistaken for each other: 139 bits. */
function madeUp(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  return [...crypto.getRandomValues(new Uint32Array(24))].map((number) => letters[number % letters.length]).join('')
}
