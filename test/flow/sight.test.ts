import { describe, expect, test } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf } from '../engine/start.ts'

const source = (
  id: string,
  properties: Record<string, unknown>,
  more = {},
): [string, string, Record<string, unknown>] => [
  id,
  'mqtt-in',
  {
    topic: `plant/${id}/{what}`,
    schema: { type: 'object', properties, required: Object.keys(properties), additionalProperties: false, ...more },
  },
]
const warnings = (nodes: [string, string, Record<string, unknown>][], wires: string[]) =>
  checkFlow(flowOf('typed', nodes, wires), { specs: nodeSpecs }).problems.map(({ at, text }) => `${at} ${text}`)

describe('an expression is checked against the messages that it sees', () => {
  const climate = source('climate', { celsius: { type: 'number' } })
  const meter = source('meter', { kwh: { type: 'number' }, kind: { enum: ['a', 'b'] } })

  test('of the input port of its part in "latest"', () => {
    const parts = [
      { id: 'warm', value: 'payload.celsius' },
      { id: 'used', value: 'payload.kwh' },
    ]
    const node: [string, string, Record<string, unknown>] = ['both', 'latest', { parts }]
    expect(warnings([climate, meter, node], ['climate.out both.warm', 'meter.out both.used'])).toEqual([])
    expect(warnings([climate, meter, node], ['climate.out both.used', 'meter.out both.warm'])).toEqual([
      'nodes[2].config.parts[0].value payload.celsius: no such field.',
      'nodes[2].config.parts[1].value payload.kwh: no such field.',
    ])
  })

  test('for which the condition of its part is true', () => {
    const parts = [{ id: 'warm', when: '$exists(payload.celsius)', value: 'payload.celsius + 1' }, { id: 'used' }]
    const node: [string, string, Record<string, unknown>] = ['both', 'latest', { parts }]
    const wires = ['climate.out both.in', 'meter.out both.in', 'meter.out both.used']
    expect(warnings([climate, meter, node], wires)).toEqual([])
  })

  test('and not against a reset of "counter"', () => {
    const node: [string, string, Record<string, unknown>] = [
      'sum',
      'counter',
      { add: 'payload.kwh', key: 'params.what' },
    ]
    const day = source('day', { night: { type: 'boolean' } })
    expect(warnings([meter, day, node], ['meter.out sum.in', 'day.out sum.reset'])).toEqual([])
    expect(warnings([meter, day, node], ['meter.out sum.reset', 'day.out sum.in'])).toHaveLength(1)
  })
})

describe('a schema that does not say whether there are other fields', () => {
  const node: [string, string, Record<string, unknown>][] = [
    ['near', 'filter', { when: 'payload.temprature > 3' }],
    ['far', 'filter', { when: 'payload.battery > 3' }],
  ]
  const wires = ['in.out near.in', 'in.out far.in']

  test('is open, but a misspelled field is told', () => {
    const open = source('in', { temperature: { type: 'number' } }, { additionalProperties: undefined })
    expect(warnings([open, ...node], wires)).toEqual([
      'nodes[1].config.when payload.temprature: no such field; did you mean temperature?',
    ])
  })

  test('is not one that says so, or that has none', () => {
    const open = source('in', { temperature: { type: 'number' } }, { additionalProperties: true })
    const closed = source('in', { temperature: { type: 'number' } })
    expect(warnings([open, ...node], wires)).toEqual([])
    expect(warnings([closed, ...node], wires)).toHaveLength(2)
  })
})
