import type { Command } from './command.ts'
import type { FlowDocument, NodeEntry, Point } from './document.ts'
import { nodeOf } from './document.ts'
import type { Box } from './geometry.ts'
import { getAt } from './path.ts'

/** Size of a frame, pixels at zoom 1. */
export interface FrameSize {
  width: number
  height: number
}

export const noteWidth = 232
const lineHeight = 17
const lettersInLine = 34
const longestNote = 320
/** Room between a frame and the nodes in it; above them stands its text. */
const edge = 24
const head = 40
export const leastFrame: FrameSize = { width: 160, height: 80 }

/** Whether a node is only something to read: a text, and no ports. */
export function isNote(
  entry: NodeEntry,
  ports: { inputs: readonly unknown[]; outputs: readonly { name: string }[] } | undefined,
): boolean {
  const silent =
    ports === undefined || (ports.inputs.length === 0 && ports.outputs.every((port) => port.name === 'error'))
  return silent && typeof entry.config.text === 'string'
}

/** The size of a note that is a frame around nodes; undefined for any other node. */
export function frameOf(entry: NodeEntry): FrameSize | undefined {
  const [width, height] = [getAt(entry.config, ['frame', 'width']), getAt(entry.config, ['frame', 'height'])]
  if (typeof width !== 'number' || typeof height !== 'number') return undefined
  return { width: Math.max(leastFrame.width, width), height: Math.max(leastFrame.height, height) }
}

/** Size of a note: that of its frame, or what its text needs. */
export function noteSize(entry: NodeEntry): FrameSize {
  const frame = frameOf(entry)
  if (frame !== undefined) return frame
  const lines = String(entry.config.text ?? '').split('\n')
  const count = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / lettersInLine)), 0)
  return { width: noteWidth, height: Math.min(longestNote, 20 + lineHeight * Math.max(1, count)) }
}

/** Ids of the nodes that lie within a frame, wholly. */
export function insideOf(frame: string, boxes: ReadonlyMap<string, Box>): string[] {
  const outer = boxes.get(frame)
  if (outer === undefined) return []
  return [...boxes].flatMap(([id, box]) => (id !== frame && holds(outer, box) ? [id] : []))
}

/** Some nodes, and with each frame among them what lies in it. */
export function withContents(
  ids: readonly string[],
  document: FlowDocument,
  boxes: ReadonlyMap<string, Box>,
): string[] {
  const found = new Set(ids)
  // A set that grows while one goes through it is gone through to its end: frames in frames.
  for (const id of found) {
    const entry = nodeOf(document, id)
    if (entry === undefined || frameOf(entry) === undefined) continue
    for (const inner of insideOf(id, boxes)) found.add(inner)
  }
  return [...found]
}

/** Place and size of a frame around boxes. */
export function frameAround(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((box) => box.x)) - edge
  const top = Math.min(...boxes.map((box) => box.y)) - head
  return {
    x: left,
    y: top,
    width: Math.max(leastFrame.width, Math.max(...boxes.map((box) => box.x + box.width)) + edge - left),
    height: Math.max(leastFrame.height, Math.max(...boxes.map((box) => box.y + box.height)) + edge - top),
  }
}

/** Where frames stand and how large they are once the nodes in them have moved. */
export function fittedFrames(
  document: FlowDocument,
  before: ReadonlyMap<string, Box>,
  places: Readonly<Record<string, Point>>,
): Map<string, Box> {
  const frames = document.nodes.filter((entry) => frameOf(entry) !== undefined)
  const after = new Map(before)
  for (const [id, place] of Object.entries(places)) {
    const box = before.get(id)
    if (box !== undefined) after.set(id, { ...box, ...place })
  }
  const area = (id: string) => (before.get(id)?.width ?? 0) * (before.get(id)?.height ?? 0)
  const found = new Map<string, Box>()
  // Small ones first: a frame around frames needs to know where they came to.
  for (const { id } of [...frames].sort((a, b) => area(a.id) - area(b.id))) {
    const inner = insideOf(id, before).flatMap((one) => after.get(one) ?? [])
    if (inner.length === 0) continue
    const box = frameAround(inner)
    found.set(id, box)
    after.set(id, box)
  }
  return found
}

/** Lays nodes out anew, and the frames around them with them. */
export function tidyWith(places: Readonly<Record<string, Point>>, frames: ReadonlyMap<string, Box>): Command {
  const count = Object.keys(places).length
  return {
    name: 'tidy',
    values: { count },
    join: `tidy:${count}`,
    edit(draft) {
      const layout = draft.layout ?? {}
      for (const [id, { x, y }] of Object.entries(places)) layout[id] = [Math.round(x), Math.round(y)]
      for (const [id, { x, y, width, height }] of frames) {
        layout[id] = [Math.round(x), Math.round(y)]
        const entry = nodeOf(draft, id)
        if (entry !== undefined) entry.config.frame = { width: Math.round(width), height: Math.round(height) }
      }
      draft.layout = layout
    },
  }
}

function holds(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  )
}
