import { type FormEvent, useState } from 'react'
import type { SecretInfo } from '../../../engine/server/protocol-secrets.ts'
import { ageText } from '../../core/samples.ts'
import { goToNode } from '../actions/go.ts'
import { useEditor, useText } from '../context.ts'
import { Field } from './Field.tsx'
import { PasswordField } from './PasswordField.tsx'
import styles from './People.module.css'
import { Sure } from './Sure.tsx'
import { useLoaded } from './useLoaded.ts'

/** Secrets by name: set, replaced, removed, and who uses them. A value goes in and never comes out. */
export default function Secrets() {
  const editor = useEditor()
  const t = useText()
  const { people } = editor.client
  const { answer, act } = useLoaded(() => people.secrets())
  const [removing, setRemoving] = useState<SecretInfo>()
  const [replacing, setReplacing] = useState<string>()
  if (answer === undefined) return <p className="muted">{t('loading')}</p>
  const set = (name: string, value: string) =>
    act(async () => {
      await people.setSecret(name, value)
      editor.toast({ tone: 'ok', text: t('secrets.done', { name }) })
    })
  const rotate = () =>
    act(async () => {
      const { rotated } = await people.rotateKey()
      editor.toast({ tone: 'ok', text: t('secrets.rotated', { count: rotated }) })
    })
  return (
    <>
      <p className="muted">{t('secrets.help')}</p>
      {answer.length === 0 ? (
        <p className="muted">{t('secrets.none')}</p>
      ) : (
        <List items={answer} remove={setRemoving} replace={setReplacing} />
      )}
      {removing && (
        <Sure
          question={
            removing.users.length === 0
              ? t('secrets.removeSure', { name: removing.name })
              : t('secrets.removeUsed', { name: removing.name, users: removing.users.join(', ') })
          }
          no={() => setRemoving(undefined)}
          yes={() => {
            setRemoving(undefined)
            void act(async () => {
              await people.removeSecret(removing.name, removing.users.length > 0)
              editor.toast({ tone: 'ok', text: t('secrets.removed', { name: removing.name }) })
            })
          }}
        />
      )}
      {replacing !== undefined && (
        <SetSecret key={replacing} name={replacing} set={set} close={() => setReplacing(undefined)} />
      )}
      {replacing === undefined && <SetSecret key="new" set={set} />}
      {answer.some(({ stored }) => stored) && (
        <div className={styles.line}>
          <button type="button" className="button" data-tone="quiet" onClick={rotate}>
            {t('secrets.rotate')}
          </button>
        </div>
      )}
    </>
  )
}

function List(props: {
  items: readonly SecretInfo[]
  remove: (secret: SecretInfo) => void
  replace: (name: string) => void
}) {
  const t = useText()
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{t('secrets.name')}</th>
          <th>{t('secrets.source')}</th>
          <th>{t('secrets.changed')}</th>
          <th>{t('secrets.used')}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {props.items.map((secret) => (
          <tr key={secret.name} data-secret={secret.name}>
            <th scope="row">
              <code>{secret.name}</code>
              {secret.fault !== undefined && <p className={styles.fault}>{secret.fault}</p>}
            </th>
            <td>{t(`secrets.${secret.source}`)}</td>
            <td>{secret.changed === undefined ? '–' : ageText(Date.now() - secret.changed)}</td>
            <td>
              {secret.users.length === 0 && <span className="muted">{t('secrets.unused')}</span>}
              {secret.users.map((user) => (
                <UserOf key={user} user={user} />
              ))}
            </td>
            <td>
              <div className={styles.acts}>
                <button type="button" className="button" onClick={() => props.replace(secret.name)}>
                  {t('secrets.replace')}
                </button>
                <button
                  type="button"
                  className="button"
                  data-tone="quiet"
                  disabled={!secret.stored}
                  onClick={() => props.remove(secret)}
                >
                  {t('secrets.remove')}
                </button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A node that uses a secret, as a way there. */
function UserOf({ user }: { user: string }) {
  const editor = useEditor()
  const [flow = '', node = ''] = user.split('/')
  if (node === '' || !(flow in editor.flows.getState().flows)) return <span className={styles.used}>{user}</span>
  return (
    <button
      type="button"
      className={styles.used}
      onClick={() => {
        editor.ui.setState({ dialog: undefined })
        goToNode(editor, { flow, node })
      }}
    >
      {user}
    </button>
  )
}

function SetSecret(props: {
  name?: string
  set: (name: string, value: string) => Promise<boolean>
  close?: () => void
}) {
  const t = useText()
  const [typed, setTyped] = useState('')
  const [value, setValue] = useState('')
  const name = props.name ?? typed
  const wrong = name !== '' && !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)
  const set = async (event: FormEvent) => {
    event.preventDefault()
    if (!(await props.set(name, value))) return
    setTyped('')
    setValue('')
    props.close?.()
  }
  return (
    <form className={styles.section} onSubmit={set} data-set-secret={props.name ?? ''}>
      <h3>{props.name === undefined ? t('secrets.set') : t('secrets.newValue', { name })}</h3>
      <div className={styles.fields}>
        {props.name === undefined && (
          <Field label={t('secrets.name')} help={t('secrets.nameRule')} fault={wrong}>
            {(ids) => (
              <input
                {...ids}
                className="input mono"
                value={typed}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        <PasswordField
          label={t('secrets.value')}
          value={value}
          change={setValue}
          autoComplete="off"
          autoFocus={props.name !== undefined}
        />
      </div>
      <div className={styles.line}>
        <button type="submit" className="button" data-tone="main" disabled={name === '' || wrong || value === ''}>
          {t('secrets.setDo')}
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
