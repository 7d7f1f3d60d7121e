import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap } from '@codemirror/commands'
import { bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState } from '@codemirror/state'
import { Decoration, EditorView, keymap, placeholder as placeholderOf } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import type { SeenPath } from '../../core/samples.ts'
import { codeColours, codeLook } from './codeLook.ts'
import styles from './Form.module.css'
import { builtIns, jsonataLanguage } from './jsonataLanguage.ts'

interface CodeFieldProps {
  id: string
  label: string
  text: string
  placeholder: string
  invalid: boolean
  describedBy: string | undefined
  /** 1-based place of the fault. */
  faultAt: number | undefined
  paths: () => SeenPath[]
  change: (text: string) => void
  /** Whether the field that stood here while this was loaded had the focus. */
  focused: { current: boolean }
  readOnly: boolean
}

/**
 * The editor for JSONata. It lives in a shadow root: there, CodeMirror takes constructed style sheets, which a strict
 * Content-Security-Policy allows; in the page itself it would write style elements, which it does not.
 */
export default function CodeField(props: CodeFieldProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const latest = useRef(props)
  latest.current = props
  const attributes = useRef(new Compartment())

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current.text,
        extensions: [
          jsonataLanguage,
          syntaxHighlighting(codeColours),
          bracketMatching(),
          EditorView.lineWrapping,
          codeLook,
          height,
          placeholderOf(latest.current.placeholder),
          autocompletion({ override: [(context) => complete(context, latest.current.paths())], icons: false }),
          keymap.of([...completionKeymap, ...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter')]),
          attributes.current.of([]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.change(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    if (latest.current.focused.current) made.focus()
    latest.current.focused.current = false
    return () => made.destroy()
  }, [])

  useEffect(() => {
    const now = view.current
    if (now === undefined || now.state.doc.toString() === props.text) return
    now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: props.text } })
  }, [props.text])

  useEffect(() => {
    const now = view.current
    if (now === undefined) return
    const at = Math.min(Math.max(0, (props.faultAt ?? 0) - 1), Math.max(0, now.state.doc.length - 1))
    const marks =
      props.faultAt === undefined || now.state.doc.length === 0
        ? Decoration.none
        : Decoration.set([faultMark.range(at, at + 1)])
    now.dispatch({
      effects: attributes.current.reconfigure([
        EditorView.contentAttributes.of({
          'aria-label': props.label,
          'aria-invalid': String(props.invalid),
          'data-expression': props.label,
        }),
        EditorView.decorations.of(marks),
        EditorState.readOnly.of(props.readOnly),
        EditorView.editable.of(!props.readOnly),
      ]),
    })
  }, [props.label, props.invalid, props.faultAt, props.readOnly])

  return (
    <div
      ref={host}
      id={props.id}
      data-code
      className={styles.code}
      data-invalid={props.invalid || undefined}
      data-readonly={props.readOnly || undefined}
    />
  )
}

const faultMark = Decoration.mark({ class: 'fault' })

const height = EditorView.theme({ '&': { maxHeight: '240px' } })

/** Paths that messages had, and the functions of JSONata. */
function complete(context: CompletionContext, paths: readonly SeenPath[]): CompletionResult | null {
  // One who types and goes on at once has left when the list is made.
  if (context.view?.hasFocus === false) return null
  const name = context.matchBefore(/\$\w*/)
  if (name) {
    const options = builtIns.map((label) => ({ label, type: 'function', apply: `${label}(` }))
    return { from: name.from, options, validFor: /^\$\w*$/ }
  }
  const word = context.matchBefore(/[A-Za-z_`][\w.`]*/)
  if (word === null && !context.explicit) return null
  return {
    from: word?.from ?? context.pos,
    options: paths.map(({ path, value, kind }) => ({ label: path, detail: value, type: kind })),
    validFor: /^[\w.`]*$/,
  }
}
