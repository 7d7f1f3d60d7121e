import { tinykeys } from 'tinykeys'
import type { Editor } from '../state/editor.ts'
import { chosenText, pasteText } from './clipboard.ts'
import { actions, perform } from './registry.ts'

/** Binds the keys of all actions, and copy and paste, to the page; returns how to end it. */
export function bindKeys(editor: Editor): () => void {
  const bindings = Object.fromEntries(
    actions
      .filter((action) => !['copy', 'paste'].includes(action.id))
      .flatMap((action) =>
        (action.keys ?? []).map((keys) => [
          keys,
          (event: KeyboardEvent) => {
            if (event.defaultPrevented || (isTyping(event) && action.anywhere !== true)) return
            if (editor.ui.getState().dialog !== undefined) return
            if (action.enabled?.(editor) === false) return
            event.preventDefault()
            perform(editor, action.id)
          },
        ]),
      ),
  )
  bindings.Escape = (event) => letGo(editor, event)
  const endKeys = tinykeys(window, bindings, {
    // Some keys work while one types, too; each action says for itself. A text that is being composed is left alone.
    ignore: (event) => event.isComposing,
  })
  const onCopy = (event: ClipboardEvent) => {
    const text = isTyping(event) || hasTextSelection() ? undefined : chosenText(editor)
    if (text === undefined) return
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
    if (event.type === 'cut') perform(editor, 'delete')
    else editor.say(editor.t('copied'))
  }
  const onPaste = (event: ClipboardEvent) => {
    if (isTyping(event) || editor.ui.getState().dialog !== undefined) return
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (text.trim() !== '') pasteText(editor, text)
    event.preventDefault()
  }
  document.addEventListener('copy', onCopy)
  document.addEventListener('cut', onCopy)
  document.addEventListener('paste', onPaste)
  return () => {
    endKeys()
    document.removeEventListener('copy', onCopy)
    document.removeEventListener('cut', onCopy)
    document.removeEventListener('paste', onPaste)
  }
}

/** Closes what floats; when nothing does, a field gives the focus back to the canvas, and on the canvas nothing is chosen any more. */
function letGo(editor: Editor, event: KeyboardEvent): void {
  if (event.defaultPrevented || editor.ui.getState().dialog !== undefined) return
  const { menu, refusal, picker } = editor.ui.getState()
  if (isTyping(event) && !menu && !refusal && !picker) {
    editor.canvas.current?.focus()
    return
  }
  editor.ui.setState((state) => ({
    menu: undefined,
    refusal: undefined,
    picker: undefined,
    ...(state.menu || state.refusal || state.picker ? {} : { nodes: new Set<string>(), wires: new Set<string>() }),
  }))
}

function isTyping(event: Event): boolean {
  const target = event.composedPath()[0]
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || target.matches('input, textarea, select')
}

function hasTextSelection(): boolean {
  return (window.getSelection()?.toString() ?? '') !== ''
}
