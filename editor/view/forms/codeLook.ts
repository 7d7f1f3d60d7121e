import { HighlightStyle } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** How text editors look: the page's own tokens, in whatever height their host has. */
export const codeLook = EditorView.theme({
  '&': { font: '12px/18px var(--mono)', color: 'var(--text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { padding: '4px 8px', caretColor: 'var(--text)', fontFamily: 'var(--mono)' },
  '.cm-line': { padding: '0' },
  '.cm-scroller': { overflow: 'auto', fontFamily: 'var(--mono)', lineHeight: '18px' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.fault': { textDecoration: 'underline wavy var(--error)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: 'none' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--muted)', border: 'none' },
  '.cm-tooltip': {
    border: '1px solid var(--border)',
    borderRadius: '8px',
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '200px' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', lineHeight: '20px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal', marginLeft: '12px' },
})

export const codeColours = HighlightStyle.define([
  { tag: tags.string, color: 'var(--port-string)' },
  { tag: tags.propertyName, color: 'var(--text)' },
  { tag: tags.number, color: 'var(--port-number)' },
  { tag: tags.bool, color: 'var(--port-boolean)' },
  { tag: tags.keyword, color: 'var(--port-object)' },
  { tag: tags.function(tags.variableName), color: 'var(--accent)' },
  { tag: tags.operator, color: 'var(--muted)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
])
