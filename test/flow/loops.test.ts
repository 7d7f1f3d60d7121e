import { expect, test } from 'vitest'
import { checkFlow } from '../../engine/flow/check.ts'
import { topicLoops } from '../../engine/flow/loops.ts'
import { flowOf, specs } from './specs.ts'

/** A flow that receives one topic filter and publishes to another. */
function relay(flow: string, from: string, to: string, brokers: { from?: string; to?: string } = {}) {
  const nodes: Parameters<typeof flowOf>[0] = {
    source: ['source', { topic: from, ...(brokers.from === undefined ? {} : { broker: brokers.from }) }],
    pass: ['pass'],
    sink: ['sink', { topic: to, ...(brokers.to === undefined ? {} : { broker: brokers.to }) }],
  }
  const document = { ...flowOf(nodes, ['source.out -> pass.in', 'pass.out -> sink.in']), flow }
  const { plan } = checkFlow(document, { specs })
  if (plan === undefined) throw new Error('the flow is not sound')
  return plan
}

function pairs(...plans: ReturnType<typeof relay>[]): string[] {
  return topicLoops(plans).map(({ text }) => text)
}

test('a flow that publishes what it receives is a loop', () => {
  const [problem] = topicLoops([relay('a', 'sensors/#', 'sensors/fixed')])
  expect(problem).toEqual({
    code: 'TOPIC_LOOP',
    severity: 'warning',
    text: 'a/sink may publish to "sensors/fixed", which a/source receives ("sensors/#").',
    hint: 'If that is not meant, write to another topic: messages would run round for ever.',
    flow: 'a',
    node: 'sink',
  })
})

test('a chain of flows is no loop', () => {
  expect(pairs(relay('a', 'one', 'two'), relay('b', 'two', 'three'))).toEqual([])
})

test('a loop may lead through several flows', () => {
  expect(pairs(relay('a', 'one', 'two/x'), relay('b', 'two/+', 'three'), relay('c', '#', 'one'))).toEqual([
    'a/sink may publish to "two/x", which b/source receives ("two/+").',
    'a/sink may publish to "two/x", which c/source receives ("#").',
    'b/sink may publish to "three", which c/source receives ("#").',
    'c/sink may publish to "one", which a/source receives ("one").',
    'c/sink may publish to "one", which c/source receives ("#").',
  ])
})

test('publishing without a way from the receiver to the publisher is no loop', () => {
  const { plan } = checkFlow(flowOf({ a: ['source', { topic: 'x' }], b: ['sink', { topic: 'x' }] }), { specs })
  expect(topicLoops(plan === undefined ? [] : [plan])).toEqual([])
})

test('connections of different names are different brokers; no name is the default one', () => {
  expect(pairs(relay('a', 'x', 'x', { from: 'north', to: 'south' }))).toEqual([])
  expect(pairs(relay('a', 'x', 'x', { from: 'north', to: 'north' }))).toHaveLength(1)
  expect(pairs(relay('a', 'x', 'x', { from: 'default' }))).toHaveLength(1)
})

test('a disabled flow takes no part', () => {
  expect(pairs({ ...relay('a', 'x', 'x'), disabled: true })).toEqual([])
})

test('"#" does not receive what belongs to the broker', () => {
  expect(pairs(relay('a', '#', '$SYS/x'))).toEqual([])
})
