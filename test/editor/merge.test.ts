import { describe, expect, it } from 'vitest'
import { changesOf } from '../../editor/core/diff.ts'
import { merge } from '../../editor/core/merge.ts'
import { fridgeFlow } from './examples.ts'

describe('merge', () => {
  it('takes their change of one node and keeps our change of another', () => {
    const [base, mine, theirs] = [fridgeFlow(), fridgeFlow(), fridgeFlow()]
    node(mine, 'celsius').config.payload = 'mine'
    node(theirs, 'too-warm').config.raise = '> 9'
    const { document, conflicts } = merge(base, mine, theirs)
    expect(node(document, 'celsius').config.payload).toBe('mine')
    expect(node(document, 'too-warm').config.raise).toBe('> 9')
    expect(conflicts).toEqual([])
  })

  it('merges two fields of one node', () => {
    const [base, mine, theirs] = [fridgeFlow(), fridgeFlow(), fridgeFlow()]
    node(mine, 'too-warm').config.onDelay = '10m'
    node(theirs, 'too-warm').config.raise = '> 9'
    expect(node(merge(base, mine, theirs).document, 'too-warm').config).toMatchObject({ onDelay: '10m', raise: '> 9' })
  })

  it('keeps ours where both changed one field, and tells', () => {
    const [base, mine, theirs] = [fridgeFlow(), fridgeFlow(), fridgeFlow()]
    node(mine, 'too-warm').config.raise = '> 7'
    node(theirs, 'too-warm').config.raise = '> 9'
    const { document, conflicts } = merge(base, mine, theirs)
    expect(node(document, 'too-warm').config.raise).toBe('> 7')
    expect(conflicts).toEqual([{ node: 'too-warm', path: 'config.raise', mine: '> 7', theirs: '> 9' }])
  })

  it('keeps a node that they removed when we changed it or wired it', () => {
    const [base, mine, theirs] = [fridgeFlow(), fridgeFlow(), fridgeFlow()]
    theirs.nodes = theirs.nodes.filter((entry) => entry.id !== 'notify' && entry.id !== 'fridges')
    theirs.wires = theirs.wires.filter((wire) => wire.to !== 'notify.in' && wire.from !== 'fridges.out')
    mine.wires.push({ from: 'celsius.out', to: 'notify.in' })
    const { document, conflicts } = merge(base, mine, theirs)
    expect(document.nodes.map((entry) => entry.id)).toEqual(['celsius', 'too-warm', 'notify'])
    expect(document.wires).toEqual([
      { from: 'celsius.out', to: 'too-warm.in' },
      { from: 'celsius.out', to: 'notify.in' },
    ])
    expect(conflicts.map((conflict) => conflict.node)).toEqual(['notify'])
  })

  it('takes added nodes, wires and places of both sides', () => {
    const [base, mine, theirs] = [fridgeFlow(), fridgeFlow(), fridgeFlow()]
    mine.nodes.push({ id: 'a', type: 'filter', config: {} })
    mine.wires.push({ from: 'celsius.out', to: 'a.in' })
    mine.layout = { ...mine.layout, a: [1, 2] }
    theirs.nodes.push({ id: 'b', type: 'filter', config: {} })
    theirs.layout = { ...theirs.layout, b: [3, 4], fridges: [0, 0] }
    const { document } = merge(base, mine, theirs)
    expect(document.nodes.map((entry) => entry.id)).toEqual(['fridges', 'celsius', 'too-warm', 'notify', 'a', 'b'])
    expect(document.layout).toMatchObject({ a: [1, 2], b: [3, 4], fridges: [0, 0] })
  })

  it('gives theirs when we changed nothing and ours when they did not', () => {
    const changed = fridgeFlow()
    changed.title = 'Other'
    changed.wires.pop()
    expect(merge(fridgeFlow(), fridgeFlow(), changed).document).toEqual(changed)
    expect(merge(fridgeFlow(), changed, fridgeFlow()).document).toEqual(changed)
  })
})

describe('changes', () => {
  it('are told down to the field', () => {
    const draft = fridgeFlow()
    node(draft, 'too-warm').config.raise = '> 9'
    node(draft, 'celsius').title = 'To Celsius'
    draft.nodes.push({ id: 'new', type: 'filter', config: {} })
    draft.wires.pop()
    draft.layout = { ...draft.layout, fridges: [0, 0] }
    draft.disabled = true
    const found = changesOf(fridgeFlow(), draft)
    expect(found.added.map((entry) => entry.id)).toEqual(['new'])
    expect(found.changed.map(({ id, fields }) => [id, ...fields])).toEqual([
      ['celsius', { path: 'title', before: undefined, after: 'To Celsius' }],
      ['too-warm', { path: 'config.raise', before: '> 8', after: '> 9' }],
    ])
    expect(found.wiresRemoved).toEqual([{ from: 'too-warm.event', to: 'notify.in' }])
    expect(found.moved).toEqual(['fridges'])
    expect(found.properties).toEqual([{ path: 'disabled', before: undefined, after: true }])
    expect(found.count).toBe(6)
  })

  it('are none between equal documents', () => {
    expect(changesOf(fridgeFlow(), fridgeFlow()).count).toBe(0)
  })
})

function node(document: ReturnType<typeof fridgeFlow>, id: string) {
  const found = document.nodes.find((entry) => entry.id === id)
  if (!found) throw new Error(`no node ${id}`)
  return found
}
