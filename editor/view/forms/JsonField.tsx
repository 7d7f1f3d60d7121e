import { autocompletion, type CompletionContext, completionKeymap, startCompletion } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState } from '@codemirror/state'
import { Decoration, EditorView, keymap, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { cursorAt, type JsonCursor } from '../../core/jsontext.ts'
import { codeColours, codeLook } from './codeLook.ts'

export interface JsonCompletion {
  label: string
  detail?: string
  insert: string
}

/**
 * An editor for a JSON text, with completion by place. It lives in a shadow root, as the one for expressions does, and fills its
 * host. Escape and then Tab leads out of it.
 */
export default function JsonField(props: {
  label: string
  text: string
  className: string | undefined
  change: (text: string) => void
  complete: (cursor: JsonCursor) => readonly JsonCompletion[]
  /** Lines with a fault, from 1. */
  faults: readonly number[]
  /** Goes to an offset; a new object goes there again. */
  goTo: { offset: number } | undefined
}) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const latest = useRef(props)
  latest.current = props
  const marks = useRef(new Compartment())
  const escaped = useRef(false)

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
          json,
          syntaxHighlighting(codeColours),
          bracketMatching(),
          lineNumbers(),
          history(),
          EditorView.lineWrapping,
          codeLook,
          full,
          autocompletion({ override: [(context) => completionsAt(context, latest.current.complete)], icons: false }),
          keymap.of([
            ...completionKeymap,
            ...historyKeymap,
            {
              key: 'Escape',
              run: () => {
                escaped.current = true
                return false
              },
            },
            { key: 'Tab', run: (target) => !escaped.current && (indentWithTab.run?.(target) ?? false) },
            { key: 'Shift-Tab', run: (target) => !escaped.current && (indentWithTab.shift?.(target) ?? false) },
            ...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'),
          ]),
          marks.current.of([]),
          EditorView.contentAttributes.of({ 'aria-label': latest.current.label, 'data-json': '' }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return
            escaped.current = false
            latest.current.change(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])

  useEffect(() => {
    const now = view.current
    if (now === undefined || now.state.doc.toString() === props.text) return
    now.dispatch({ changes: { from: 0, to: now.state.doc.length, insert: props.text } })
  }, [props.text])

  useEffect(() => {
    const now = view.current
    if (now === undefined || props.goTo === undefined) return
    const at = Math.min(props.goTo.offset, now.state.doc.length)
    now.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) })
    now.focus()
  }, [props.goTo])

  useEffect(() => {
    const now = view.current
    if (now === undefined) return
    const lines = [...new Set(props.faults)].filter((line) => line >= 1 && line <= now.state.doc.lines)
    const places = lines.sort((a, b) => a - b).map((line) => faultLine.range(now.state.doc.line(line).from))
    now.dispatch({ effects: marks.current.reconfigure(EditorView.decorations.of(Decoration.set(places))) })
  }, [props.faults])

  return <div ref={host} className={props.className} data-code />
}

const faultLine = Decoration.line({ class: 'fault-line' })

const full = EditorView.theme({
  '&': { height: '100%' },
  '.fault-line': { backgroundColor: 'var(--error-soft)' },
})

const json = StreamLanguage.define({
  name: 'json',
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match(/^"(?:[^"\\]|\\.)*"(?=\s*:)/)) return 'propertyName'
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string'
    if (stream.match(/^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/)) return 'number'
    if (stream.match(/^(?:true|false|null)\b/)) return 'bool'
    stream.next()
    return null
  },
})

function completionsAt(context: CompletionContext, complete: (cursor: JsonCursor) => readonly JsonCompletion[]) {
  const text = context.state.doc.toString()
  const cursor = cursorAt(text, context.pos)
  if (cursor === undefined) return null
  if (!context.explicit && cursor.from === context.pos) return null
  const options = complete(cursor).map(({ label, detail, insert }) => ({
    label: cursor.quoted ? `"${label}` : label,
    displayLabel: label,
    ...(detail === undefined ? {} : { detail }),
    apply: (view: EditorView, _completion: unknown, from: number, to: number) => put(view, insert, from, to),
  }))
  return options.length === 0 ? null : { from: cursor.from, options, validFor: /^"?[\w$./-]*$/ }
}

/** Puts a completion in, in place of the quotes that are there already; the cursor goes into what is still empty. */
function put(view: EditorView, insert: string, from: number, to: number): void {
  const { doc } = view.state
  const behind = doc.sliceString(to, to + 1) === '"' ? to + 1 : to
  // A field that has its colon keeps its value.
  const hasValue = /^\s*:/.test(doc.sliceString(behind, behind + 40))
  const text = hasValue ? (/^"(?:[^"\\]|\\.)*"/.exec(insert)?.[0] ?? insert) : insert
  const hole = /(""|\[\]|\{\})$/.exec(text)
  const anchor = from + text.length - (hole !== null && !hasValue ? 1 : 0)
  view.dispatch({ changes: { from, to: behind, insert: text }, selection: { anchor } })
  if (hole !== null && !hasValue) startCompletion(view)
}
