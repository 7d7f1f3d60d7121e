import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { blank, blankConfig, type Field, fieldAt, fieldsOf, variantOf } from '../../editor/core/form.ts'
import { allPorts, converterFor, kindOf, outputType, typesThatTake, wireFault } from '../../editor/core/ports.ts'
import { describeNode } from '../../engine/flow/describe.ts'
import { expression } from '../../engine/node.ts'
import { duration, textOrSecret, topicFilter } from '../../engine/spec/fields.ts'
import { messageType, NUMBER, STRING, TIME, union } from '../../engine/types/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { fridgeFlow } from './examples.ts'

const specs = new Map([...nodeSpecs].map(([type, spec]) => [type, { ...describeNode(spec) }]))

describe('forms', () => {
  it('have a control for every field of every node type', () => {
    for (const spec of specs.values()) {
      for (const field of fieldsOf(spec.config)) {
        expect(field.title, `${spec.type} ${field.path}`).not.toBe('')
        expect(field.path).toHaveLength(1)
      }
      for (const example of spec.examples)
        for (const name of Object.keys(example.config as object))
          expect(fieldsOf(spec.config).map((field) => field.path[0])).toContain(name)
    }
  })

  it('are read from the schema that zod prints', () => {
    const config = z.strictObject({
      when: expression('boolean').meta({ title: 'Condition' }),
      wait: duration().optional(),
      topic: topicFilter(),
      mode: z.enum(['a', 'b']).default('a'),
      count: z.int().min(1).max(9),
      on: z.boolean().default(false),
      password: textOrSecret().optional(),
      names: z.array(z.string()),
      columns: z.record(z.string(), expression()),
      cases: z.array(z.strictObject({ id: z.string(), when: expression('boolean') })),
      limit: z.union([z.number(), z.string()]),
      anything: z.unknown(),
    })
    const schema = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' })
    const fields = fieldsOf(schema as Record<string, unknown>) // zod's own type of JSON Schema is wider
    const kinds = Object.fromEntries(fields.map((field) => [field.path[0], field.kind]))
    expect(kinds).toEqual({
      when: 'expression',
      wait: 'duration',
      topic: 'topic',
      mode: 'choice',
      count: 'number',
      on: 'boolean',
      password: 'secret',
      names: 'list',
      columns: 'record',
      cases: 'list',
      limit: 'variant',
      anything: 'json',
    })
    const field = (name: string): Field => fields.find((one) => one.path[0] === name) ?? fail(name)
    expect(field('when')).toMatchObject({ title: 'Condition', result: 'boolean', required: true })
    expect(field('count')).toMatchObject({ integer: true, min: 1, max: 9 })
    expect(field('wait')).toMatchObject({ required: false, title: 'Wait' })
    const cases = field('cases')
    if (cases.kind !== 'list') throw new Error('not a list')
    const second = fieldAt(cases.item, ['cases', 1])
    expect(second.kind === 'group' && second.fields.map((inner) => inner.path)).toEqual([
      ['cases', 1, 'id'],
      ['cases', 1, 'when'],
    ])
    expect(blank(cases.item)).toEqual({ id: '', when: '' })
    const limit = field('limit')
    if (limit.kind !== 'variant') throw new Error('not a variant')
    expect([variantOf(limit, 3), variantOf(limit, 'x'), variantOf(limit, undefined)]).toEqual([0, 1, 0])
    expect(blankConfig(schema as Record<string, unknown>)).toMatchObject({ when: '', count: 1, names: [] })
  })
})

describe('ports', () => {
  const found = { types: {}, ports: {} }

  it('have the kind of their payload', () => {
    expect(kindOf(messageType({ payload: NUMBER }))).toBe('number')
    expect(kindOf(messageType({ payload: TIME }))).toBe('time')
    expect(kindOf(messageType({ payload: union(NUMBER, STRING) }))).toBe('any')
    expect(kindOf('same:in')).toBe('any')
  })

  it('are those of the spec, of the check where they depend on the config, and those that wires name', () => {
    const flow = fridgeFlow()
    flow.nodes.push({ id: 'sw', type: 'switch', config: {} }, { id: 'odd', type: 'no-such', config: {} })
    flow.wires.push({ from: 'celsius.nowhere', to: 'odd.a' })
    const told = {
      inputs: [],
      outputs: [{ name: 'cold', summary: '', type: 'any' as const, typeText: '', later: false }],
    }
    const ports = allPorts(flow, specs, { types: {}, ports: { sw: told } })
    expect(ports.get('too-warm')?.outputs.map((port) => port.name)).toContain('event')
    expect(ports.get('sw')?.outputs.map((port) => port.name)).toEqual(['cold'])
    expect(ports.get('celsius')?.outputs.map((port) => port.name)).toEqual(['out', 'nowhere'])
    expect(ports.get('odd')?.inputs.map((port) => port.name)).toEqual(['a'])
  })

  it('refuse what can never fit, with both types, and know what could stand between', () => {
    const flow = fridgeFlow()
    const ports = allPorts(flow, specs, {
      types: {},
      ports: {
        'too-warm': {
          inputs: [{ name: 'in', summary: '', type: messageType({ payload: NUMBER }), typeText: '', later: false }],
          outputs: [],
        },
      },
    })
    const types = { 'fridges.out': messageType({ payload: STRING }) }
    const context = { document: flow, ports: (id: string) => ports.get(id), found: { types, ports: {} } }
    const fault = wireFault({ from: 'fridges.out', to: 'too-warm.in' }, context)
    if (fault?.fault !== 'type') throw new Error('it was not refused')
    expect(kindOf(fault.from)).toBe('string')
    expect(kindOf(fault.to)).toBe('number')
    expect(converterFor(fault.from, fault.to, specs)?.type).toBe('transform')
    expect(wireFault({ from: 'celsius.out', to: 'celsius.in' }, context)?.fault).toBe('self')
    expect(wireFault({ from: 'fridges.out', to: 'celsius.in' }, context)?.fault).toBe('same')
    expect(wireFault({ from: 'fridges.out', to: 'notify.in' }, context)).toBeUndefined()
    expect(outputType({ node: 'celsius', port: 'out' }, ports.get('celsius'), found)).toEqual({ kind: 'any' })
    expect(typesThatTake(messageType({ payload: STRING }), specs).length).toBeGreaterThan(3)
  })
})

function fail(name: string): never {
  throw new Error(`There is no field ${name}.`)
}
