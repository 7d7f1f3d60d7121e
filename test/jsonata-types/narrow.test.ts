import { describe, expect, it } from 'vitest'
import { compile, JsonataError } from '../../engine/jsonata/index.ts'
import { inferType, narrow } from '../../engine/jsonata/types/index.ts'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  closedObject,
  fieldType,
  member,
  NULL,
  NUMBER,
  type ObjectType,
  openObject,
  optional,
  printType,
  STRING,
  stringOf,
  type Type,
  union,
} from '../../engine/types/index.ts'
import { Random } from '../jsonata/random.ts'
import { someValue } from './values.ts'

const payload: ObjectType = closedObject({
  t: optional(union(NUMBER, NULL)),
  mode: stringOf('heat', 'cool', 'off'),
  name: optional(STRING),
  on: BOOLEAN,
  mixed: union(NUMBER, STRING, NULL),
  limit: optional(NUMBER),
  nested: optional(closedObject({ x: optional(NUMBER), y: NUMBER })),
  list: arrayOf(closedObject({ v: optional(NUMBER), s: STRING })),
  free: optional(ANY),
  code: union(NUMBER, stringOf('none')),
})
const input = closedObject({ payload })

/** A condition, a field, and the type of the field when it came out true, and when it did not. */
const rows: [condition: string, field: string, held: string, failed: string][] = [
  ['$exists(payload.t)', 't', 'null | number', 'missing'],
  ['$not($exists(payload.t))', 't', 'missing', 'null | number'],
  ['payload.t', 't', 'number', 'missing | null | number'],
  ['payload.t > 3', 't', 'number', 'missing | number'],
  ['payload.t > payload.limit', 'limit', 'number', 'missing | number'],
  ['payload.t = null', 't', 'null', 'missing | number'],
  ['payload.t != null', 't', 'number', 'missing | null'],
  ['$type(payload.t) = "number"', 't', 'number', 'missing | null'],
  ['$type(payload.t) != "null"', 't', 'number', 'missing | null'],
  ['$type(payload.mixed) = "string"', 'mixed', 'string', 'null | number'],
  ['$type(payload.free) = "number"', 'free', 'number', 'missing | any'],
  ['$type(payload.free) = "object"', 'free', 'bytes | { … }', 'missing | any'],
  ['payload.mode = "heat"', 'mode', '"heat"', '"cool" | "off"'],
  ['"heat" = payload.mode', 'mode', '"heat"', '"cool" | "off"'],
  ['payload.mode != "heat"', 'mode', '"cool" | "off"', '"heat"'],
  ['payload.mode in ["heat", "cool"]', 'mode', '"cool" | "heat"', '"cool" | "heat" | "off"'],
  ['payload.mode = "heat" or payload.mode = "cool"', 'mode', '"cool" | "heat"', '"off"'],
  ['$exists(payload.t) and payload.t != null', 't', 'number', 'missing | null'],
  ['payload.t = null or payload.limit > 3', 'limit', 'missing | number', 'missing | number'],
  ['$exists(payload.nested.x)', 'nested', '{ x: number, y: number }', 'missing | { x: missing, y: number }'],
  ['payload.nested', 'nested', '{ x?: number, y: number }', 'missing | { x?: number, y: number }'],
  ['payload.name = "a"', 'name', '"a"', 'missing | string'],
  ['payload.code = "none"', 'code', '"none"', 'number'],
  ['(payload.t > 3)', 't', 'number', 'missing | number'],
  ['$boolean(payload.name)', 'name', 'string', 'missing | ""'],
  ['$contains(payload.mixed, "x")', 'mixed', 'string', 'string'],
  ['payload.list.v > 3', 'list', 'array({ v?: number, s: string })', 'array({ v?: number, s: string })'],
  ['payload.on', 'on', 'boolean', 'boolean'],
  ['$random() > 0.5', 't', 'missing | null | number', 'missing | null | number'],
]

