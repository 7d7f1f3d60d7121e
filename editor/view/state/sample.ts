import type { LiveValue } from '../../../engine/server/protocol.ts'
import { parseEnd } from '../../core/document.ts'
import type { Editor } from './editor.ts'

/** The last message that went into a node: the latest at the outputs that are wired to it. */
export function sampleFor(editor: Editor, node: string): LiveValue | undefined {
  const open = editor.current()
  if (open === undefined) return undefined
  return open.history.document.wires
    .filter((wire) => parseEnd(wire.to).node === node)
    .map((wire) => editor.live.values.get(`${open.flow}/${wire.from}`))
    .filter((value) => value !== undefined)
    .sort((a, b) => b.time - a.time)[0]
}
