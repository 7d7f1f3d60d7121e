import { Copy } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { ApiToken, NewToken, Role } from '../../../engine/server/protocol-auth.ts'
import { ageText } from '../../core/samples.ts'
import { copyToClipboard } from '../actions/acts.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { dayText } from '../text/time.ts'
import { Field } from './Field.tsx'
import styles from './People.module.css'
import { Sure } from './Sure.tsx'
import { RoleSelect } from './Users.tsx'
import { useLoaded } from './useLoaded.ts'

const lifetimes = [7, 30, 90, 365] as const

/** API tokens for programs: made, shown once, revoked. */
export default function Tokens() {
  const editor = useEditor()
  const t = useText()
  const { people } = editor.client
  const { answer, act } = useLoaded(() => people.tokens())
  const [made, setMade] = useState<NewToken>()
  const [asked, setAsked] = useState<ApiToken>()
  if (answer === undefined) return <p className="muted">{t('loading')}</p>
  return (
    <>
      <p className="muted">{t('tokens.help')}</p>
      {made && <Once token={made} done={() => setMade(undefined)} />}
      {answer.items.length === 0 ? (
        <p className="muted">{t('tokens.none')}</p>
      ) : (
        <List items={answer.items} ask={setAsked} />
      )}
      {asked && (
        <Sure
          question={t('tokens.revokeSure', { title: asked.title })}
          no={() => setAsked(undefined)}
          yes={() => {
            setAsked(undefined)
            void act(async () => {
              await people.revokeToken(asked.id)
              editor.toast({ tone: 'ok', text: t('tokens.revoked', { title: asked.title }) })
            })
          }}
        />
      )}
      <Make made={(token) => act(async () => setMade(token))} />
    </>
  )
}

function List({ items, ask }: { items: readonly ApiToken[]; ask: (token: ApiToken) => void }) {
  const t = useText()
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th>{t('tokens.title')}</th>
          <th>{t('tokens.start')}</th>
          <th>{t('tokens.owner')}</th>
          <th>{t('tokens.role')}</th>
          <th>{t('tokens.created')}</th>
          <th>{t('tokens.expires')}</th>
          <th>{t('tokens.lastUsed')}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {items.map((token) => {
          const over = token.expires !== null && token.expires < Date.now()
          return (
            <tr key={token.id} data-token={token.title} data-off={over || undefined}>
              <th scope="row">{token.title}</th>
              <td>
                <code>{token.start}…</code>
              </td>
              <td>{token.user ?? '–'}</td>
              <td>{t(`role.${token.role}`)}</td>
              <td>{dayText(token.created)}</td>
              <td>
                {token.expires === null ? t('tokens.forever') : over ? t('tokens.expired') : dayText(token.expires)}
              </td>
              <td>{token.lastUsed === null ? t('users.never') : ageText(Date.now() - token.lastUsed)}</td>
              <td>
                <div className={styles.acts}>
                  <button type="button" className="button" data-tone="quiet" onClick={() => ask(token)}>
                    {t('tokens.revoke')}
                  </button>
                </div>
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** The only time that the token itself is seen. */
function Once({ token, done }: { token: NewToken; done: () => void }) {
  const editor = useEditor()
  const t = useText()
  return (
    <section className={styles.once} role="status">
      <p>{t('tokens.once')}</p>
      <div className={styles.line}>
        <code className={styles.token} data-new-token>
          {token.token}
        </code>
        <button type="button" className="button" onClick={() => copyToClipboard(editor, token.token)}>
          <Copy size={14} aria-hidden /> {t('tokens.copy')}
        </button>
        <button type="button" className="button" data-tone="quiet" onClick={done}>
          {t('tokens.kept')}
        </button>
      </div>
    </section>
  )
}

function Make({ made }: { made: (token: NewToken) => void }) {
  const editor = useEditor()
  const t = useText()
  const own = useServer((state) => state.session?.who?.role) ?? 'viewer'
  const [title, setTitle] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [days, setDays] = useState<number | null>(90)
  const make = async (event: FormEvent) => {
    event.preventDefault()
    try {
      made(await editor.client.people.makeToken({ title: title.trim(), role, days }))
      setTitle('')
    } catch (thrown) {
      editor.fail(thrown)
    }
  }
  return (
    <form className={styles.section} onSubmit={make} data-make-token>
      <h3>{t('tokens.make')}</h3>
      <div className={styles.fields}>
        <label className={styles.field}>
          {t('tokens.title')}
          <input className="input" value={title} maxLength={64} onChange={(event) => setTitle(event.target.value)} />
        </label>
        <Field label={t('tokens.role')} help={t(`role.does.${role}`)}>
          {(ids) => <RoleSelect ids={ids} value={role} most={own} change={setRole} />}
        </Field>
        <label className={styles.field}>
          {t('tokens.days')}
          <select
            className="input"
            value={days ?? ''}
            onChange={(event) => setDays(event.target.value === '' ? null : Number(event.target.value))}
          >
            {lifetimes.map((count) => (
              <option key={count} value={count}>
                {t('tokens.daysCount', { days: count })}
              </option>
            ))}
            <option value="">{t('tokens.forever')}</option>
          </select>
        </label>
      </div>
      <div className={styles.line}>
        <button type="submit" className="button" data-tone="main" disabled={title.trim() === ''}>
          {t('tokens.makeDo')}
        </button>
      </div>
    </form>
  )
}
