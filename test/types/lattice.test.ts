import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ANY,
  arrayOf,
  closedObject,
  fieldType,
  fits,
  intersect,
  learnedObject,
  MISSING,
  member,
  membersOf,
  NEVER,
  NULL,
  NUMBER,
  numberOf,
  only,
  openObject,
  optional,
  printType,
  rangeOf,
  STRING,
  stringOf,
  TIME,
  typeOfLiteral,
  typeOfValue,
  union,
  unionAll,
  withField,
  without,
} from '../../engine/types/index.ts'
import { maybeMissing, seeded, values } from './arbitrary.ts'

describe('a union', () => {
  it('has at most one member of each kind, in one order', () => {
    const mixed = union(STRING, arrayOf(NUMBER), MISSING, closedObject({ a: NUMBER }), arrayOf(STRING), NULL)
    expect(printType(mixed)).toBe('missing | null | string | { a: number } | array(number | string)')
  })

  it('merges two shapes: a field that one of them lacks is optional', () => {
    const shapes = union(closedObject({ a: NUMBER, b: STRING }), closedObject({ a: NULL }))
    expect(printType(shapes)).toBe('{ a: null | number, b?: string }')
    expect(printType(union(openObject({ a: NUMBER }), closedObject({})))).toBe('{ a?: number, … }')
  })

  it('keeps a shape learned only while nothing open is mixed in', () => {
    expect(union(learnedObject({ a: NUMBER }), closedObject({}))).toMatchObject({ learned: true })
    expect(union(learnedObject({ a: NUMBER }), openObject({}))).not.toHaveProperty('learned')
  })

  it('joins literal values and gives up listing them when there are many', () => {
    expect(printType(union(stringOf('on'), stringOf('off')))).toBe('"off" | "on"')
    expect(union(stringOf('on'), STRING)).toEqual(STRING)
    expect(union(numberOf(1), rangeOf(5, 9))).toEqual(rangeOf(1, 9))
    expect(unionAll(Array.from({ length: 25 }, (_, index) => numberOf(index)))).toEqual(NUMBER)
  })

  it('of any is any, but absence stays visible', () => {
    expect(union(ANY, NUMBER)).toEqual(ANY)
    expect(printType(union(NUMBER, ANY, MISSING))).toBe('missing | any')
  })

  it('of nothing is never', () => {
    expect(union()).toEqual(NEVER)
    expect(union(NEVER, NUMBER)).toEqual(NUMBER)
  })

  it('does not care for order and grouping, and merging with itself changes nothing', () => {
    fc.assert(
      fc.property(maybeMissing, maybeMissing, maybeMissing, (a, b, c) => {
        expect(union(a, b)).toEqual(union(b, a))
        expect(fits(union(union(a, b), c), union(a, union(b, c))).verdict).toBe('yes')
        expect(union(a, a)).toEqual(a)
      }),
      seeded,
    )
  })

  it('holds every value of its parts', () => {
    fc.assert(
      fc.property(values, maybeMissing, maybeMissing, (value, a, b) => {
        if (member(value, a)) expect(member(value, union(a, b))).toBe(true)
      }),
      seeded,
    )
  })
})

