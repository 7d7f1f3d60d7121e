import type { LiveValue } from '../../../engine/server/protocol.ts'
import { type FlowDocument, nodeOf, parseEnd } from '../../core/document.ts'
import { fieldsOf } from '../../core/form.ts'
import { getAt } from '../../core/path.ts'
import { expectedPaths, messageOf, type SeenPath, seenPaths } from '../../core/samples.ts'
import type { Editor } from './editor.ts'

/** The last message that went into a node, as its expressions see it; undefined when none was seen or it was cut. */
export function messageFor(editor: Editor, node: string): Record<string, unknown> | undefined {
  const open = editor.current()
  if (open === undefined) return undefined
  const document = open.history.document
  const value = document.wires
    .filter((wire) => parseEnd(wire.to).node === node)
    .map((wire) => editor.live.values.get(`${open.flow}/${wire.from}`))
    .filter((found): found is LiveValue => found !== undefined)
    .sort((a, b) => b.time - a.time)[0]
  return value && messageOf(value, patternsBefore(editor, document, node))
}

/**
 * What the expressions of a node can name: the fields of the last message that went into it; before there is one, what
 * the topic filters of the draft tell of it.
 */
export function pathsFor(editor: Editor, node: string): SeenPath[] {
  const message = messageFor(editor, node)
  if (message !== undefined) return seenPaths([message])
  const open = editor.current()
  return open === undefined ? [] : expectedPaths(patternsBefore(editor, open.history.document, node))
}

/** Topic filters of the sources that a node hears from: their names give `params`. */
function patternsBefore(editor: Editor, document: FlowDocument, node: string): string[] {
  const specs = editor.server.getState().specs
  const seen = new Set<string>()
  const queue = [node]
  const patterns: string[] = []
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    const entry = nodeOf(document, id)
    const spec = entry && specs.get(entry.type)
    for (const field of spec ? fieldsOf(spec.config) : []) {
      const value = field.kind === 'topic' ? getAt(entry?.config, field.path) : undefined
      if (typeof value === 'string') patterns.push(value)
    }
    for (const wire of document.wires) if (parseEnd(wire.to).node === id) queue.push(parseEnd(wire.from).node)
  }
  return patterns
}