describe('a condition', () => {
  for (const [condition, field, held, failed] of rows) {
    it(`tells what is left of the input: ${condition}`, () => {
      const { ast } = compile(condition)
      expect([narrow(ast, input, true), narrow(ast, input, false)].map((type) => fieldText(type, field))).toEqual([
        held,
        failed,
      ])
    })
  }

  it('that cannot come out so leaves nothing', () => {
    expect(printType(narrow(compile('payload.mode = "warm"').ast, input, true))).toBe('never')
    expect(printType(narrow(compile('$exists(payload.mode)').ast, input, false))).toBe('never')
    expect(printType(narrow(compile('payload.gone > 3').ast, input, true))).toBe('never')
  })

  it('of an open shape names the field that it found', () => {
    const open = openObject({ payload: openObject({}) })
    expect(printType(narrow(compile('$type(payload.t) = "number"').ast, open, true))).toBe(
      '{ payload: { t: number, … }, … }',
    )
    expect(printType(narrow(compile('payload.t > 3').ast, open, false))).toBe(
      '{ payload: { t?: number | string, … }, … }'.replace('number | string', 'number'),
    )
  })

  it('keeps every input for which it comes out so', () => {
    const seed = 4_711
    const random = new Random(seed)
    let counted = 0
    for (const [condition] of rows) {
      const expression = compile(condition)
      const parts = { true: narrow(expression.ast, input, true), false: narrow(expression.ast, input, false) }
      for (let round = 0; round < 200; round += 1) {
        const value = someValue(input, random)
        const outcome = outcomeOf(() => expression.evaluate(value))
        if (outcome === undefined) continue
        counted += 1
        const part = outcome ? parts.true : parts.false
        if (!member(value, part))
          throw new Error(
            `Seed ${seed}: ${condition} is ${outcome} for ${JSON.stringify(value)}, not in ${printType(part)}`,
          )
      }
    }
    expect(counted).toBeGreaterThan(rows.length * 100)
  })
})

describe('inside an expression', () => {
  const typeOf = (text: string) => printType(inferType(compile(text).ast, input).type)

  it('both branches of ? : know what the condition found', () => {
    expect(typeOf('$exists(payload.limit) ? payload.limit : 0')).toBe('number')
    expect(typeOf('$type(payload.mixed) = "string" ? payload.mixed : "x"')).toBe('string')
    expect(typeOf('payload.mode = "heat" ? "h" : payload.mode')).toBe('"cool" | "h" | "off"')
    expect(typeOf('$exists(payload.mode) ? 1 : "never"')).toBe('1')
  })

  it('?? drops what is missing, ?: also what counts as false', () => {
    expect(typeOf('payload.limit ?? "none"')).toBe('number | "none"')
    expect(typeOf('payload.t ?? 0')).toBe('null | number')
    expect(typeOf('payload.t ?: 0')).toBe('number')
  })

  it('the right side of and and or knows the left side', () => {
    const warningsOf = (text: string) => inferType(compile(text).ast, input).warnings
    expect(warningsOf('$exists(payload.t) and payload.t != null and payload.t > 3')).toEqual([])
    expect(warningsOf('payload.t = null or payload.t > 3')).toEqual([])
    expect(warningsOf('payload.t > 3')).toHaveLength(1)
  })

  it('a filter knows what it lets pass', () => {
    expect(typeOf('payload.list[$exists(v)].v[]')).toBe('missing | array(number)')
    expect(typeOf('payload.list[$exists(v)][0]')).toBe('missing | { v: number, s: string }')
    expect(typeOf('$filter(payload.list, function($i){ $i.v > 3 })[0]')).toBe('missing | { v: number, s: string }')
  })

  it('a variable is narrowed like a field, until it is bound again', () => {
    expect(typeOf('($x := payload.limit; $exists($x) ? $x : 0)')).toBe('number')
    expect(typeOf('($x := payload.limit; $exists($x) ? ($x := payload.name; $x) : "")')).toBe('missing | string')
  })

  it('$ and $$ are the same at the root', () => {
    expect(typeOf('$exists(payload.limit) ? $$.payload.limit : 0')).toBe('number')
    expect(typeOf('$exists($.payload.limit) ? payload.limit : 0')).toBe('number')
  })

  it('another context forgets what was found, but not about variables', () => {
    expect(typeOf('$exists(payload.limit) ? payload.list.(payload.limit)')).toBe('missing')
    expect(typeOf('($x := payload.limit; $exists($x) ? payload.list.($x)[])')).toBe('missing | array(number)')
  })
})

function fieldText(type: Type, name: string): string {
  const at = type.kind === 'object' ? fieldType(type, 'payload') : type
  return at.kind === 'object' ? printType(fieldType(at, name)) : printType(at)
}

/** Whether the condition is true; undefined when it raises an error. */
function outcomeOf(run: () => unknown): boolean | undefined {
  try {
    const value = run()
    return Array.isArray(value) ? value.some(Boolean) : Boolean(value)
  } catch (error) {
    if (error instanceof JsonataError) return undefined
    throw error
  }
}
