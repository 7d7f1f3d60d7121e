import { describe, expect, test } from 'vitest'
import { describeNode } from '../../engine/flow/describe.ts'
import { fieldAt, fieldSchema, kindText } from '../../engine/flow/fieldschema.ts'
import { fieldRows, nodeMarkdown, nodeReference, nodesMarkdown } from '../../engine/flow/reference.ts'
import { flowSchema } from '../../engine/flow/schema.ts'
import { duration, expression, z } from '../../engine/node.ts'
import type { AnyNodeSpec } from '../../engine/spec/spec.ts'
import { specs } from './specs.ts'

function spec(type: string): AnyNodeSpec {
  const found = specs.get(type)
  if (found === undefined) throw new Error(`no node type ${type}`)
  return found
}

/** Has fields that are named like words of JSON Schema. */
const timed: AnyNodeSpec = {
  ...spec('pass'),
  type: 'timed',
  config: z.strictObject({
    result: expression('boolean', ['n']),
    after: duration(),
    default: z.record(z.string(), z.string()).meta({ examples: [{ format: 'kept' }] }),
  }),
}

describe('the schema of a config', () => {
  const schema = fieldSchema(spec('fields').config)

  test('is that of the file: before texts become durations, with titles and examples of transformed fields', () => {
    expect(fieldAt(schema, ['delay'])?.type).toBe('string')
    expect(fieldAt(schema, ['name'])).toMatchObject({ title: 'Name', examples: ['pump'] })
    expect(schema.required).toEqual(['name'])
  })

  test('gives the field at a path, through lists, records and choices', () => {
    expect(fieldAt(schema, ['tags', 'any'])?.type).toBe('string')
    expect(fieldAt(schema, ['shape', 'radius'])?.type).toBe('number')
    expect(fieldAt(schema, ['name', 'x'])).toBeUndefined()
    expect(fieldAt(schema, ['toString'])).toBeUndefined()
    expect(fieldAt(fieldSchema(spec('branch').config), ['cases', 3, 'id'])?.type).toBe('string')
  })

  test('says in words what to write', () => {
    const text = (...path: string[]) => kindText(fieldAt(schema, path))
    expect(text('count')).toBe('a whole number above 0')
    expect(text('shape')).toBe('an object with "kind", "radius" or an object with "kind"')
    expect(text('secret')).toBe('text, or { "$secret": "name" }')
    expect(kindText({ type: ['string', 'number'] })).toBe('text or a number')
    expect(kindText({ type: 'integer', minimum: 1, maximum: 9 })).toBe('a whole number from 1 to 9')
    expect(kindText({ const: 3 })).toBe('3')
    expect(kindText({})).toBe('a value')
  })
})

describe('the schema of flow files', () => {
  const schema = flowSchema(specs)

  test('names every node type and has the config of each', () => {
    const defs = Object(schema.$defs)
    const types = [...specs.keys()].sort()
    expect(defs.node.properties.type.enum).toEqual(types)
    for (const [index, type] of types.entries()) {
      expect(defs.node.allOf[index].if.properties.type.const).toBe(type)
      expect(defs.node.allOf[index].then.properties.config.$ref).toBe(`#/$defs/config-${type}`)
      expect(defs[`config-${type}`]).toMatchObject({
        title: spec(type).title,
        type: 'object',
        additionalProperties: false,
      })
    }
  })

  test('asks for a config only where a node type cannot do without', () => {
    const rules: { if: unknown; then: { required?: string[] } }[] = Object(schema.$defs).node.allOf
    const needing = rules.filter((rule) => rule.then.required?.includes('config')).length
    expect(needing).toBe([...specs.values()].filter((each) => !each.config.safeParse({}).success).length)
  })

  test('is plain JSON without references to anything outside', () => {
    const text = JSON.stringify(schema)
    expect(JSON.parse(text)).toEqual(schema)
    const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1] ?? '')
    for (const reference of new Set(references)) {
      expect(reference).toMatch(/^#\/\$defs\//)
      expect(Object.keys(Object(schema.$defs))).toContain(reference.replace('#/$defs/', ''))
    }
  })

  test('holds no words that only our forms know, and durations by their pattern', () => {
    const text = JSON.stringify(flowSchema(new Map([['timed', timed]])))
    expect(text).not.toMatch(/"format":"(?!kept)|"variables":/)
    const { properties } = Object(flowSchema(new Map([['timed', timed]])).$defs)['config-timed']
    expect(Object.keys(properties)).toEqual(['result', 'after', 'default'])
    expect(new RegExp(properties.after.pattern).test('1h30m')).toBe(true)
    expect(new RegExp(properties.after.pattern).test('PT5M')).toBe(false)
    expect(properties.default.examples).toEqual([{ format: 'kept' }])
  })

  test('does not depend on the order of the registry', () => {
    expect(flowSchema(new Map([...specs].reverse()))).toEqual(schema)
  })
})

describe('a node type as data', () => {
  test('has its texts, config and ports, and is plain JSON', () => {
    const description = describeNode(spec('wait'))
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
    expect(description).toMatchObject({
      type: 'wait',
      title: 'Wait',
      category: 'state',
      docs: '',
      dynamicPorts: false,
      inputs: [{ name: 'in', summary: 'Messages', type: 'any', typeText: 'any', later: false }],
      outputs: [{ name: 'out', summary: 'The same, later', type: 'same:in', typeText: 'same as in', later: true }],
    })
  })

  test('shows the ports of its first example where the defaults give none', () => {
    const { dynamicPorts, outputs } = describeNode(spec('branch'))
    expect(dynamicPorts).toBe(true)
    expect(outputs.map(({ name }) => name)).toEqual(['hot'])
  })
})

describe('the reference', () => {
  test('lists all fields, those inside others too', () => {
    expect(fieldRows(fieldSchema(spec('branch').config)).map(({ name, needed }) => `${name} ${needed}`)).toEqual([
      'cases true',
      'cases[].id true',
      'cases[].when true',
    ])
    expect(fieldRows(fieldSchema(spec('fields').config)).map(({ name }) => name)).toContain('shape.radius')
    expect(fieldRows(fieldSchema(spec('sink').config)).map(({ name }) => name)).toContain('password')
  })

  test('for a terminal is plain text', () => {
    expect(nodeReference(spec('source'))).toBe(`Source (source)

Receives messages.

Config
  topic: a topic filter (needed)
    Topic
    e.g. "sensors/+/climate"
  qos: one of 0, 1, 2 (default 1)
  broker: text (optional)

Outputs
  out: any
    Each message
  error: any
    Messages that failed here, with the reason in "error"

Examples
  Climate
    { "topic": "sensors/+/climate" }
`)
  })

  test('as Markdown has a table of fields and one of ports', () => {
    const text = nodeMarkdown(spec('source'))
    expect(text).toContain('| `topic` | a topic filter, needed |  | Topic |')
    expect(text).toContain('| `qos` | one of 0, 1, 2 | `1` |  |')
    expect(text).toContain('| `out` | out | any | Each message |')
    expect(text).toContain('```json\n{ "topic": "sensors/+/climate" }\n```')
  })

  test('of all node types links to each', () => {
    const page = nodesMarkdown(specs)
    expect(page.match(/^## /gm)).toHaveLength(specs.size)
    expect(page).toContain('- [`source`](#source-source): Receives messages.')
  })
})