describe('fits', () => {
  it('says yes when every value fits', () => {
    expect(fits(numberOf(1, 2), rangeOf(0, 5))).toEqual({ verdict: 'yes', reasons: [] })
    expect(fits(closedObject({ a: NUMBER, b: STRING }), openObject({ a: optional(NUMBER) })).verdict).toBe('yes')
    expect(fits(TIME, NUMBER).verdict).toBe('yes')
    expect(fits(NEVER, STRING).verdict).toBe('yes')
  })

  it('says maybe with the place that may not fit', () => {
    const from = openObject({ payload: closedObject({ t: union(NUMBER, NULL) }) })
    expect(fits(from, openObject({ payload: openObject({ t: NUMBER }) }))).toEqual({
      verdict: 'maybe',
      reasons: [{ path: 'payload.t', found: 'null', wanted: 'number', verdict: 'maybe' }],
    })
    expect(fits(ANY, NUMBER).verdict).toBe('maybe')
    expect(fits(rangeOf(0, 10), rangeOf(5, 20)).verdict).toBe('maybe')
  })

  it('says no with every place that can never fit, those first', () => {
    const from = closedObject({ t: STRING, unit: optional(STRING), list: arrayOf(STRING) })
    const to = closedObject({ t: NUMBER, unit: STRING, list: arrayOf(NUMBER) })
    expect(fits(from, to)).toEqual({
      verdict: 'no',
      reasons: [
        { path: 't', found: 'string', wanted: 'number', verdict: 'no' },
        { path: 'list[]', found: 'string', wanted: 'number', verdict: 'no' },
        { path: 'unit', found: 'missing', wanted: 'string', verdict: 'maybe' },
      ],
    })
    expect(fits(rangeOf(0, 1), rangeOf(2, 3)).verdict).toBe('no')
    expect(fits(stringOf('a'), stringOf('b')).verdict).toBe('no')
    expect(fits(MISSING, ANY).verdict).toBe('no')
  })

  it('writes a path as JSONata would', () => {
    const from = closedObject({ 'two words': closedObject({ list: arrayOf(closedObject({ x: NULL })) }) })
    const to = openObject({ 'two words': openObject({ list: arrayOf(openObject({ x: NUMBER })) }) })
    expect(fits(from, to).reasons).toMatchObject([{ path: '`two words`.list[].x' }])
  })

  it('is true of the values: yes means all, no means none', () => {
    fc.assert(
      fc.property(values, maybeMissing, maybeMissing, (value, from, to) => {
        if (!member(value, from) || hasEmptyArray(value)) return
        const { verdict } = fits(from, to)
        if (verdict === 'yes') expect(member(value, to)).toBe(true)
        if (verdict === 'no') expect(member(value, to)).toBe(false)
      }),
      seeded,
    )
  })

  it('gives reasons exactly when it does not say yes', () => {
    fc.assert(
      fc.property(maybeMissing, maybeMissing, (from, to) => {
        const { verdict, reasons } = fits(from, to)
        expect(reasons.length === 0).toBe(verdict === 'yes')
        expect(fits(from, from).verdict).toBe('yes')
        expect(fits(from, union(from, to)).verdict).toBe('yes')
      }),
      seeded,
    )
  })
})

describe('an intersection', () => {
  it('is what both say', () => {
    expect(intersect(ANY, STRING)).toEqual(STRING)
    expect(intersect(union(NUMBER, NULL), union(NULL, STRING))).toEqual(NULL)
    expect(intersect(rangeOf(0, 10), rangeOf(5, undefined))).toEqual(rangeOf(5, 10))
    expect(intersect(closedObject({ a: STRING }), openObject({ a: NUMBER }))).toEqual(NEVER)
  })

  it('holds exactly the values of both', () => {
    fc.assert(
      fc.property(values, maybeMissing, maybeMissing, (value, a, b) => {
        expect(member(value, intersect(a, b))).toBe(member(value, a) && member(value, b))
      }),
      seeded,
    )
  })
})

describe('parts of a type', () => {
  it('are taken out or kept by kind', () => {
    const type = union(NUMBER, NULL, MISSING)
    expect(without(type, 'missing', 'null')).toEqual(NUMBER)
    expect(only(type, 'null')).toEqual(NULL)
    expect(without(NUMBER, 'number')).toEqual(NEVER)
    expect(membersOf(NEVER)).toEqual([])
  })

  it('give the type of a field: missing in a closed shape, the rest in an open one', () => {
    expect(fieldType(closedObject({ a: NUMBER }), 'b')).toEqual(MISSING)
    expect(printType(fieldType(openObject({}, STRING), 'b'))).toBe('missing | string')
    expect(fieldType(openObject({}), 'constructor')).toEqual(optional(ANY))
    expect(withField(closedObject({}), '__proto__', NUMBER).fields).toEqual(Object.fromEntries([['__proto__', NUMBER]]))
  })
})

describe('never', () => {
  it('has no value', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(member(value, NEVER)).toBe(false)
      }),
      seeded,
    )
  })
})

describe('the type of a value', () => {
  it('holds the value', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(member(value, typeOfValue(value))).toBe(true)
        expect(member(value, typeOfLiteral(value))).toBe(true)
      }),
      seeded,
    )
  })

  it('ends on values that are nested without end and on very long arrays', () => {
    let deep: unknown = 1
    for (let level = 0; level < 5000; level += 1) deep = [deep]
    expect(member(deep, typeOfValue(deep))).toBe(true)
    expect(printType(typeOfValue(Array.from({ length: 300_000 }, (_, index) => ({ index }))))).toBe(
      'array({ index: number })',
    )
  })
})

/** `fits` counts arrays by their items, so an empty array fits where its items would not. */
function hasEmptyArray(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0 || value.some(hasEmptyArray)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasEmptyArray)
}
