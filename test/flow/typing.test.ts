import { expect, test } from 'vitest'
import { checkFlow } from '../../engine/flow/check.ts'
import { maxTypeParts } from '../../engine/flow/type-budget.ts'
import { openMessage } from '../../engine/flow/typing.ts'
import {
  closedObject,
  fieldType,
  learnedObject,
  messageType,
  NUMBER,
  printType,
  STRING,
  type Type,
  union,
} from '../../engine/types/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf, specs } from './specs.ts'

/** A context where topics have these payloads. */
function withTopics(payloads: Record<string, Type>) {
  return { specs, topicType: ({ filter }: { filter: string }) => payloadMessage(payloads[filter]) }
}

function payloadMessage(payload: Type | undefined): Type {
  return payload === undefined ? openMessage : messageType({ payload })
}

function payloadText(type: Type | undefined): string {
  return type?.kind === 'object' ? printType(fieldType(type, 'payload')) : `no message: ${JSON.stringify(type)}`
}

test('types go from a source over nodes that pass them on', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], p: ['pass'], q: ['wait'] }, ['s.out -> p.in', 'p.out -> q.in'])
  const { types, problems } = checkFlow(flow, withTopics({ a: closedObject({ value: NUMBER }) }))
  expect(problems).toEqual([])
  expect(payloadText(types['q.out'])).toBe('{ value: number }')
  expect(Object.keys(types).sort()).toEqual(['p.error', 'p.out', 'q.error', 'q.out', 's.error', 's.out'])
})

test('an input has the union of what its wires bring', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], t: ['source', { topic: 'b' }], p: ['pass'] }, [
    's.out -> p.in',
    't.out -> p.in',
  ])
  const { types } = checkFlow(flow, withTopics({ a: NUMBER, b: STRING }))
  expect(payloadText(types['p.out'])).toBe('number | string')
})

test('the order of nodes in the file does not matter', () => {
  const flow = flowOf({ q: ['pass'], p: ['pass'], s: ['source', { topic: 'a' }] }, ['p.out -> q.in', 's.out -> p.in'])
  expect(payloadText(checkFlow(flow, withTopics({ a: NUMBER })).types['q.out'])).toBe('number')
})

test('what answers later is typed too, unless it comes back round', () => {
  const flow = flowOf({ q: ['pass'], w: ['wait'], s: ['source', { topic: 'a' }] }, ['w.out -> q.in', 's.out -> w.in'])
  expect(payloadText(checkFlow(flow, withTopics({ a: NUMBER })).types['q.out'])).toBe('number')
  const round = flowOf({ s: ['source', { topic: 'a' }], p: ['pass'], w: ['wait'] }, [
    's.out -> p.in',
    'p.out -> w.in',
    'w.out -> p.in',
  ])
  const { types, problems } = checkFlow(round, withTopics({ a: NUMBER }))
  expect(problems).toEqual([])
  expect(payloadText(types['w.out'])).toBe('any')
})

test('a wire that can never fit is an error with the path and both types', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], n: ['number'] }, ['s.out -> n.in'])
  const { problems, plan } = checkFlow(flow, withTopics({ a: closedObject({ value: STRING }) }))
  expect(plan).toBeUndefined()
  expect(problems).toEqual([
    expect.objectContaining({
      code: 'TYPE_MISMATCH',
      severity: 'error',
      at: 'wires[0]',
      node: 'n',
      port: 'in',
      text: 'What s.out gives can never fit n.in: payload.value is string, not number.',
    }),
  ])
})

test('a wire that may not fit is a warning', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], n: ['number'] }, ['s.out -> n.in'])
  const { problems, plan } = checkFlow(flow, withTopics({ a: closedObject({ value: union(NUMBER, STRING) }) }))
  expect(plan).toBeDefined()
  expect(problems.map(({ code, severity, text }) => `${severity} ${code} ${text}`)).toEqual([
    'warning TYPE_MAYBE What s.out gives may not fit n.in: payload.value is string, not number.',
  ])
})

