import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { TextField } from '../../core/form.ts'
import { problemsAt } from '../../core/problems.ts'
import { shortText } from '../../core/samples.ts'
import { useEditor, useText } from '../context.ts'
import { lazyPart } from '../parts/lazyPart.tsx'
import { useReadOnly } from '../people/may.ts'
import { messageFor, pathsFor } from '../state/sample.ts'
import { hintOf } from './controls.tsx'
import type { ControlProps } from './FieldView.tsx'
import styles from './Form.module.css'

const CodeField = lazyPart(() => import('./CodeField.tsx'))

/** A JSONata expression: coloured, completed from messages that were seen, and tried on the last one while one types. */
export function ExpressionControl(props: ControlProps<TextField>) {
  const t = useText()
  const editor = useEditor()
  const { field, value, node } = props
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  const set = (next: string) => props.change(field.path, next === '' && !field.required ? undefined : next)
  const focused = useRef(false)
  const readOnly = useReadOnly()
  const placeholder = hintOf(field, (example) => t('form.example', { example }))
  const problem = problemsAt(props.problems, field.path).find((found) => found.column !== undefined)
  const paths = useCallback(() => pathsFor(editor, node), [editor, node])
  return (
    <>
      <Suspense
        fallback={
          <textarea
            className="input mono"
            rows={1}
            value={text}
            aria-label={field.title}
            onFocus={() => {
              focused.current = true
            }}
            onBlur={(event) => {
              // When the real editor takes its place nothing else has the focus: then it goes over.
              if (event.relatedTarget !== null) focused.current = false
            }}
            onChange={(event) => set(event.target.value)}
          />
        }
      >
        <CodeField
          id={props.id}
          label={field.title || t('form.expression')}
          text={text}
          placeholder={placeholder}
          invalid={props.invalid}
          describedBy={props.describedBy}
          faultAt={problem?.column}
          paths={paths}
          change={set}
          focused={focused}
          readOnly={readOnly}
        />
      </Suspense>
      <LiveResult node={node} text={text} />
    </>
  )
}

/** What the expression gives for the last message that came in, evaluated in a worker by the engine's own code. */
function LiveResult({ node, text }: { node: string; text: string }) {
  const t = useText()
  const editor = useEditor()
  const line = useRef<HTMLParagraphElement>(null)
  const [, setSeen] = useState(false)
  const key = useMemo(() => ({ node, text }), [node, text])
  useEffect(() => {
    let gone = false
    let last = ''
    const update = async () => {
      const message = messageFor(editor, key.node)
      if (message === undefined || key.text.trim() === '') return show('', '')
      const now = JSON.stringify(message)
      if (last === now) return
      last = now
      const result = await editor.evaluator.run(key.text, message)
      if (gone) return
      if ('fault' in result) show('fault', result.fault)
      else show('value', result.value === undefined ? t('form.resultNothing') : shortText(result.value, 160))
    }
    const show = (kind: string, said: string) => {
      if (line.current === null) return
      line.current.textContent = said
      line.current.dataset.result = kind
      setSeen(said !== '')
    }
    const timer = window.setTimeout(() => void update(), 150)
    const repeat = window.setInterval(() => void update(), 1000)
    return () => {
      gone = true
      window.clearTimeout(timer)
      window.clearInterval(repeat)
    }
  }, [editor, key, t])
  return <p ref={line} className={styles.result} />
}
