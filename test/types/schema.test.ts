import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ANY,
  arrayOf,
  BYTES,
  closedObject,
  FUNCTION,
  fits,
  fromJsonSchema,
  NEVER,
  NULL,
  NUMBER,
  openObject,
  optional,
  printType,
  rangeOf,
  STRING,
  stringOf,
  TIME,
  toJsonSchema,
  union,
} from '../../engine/types/index.ts'
import { seeded, types } from './arbitrary.ts'

describe('to JSON Schema', () => {
  it('writes draft 2020-12', () => {
    const type = closedObject({
      at: TIME,
      unit: optional(stringOf('C', 'F')),
      value: union(NUMBER, NULL),
      share: rangeOf(0, 1),
      list: arrayOf(union(STRING, closedObject({}))),
    })
    expect(toJsonSchema(type)).toEqual({
      type: 'object',
      properties: {
        at: { type: 'number', format: 'utc-millisec' },
        unit: { enum: ['C', 'F'] },
        value: { type: ['null', 'number'] },
        share: { type: 'number', minimum: 0, maximum: 1 },
        list: {
          type: 'array',
          items: { anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: false }] },
        },
      },
      required: ['at', 'value', 'share', 'list'],
      additionalProperties: false,
    })
    expect(toJsonSchema(ANY)).toBe(true)
    expect(toJsonSchema(NEVER)).toBe(false)
    expect(toJsonSchema(FUNCTION)).toEqual({ $comment: 'function' })
  })

  it('and back gives the same type', () => {
    fc.assert(
      fc.property(types, (type) => {
        const { type: back, problems } = fromJsonSchema(JSON.parse(JSON.stringify(toJsonSchema(type))))
        expect(problems).toEqual([])
        expect([fits(type, back).verdict, fits(back, type).verdict]).toEqual(['yes', 'yes'])
      }),
      seeded,
    )
  })
})

describe('from JSON Schema', () => {
  const read = (schema: unknown) => printType(fromJsonSchema(schema).type)

  it('reads the kinds', () => {
    expect(read({ type: ['integer', 'null'] })).toBe('null | number')
    expect(read({ type: 'string', format: 'binary' })).toBe(printType(BYTES))
    expect(read({ type: 'number', exclusiveMinimum: 0, maximum: 100 })).toBe('number(0..100)')
    expect(read({ enum: ['on', 'off', 1, null] })).toBe('null | 1 | "off" | "on"')
    expect(read({ const: 'on' })).toBe('"on"')
    expect(read({ type: 'string', nullable: true })).toBe('null | string')
    expect(read(true)).toBe('any')
    expect(read({})).toBe('any')
  })

  it('reads shapes: open unless additionalProperties closes them', () => {
    expect(
      read({ type: 'object', properties: { t: { type: 'number' }, unit: { type: 'string' } }, required: ['t', 'id'] }),
    ).toBe('{ t: number, unit?: string, id: any, … }')
    expect(read({ type: 'object', additionalProperties: false })).toBe('{}')
    expect(read({ type: 'object', additionalProperties: { type: 'number' } })).toBe('{ …: number }')
    expect(read({ type: 'object', patternProperties: { '^d': { type: 'number' } }, additionalProperties: false })).toBe(
      '{ …: number }',
    )
  })

  it('reads arrays, tuples taken together', () => {
    expect(read({ type: 'array', items: { type: 'number' } })).toBe('array(number)')
    expect(read({ type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }], items: false })).toBe(
      'array(number | string)',
    )
    expect(read({ type: 'array', items: [{ type: 'number' }], additionalItems: false })).toBe('array(number)')
  })

  it('joins anyOf and oneOf, and keeps what all of allOf say', () => {
    expect(read({ anyOf: [{ type: 'number' }, { type: 'object', properties: { v: { type: 'number' } } }] })).toBe(
      'number | { v?: number, … }',
    )
    expect(
      read({
        allOf: [
          { required: ['a'], properties: { a: { type: 'number' } } },
          { type: 'object', required: ['b'] },
        ],
      }),
    ).toBe('{ a: number, b: any, … }')
  })

  it('follows local references and gives up on endless ones', () => {
    const schema = {
      $defs: {
        reading: {
          type: 'object',
          properties: { t: { type: 'number' }, next: { $ref: '#/$defs/reading' } },
          additionalProperties: false,
        },
      },
      $ref: '#/$defs/reading',
    }
    const { type, problems, notes } = fromJsonSchema(schema)
    expect(printType(type)).toBe('{ t?: number, next?: { t?: number, next?: any } }')
    expect(problems).toEqual([])
    expect(notes).toHaveLength(1)
    const wide = {
      properties: Object.fromEntries('abcdefgh'.split('').map((name) => [name, { $ref: '#' }])),
      type: 'object',
    }
    expect(fromJsonSchema(wide).problems).toEqual([])
  })

  it('leaves out what a type cannot hold, with a note', () => {
    const { type, problems, notes } = fromJsonSchema({ type: 'string', minLength: 3, tytle: 'x' })
    expect(type).toEqual(STRING)
    expect(problems).toEqual([])
    expect(notes).toMatchObject([{ pointer: '/minLength' }, { pointer: '/tytle' }])
    expect(fromJsonSchema({ properties: {} }).notes).toMatchObject([{ hint: 'Add "type": "object".' }])
  })

  it('collects all problems with place, value and what to write instead', () => {
    const { type, problems } = fromJsonSchema({
      type: 'object',
      properties: {
        a: { type: 'numbr' },
        b: 7,
        c: { $ref: '#/$defs/none' },
        'd/e': { enum: 'x' },
        f: { minimum: '1', type: 'number' },
      },
      required: 'a',
      anyOf: {},
    })
    expect(printType(type)).toBe('{ a?: any, b?: any, c?: any, "d/e"?: any, f?: number, … }')
    expect(problems).toEqual([
      { pointer: '/required', text: 'It is "a".', hint: 'Write a list of names.' },
      {
        pointer: '/properties/a/type',
        text: '"numbr" is no type; did you mean "number"?',
        hint: 'Write one of null, boolean, number, integer, string, object, array.',
      },
      { pointer: '/properties/b', text: 'This is 7.', hint: 'A schema is true, false or an object.' },
      {
        pointer: '/properties/c/$ref',
        text: 'There is nothing at "#/$defs/none".',
        hint: 'Point to a schema in this document.',
      },
      { pointer: '/properties/d~1e/enum', text: 'It is "x".', hint: 'Write a list of values.' },
      { pointer: '/properties/f/minimum', text: 'It is "1".', hint: 'Write a number.' },
      { pointer: '/anyOf', text: 'It is {}.', hint: 'Write a list of schemas.' },
    ])
  })

  it('takes anything without throwing', () => {
    fc.assert(
      fc.property(
        fc.object({ key: fc.constantFrom('type', 'properties', 'items', 'anyOf', 'enum', 'required', '$ref', 'x') }),
        (schema) => {
          expect(fromJsonSchema(schema).type).toHaveProperty('kind')
        },
      ),
      seeded,
    )
    expect(openObject({})).toEqual(fromJsonSchema({ type: 'object' }).type)
  })
})
