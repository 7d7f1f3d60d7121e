import { useEffect, useState } from 'react'
import type { Trace } from '../../../engine/server/protocol-tools.ts'
import type { SeenMessage } from '../../core/recording.ts'
import { parsedJson } from '../../core/samples.ts'
import { useCurrent, useEditor, useText } from '../context.ts'
import { useNeeds } from '../people/may.ts'
import { patchTests } from '../state/tests.ts'
import styles from './Drawer.module.css'
import { Hops } from './Hops.tsx'

const askEvery = 500

/** Records the next message of the deployed flow and shows its way over the canvas. */
export default function TracePanel() {
  const editor = useEditor()
  const t = useText()
  const flow = useCurrent((open) => open.flow)
  const needs = useNeeds('editor')
  const [filter, setFilter] = useState('')
  const [trace, setTrace] = useState<Trace>()
  const id = trace?.state === 'armed' ? trace.id : undefined
  useEffect(() => {
    if (id === undefined) return
    const timer = window.setInterval(() => editor.client.trace(id).then(setTrace, editor.fail), askEvery)
    return () => window.clearInterval(timer)
  }, [editor, id])
  if (flow === undefined) return null
  const seen = trace === undefined ? undefined : messageOf(trace)
  const arm = () => editor.client.arm({ flow, ...(filter === '' ? {} : { filter }) }).then(setTrace, editor.fail)
  return (
    <div className={styles.columns}>
      <form
        className={styles.side}
        onSubmit={(event) => {
          event.preventDefault()
          void arm()
        }}
      >
        <label className={styles.stack}>
          {t('trace.filter')}
          <input
            className="input mono"
            value={filter}
            placeholder="fridges/kitchen/#"
            onChange={(event) => setFilter(event.target.value)}
          />
        </label>
        <div className={styles.line}>
          <button type="submit" className="button" data-tone="main" disabled={id !== undefined}>
            {t('trace.arm')}
          </button>
        </div>
        <p className="muted" role="status">
          {trace?.state === 'armed' && t('trace.waiting')}
          {trace?.state === 'expired' && t('trace.expired')}
          {trace?.state === 'done' && t('trace.done', { count: trace.hops.length, micros: trace.micros ?? 0 })}
        </p>
        {trace?.state === 'done' && seen !== undefined && (
          <div className={styles.line}>
            <button
              type="button"
              className="button"
              {...needs}
              onClick={() => {
                patchTests(editor, flow, { view: 'record', seed: [seen] })
                editor.ui.setState({ drawer: 'tests', traced: undefined })
              }}
            >
              {t('trace.makeTest')}
            </button>
          </div>
        )}
        <p className="muted">{t('trace.help')}</p>
      </form>
      <div className={styles.main} data-trace={trace?.state}>
        {trace?.state === 'done' && <Hops hops={trace.hops} />}
      </div>
    </div>
  )
}

/** What the source gave that the message came in by; undefined when it gave nothing, or its text was cut. */
function messageOf({ hops }: Trace): SeenMessage | undefined {
  const [first] = hops
  const [sent] = first?.out ?? []
  if (first === undefined || sent === undefined) return undefined
  const { text, size } = sent.message.payload
  const payload = text.length < size ? undefined : parsedJson(text)
  if (payload === undefined) return undefined
  return { port: `${first.node}.${sent.port}`, topic: sent.message.topic, payload, time: sent.message.time }
}
