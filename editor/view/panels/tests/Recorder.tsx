import { CircleDot, History, Square, X } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { RuleTestDraft } from '../../../../engine/server/protocol-tests.ts'
import { withItem } from '../../../core/jsontext.ts'
import {
  type FlowSource,
  messagesFor,
  nameFor,
  restless,
  type SeenMessage,
  sourcesOf,
  withMessage,
} from '../../../core/recording.ts'
import { casesOf, leftOut } from '../../../core/ruletests.ts'
import { parsedJson, shortText } from '../../../core/samples.ts'
import { useCurrent, useEditor, useServer, useText } from '../../context.ts'
import JsonField from '../../forms/JsonField.tsx'
import { IconButton } from '../../forms/nested.tsx'
import type { Editor } from '../../state/editor.ts'
import { patchTests, runTests, saveTests } from '../../state/tests.ts'
import drawer from '../Drawer.module.css'
import { FromHistory } from './FromHistory.tsx'
import styles from './Tests.module.css'

/** Messages that one recording may have. */
const mostMessages = 200

/** Makes a test from messages that were seen: they are run on the draft, and what comes of them is what the test expects. */
export default function Recorder({ flow }: { flow: string }) {
  const editor = useEditor()
  const t = useText()
  const document = useCurrent((open) => open.history.document)
  const specs = useServer((state) => state.specs)
  const sources = useMemo(() => (document ? sourcesOf(document, specs) : []), [document, specs])
  const ports = useMemo(
    () => sourcePorts(sources, leftOut(editor.tests.getState()[flow]?.text ?? '')),
    [sources, editor, flow],
  )
  const [recording, setRecording] = useState(false)
  const [past, setPast] = useState(false)
  const [seen, setSeen] = useState<readonly SeenMessage[]>(
    () => editor.tests.getState()[flow]?.seed ?? lastMessages(editor, flow, ports, sources),
  )
  const [name, setName] = useState<string>()
  const [advance, setAdvance] = useState('1m')
  const [draft, setDraft] = useState<RuleTestDraft>()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  // They are for this test; the next one begins with what came last.
  useEffect(() => patchTests(editor, flow, { seed: undefined }), [editor, flow])
  useRecording({ flow, ports, on: recording, add: (message) => setSeen((before) => added(before, message, sources)) })
  if (document === undefined) return null
  const shownName = name ?? nameFor(seen)
  const make = async () => {
    setBusy(true)
    setRecording(false)
    try {
      const messages = messagesFor(seen, document, sources)
      const disable = restless(sources)
      const made = await editor.client.tests.record(flow, { document, name: shownName, messages, advance, disable })
      setDraft(made)
      setText(made.text ?? '')
    } catch (thrown) {
      editor.fail(thrown)
    } finally {
      setBusy(false)
    }
  }
  const save = async () => {
    const whole = withItem(editor.tests.getState()[flow]?.text ?? '', ['tests'], text)
    if (whole === undefined) return editor.toast({ tone: 'error', text: t('tests.noList') })
    if (!(await saveTests(editor, flow, whole))) return
    const chosen = (casesOf(whole)?.length ?? 1) - 1
    patchTests(editor, flow, { chosen, view: 'result' })
    await runTests(editor, flow)
  }
  if (draft === undefined)
    return (
      <form
        className={styles.recording}
        onSubmit={(event) => {
          event.preventDefault()
          if (seen.length > 0 && !busy) void make()
        }}
      >
        <div className={drawer.line}>
          <button
            type="button"
            className="button"
            aria-pressed={recording}
            data-record
            onClick={() => setRecording(!recording)}
          >
            {recording ? <Square size={14} aria-hidden /> : <CircleDot size={14} aria-hidden />}{' '}
            {t(recording ? 'record.stop' : 'record.start')}
          </button>
          {sources.some(({ subscribes }) => subscribes) && (
            <button type="button" className="button" aria-expanded={past} onClick={() => setPast(!past)}>
              <History size={14} aria-hidden /> {t('record.history')}
            </button>
          )}
          <button
            type="button"
            className="button"
            data-tone="quiet"
            disabled={seen.length === 0}
            onClick={() => setSeen([])}
          >
            {t('record.clear')}
          </button>
          <span className="muted" role="status">
            {t('record.count', { count: seen.length })}
          </span>
        </div>
        {past && (
          <FromHistory
            document={document}
            sources={sources}
            take={(messages) => {
              setSeen(messages)
              setPast(false)
            }}
          />
        )}
        {seen.length === 0 && <p className="muted">{t(ports.length === 0 ? 'record.noSource' : 'record.help')}</p>}
        <ul className={styles.messages}>
          {seen.map((message, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a topic may come twice within a millisecond
            <li key={`${message.port}${message.time}${message.topic}${index}`} data-recorded={message.topic}>
              <span className="muted">{offsetText(message.time - (seen[0]?.time ?? 0))}</span>
              <code>{message.topic}</code>
              <code className={styles.payload}>{shortText(message.payload, 80)}</code>
              <IconButton
                label={t('record.drop', { number: index + 1 })}
                icon={<X size={12} aria-hidden />}
                run={() => setSeen(seen.filter((_, at) => at !== index))}
              />
            </li>
          ))}
        </ul>
        <label className={drawer.stack}>
          {t('record.name')}
          <input
            className="input"
            value={shownName}
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <div className={drawer.line}>
          <label className={drawer.line}>
            {t('try.advance')}
            <input
              className={`input mono ${styles.advance}`}
              value={advance}
              onChange={(event) => setAdvance(event.target.value)}
            />
          </label>
          <button
            type="submit"
            className="button"
            data-tone="main"
            disabled={busy || seen.length === 0 || shownName === '' || seen.length > mostMessages}
          >
            {t(busy ? 'try.running' : 'record.make')}
          </button>
        </div>
      </form>
    )
  return (
    <div className={styles.editor} data-made>
      <div className={styles.bar}>
        <span
          role="status"
          className={draft.unstable.length > 0 || draft.problems.length > 0 ? drawer.failed : 'muted'}
        >
          {draft.problems[0]?.text ??
            (draft.unstable.length > 0
              ? t('record.unstable', { what: draft.unstable[0] ?? '' })
              : draft.expected === 0
                ? t('record.madeNothing')
                : t('record.made', { count: draft.expected }))}
        </span>
        <span className={drawer.space} />
        <button type="button" className="button" onClick={() => setDraft(undefined)}>
          {t('record.back')}
        </button>
        <button
          type="button"
          className="button"
          data-tone="main"
          disabled={text === '' || parsedJson(text) === undefined}
          onClick={save}
        >
          {t('record.save')}
        </button>
      </div>
      <JsonField
        className={styles.code}
        label={t('record.text')}
        text={text}
        change={setText}
        complete={() => []}
        faults={[]}
        goTo={undefined}
      />
    </div>
  )
}

