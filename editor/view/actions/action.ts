import type { Role } from '../../../engine/server/protocol-auth.ts'
import type { Editor } from '../state/editor.ts'
import type { TextKey } from '../text/languages.ts'

/**
 * Everything one can do, once: menus, keys, the command palette and the help are made from this list. Keys are written as
 * tinykeys has them; `$mod` is Control, or Command on a Mac.
 */
export interface Action {
  id: string
  title: Extract<TextKey, `action.${string}`>
  keys?: readonly string[]
  group: 'edit' | 'flow' | 'view' | 'node' | 'wire'
  /** Works while one types in a field, too. */
  anywhere?: boolean
  enabled?: (editor: Editor) => boolean
  /** The least role that may do it; everybody unless said. */
  needs?: Role
  run: (editor: Editor) => void
}

export function hasFlow(editor: Editor): boolean {
  return editor.current() !== undefined
}
