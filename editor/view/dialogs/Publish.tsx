import { useState } from 'react'
import { useEditor, useServer, useText, useUi } from '../context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import styles from './dialogs.module.css'
import { Titled } from './flows.tsx'

/** Publishes a message by hand. It stays open, so that one can send the next. */
export function PublishDialog(props: { topic: string; payload: string }) {
  const editor = useEditor()
  const t = useText()
  const brokers = useServer((state) => state.brokers)
  const standard = useUi((state) => state.topicBroker)
  const [topic, setTopic] = useState(props.topic)
  const [payload, setPayload] = useState(props.payload)
  const [qos, setQos] = useState<0 | 1 | 2>(0)
  const [retain, setRetain] = useState(false)
  const [broker, setBroker] = useState(standard)
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const wrong = /[+#]/.test(topic)
  const publish = async () => {
    setBusy(true)
    try {
      await editor.client.publish({ topic, payload, qos, retain, ...(broker === undefined ? {} : { broker }) })
      setSaid(t('publish.done', { topic }))
    } catch (thrown) {
      editor.fail(thrown)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('action.publish')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (topic !== '' && !wrong) void publish()
        }}
      >
        <Titled label={t('publish.topic')} fault={wrong ? t('publish.wildcard') : undefined}>
          <input
            className="input mono"
            value={topic}
            data-autofocus
            placeholder="fridges/kitchen/climate"
            spellCheck={false}
            onChange={(event) => setTopic(event.target.value)}
          />
        </Titled>
        <Titled label={t('publish.payload')}>
          <textarea
            className="input mono"
            rows={4}
            value={payload}
            placeholder='{ "f": 48.2 }'
            spellCheck={false}
            onChange={(event) => setPayload(event.target.value)}
          />
        </Titled>
        <div className={styles.line}>
          <Titled label="QoS">
            <select className="input" value={qos} onChange={(event) => setQos(qosOf(event.target.value))}>
              <option value={0}>0</option>
              <option value={1}>1</option>
              <option value={2}>2</option>
            </select>
          </Titled>
          {brokers.length > 1 && (
            <Titled label={t('topics.broker')}>
              <select
                className="input"
                value={broker ?? ''}
                onChange={(event) => setBroker(event.target.value || undefined)}
              >
                <option value="">{t('form.standardBroker')}</option>
                {brokers.map((one) => (
                  <option key={one.name}>{one.name}</option>
                ))}
              </select>
            </Titled>
          )}
          <label className={styles.check}>
            <input type="checkbox" checked={retain} onChange={(event) => setRetain(event.target.checked)} />
            {t('publish.retain')}
          </label>
        </div>
        <div className={styles.buttons}>
          <span role="status" className="muted">
            {said}
          </span>
          <button type="button" className="button" onClick={() => editor.ui.setState({ dialog: undefined })}>
            {t('close')}
          </button>
          <button type="submit" className="button" data-tone="main" disabled={busy || topic === '' || wrong}>
            {t(busy ? 'publish.busy' : 'publish.do')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function qosOf(text: string): 0 | 1 | 2 {
  return text === '1' ? 1 : text === '2' ? 2 : 0
}
