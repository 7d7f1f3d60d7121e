import { useState } from 'react'
import { readLocalTime } from '../../../core/backtest.ts'
import { type FlowDocument, nodeOf } from '../../../core/document.ts'
import {
  type FlowSource,
  filtersOfNode,
  recordedPayload,
  type SeenMessage,
  withMessage,
} from '../../../core/recording.ts'
import { useEditor, useText } from '../../context.ts'
import type { Editor } from '../../state/editor.ts'
import styles from './Tests.module.css'

/** Messages that are taken: of a time that was chosen, and else. */
const most = { chosen: 200, last: 50 }

interface Range {
  /** UTC milliseconds. */
  from: number | undefined
  to: number | undefined
}

/** Takes messages of the recorded history for a test: the last ones, or those of a time. */
export function FromHistory(props: {
  document: FlowDocument
  sources: readonly FlowSource[]
  take: (messages: readonly SeenMessage[]) => void
}) {
  const editor = useEditor()
  const t = useText()
  const [range, setRange] = useState<Range>({ from: undefined, to: undefined })
  const take = async () => {
    const found = await recorded(editor, props.document, props.sources, range)
    if (found === undefined) return
    const { messages, skipped, more } = found
    if (messages.length > 0) props.take(messages)
    const tell = (text: string) => editor.toast({ tone: 'info', text })
    if (messages.length === 0 && skipped === 0) tell(t('record.noHistory'))
    if (skipped > 0) tell(t('record.skipped', { count: skipped }))
    if (more && range.from !== undefined) tell(t('record.onlyLast', { count: messages.length }))
  }
  return (
    <fieldset className={styles.range}>
      <legend className="hidden">{t('record.history')}</legend>
      {(['from', 'to'] as const).map((side) => (
        <input
          key={side}
          className="input"
          type="datetime-local"
          aria-label={t(`audit.${side}`)}
          title={t(`audit.${side}`)}
          onChange={(event) => setRange({ ...range, [side]: readLocalTime(event.target.value) })}
        />
      ))}
      <button type="button" className="button" onClick={() => void take()}>
        {t('record.take')}
      </button>
    </fieldset>
  )
}

/** What was recorded on the topics of the sources, oldest first; undefined when it could not be asked, with the reason shown. */
async function recorded(editor: Editor, document: FlowDocument, sources: readonly FlowSource[], { from, to }: Range) {
  const specs = editor.server.getState().specs
  const limit = from === undefined ? most.last : most.chosen
  const wanted = sources.flatMap((source) => {
    const [port] = source.outputs
    if (!source.subscribes || port === undefined) return []
    const broker = nodeOf(document, source.id)?.config.broker
    const connection = typeof broker === 'string' && broker !== '' ? broker : 'default'
    return filtersOfNode(document, source.id, specs).map((filter) => ({ filter, connection, port }))
  })
  try {
    let messages: readonly SeenMessage[] = []
    let [skipped, more] = [0, false]
    for (const { filter, connection, port } of wanted) {
      const answer = await editor.client.backtests.messages({ connection, filter, from, to, limit })
      more ||= answer.more
      for (const { topic, time, ...item } of answer.items) {
        const payload = recordedPayload(item)
        if (payload === undefined) skipped++
        else messages = withMessage(messages, { port, topic, time, payload }, sources)
      }
    }
    return { messages: messages.slice(-limit), skipped, more }
  } catch (thrown) {
    editor.fail(thrown)
    return undefined
  }
}
