import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import type { SessionAnswer } from '../../../engine/server/protocol-auth.ts'
import { ApiError } from '../api/client.ts'
import { useEditor, useFlows, useServer, useText } from '../context.ts'
import { countModal } from '../parts/Dialog.tsx'
import { PasswordField } from './PasswordField.tsx'
import styles from './People.module.css'

/** The login, or the making of the first admin. It lies over what was open, which stays as it is. */
export function SignIn() {
  const editor = useEditor()
  const session = useServer((state) => state.session)
  const over = useFlows((state) => state.loaded)
  const element = useRef<HTMLDialogElement>(null)
  const title = useId()
  useEffect(() => {
    if (element.current?.open === false) element.current.showModal()
    element.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return countModal(editor)
  }, [editor])
  if (session === undefined) return null
  return (
    <dialog
      ref={element}
      className={styles.cover}
      aria-labelledby={title}
      data-sign-in={session.mode}
      data-over={over || undefined}
      onCancel={(event) => event.preventDefault()}
    >
      <main className={styles.signIn}>
        {session.mode === 'setup' ? (
          <SetupForm session={session} title={title} />
        ) : (
          <LoginForm title={title} again={over} />
        )}
      </main>
    </dialog>
  )
}

function LoginForm({ title, again }: { title: string; again: boolean }) {
  const t = useText()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { busy, fault, send } = useSending()
  return (
    <form
      className={styles.card}
      onSubmit={(event) =>
        send(
          event,
          (client) => client.login({ name, password }),
          () => setPassword(''),
        )
      }
    >
      <h1 className={styles.brand}>Rulewire</h1>
      <h2 id={title}>{t('login.title')}</h2>
      {again && <p className="muted">{t('login.againWhy')}</p>}
      <label className={styles.field}>
        {t('login.name')}
        <input
          className="input"
          data-autofocus
          value={name}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <PasswordField
        label={t('login.password')}
        value={password}
        change={setPassword}
        autoComplete="current-password"
      />
      <Fault fault={fault} />
      <button type="submit" className="button" data-tone="main" disabled={busy || name === '' || password === ''}>
        {t(busy ? 'login.busy' : 'login.do')}
      </button>
    </form>
  )
}

function SetupForm({ session, title }: { session: SessionAnswer; title: string }) {
  const t = useText()
  const [token, setToken] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { busy, fault, send } = useSending()
  const { least } = session.passwordLength
  const short = password.length < least
  return (
    <form
      className={styles.card}
      onSubmit={(event) =>
        send(
          event,
          (client) => client.setup({ token: token.trim(), name, password }),
          () => undefined,
        )
      }
    >
      <h1 className={styles.brand}>Rulewire</h1>
      <h2 id={title}>{t('setup.title')}</h2>
      <p className="muted">{t('setup.why')}</p>
      <label className={styles.field}>
        {t('setup.token')}
        <input
          className="input mono"
          data-autofocus
          value={token}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <label className={styles.field}>
        {t('setup.name')}
        <input
          className="input"
          value={name}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <PasswordField
        label={t('login.password')}
        value={password}
        change={setPassword}
        autoComplete="new-password"
        least={least}
      />
      <Fault fault={fault} />
      <button type="submit" className="button" data-tone="main" disabled={busy || token === '' || name === '' || short}>
        {t(busy ? 'login.busy' : 'setup.do')}
      </button>
    </form>
  )
}

function Fault({ fault }: { fault: string | undefined }) {
  return fault === undefined ? null : (
    <p className={styles.fault} role="alert">
      {fault}
    </p>
  )
}

/** Sends what somebody typed to come in; what the engine says against it stands in the form. */
function useSending() {
  const editor = useEditor()
  const t = useText()
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string>()
  const send = async (
    event: FormEvent,
    ask: (client: typeof editor.client.people) => Promise<SessionAnswer>,
    refused: () => void,
  ) => {
    event.preventDefault()
    setBusy(true)
    setFault(undefined)
    try {
      const session = await ask(editor.client.people)
      await editor.signedIn(session)
      if (session.who) editor.toast({ tone: 'ok', text: t('login.done', { name: session.who.name }) })
    } catch (thrown) {
      refused()
      if (thrown instanceof ApiError && thrown.status === 0) setFault(t('offline.failed'))
      else if (thrown instanceof ApiError) setFault(`${thrown.answer.text} ${thrown.answer.hint}`)
      else setFault(String(thrown))
      // Somebody else may have made the first admin meanwhile.
      if (thrown instanceof ApiError && thrown.answer.code === 'SETUP_DONE') void editor.askSession()
    } finally {
      setBusy(false)
    }
  }
  return { busy, fault, send }
}
