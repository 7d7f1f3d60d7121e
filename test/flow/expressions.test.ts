import { describe, expect, test } from 'vitest'
import { checkFlow } from '../../engine/flow/check.ts'
import { expressionsIn } from '../../engine/flow/expressions.ts'
import { type AnyNodeSpec, defineNode, duration, expression, port, withField, z } from '../../engine/node.ts'
import {
  ANY,
  closedObject,
  fieldType,
  learnedObject,
  messageType,
  NUMBER,
  optional,
  printType,
  STRING,
  type Type,
  union,
} from '../../engine/types/index.ts'
import { flowOf, specs as others } from './specs.ts'

/** Passes messages for which a condition holds. */
const judge = defineNode({
  type: 'judge',
  title: 'Judge',
  category: 'rules',
  summary: 'Passes messages on by a condition.',
  icon: 'scale',
  config: z.strictObject({ when: expression('boolean'), for: duration().optional() }),
  inputs: { in: port('any', 'Messages') },
  outputs: { pass: port('same:in', 'It holds'), reject: port('same:in', 'It does not') },
  infer: ({ config, inputs, narrow }) => ({
    pass: narrow(config.when, inputs.in ?? messageType(), true),
    reject: narrow(config.when, inputs.in ?? messageType(), false),
  }),
  examples: [],
  create: () => ({ in: () => undefined }),
})

/** Makes another payload. */
const make = defineNode({
  type: 'make',
  title: 'Make',
  category: 'rules',
  summary: 'Computes a payload.',
  icon: 'wand',
  config: z.strictObject({
    payload: expression().optional(),
    amount: expression('number', ['last']).optional(),
    name: expression('string').optional(),
    list: expression('array').optional(),
    fields: z.record(z.string(), expression()).optional(),
    cases: z.array(z.strictObject({ when: expression('boolean') })).optional(),
  }),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('any', 'Others') },
  infer: ({ config, inputs, typeOf }) => {
    const message = inputs.in ?? messageType()
    if (config.payload === undefined || message.kind !== 'object') return { out: message }
    return { out: withField(message, 'payload', typeOf(config.payload, message)) }
  },
  examples: [],
  create: () => ({ in: () => undefined }),
})

const specs: ReadonlyMap<string, AnyNodeSpec> = new Map<string, AnyNodeSpec>([
  ...others,
  ['judge', judge],
  ['make', make],
])

/** Checks a source whose messages have this payload, with a node behind it, and gives the problems of expressions. */
function found(type: string, config: Record<string, unknown>, payload?: Type): string[] {
  const flow = flowOf({ s: ['source', { topic: 'a' }], n: [type, config] }, ['s.out -> n.in'])
  const topicType = payload === undefined ? {} : { topicType: () => messageType({ payload }) }
  return checkFlow(flow, { specs, ...topicType }).problems.map(
    ({ severity, code, at, text, hint }) =>
      `${severity} ${code} ${at?.replace('nodes[1].config.', '')}: ${text} ${hint}`,
  )
}

const reading = closedObject({ temperature: NUMBER, unit: STRING })

