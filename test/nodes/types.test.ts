import { describe, expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { type ObjectType, printType, type Type } from '../../engine/types/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const schema = {
  type: 'object',
  properties: { temperature: { type: 'number' }, unit: { enum: ['C', 'F'] } },
  required: ['unit'],
  additionalProperties: false,
}
const source = { id: 'source', type: 'mqtt-in', config: { topic: 'fridges/{fridge}/climate', schema } }

/** Checks the source, wired to one node. */
function check(type: string, config: Record<string, unknown>, from: Record<string, unknown> = source.config) {
  const document = {
    flow: 'typed',
    nodes: [
      { ...source, config: from },
      { id: 'node', type, config },
    ],
    wires: [{ from: 'source.out', to: 'node.in' }],
  }
  const { types, problems } = checkFlow(document, { specs: nodeSpecs })
  const field = (port: string, name: string): string => {
    const found = types[port]
    if (found?.kind !== 'object') return found === undefined ? 'no such port' : printType(found)
    return printType((found as ObjectType).fields[name] ?? ({ kind: 'missing' } satisfies Type))
  }
  return { field, problems: problems.map(({ code, severity, text }) => `${severity} ${code}: ${text}`) }
}

describe('types through nodes', () => {
  it('mqtt-in gives its parameters and the written schema', () => {
    const { field, problems } = check('debug', {})
    expect(problems).toEqual([])
    expect(field('source.out', 'params')).toBe('{ fridge: string }')
    expect(field('source.out', 'payload')).toBe('{ temperature?: number, unit: "C" | "F" }')
  })

  it('mqtt-in knows its payload by how it decodes, and its topic when there is only one', () => {
    const typed = (decode: string) => check('debug', {}, { topic: '$share/g/a/b', decode }).field
    expect(['text', 'number', 'bytes', 'auto'].map((decode) => typed(decode)('source.out', 'payload'))).toEqual([
      'string',
      'number',
      'bytes',
      'any',
    ])
    expect(typed('text')('source.out', 'topic')).toBe('"a/b"')
  })

  it('filter narrows both of its outputs', () => {
    const { field } = check('filter', { when: '$exists(payload.temperature)' })
    expect(field('node.pass', 'payload')).toBe('{ temperature: number, unit: "C" | "F" }')
    expect(field('node.reject', 'payload')).toBe('{ temperature: missing, unit: "C" | "F" }')
  })

  it('switch narrows by the cases before', () => {
    const { field } = check('switch', { cases: [{ id: 'celsius', when: 'payload.unit = "C"' }] })
    expect(field('node.celsius', 'payload')).toBe('{ temperature?: number, unit: "C" }')
    expect(field('node.else', 'payload')).toBe('{ temperature?: number, unit: "F" }')
  })

  it('transform gives what its expressions compute, without nothing', () => {
    const { field } = check('transform', {
      payload: 'payload.temperature',
      fields: { key: 'params.fridge', hot: 'payload.temperature > 30' },
    })
    expect(field('node.out', 'payload')).toBe('number')
    expect(field('node.out', 'hot')).toBe('boolean')
    expect(field('node.out', 'key')).toBe('string')
    expect(field('node.out', 'params')).toBe('{ fridge: string }')
  })

  it('alarm gives its records, with the parameters of the value', () => {
    const { field, problems } = check('alarm', { value: 'payload.temperature', raise: '> 8' })
    expect(problems).toEqual([])
    expect(field('node.event', 'payload')).toContain('transition: "ACKED" | "CLEARED" | "IN_SERVICE" | "NOTED"')
    expect(field('node.event', 'params')).toBe('{ fridge: string }')
  })

  it('alarm without an expression wants numbers', () => {
    const { problems } = check('alarm', { raise: '> 8' }, { topic: 'a', decode: 'text' })
    expect(problems).toMatchObject([
      expect.stringMatching(
        /^error TYPE_MISMATCH: What source.out gives can never fit node.in: payload is string, not number/,
      ),
    ])
    expect(check('alarm', { raise: '> 8' }, { topic: 'a', decode: 'number' }).problems).toEqual([])
    expect(check('alarm', { raise: '> 8' }, { topic: 'a' }).problems).toEqual([])
  })

  it('query gives rows of what SQLite can hold', () => {
    const { field } = check('query', { sql: 'SELECT 1', result: 'value' })
    expect(field('node.out', 'payload')).toBe('null | number | string | bytes')
    expect(check('query', { sql: 'SELECT 1' }).field('node.out', 'payload')).toMatch(/\[\]$|array/)
  })

  it('http-out gives the answer', () => {
    const { field } = check('http-out', { url: 'https://example.test/' })
    expect(field('node.response', 'status')).toBe('number')
    expect(field('node.response', 'params')).toBe('{ fridge: string }')
  })

  it('a misspelled field is told, with the field that is meant', () => {
    const { problems } = check('filter', { when: 'payload.temprature > 30' })
    expect(problems.join('\n')).toMatch(/^warning EXPRESSION_WARNING: .*temprature.*/)
  })

  it('a schema that is wrong is a problem of its field', () => {
    const { problems } = check('debug', {}, { topic: 'a', schema: { type: 'nubmer' } })
    expect(problems.join('\n')).toMatch(/^error WRONG_VALUE: .*nubmer.*is no type .did you mean .number./)
  })

  it('inject gives the type of its expression', () => {
    const document = {
      flow: 'typed',
      nodes: [{ id: 'i', type: 'inject', config: { every: '1s', payload: '{ "n": $n, "t": "x" }' } }],
      wires: [],
    }
    const { types, problems } = checkFlow(document, { specs: nodeSpecs })
    expect(problems).toEqual([])
    const out = types['i.out']
    expect(out?.kind === 'object' && out.fields.payload ? printType(out.fields.payload) : out).toBe(
      '{ n: any, t: "x" }',
    )
  })
})
