import { Plus, Send, X } from 'lucide-react'
import { Suspense, useEffect, useRef, useState } from 'react'
import { ageText, numericLeaves, parsedJson } from '../../core/samples.ts'
import { placeTopic } from '../actions/topic.ts'
import { pretty } from '../canvas/WireCard.tsx'
import { useEditor, useText } from '../context.ts'
import { IconButton } from '../forms/nested.tsx'
import { lazyPart } from '../parts/lazyPart.tsx'
import type { SeenValue } from '../state/live.ts'
import styles from './Left.module.css'

const Chart = lazyPart(() => import('./Chart.tsx'))

/** One topic: its last message, what changed against the one before, the last messages, and a chart of its numbers. */
export function TopicDetail({ topic, close }: { topic: string; close: () => void }) {
  const editor = useEditor()
  const t = useText()
  const { live } = editor
  const [seen, setSeen] = useState<readonly SeenValue[]>([])
  const [leaf, setLeaf] = useState<string>()
  const last = useRef(0)
  useEffect(() => {
    const end = live.keep(topic)
    const update = () => {
      // Twice a second is enough to read by.
      if (performance.now() - last.current < 500) return
      last.current = performance.now()
      setSeen([...(live.history.get(topic) ?? [])])
    }
    update()
    const unbind = live.bind(`topic:${topic}`, update)
    const timer = window.setInterval(update, 1000)
    return () => {
      window.clearInterval(timer)
      unbind()
      end()
    }
  }, [live, topic])
  const latest = seen.at(-1)
  const info = live.topics.get(topic)
  const text = latest ? pretty(latest.text) : ''
  const before = seen.at(-2)
  const old = new Set(before ? pretty(before.text).split('\n') : [])
  const leaves = latest ? numericLeaves(parsedJson(latest.text)) : []
  const drawn = leaves.some(([path]) => path === leaf) ? leaf : leaves[0]?.[0]
  return (
    <section className={styles.detail} aria-label={topic}>
      <div className={styles.detailHead}>
        <strong className="mono">{topic}</strong>
        <IconButton
          label={t('topics.toCanvas')}
          icon={<Plus size={14} aria-hidden />}
          run={() => placeTopic(editor, topic)}
        />
        <IconButton
          label={t('action.publish')}
          icon={<Send size={14} aria-hidden />}
          run={() => editor.ui.setState({ dialog: { kind: 'publish', topic, payload: latest ? latest.text : '' } })}
        />
        <IconButton label={t('close')} icon={<X size={14} aria-hidden />} run={close} />
      </div>
      {info && (
        <p className="muted">
          {t('topics.info', { count: info.count, qos: info.qos, size: info.size })}
          {info.retain ? ` · ${t('topics.retained')}` : ''}
        </p>
      )}
      <pre>
        {text.split('\n').map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing but their place
          <div key={index} className={before && !old.has(line) ? styles.changed : undefined}>
            {line}
          </div>
        ))}
      </pre>
      {leaves.length > 0 && drawn !== undefined && (
        <>
          {leaves.length > 1 && (
            <select
              className="input"
              aria-label={t('topics.chartOf')}
              value={drawn}
              onChange={(event) => setLeaf(event.target.value)}
            >
              {leaves.map(([path]) => (
                <option key={path}>{path}</option>
              ))}
            </select>
          )}
          <Suspense fallback={null}>
            <Chart points={pointsOf(seen, drawn)} label={drawn} />
          </Suspense>
        </>
      )}
      {seen.length > 1 && (
        <details>
          <summary>{t('topics.history', { count: seen.length })}</summary>
          <ol>
            {seen.toReversed().map((one) => (
              <li key={one.time}>
                <span className="muted">{ageText(Date.now() - one.time)}</span> <code>{one.text}</code>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  )
}

function pointsOf(seen: readonly SeenValue[], leaf: string): [number, number][] {
  return seen.flatMap((one) => {
    const found = numericLeaves(parsedJson(one.text)).find(([path]) => path === leaf)
    return found ? [[one.time, found[1]] as [number, number]] : []
  })
}
