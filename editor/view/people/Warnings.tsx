import { ShieldAlert, X } from 'lucide-react'
import { useState } from 'react'
import type { BrokerDescription } from '../../../engine/server/protocol.ts'
import { useEditor, useFlows, useServer, useText } from '../context.ts'
import { IconButton } from '../forms/nested.tsx'
import styles from './People.module.css'

/** One line where something stands open: no login, hooks for anybody, certificates that nobody looks at. */
export function Warnings() {
  const editor = useEditor()
  const t = useText()
  const open = useServer((state) => state.session?.open === true)
  const hooks = useOpenHooks()
  const brokers = useServer((state) => unverified(state.brokers))
  const [hidden, setHidden] = useState<string>()
  const said = [
    open ? t('warning.open') : '',
    brokers === '' ? '' : t('warning.tls', { brokers }),
    hooks === '' ? '' : t('warning.hooks', { nodes: hooks }),
  ].filter(Boolean)
  const text = said.join(' ')
  if (text === '' || text === hidden) return null
  return (
    <div className={styles.warnings} role="status" data-warnings>
      <ShieldAlert size={16} aria-hidden />
      <span title={text}>{text}</span>
      {open && (
        <button
          type="button"
          className="button"
          data-tone="quiet"
          onClick={() => editor.ui.setState({ dialog: { kind: 'admin', tab: 'users' } })}
        >
          {t('users.add')}
        </button>
      )}
      <IconButton label={t('warning.hide')} icon={<X size={14} aria-hidden />} run={() => setHidden(text)} />
    </div>
  )
}

/** `flow/node` of hooks to which anybody can send, as the engine's check finds them. */
function useOpenHooks(): string {
  return useFlows((state) =>
    Object.values(state.flows)
      .flatMap(({ flow, summary }) =>
        (summary?.problems ?? []).flatMap(({ code, node }) => (code === 'HOOK_OPEN' ? [`${flow}/${node ?? ''}`] : [])),
      )
      .join(', '),
  )
}

function unverified(brokers: readonly BrokerDescription[]): string {
  return brokers.flatMap((broker) => (broker.unverified ? [broker.name] : [])).join(', ')
}
