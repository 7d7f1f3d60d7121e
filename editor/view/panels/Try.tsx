import { useMemo, useState } from 'react'
import type { TryAnswer } from '../../../engine/server/protocol-tools.ts'
import { nodeOf } from '../../core/document.ts'
import { parsedJson } from '../../core/samples.ts'
import { firstMessage, type TriedNode, triedParts } from '../../core/tried.ts'
import { useCurrent, useEditor, useText, useUi } from '../context.ts'
import { messageFor } from '../state/sample.ts'
import styles from './Drawer.module.css'
import { Hops } from './Hops.tsx'

/** Runs the draft on a message from the chosen node on, with nothing published. A message can be pinned to its node. */
export default function Try() {
  const editor = useEditor()
  const t = useText()
  const document = useCurrent((open) => open.history.document)
  const [node] = useUi((state) => state.nodes)
  const entry = document && node !== undefined ? nodeOf(document, node) : undefined
  if (document === undefined || entry === undefined) return <p className={styles.note}>{t('try.choose')}</p>
  return <TryNode key={`${document.flow}/${entry.id}`} flow={document.flow} node={entry.id} editor={editor} />
}

function TryNode({ flow, node, editor }: { flow: string; node: string; editor: ReturnType<typeof useEditor> }) {
  const t = useText()
  const name = `${flow}/${node}`
  const pinned = useUi((state) => state.pinned[name])
  const about = () => triedNode(editor, node)
  const last = () => messageFor(editor, node) ?? messageOut(editor, flow, node)
  const [text, setText] = useState(() => pinned ?? JSON.stringify(last() ?? firstMessage(about()), null, 2))
  const [advance, setAdvance] = useState('')
  const [withState, setWithState] = useState(false)
  const [answer, setAnswer] = useState<TryAnswer>()
  const [busy, setBusy] = useState(false)
  const message = parsedJson(text)
  // That nodes were started is no news unless something came of it.
  const hops = useMemo(
    () => answer?.hops.filter((hop) => hop.port !== ':start' || hop.out.length > 0 || hop.error) ?? [],
    [answer],
  )
  const wrong = typeof message !== 'object' || message === null || Array.isArray(message)
  const run = async () => {
    const open = editor.current()
    if (open === undefined || wrong) return
    setBusy(true)
    try {
      const given = message as Record<string, unknown> // an object, as `wrong` says; the engine checks its fields
      setAnswer(
        await editor.client.tryDraft({
          document: open.history.document,
          node,
          ...triedParts(about(), given),
          ...(advance === '' ? {} : { advance }),
          ...(withState ? { withState } : {}),
        }),
      )
    } catch (thrown) {
      editor.fail(thrown)
    } finally {
      setBusy(false)
    }
  }
  const pin = (on: boolean) =>
    editor.ui.setState((state) => {
      const { [name]: _old, ...rest } = state.pinned
      return { pinned: on ? { ...rest, [name]: text } : rest }
    })
  return (
    <div className={styles.columns}>
      <form
        className={styles.side}
        onSubmit={(event) => {
          event.preventDefault()
          void run()
        }}
      >
        <label className={styles.stack}>
          {t('try.message', { node })}
          <textarea
            className="input mono"
            rows={5}
            value={text}
            aria-invalid={wrong}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {wrong && <p className={styles.failed}>{t('try.notJson', { example: '{ "topic": "a", "payload": 1 }' })}</p>}
        <div className={styles.line}>
          <button type="submit" className="button" data-tone="main" disabled={busy || wrong}>
            {t(busy ? 'try.running' : 'try.run')}
          </button>
          <button
            type="button"
            className="button"
            aria-pressed={pinned !== undefined}
            onClick={() => pin(pinned === undefined)}
          >
            {t(pinned === undefined ? 'try.pin' : 'try.unpin')}
          </button>
          <button
            type="button"
            className="button"
            data-tone="quiet"
            onClick={() => setText(JSON.stringify(last() ?? {}, null, 2))}
          >
            {t('try.last')}
          </button>
        </div>
        <div className={styles.line}>
          <label className={styles.line}>
            {t('try.advance')}
            <input
              className={`input mono ${styles.short}`}
              value={advance}
              placeholder="5m"
              onChange={(event) => setAdvance(event.target.value)}
            />
          </label>
          <label className={styles.line}>
            <input type="checkbox" checked={withState} onChange={(event) => setWithState(event.target.checked)} />
            {t('try.withState')}
          </label>
        </div>
        <p className="muted">{t('try.help')}</p>
      </form>
      <div className={styles.main} data-tried={answer?.ran}>
        {answer && !answer.ran && (
          <p className={styles.failed}>
            {t('try.stopped')} {answer.problems[0]?.text}
          </p>
        )}
        {answer?.stopped && <p className={styles.failed}>{answer.stopped}</p>}
        {answer?.ran && hops.length === 0 && <p className={styles.note}>{t('try.nothing')}</p>}
        {answer && <Hops hops={hops} />}
      </div>
    </div>
  )
}

function triedNode(editor: ReturnType<typeof useEditor>, id: string): TriedNode {
  const entry = nodeOf(editor.current()?.history.document ?? { flow: '', nodes: [], wires: [] }, id)
  const spec = editor.server.getState().specs.get(entry?.type ?? '')
  const source = spec !== undefined && spec.inputs.length === 0
  return { id, config: entry?.config, source, serves: spec?.serves === true }
}

/** Of a source: what it sent last. */
function messageOut(editor: ReturnType<typeof useEditor>, flow: string, node: string) {
  const value = [...editor.live.values].find(([key]) => key.startsWith(`${flow}/${node}.`))?.[1]
  return value && { topic: value.topic, payload: parsedJson(value.text) }
}
