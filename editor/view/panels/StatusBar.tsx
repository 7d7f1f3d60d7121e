import { useEffect, useRef } from 'react'
import { rateText } from '../../core/samples.ts'
import { perform } from '../actions/registry.ts'
import { useCurrent, useEditor, useServer, useText } from '../context.ts'
import styles from './StatusBar.module.css'

/** The bar at the bottom: brokers, messages a second, dropped, zoom, and whether the draft is checked. */
export function StatusBar() {
  const editor = useEditor()
  const t = useText()
  const brokers = useServer((state) => state.brokers)
  const engine = useServer((state) => state.engine)
  const check = useCurrent((open) => open.check.state)
  const rate = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const update = () => {
      const { rate: now, dropped } = editor.live.engine
      if (rate.current === null) return
      rate.current.textContent =
        dropped > 0 ? `${rateText(now)} · ${t('status.dropped', { count: dropped })}` : rateText(now)
    }
    update()
    return editor.live.bind('*engine', update)
  }, [editor, t])
  return (
    <footer className={styles.bar}>
      {brokers.map((broker) => (
        <span
          key={broker.name}
          className={styles.broker}
          data-state={broker.incoming.status}
          title={`${broker.incoming.url} ${broker.incoming.detail ?? ''}`}
        >
          <span className={styles.dot} aria-hidden />
          {broker.name}: {t(`broker.${broker.incoming.status}`)}
          {broker.insecure && <strong className={styles.insecure}>{t('broker.insecure')}</strong>}
        </span>
      ))}
      <span ref={rate} className={styles.rate} />
      <span className={styles.space} />
      <span role="status">
        {check === 'waiting' ? t('check.waiting') : check === 'failed' ? t('check.failed') : ''}
      </span>
      <button type="button" className={styles.zoom} onClick={() => perform(editor, 'fit')} title={t('action.fit')}>
        <span id="zoom">100 %</span>
      </button>
      <span className="muted">{engine ? `Rulewire ${engine.version}` : ''}</span>
    </footer>
  )
}
