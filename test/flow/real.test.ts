import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkFlow, checkText } from '../../engine/flow/check.ts'
import { describeNode } from '../../engine/flow/describe.ts'
import { nodeReference } from '../../engine/flow/reference.ts'
import { flowSchema } from '../../engine/flow/schema.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf } from './specs.ts'

const specs = nodeSpecs
const types = [...nodeSpecs.keys()]

function specOf(type: string) {
  const spec = nodeSpecs.get(type)
  if (spec === undefined) throw new Error(`no node type ${type}`)
  return spec
}

describe.each(types)('%s', (type) => {
  const spec = specOf(type)

  test('is described as plain JSON with a title for every field', () => {
    const description = describeNode(spec)
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
    for (const [name, field] of Object.entries(description.config.properties ?? {})) {
      expect(field.title, name).toBeTruthy()
      expect(field.description, name).toBeTruthy()
    }
    expect(nodeReference(spec)).toContain(spec.summary)
  })

  test('has a schema that accepts the configs of its examples, and refuses an unknown field', () => {
    const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(Object(flowSchema(specs).$defs)[`config-${type}`])))
    for (const { title, config } of spec.examples) {
      expect(schema.safeParse(config).error, title).toBeUndefined()
      expect(schema.safeParse({ ...config, nosuchfield: 1 }).success, title).toBe(false)
    }
  })

  test('passes the check with the configs of its examples', () => {
    for (const { title, config } of spec.examples) {
      const { problems } = checkFlow(flowOf({ a: [type, config] }), { specs })
      expect(problems, title).toEqual([])
    }
  })
})

/** A source whose payloads have a schema, a filter and a publisher behind it. */
function fridges(when: string, payload: string) {
  const schema = {
    type: 'object',
    properties: { temperature: { type: 'number' }, unit: { type: 'string' } },
    required: ['temperature'],
    additionalProperties: false,
  }
  return flowOf(
    {
      fridges: ['mqtt-in', { topic: 'fridges/{fridge}/climate', schema }],
      warm: ['filter', { when }],
      alert: ['mqtt-out', { topic: 'alerts/{fridge}', payload }],
    },
    ['fridges.out -> warm.in', 'warm.pass -> alert.in'],
  )
}

test('a schema at the source finds a misspelled field two nodes further', () => {
  const texts = (when: string, payload: string) =>
    checkFlow(fridges(when, payload), { specs }).problems.map(({ node, text }) => `${node}: ${text}`)
  expect(texts('payload.temperature > 8', 'payload.temperature')).toEqual([])
  expect(texts('payload.temprature > 8', 'payload.temperature')[0]).toMatch(
    /^warm: payload\.temprature: no such field; did you mean .*temperature.*\?$/,
  )
  expect(texts('payload.temperature > 8', 'params.frige')[0]).toMatch(/^alert: params\.frige: no such field/)
})

test('what people get wrong first is answered in words, at its place', () => {
  const text = `{
  "flow": "test",
  "nodes": [
    { "id": "a", "type": "mqtt-in", "config": { "topic": "a/#/b" } },
    { "id": "b", "type": "filter", "config": { "when": "payload.x >" } },
    { "id": "c", "type": "alarm", "config": { "value": "payload.v", "raise": ">> 8", "onDelay": "5 min" } },
    { "id": "d", "type": "mqtt-out", "config": { "topic": "a/+" } },
    { "id": "e", "type": "swich" }
  ],
  "wires": []
}
`
  const { problems } = checkText(text, { specs })
  expect(problems.map(({ line, column, code, text }) => `${line}:${column} ${code} ${text}`)).toEqual([
    '4:49 TOPIC_FILTER "a/#/b" is not a topic filter: "#" must be the whole last level.',
    expect.stringMatching(/^5:48 EXPRESSION_SYNTAX JSONata cannot read "payload\.x >": .*[^.]\.$/),
    '6:69 WRONG_VALUE "raise" is ">> 8": it is not a limit.',
    '6:86 WRONG_VALUE "onDelay" is "5 min": it is not a duration.',
    '7:50 TOPIC_NAME "a/+" is not a topic to publish to: it holds "+".',
    '8:18 UNKNOWN_NODE_TYPE There is no node type "swich"; did you mean "switch"?',
  ])
})
