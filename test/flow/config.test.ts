import { expect, test } from 'vitest'
import { checkFlow } from '../../engine/flow/check.ts'
import { flowOf, specs } from './specs.ts'

/** Problems of one node's config, as `path: text hint`. */
function found(config: Record<string, unknown>, type = 'fields'): string[] {
  const { problems } = checkFlow(flowOf({ a: [type, config] }), { specs })
  return problems.map(({ at, text, hint }) => `${at?.replace('nodes[0].config', '')}: ${text} ${hint}`)
}

const cases: [name: string, config: Record<string, unknown>, ...wanted: string[]][] = [
  ['a sound config', { name: 'pump', ratio: 0, tags: { a: 'b' }, places: [[1, 2]], shape: { kind: 'dot' } }],
  ['a missing field, with an example', {}, '.name: The field "name" is missing. Add it: "name": "pump".'],
  ['another kind', { name: 5 }, '.name: "name" is 5: that is a number. Write text, such as "pump".'],
  ['null is no value', { name: null }, '.name: "name" is null: that is null. Write text, such as "pump".'],
  [
    'text that is too short',
    { name: 'a' },
    '.name: "name" is "a": that is shorter than 2 characters. Write text, such as "pump".',
  ],
  ['text that is empty', { name: '' }, '.name: "name" is "": that is empty. Write text, such as "pump".'],
  [
    'long text is cut in the sentence',
    { name: 'x'.repeat(500) },
    `.name: "name" is "${'x'.repeat(58)}…: that is longer than 5 characters. Write text, such as "pump".`,
  ],
  [
    'an unknown field, with the nearest and the list',
    { name: 'pump', nmae: 1, Mode: 'slow' },
    '.nmae: There is no field "nmae" here; did you mean "name"? The fields are: name, when, mode, count, ratio, on, tags, delay, secret, shape, places.',
    '.Mode: There is no field "Mode" here; did you mean "mode"? The fields are: name, when, mode, count, ratio, on, tags, delay, secret, shape, places.',
  ],
  [
    'none of the choices',
    { name: 'pump', mode: 'medium' },
    '.mode: "mode" is "medium": that is not one of the choices. Write one of "slow", "fast".',
  ],
  [
    'no whole number',
    { name: 'pump', count: 1.5 },
    '.count: "count" is 1.5: that is no whole number. Write a whole number above 0.',
  ],
  [
    'a number that is too small',
    { name: 'pump', count: 0 },
    '.count: "count" is 0: that is not above 0. Write a whole number above 0.',
  ],
  [
    'a number that is too large',
    { name: 'pump', ratio: 1 },
    '.ratio: "ratio" is 1: that is not below 1. Write a number of at least 0 and below 1.',
  ],
  ['text for a switch', { name: 'pump', on: 'yes' }, '.on: "on" is "yes": that is text. Write true or false.'],
  [
    'an expression of another kind',
    { name: 'pump', when: true },
    '.when: "when" is true: that is true or false. Write a JSONata expression that is true or false, such as "payload > 3".',
  ],
  [
    'the name of a field',
    { name: 'pump', tags: { A1: 'x' } },
    '.tags.A1: "A1" is no name for a field here: a tag has letters only. Choose another name.',
  ],
  [
    'a check of the field itself',
    { name: 'pump', delay: '5 min' },
    '.delay: "delay" is "5 min": it is not a duration. Write a number and a unit.',
  ],
  [
    'a check over several fields',
    { name: 'pump', mode: 'slow' },
    '.delay: "delay" is not there: it needs a delay when it is slow. Write text.',
  ],
  [
    'none of several kinds',
    { name: 'pump', secret: 3 },
    '.secret: "secret" is 3: that is not one of the choices. Write text, or { "$secret": "name" }.',
  ],
  [
    'the kind that was meant, where a value may be of several',
    { name: 'pump', secret: { $secret: '' } },
    '.secret.$secret: "$secret" is "": that is empty. Write text.',
  ],
  [
    'a name of a case',
    { name: 'pump', shape: { kind: 'square' } },
    '.shape.kind: "kind" is "square": that is not one of the choices. Write one of "circle", "dot".',
  ],
  [
    'no name of a case',
    { name: 'pump', shape: {} },
    '.shape.kind: The field "kind" is missing. Add it: "kind": "circle".',
  ],
  [
    'a field of a case',
    { name: 'pump', shape: { kind: 'circle' } },
    '.shape.radius: The field "radius" is missing. Add it: "radius": a number.',
  ],
  [
    'a place in a list',
    {
      name: 'pump',
      places: [
        [1, 2],
        [1, 'x'],
      ],
    },
    '.places[1][1]: "places[1][1]" is "x": that is text. Write a value.',
  ],
]
test.each(cases)('%s', (_name, config, ...wanted) => {
  expect(found(config)).toEqual(wanted)
})

