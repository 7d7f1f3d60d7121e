import { expect, test } from 'vitest'
import { checkFlow } from '../../engine/flow/check.ts'
import { diffPlans, isEmptyDiff } from '../../engine/flow/diff.ts'
import type { Plan } from '../../engine/flow/model.ts'
import { flowOf, specs } from './specs.ts'

const nothing = { added: [], changed: [], removed: [], rewired: [], moved: [] }
const base = flowOf({ s: ['source', { topic: 'x' }], a: ['pass'], b: ['pass'] }, ['s.out -> a.in', 'a.out -> b.in'])

function planOf(document: unknown): Plan {
  const { plan, problems } = checkFlow(document, { specs })
  if (plan === undefined) throw new Error(problems.map((problem) => problem.text).join('\n'))
  return plan
}

test('the first deploy adds all nodes', () => {
  expect(diffPlans(undefined, planOf(base))).toEqual({ ...nothing, added: ['s', 'a', 'b'] })
})

test('the same document changes nothing', () => {
  const diff = diffPlans(planOf(base), planOf(structuredClone(base)))
  expect(diff).toEqual(nothing)
  expect(isEmptyDiff(diff)).toBe(true)
})

test('config, wires, new and old nodes each have their list', () => {
  const after = flowOf({ s: ['source', { topic: 'x' }], a: ['pass', { limit: 5 }], c: ['pass'] }, [
    's.out -> a.in',
    's.out -> c.in',
  ])
  expect(diffPlans(planOf(base), planOf(after))).toEqual({
    ...nothing,
    added: ['c'],
    changed: ['a'],
    removed: ['b'],
    rewired: ['s', 'a'],
  })
})

test('another type under the same id is a change', () => {
  const after = structuredClone(base)
  Object.assign(after.nodes[1] ?? {}, { type: 'wait' })
  expect(diffPlans(planOf(base), planOf(after)).changed).toEqual(['a'])
})

test('a move or another title touches nothing that runs', () => {
  const layout = { s: [0, 0], a: [100, 0], b: [200, 0] }
  const before = planOf({ ...base, layout })
  const after = structuredClone(base)
  Object.assign(after.nodes[0] ?? {}, { title: 'Sensors' })
  const diff = diffPlans(before, planOf({ ...after, layout: { ...layout, b: [200, 40] } }))
  expect(diff).toEqual({ ...nothing, moved: ['s', 'b'] })
  expect(isEmptyDiff(diff)).toBe(true)
  expect(diffPlans(planOf(base), before).moved).toEqual(['s', 'a', 'b'])
})

test('a node that is disabled is removed', () => {
  const after = structuredClone(base)
  Object.assign(after.nodes[2] ?? {}, { disabled: true })
  expect(diffPlans(planOf(base), planOf(after))).toEqual({ ...nothing, removed: ['b'], rewired: ['a'] })
})

test('wires in another order in the file are the same wires', () => {
  expect(diffPlans(planOf(base), planOf({ ...base, wires: base.wires.toReversed() }))).toEqual(nothing)
})