describe('an expression', () => {
  test('that cannot be read is an error with its place', () => {
    expect(found('judge', { when: 'payload.temperature > ' })).toEqual([
      expect.stringMatching(
        /^error EXPRESSION_SYNTAX when: JSONata cannot read "payload\.temperature > ": .* See place \d+ of the expression\.$/,
      ),
    ])
  })

  test('that fits what comes in gives no problem', () => {
    expect(found('judge', { when: 'payload.temperature > 30', for: '5m' }, reading)).toEqual([])
    expect(found('make', { amount: 'payload.temperature', name: 'payload.unit' }, reading)).toEqual([])
  })

  test('with a field that nobody sends is a warning with the nearest name', () => {
    expect(found('judge', { when: 'payload.temprature > 30' }, reading)).toEqual([
      expect.stringMatching(
        /^warning EXPRESSION_WARNING when: payload\.temprature: no such field; did you mean .*temperature.*\?/,
      ),
    ])
  })

  test('is found in records and lists', () => {
    const problems = found('make', { fields: { a: 'payload.unti' }, cases: [{ when: 'payload.unit' }] }, reading)
    expect(problems.map((text) => text.split(' ')[2])).toEqual(['fields.a:', 'cases[0].when:'])
  })

  test('that gives another kind than its field needs is a warning', () => {
    expect(found('judge', { when: 'payload.unit' }, reading)).toEqual([
      'warning EXPRESSION_WARNING when: "payload.unit" gives string, where a boolean is needed. Compare it, such as value > 0, or write $boolean(value) or $exists(value).',
    ])
    expect(found('make', { amount: 'payload.unit' }, reading)[0]).toContain('gives string, where a number is needed.')
    expect(found('make', { name: 'payload' }, reading)[0]).toContain(
      'gives { temperature: number, unit: string }, where text is needed.',
    )
    expect(found('make', { list: '"x"' })[0]).toContain('gives "x", where a list is needed.')
  })

  test('that may give another kind is a warning only where something is known', () => {
    const payload = closedObject({ value: union(NUMBER, STRING), any: ANY, maybe: optional(NUMBER) })
    expect(found('make', { amount: 'payload.value' }, payload)[0]).toContain(
      'may give number | string, where a number is needed.',
    )
    expect(found('make', { amount: 'payload.any' }, payload)).toEqual([])
    expect(found('make', { amount: 'payload.maybe' }, payload)).toEqual([])
    expect(found('make', { amount: 'payload.value' })).toEqual([])
  })

  test('may use what its node binds, and nothing else', () => {
    expect(found('make', { amount: '$last + 1' })).toEqual([])
    expect(found('make', { amount: '$latest + 1' })[0]).toContain('$latest: no such variable')
  })

  test('of a source sees the messages that it makes', () => {
    const source = { ...make, type: 'from', inputs: {}, infer: () => ({ out: messageType({ payload: reading }) }) }
    const flow = flowOf({ s: ['from', { name: 'payload.unti' }] })
    const { problems } = checkFlow(flow, { specs: new Map([['from', source]]) })
    expect(problems.map(({ text }) => text)).toEqual([expect.stringContaining('payload.unti: no such field')])
  })

  test('that is not wired in yet gets no warnings about fields', () => {
    expect(checkFlow(flowOf({ n: ['judge', { when: 'payload.anything.at.all > 3' }] }), { specs }).problems).toEqual([])
  })
})

describe('types through nodes', () => {
  const context = { specs, topicType: () => messageType({ payload: learnedObject({ t: union(NUMBER, STRING) }) }) }
  const payloadText = (type: Type | undefined) => (type?.kind === 'object' ? printType(fieldType(type, 'payload')) : '')

  test('follow an expression', () => {
    const flow = flowOf(
      { s: ['source', { topic: 'a' }], m: ['make', { payload: '{ "c": $round(payload.t, 1), "list": [payload.t] }' }] },
      ['s.out -> m.in'],
    )
    const { types } = checkFlow(flow, context)
    expect(payloadText(types['m.out'])).toBe('{ c: number, list: array(number | string) }')
  })

  test('are narrowed by a condition', () => {
    const flow = flowOf({ s: ['source', { topic: 'a' }], j: ['judge', { when: '$type(payload.t) = "number"' }] }, [
      's.out -> j.in',
    ])
    const { types } = checkFlow(flow, context)
    expect(payloadText(types['j.pass'])).toContain('t: number,')
    expect(payloadText(types['s.out'])).toContain('number | string')
  })

  test('reach a wire that can never fit', () => {
    const flow = flowOf(
      { s: ['source', { topic: 'a' }], m: ['make', { payload: '{ "value": "text" }' }], n: ['number'] },
      ['s.out -> m.in', 'm.out -> n.in'],
    )
    const { problems } = checkFlow(flow, context)
    expect(problems.map(({ severity, code, text }) => `${severity} ${code} ${text}`)).toEqual([
      'error TYPE_MISMATCH What m.out gives can never fit n.in: payload.value is "text", not number.',
    ])
  })
})

test('expressions are found wherever they stand in a config, and nothing else is looked into', () => {
  const config = make.config.parse({ payload: '1', fields: { a: '2' }, cases: [{ when: 'true' }] })
  expect(expressionsIn(config).map(({ path, expression: { text } }) => [path, text])).toEqual([
    [['payload'], '1'],
    [['fields', 'a'], '2'],
    [['cases', 0, 'when'], 'true'],
  ])
  expect(expressionsIn(new Map([['a', config]]))).toEqual([])
})