test('a field inside a list says where, and with which code its own check names the problem', () => {
  const { problems } = checkFlow(
    flowOf({
      a: [
        'branch',
        {
          cases: [
            { id: 'hot', when: 'f(' },
            { id: 'B1', when: 'true' },
          ],
        },
      ],
    }),
    { specs },
  )
  expect(problems).toEqual([
    {
      code: 'EXPRESSION_SYNTAX',
      severity: 'error',
      text: 'JSONata cannot read "f(": a bracket is open.',
      hint: 'See place 1 of the expression.',
      at: 'nodes[0].config.cases[0].when',
      node: 'a',
      flow: 'test',
    },
    expect.objectContaining({
      code: 'WRONG_VALUE',
      text: '"id" is "B1": a port is named by letters.',
      at: 'nodes[0].config.cases[1].id',
    }),
  ])
})

test('a message that is the whole text of its problem is not said twice', () => {
  const { problems } = checkFlow(flowOf({ a: ['branch', { cases: [{ id: 'hot', when: 'g(' }] }] }), { specs })
  expect(problems.map(({ text }) => text)).toEqual(['JSONata cannot read "g(": g is not known.'])
})

test('an expression that is too long is not compiled', () => {
  expect(found({ name: 'pump', when: 'x'.repeat(10_001) })).toEqual([
    '.when: The expression is 10001 characters, the limit is 10000. Make it smaller or raise the limit.',
  ])
})

test('__proto__ in a config is an unknown field', () => {
  const config = JSON.parse('{ "name": "pump", "__proto__": { "on": true }, "tags": { "__proto__": "x" } }')
  expect(found(config)[0]).toContain('There is no field "__proto__" here.')
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('a secret must be set, whatever field it stands in', () => {
  const flow = flowOf({ a: ['sink', { topic: 'x', password: { $secret: 'smtp-password' } }] })
  const context = { specs, secrets: (name: string) => (name === 'known' ? 'x' : undefined) }
  const [problem, ...more] = checkFlow(flow, context).problems
  expect(more).toEqual([])
  expect(problem).toMatchObject({
    code: 'SECRET_UNKNOWN',
    severity: 'error',
    at: 'nodes[0].config.password',
    node: 'a',
    text: 'The secret "smtp-password" is not set.',
    hint: 'Set it with "rulewire secrets set smtp-password", or as the variable RULEWIRE_SECRET_SMTP_PASSWORD before the start.',
  })
  const known = flowOf({ a: ['sink', { topic: 'x', password: { $secret: 'known' } }] })
  const { plan, problems } = checkFlow(known, context)
  expect(problems).toEqual([])
  expect(plan?.nodes[0]?.config).toEqual({ topic: 'x', password: { $secret: 'known' } })
})

test('a broker must be one of the connections', () => {
  const flow = flowOf({ a: ['source', { topic: 'x', broker: 'plnt' }], b: ['sink', { topic: 'y' }] })
  const { problems } = checkFlow(flow, { specs, connections: ['default', 'plant'] })
  expect(problems).toEqual([
    expect.objectContaining({
      code: 'BROKER_UNKNOWN',
      at: 'nodes[0].config.broker',
      text: 'There is no broker connection "plnt"; did you mean "plant"?',
      hint: 'The connections are: default, plant.',
    }),
  ])
  expect(checkFlow(flow, { specs }).problems).toEqual([])
})
