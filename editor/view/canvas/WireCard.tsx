import { useEffect, useRef, useState } from 'react'
import { type Point, parseEnd, parseWireId, type WireEntry } from '../../core/document.ts'
import { allPorts, outputType, typeText } from '../../core/ports.ts'
import { ageText, rateText } from '../../core/samples.ts'
import { useEditor, useText } from '../context.ts'
import styles from './Canvas.module.css'

/** What a wire carries, beside the pointer: its type, the last message, how old it is and how many come. */
export function WireCard() {
  const editor = useEditor()
  const t = useText()
  const [shown, setShown] = useState<{ wire: WireEntry; at: Point }>()
  const body = useRef<HTMLPreElement>(null)
  const foot = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    let timer = 0
    const listen = (event: Event) => {
      const detail: { wire: string; x: number; y: number } | undefined | null =
        event instanceof CustomEvent ? event.detail : undefined
      window.clearTimeout(timer)
      if (detail === undefined || detail === null) return setShown(undefined)
      timer = window.setTimeout(
        () => setShown({ wire: parseWireId(detail.wire), at: { x: detail.x, y: detail.y } }),
        200,
      )
    }
    window.addEventListener('wirecard', listen)
    return () => {
      window.clearTimeout(timer)
      window.removeEventListener('wirecard', listen)
    }
  }, [])
  const open = editor.current()
  const key = shown && open ? `${open.flow}/${shown.wire.from}` : ''
  useEffect(() => {
    if (key === '') return
    const update = () => {
      const value = editor.live.values.get(key)
      const node = editor.live.nodes.get(key.slice(0, key.lastIndexOf('.')))
      if (body.current) body.current.textContent = value === undefined ? t('wire.noValue') : pretty(value.text)
      if (foot.current) {
        const age =
          value === undefined ? '' : t('wire.age', { age: ageText(Date.now() - value.time), topic: value.topic })
        foot.current.textContent = [age, node ? rateText(node.rate) : ''].filter(Boolean).join(' · ')
      }
    }
    update()
    const timer = window.setInterval(update, 1000)
    const end = editor.live.bind(key, update)
    return () => {
      window.clearInterval(timer)
      end()
    }
  }, [key, editor, t])
  if (shown === undefined || open === undefined) return null
  const from = parseEnd(shown.wire.from)
  const ports = allPorts(open.history.document, editor.server.getState().specs, open.check)
  const type = outputType(from, ports.get(from.node), open.check)
  return (
    <div className={`float ${styles.card}`} style={clamped(shown.at)} role="tooltip">
      <p className={styles.cardHead}>
        {shown.wire.from} → {shown.wire.to}
      </p>
      <p className="mono">{typeText(type)}</p>
      <pre ref={body} className={styles.value} />
      <p ref={foot} className="muted" />
    </div>
  )
}

/** JSON with line breaks where it can be read as such; a cut text stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch (cause) {
    if (cause instanceof SyntaxError) return text
    throw cause
  }
}

function clamped(at: Point) {
  return { left: Math.min(at.x + 12, window.innerWidth - 340), top: Math.min(at.y + 12, window.innerHeight - 260) }
}
