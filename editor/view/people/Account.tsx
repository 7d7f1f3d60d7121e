import { type FormEvent, useState } from 'react'
import { useEditor, useServer, useText } from '../context.ts'
import { timeText } from '../text/time.ts'
import { PasswordField } from './PasswordField.tsx'
import styles from './People.module.css'

/** Who is logged in, the own password, and the way out. */
export function Account() {
  const editor = useEditor()
  const t = useText()
  const session = useServer((state) => state.session)
  const who = session?.who
  if (session === undefined || !who) return null
  const leave = async (everywhere: boolean) => {
    try {
      await editor.client.people.logout(everywhere)
      // Nothing of what was open stays on the screen; drafts are kept in the browser.
      location.reload()
    } catch (thrown) {
      editor.fail(thrown)
    }
  }
  if (who.kind === 'local')
    return (
      <section className={styles.section}>
        <h3>{t('account.local')}</h3>
        <p className={session.open ? styles.warning : 'muted'}>
          {t(session.open ? 'account.openWarning' : 'account.noLogin')}
        </p>
        <div className={styles.line}>
          <button
            type="button"
            className="button"
            onClick={() => editor.ui.setState({ dialog: { kind: 'admin', tab: 'users' } })}
          >
            {t('users.add')}
          </button>
        </div>
      </section>
    )
  return (
    <>
      <section className={styles.section}>
        <h3>{t('account.who', { name: who.name, role: t(`role.${who.role}`) })}</h3>
        <p className="muted">{t(`role.does.${who.role}`)}</p>
        {session.expires !== undefined && (
          <p className="muted">
            {t('account.expires', {
              when: timeText(session.expires),
            })}
          </p>
        )}
        <div className={styles.line}>
          <button type="button" className="button" data-logout onClick={() => leave(false)}>
            {t('account.logout')}
          </button>
          <button type="button" className="button" data-tone="quiet" onClick={() => leave(true)}>
            {t('account.logoutEverywhere')}
          </button>
        </div>
      </section>
      <PasswordForm least={session.passwordLength.least} name={who.name} />
    </>
  )
}

function PasswordForm({ least, name }: { least: number; name: string }) {
  const editor = useEditor()
  const t = useText()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [busy, setBusy] = useState(false)
  const change = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      const session = await editor.client.people.password({ current, password: next })
      editor.server.setState({ session })
      setCurrent('')
      setNext('')
      editor.toast({ tone: 'ok', text: t('account.changed') })
    } catch (thrown) {
      editor.fail(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className={styles.section} onSubmit={change}>
      <h3>{t('account.changePassword')}</h3>
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      <PasswordField label={t('account.current')} value={current} change={setCurrent} autoComplete="current-password" />
      <PasswordField label={t('account.new')} value={next} change={setNext} autoComplete="new-password" least={least} />
      <div className={styles.line}>
        <button
          type="submit"
          className="button"
          data-tone="main"
          disabled={busy || current === '' || next.length < least}
        >
          {t('account.changePassword')}
        </button>
      </div>
    </form>
  )
}
