import { useEffect } from 'react'
import type { Hop } from '../../../engine/server/protocol-tools.ts'
import { useEditor, useText } from '../context.ts'
import styles from './Drawer.module.css'

/** Where something went that was handed to a sink. */
function effectTitle(effect: Hop['effects'][number]): string {
  if (effect.kind === 'publish') return effect.topic
  return effect.kind === 'answer' ? String(effect.status) : `${effect.method} ${effect.url}`
}

/** The way of a message, step by step; the nodes and wires on it are marked on the canvas. */
export function Hops({ hops }: { hops: readonly Hop[] }) {
  const editor = useEditor()
  const t = useText()
  useEffect(() => {
    editor.ui.setState({
      traced: {
        nodes: new Set(hops.map((hop) => hop.node)),
        ports: new Set(hops.flatMap((hop) => hop.out.map((sent) => `${hop.node}.${sent.port}`))),
      },
    })
    return () => editor.ui.setState({ traced: undefined })
  }, [editor, hops])
  return (
    <ol className={styles.list}>
      {hops.map((hop, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are known by their place
        <li key={index} className={styles.hop} data-hop={hop.node}>
          <button
            type="button"
            className={styles.link}
            onClick={() => {
              editor.ui.setState({ nodes: new Set([hop.node]), wires: new Set(), focus: hop.node, inspector: true })
              editor.canvas.current?.reveal(hop.node)
            }}
          >
            {hop.node}
          </button>
          <code>{hop.message.payload.text}</code>
          {hop.out.map((sent, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages are known by their place
            <span key={at}>
              → {sent.port} <code>{sent.message.payload.text}</code>
            </span>
          ))}
          {hop.state.map((state) => (
            <span key={state.key} className="muted">
              {t('hop.state', { key: state.key })} <code>{state.after?.text ?? '–'}</code>
            </span>
          ))}
          {hop.effects.map((effect) => (
            <span key={JSON.stringify(effect)}>
              {t('hop.would')} {effectTitle(effect)}{' '}
              <code>{effect.kind === 'publish' ? effect.payload.text : effect.body.text}</code>
            </span>
          ))}
          {hop.rows.map((row) => (
            <span key={row.table + row.row.text}>
              {row.table} <code>{row.row.text}</code>
            </span>
          ))}
          {hop.error && (
            <span className={styles.failed}>
              {t('hop.error')}: {hop.error.text}
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}
