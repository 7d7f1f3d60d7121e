import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addNode,
  addWire,
  deleteNodes,
  deleteWires,
  insertOnWire,
  moveNodes,
  renameNode,
  setConfig,
  setFlowDisabled,
  setFlowText,
  setNodesDisabled,
  setNodeTitle,
} from '../../editor/core/commands.ts'
import { emptyFlow, type FlowDocument, nodeOf } from '../../editor/core/document.ts'
import { type History, historyOf, joinWithin, redo, run, undo } from '../../editor/core/history.ts'
import { fridgeFlow } from './examples.ts'

const node = (id: string) => ({ id, type: 'filter', config: { when: 'true' } })

describe('history', () => {
  it('takes back and does again in order', () => {
    let history = historyOf(emptyFlow('a', 'A'))
    history = run(history, addNode(node('one'), { x: 10, y: 20 }), 0)
    history = run(history, addNode(node('two'), { x: 30, y: 40 }), 0)
    history = run(history, addWire({ node: 'one', port: 'pass' }, { node: 'two', port: 'in' }), 0)
    const full = history.document
    expect(full.wires).toEqual([{ from: 'one.pass', to: 'two.in' }])
    history = undo(undo(history))
    expect(history.document.nodes.map((entry) => entry.id)).toEqual(['one'])
    expect(redo(redo(history)).document).toEqual(full)
  })

  it('joins quick edits of one field into one step, and no others', () => {
    let history = historyOf(fridgeFlow())
    const celsius = nodeOf(history.document, 'celsius')
    if (!celsius) throw new Error('no node')
    history = run(history, setConfig(celsius, ['payload'], 'a'), 0)
    history = run(history, setConfig(celsius, ['payload'], 'ab'), 500)
    expect(history.past).toHaveLength(1)
    history = run(history, setConfig(celsius, ['payload'], 'abc'), 500 + joinWithin)
    expect(history.past).toHaveLength(2)
    history = run(history, setNodeTitle(celsius, 'C'), 501 + joinWithin)
    expect(history.past).toHaveLength(3)
    expect(undo(undo(undo(history))).document).toEqual(fridgeFlow())
  })

  it('makes no step for a command that changes nothing', () => {
    const history = historyOf(fridgeFlow())
    expect(run(history, moveNodes({ fridges: { x: 80.2, y: 119.9 } }), 0)).toBe(history)
    expect(run(history, addWire({ node: 'fridges', port: 'out' }, { node: 'celsius', port: 'in' }), 0)).toBe(history)
  })

  it('forgets what was taken back as soon as something else is done', () => {
    let history = run(historyOf(fridgeFlow()), setFlowText('title', 'One'), 0)
    history = run(undo(history), setFlowText('title', 'Two'), 10)
    expect(redo(history)).toBe(history)
    expect(history.document.title).toBe('Two')
  })

  it('any sequence of edits taken back gives the first document again, and done again the last', () => {
    const edit = fc.tuple(fc.nat(10), fc.nat(20), fc.nat(20))
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
        const first = fridgeFlow()
        let history = historyOf(first)
        for (const [kind, a, b] of edits) history = anyEdit(history, { kind, a, b })
        const last = history.document
        let back = history
        while (back.past.length > 0) back = undo(back)
        expect(back.document).toEqual(first)
        while (back.future.length > 0) back = redo(back)
        expect(back.document).toEqual(last)
      }),
    )
  })
})

function anyEdit(history: History, { kind, a, b }: { kind: number; a: number; b: number }): History {
  const document: FlowDocument = history.document
  const one = document.nodes[a % Math.max(1, document.nodes.length)]
  const two = document.nodes[b % Math.max(1, document.nodes.length)]
  const wire = document.wires[a % Math.max(1, document.wires.length)]
  const fresh = { id: `n${history.past.length}-${a}`, type: 'filter', config: {} }
  const time = history.past.length * 10_000
  if (kind === 0 || one === undefined || two === undefined) return run(history, addNode(fresh, { x: a, y: b }), time)
  const commands = [
    () => deleteNodes(document, [one.id], { heal: b % 2 === 0 }),
    () => addWire({ node: one.id, port: 'out' }, { node: two.id, port: 'in' }),
    () => deleteWires(document.wires.slice(0, a % 3)),
    () => moveNodes({ [one.id]: { x: a, y: b }, [two.id]: { x: b, y: a } }),
    () => setConfig(one, ['deep', a % 3, 'x'], b % 4 === 0 ? undefined : b),
    () => renameNode(one, fresh.id),
    () => setNodesDisabled(document, [one.id, two.id], a % 2 === 0),
    () => setFlowDisabled(document, a % 2 === 0),
    () =>
      wire
        ? insertOnWire(wire, fresh, { input: 'in', output: 'out', place: { x: a, y: b } })
        : addNode(fresh, { x: a, y: b }),
    () => setFlowText('description', 'x'.repeat(a)),
  ]
  const command = commands[(kind - 1) % commands.length]
  return command === undefined ? history : run(history, command(), time)
}
