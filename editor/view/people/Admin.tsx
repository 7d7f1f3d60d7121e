import { Suspense } from 'react'
import { useEditor, useServer, useText } from '../context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { lazyPart } from '../parts/lazyPart.tsx'
import type { AdminTab } from '../state/ui.ts'
import { Account } from './Account.tsx'
import { isEnough } from './may.ts'
import styles from './People.module.css'

const Tokens = lazyPart(() => import('./Tokens.tsx'))
const Users = lazyPart(() => import('./Users.tsx'))
const Secrets = lazyPart(() => import('./Secrets.tsx'))
const BrokerUsers = lazyPart(() => import('./BrokerUsers.tsx'))
const Audit = lazyPart(() => import('./Audit.tsx'))

const tabs: readonly { id: AdminTab; admin: boolean }[] = [
  { id: 'account', admin: false },
  { id: 'tokens', admin: false },
  { id: 'users', admin: true },
  { id: 'secrets', admin: true },
  { id: 'broker', admin: true },
  { id: 'audit', admin: true },
]

/** The own account, and for admins users, tokens, secrets and the audit log. */
export default function AdminDialog({ tab }: { tab: AdminTab }) {
  const editor = useEditor()
  const t = useText()
  const session = useServer((state) => state.session)
  const admin = isEnough(session, 'admin')
  const go = (next: AdminTab | undefined) => {
    if (next === undefined) return
    editor.ui.setState({ dialog: { kind: 'admin', tab: next } })
    requestAnimationFrame(() => document.getElementById(`admin-${next}`)?.focus())
  }
  const open = tabs.filter((one) => admin || !one.admin)
  const at = open.findIndex((one) => one.id === tab)
  return (
    <Dialog large title={t('account.open')}>
      <div className={styles.admin}>
        <div
          className={styles.tabs}
          role="tablist"
          aria-orientation="vertical"
          aria-label={t('account.tabs')}
          tabIndex={-1}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') go(open[(at + 1) % open.length]?.id)
            else if (event.key === 'ArrowUp') go(open[(at - 1 + open.length) % open.length]?.id)
            else return
            event.preventDefault()
          }}
        >
          {tabs.map((one) => (
            <button
              key={one.id}
              id={`admin-${one.id}`}
              type="button"
              role="tab"
              className={styles.tab}
              aria-selected={one.id === tab}
              aria-controls="admin-part"
              tabIndex={one.id === tab ? 0 : -1}
              disabled={one.admin && !admin}
              title={one.admin && !admin ? t('account.needsAdmin') : undefined}
              onClick={() => go(one.id)}
            >
              {t(`account.tab.${one.id}`)}
            </button>
          ))}
        </div>
        <div className={styles.part} id="admin-part" role="tabpanel" aria-labelledby={`admin-${tab}`} data-admin={tab}>
          <Suspense fallback={<p className="muted">{t('loading')}</p>}>
            {tab === 'account' && <Account />}
            {tab === 'tokens' && <Tokens />}
            {tab === 'users' && <Users />}
            {tab === 'secrets' && <Secrets />}
            {tab === 'broker' && <BrokerUsers />}
            {tab === 'audit' && <Audit />}
          </Suspense>
        </div>
      </div>
    </Dialog>
  )
}