/** Ports whose messages can be recorded: those of sources that take topics, and of the others unless the tests leave them out. */
function sourcePorts(sources: ReturnType<typeof sourcesOf>, left: readonly string[]): string[] {
  const subscribing = sources.filter(({ subscribes }) => subscribes)
  const chosen = subscribing.length > 0 ? subscribing : sources.filter(({ id }) => !left.includes(id))
  return chosen.flatMap(({ outputs }) => outputs)
}

/** What the sources sent last, to begin with. */
function lastMessages(
  editor: Editor,
  flow: string,
  ports: readonly string[],
  sources: readonly FlowSource[],
): readonly SeenMessage[] {
  return ports
    .flatMap((port) => messageAt(editor, flow, port) ?? [])
    .reduce<readonly SeenMessage[]>((before, message) => withMessage(before, message, sources), [])
}

function messageAt(editor: Editor, flow: string, port: string): SeenMessage | undefined {
  const value = editor.live.values.get(`${flow}/${port}`)
  const payload = value === undefined ? undefined : parsedJson(value.text)
  if (value === undefined || payload === undefined) return undefined
  return { port, topic: value.topic, payload, time: value.time }
}

function added(
  before: readonly SeenMessage[],
  message: SeenMessage,
  sources: readonly FlowSource[],
): readonly SeenMessage[] {
  const known = before.some(
    (one) => one.port === message.port && one.time === message.time && one.topic === message.topic,
  )
  if (known || before.length >= mostMessages) return before
  return withMessage(before, message, sources)
}

function useRecording(given: {
  flow: string
  ports: readonly string[]
  on: boolean
  add: (message: SeenMessage) => void
}): void {
  const editor = useEditor()
  const { flow, ports, on, add } = given
  // biome-ignore lint/correctness/useExhaustiveDependencies: `add` is made anew each time and does the same
  useEffect(() => {
    if (!on) return
    const ends = ports.map((port) =>
      editor.live.bind(`${flow}/${port}`, () => {
        const message = messageAt(editor, flow, port)
        if (message !== undefined) add(message)
      }),
    )
    return () => {
      for (const end of ends) end()
    }
  }, [editor, flow, ports, on])
}

function offsetText(milliseconds: number): string {
  return `+${milliseconds >= 10_000 ? Math.round(milliseconds / 1000) : (milliseconds / 1000).toFixed(1)}s`
}
