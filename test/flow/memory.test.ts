import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkFlow, checkMemory } from '../../engine/flow/index.ts'
import { closedObject, messageType, NUMBER, STRING, type Type } from '../../engine/types/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'

/** Configs of which a flow is made up; some are wrong, some give warnings. */
const configs: readonly [string, Record<string, unknown>][] = [
  ['mqtt-in', { topic: 'a/{x}' }],
  ['mqtt-in', { topic: 'b/{x}', schema: { type: 'object', properties: { value: { type: 'number' } } } }],
  ['filter', { when: 'payload.value > 3' }],
  ['filter', { when: 'payload.valeu > 3' }],
  ['transform', { payload: '{ "value": $string(payload.value) }' }],
  ['latest', { parts: [{ id: 'one' }, { id: 'two', value: 'payload.value' }] }],
  ['switch', { cases: [{ id: 'high', when: 'payload.value > 3' }] }],
  ['delay', { for: '1s' }],
  ['alarm', { value: 'payload.value', raise: '> 1' }],
  ['http-in', { path: 'hook', auth: 'none', respond: 'from-flow' }],
  ['transform', { payload: '(' }],
  ['nothing', {}],
]
const ports = ['out', 'pass', 'reject', 'high', 'event', 'error', 'in', 'one', 'two', 'answer']

interface Flow {
  nodes: number[]
  wires: [number, number, number, number][]
}

const flows: fc.Arbitrary<Flow> = fc.record({
  nodes: fc.array(fc.nat(configs.length - 1), { maxLength: 8 }),
  wires: fc.array(fc.tuple(fc.nat(7), fc.nat(9), fc.nat(7), fc.nat(9)), { maxLength: 14 }),
})

function documentOf({ nodes, wires }: Flow) {
  return {
    flow: 'made',
    nodes: nodes.map((config, index) => ({
      id: `n${index}`,
      type: configs[config]?.[0],
      config: configs[config]?.[1],
    })),
    wires: wires.map(([from, out, to, into]) => ({ from: `n${from}.${ports[out]}`, to: `n${to}.${ports[into]}` })),
  }
}

test('a check that remembers others finds what one without a memory finds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(flows, fc.boolean()), { minLength: 2, maxLength: 6 }), (all) => {
      const memory = checkMemory(10)
      for (const [flow, learned] of all) {
        const payload: Type = learned ? closedObject({ value: NUMBER }) : closedObject({ value: STRING })
        const topicType = () => messageType({ payload })
        const document = documentOf(flow)
        const plain = checkFlow(document, { specs: nodeSpecs, topicType })
        const remembering = checkFlow(structuredClone(document), { specs: nodeSpecs, topicType, memory })
        expect(remembering.problems).toEqual(plain.problems)
        expect(remembering.types).toEqual(plain.types)
        expect(remembering.plan?.hash).toBe(plain.plan?.hash)
        expect(remembering.plan?.nodes.map(({ id, wires }) => ({ id, wires }))).toEqual(
          plain.plan?.nodes.map(({ id, wires }) => ({ id, wires })),
        )
      }
    }),
    { numRuns: 300 },
  )
})

test('a node that did not change is not told anew', () => {
  const memory = checkMemory(100)
  let asked = 0
  const topicType = () => {
    asked++
    return messageType({ payload: closedObject({ value: NUMBER }) })
  }
  const document = (limit: number) => ({
    flow: 'made',
    nodes: [
      { id: 'in', type: 'mqtt-in', config: { topic: 'a' } },
      { id: 'one', type: 'filter', config: { when: 'payload.value > 3' } },
      { id: 'two', type: 'filter', config: { when: `payload.value > ${limit}` } },
    ],
    wires: [
      { from: 'in.out', to: 'one.in' },
      { from: 'one.pass', to: 'two.in' },
    ],
  })
  const before = checkFlow(document(1), { specs: nodeSpecs, topicType, memory })
  const after = checkFlow(document(2), { specs: nodeSpecs, topicType, memory })
  expect(asked).toBe(2)
  expect(after.types['one.pass']).toBe(before.types['one.pass'])
})

test('the configs of a large flow are remembered, and those that were only tried are forgotten', () => {
  const memory = checkMemory(20_000)
  const spec = nodeSpecs.get('filter')
  if (spec === undefined) throw new Error('There is no filter')
  const configOf = (text: string) => {
    const config = { when: text }
    return memory.parse(spec, config, JSON.stringify(config))
  }
  const large = Array.from({ length: 600 }, (_, index) => `payload > ${index}`)
  const nodes = large.map((when, index) => ({ id: `n${index}`, type: 'filter', config: { when } }))
  const check = () => checkFlow({ flow: 'large', nodes, wires: [] }, { specs: nodeSpecs, memory })
  check()
  const before = large.map(configOf)
  const tried = configOf('payload = "tried"')
  for (let turn = 0; turn < 1500; turn++) {
    configOf(`payload < ${turn}`)
    if (turn % 50 === 0) check()
  }
  expect(large.map(configOf).every((config, index) => config === before[index])).toBe(true)
  expect(configOf('payload = "tried"')).not.toBe(tried)
})
