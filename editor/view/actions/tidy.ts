import { type Point, parseEnd } from '../../core/document.ts'
import { fittedFrames, isNote, tidyWith } from '../../core/notes.ts'
import { allPorts } from '../../core/ports.ts'
import type { TidyInput } from '../../core/tidy.ts'
import { boxesOf } from '../canvas/mapping.ts'
import type { Editor } from '../state/editor.ts'

/** Lays the chosen nodes out, or all when fewer than two are chosen. The work is done in a worker. */
export async function tidyFlow(editor: Editor): Promise<void> {
  const open = editor.current()
  if (open === undefined || open.history.document.nodes.length === 0) return
  const document = open.history.document
  const ports = allPorts(document, editor.server.getState().specs, open.check)
  const boxes = boxesOf(document, ports)
  // Notes stay where somebody put them; frames go with the nodes in them.
  const notes = new Set(document.nodes.flatMap((entry) => (isNote(entry, ports.get(entry.id)) ? [entry.id] : [])))
  const { nodes: chosen } = editor.ui.getState()
  const wanted = chosen.size > 1 ? chosen : new Set(boxes.keys())
  const input: TidyInput = {
    nodes: [...boxes].filter(([id]) => wanted.has(id) && !notes.has(id)).map(([id, box]) => ({ id, ...box })),
    wires: document.wires.map((wire) => ({ from: parseEnd(wire.from).node, to: parseEnd(wire.to).node })),
  }
  const worker = new Worker(new URL('./tidy.worker.ts', import.meta.url), { type: 'module' })
  try {
    const places = await new Promise<Record<string, Point>>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Record<string, Point>>) => resolve(data)
      worker.onerror = (event) => reject(new Error(event.message))
      worker.postMessage(input)
    })
    editor.run(tidyWith(places, fittedFrames(document, boxes, places)))
    editor.canvas.current?.fit()
    editor.say(editor.t('tidied'))
  } catch (thrown) {
    editor.fail(thrown)
  } finally {
    worker.terminate()
  }
}
