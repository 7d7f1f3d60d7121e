import { describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../editor/core/document.ts'
import type { Box } from '../../editor/core/geometry.ts'
import { historyOf, redo, run, undo } from '../../editor/core/history.ts'
import { fittedFrames, frameAround, insideOf, noteSize, tidyWith, withContents } from '../../editor/core/notes.ts'

const document: FlowDocument = {
  flow: 'a',
  nodes: [
    { id: 'outer', type: 'comment', config: { text: 'All', frame: { width: 1000, height: 600 } } },
    { id: 'inner', type: 'comment', config: { text: 'Some', frame: { width: 300, height: 200 } } },
    { id: 'one', type: 'debug', config: {} },
    { id: 'two', type: 'debug', config: {} },
    { id: 'away', type: 'debug', config: {} },
  ],
  wires: [],
  layout: { outer: [0, 0], inner: [40, 80], one: [60, 120], two: [600, 400], away: [900, 500] },
}

function boxes(): Map<string, Box> {
  return new Map(
    document.nodes.map((entry) => {
      const [x, y] = document.layout?.[entry.id] ?? [0, 0]
      const size = entry.type === 'comment' ? noteSize(entry) : { width: 184, height: 40 }
      return [entry.id, { x, y, ...size }]
    }),
  )
}

describe('a frame', () => {
  it('holds what lies within it wholly, and takes it along, with frames inside', () => {
    expect(insideOf('inner', boxes())).toEqual(['one'])
    expect(insideOf('outer', boxes())).toEqual(['inner', 'one', 'two'])
    expect(withContents(['outer'], document, boxes())).toEqual(['outer', 'inner', 'one', 'two'])
    expect(withContents(['one'], document, boxes())).toEqual(['one'])
  })

  it('stands around nodes with room for its text', () => {
    const box = frameAround([
      { x: 100, y: 100, width: 184, height: 40 },
      { x: 400, y: 300, width: 184, height: 40 },
    ])
    expect(box).toEqual({ x: 76, y: 60, width: 532, height: 304 })
  })

  it('fits around its nodes again when they are laid out anew, in one step that can be undone', () => {
    const places = { one: { x: 2000, y: 1000 }, two: { x: 2400, y: 1000 } }
    const frames = fittedFrames(document, boxes(), places)
    expect(frames.get('inner')).toMatchObject({ x: 1976, y: 960 })
    expect((frames.get('outer')?.x ?? 0) + (frames.get('outer')?.width ?? 0)).toBe(2400 + 184 + 24)
    const before = historyOf(document)
    const after = run(before, tidyWith(places, frames), 0)
    expect(after.document.layout?.one).toEqual([2000, 1000])
    expect(after.document.nodes[1]?.config.frame).toEqual({ width: 232, height: 104 })
    expect(undo(after).document).toEqual(document)
    expect(redo(undo(after)).document).toEqual(after.document)
  })
})

describe('a note', () => {
  it('is as high as its text needs, up to a limit', () => {
    const of = (text: string) => noteSize({ id: 'a', type: 'comment', config: { text } })
    expect(of('short').height).toBeLessThan(of('a\nb\nc').height)
    expect(of('word '.repeat(4000)).height).toBe(320)
  })
})