test('a missing field is an error in a closed shape, and a warning where others may come', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], n: ['number'] }, ['s.out -> n.in'])
  const codes = (payload: Type) => checkFlow(flow, withTopics({ a: payload })).problems.map(({ code }) => code)
  expect(codes(closedObject({ valu: NUMBER }))).toEqual(['TYPE_MISMATCH'])
  expect(codes(learnedObject({ value: union(NUMBER, { kind: 'missing' }) }))).toEqual(['TYPE_MAYBE'])
})

test('nothing known is no reason for a warning', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], n: ['number'] }, ['s.out -> n.in', 's.error -> n.in'])
  expect(checkFlow(flow, { specs }).problems).toEqual([])
})

test('parameters that an input does not name do no harm', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], n: ['number'] }, ['s.out -> n.in'])
  const message = messageType({ payload: closedObject({ value: NUMBER }), params: ['fridge'] })
  expect(checkFlow(flow, { specs, topicType: () => message }).problems).toEqual([])
})

test('a node that gives text does not fit one that takes numbers', () => {
  const flow = flowOf({ n: ['number'], m: ['number'] }, ['n.out -> m.in'])
  expect(checkFlow(flow, { specs }).problems.map(({ code }) => code)).toEqual(['TYPE_MISMATCH'])
})

test('ports are typed even while a config is wrong', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], p: ['pass', { limit: 100 }] }, ['s.out -> p.in'])
  expect(payloadText(checkFlow(flow, withTopics({ a: NUMBER })).types['p.out'])).toBe('number')
})

test('the error output gives what came in, with the reason', () => {
  const flow = flowOf({ s: ['source', { topic: 'a' }], p: ['pass'] }, ['s.out -> p.in'])
  const message = messageType({ payload: NUMBER, params: ['fridge'] })
  const { types } = checkFlow(flow, { specs, topicType: () => message })
  const error = types['p.error']
  expect(payloadText(error)).toBe('number')
  expect(error?.kind === 'object' && printType(fieldType(error, 'params'))).toBe('{ fridge: string }')
  expect(error?.kind === 'object' && printType(fieldType(error, 'error'))).toBe(
    '{ code: string, text: string, hint: string, node: string }',
  )
  expect(payloadText(types['s.error'])).toBe('any')
})

test('a node type that fails to tell its types is reported, and its declared types hold', () => {
  const spec = specs.get('source')
  if (spec === undefined) throw new Error('no source')
  const failing = new Map(specs).set('source', {
    ...spec,
    infer: () => {
      throw new Error('no idea')
    },
  })
  const { problems, plan, types } = checkFlow(flowOf({ s: ['source', { topic: 'a' }] }), { specs: failing })
  expect(problems.map(({ severity, code, text }) => `${severity} ${code} ${text}`)).toEqual([
    'warning NODE_FAILED The node failed: its types cannot be told: no idea.',
  ])
  expect(plan).toBeDefined()
  expect(payloadText(types['s.out'])).toBe('any')
})

test('C31: when each of many nodes adds a field to all that came before, types end at a limit and the flow is told', () => {
  const count = 1500
  const names = Array.from({ length: count }, (_, index) => `t${index}`)
  const nodes = names.map((name): [string, [string, object]] => [
    name,
    ['transform', { payload: `$merge([payload, { "${name}": 1 }])` }],
  ])
  const wires = names.map((name, index) => `${index === 0 ? 'in' : names[index - 1]}.out -> ${name}.in`)
  const flow = flowOf({ in: ['mqtt-in', { topic: 'a' }], ...Object.fromEntries(nodes) }, wires)
  const { types, problems, plan } = checkFlow(flow, {
    specs: nodeSpecs,
    topicType: () => payloadMessage(closedObject({})),
  })
  const limited = problems.filter(({ code }) => code === 'TYPES_TOO_LARGE')
  expect(limited).toEqual([
    expect.objectContaining({ severity: 'warning', text: expect.stringContaining(String(maxTypeParts)) }),
  ])
  const last = Number(limited[0]?.node?.slice(1))
  expect(payloadText(types[`t${last - 1}.out`])).toContain(`… ${last - 24} more }`)
  expect(types[`t${last}.out`]).toBe(openMessage)
  expect(types[`t${count - 1}.out`]).toBe(openMessage)
  expect(plan).toBeDefined()
})
