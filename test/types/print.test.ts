import { describe, expect, it } from 'vitest'
import {
  ANY,
  arrayOf,
  BOOLEAN,
  closedObject,
  joinPath,
  messageType,
  NEVER,
  NUMBER,
  numberOf,
  openObject,
  optional,
  printType,
  printTypeLines,
  rangeOf,
  STRING,
  stringOf,
  TIME,
  union,
} from '../../engine/types/index.ts'

describe('a type on one line', () => {
  it('marks optional fields with ? and open shapes with …', () => {
    expect(printType(openObject({ temperature: NUMBER, unit: optional(STRING) }))).toBe(
      '{ temperature: number, unit?: string, … }',
    )
    expect(printType(openObject({}, STRING))).toBe('{ …: string }')
    expect(printType(openObject({}))).toBe('{ … }')
    expect(printType(closedObject({}))).toBe('{}')
  })

  it('shows values, ranges and times', () => {
    expect(
      printType(closedObject({ at: TIME, level: numberOf(1, 2), share: rangeOf(0, 1), low: rangeOf(undefined, 0) })),
    ).toBe('{ at: time, level: 1 | 2, share: number(0..1), low: number(..0) }')
    expect(printType(union(stringOf('C', 'F'), BOOLEAN, arrayOf(union(NUMBER, STRING))))).toBe(
      'boolean | "C" | "F" | array(number | string)',
    )
    expect(printType(NEVER)).toBe('never')
    expect(printType(optional(ANY))).toBe('missing | any')
  })

  it('quotes names that are no identifiers', () => {
    expect(printType(closedObject({ 'two words': NUMBER }))).toBe('{ "two words": number }')
    expect(joinPath('payload', 'two words')).toBe('payload.`two words`')
  })

  it('stops at its limits and says how much is left out', () => {
    const wide = closedObject(
      Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, closedObject({ x: NUMBER })])),
    )
    expect(printType(wide, { fields: 2, depth: 1 })).toBe('{ a: {…}, b: {…}, … 2 more }')
    expect(printType(stringOf('a', 'b', 'c'), { values: 2 })).toBe('"a" | "b" | … 1 more')
  })
})

describe('a type on several lines', () => {
  it('has one line for each field and leaves nothing out', () => {
    expect(
      printTypeLines(openObject({ list: arrayOf(closedObject({ x: optional(NUMBER) })), none: closedObject({}) })),
    ).toBe('{\n  list: array({\n    x?: number\n  })\n  none: {}\n  …\n}')
  })
})

describe('the message type', () => {
  it('has what every message has, the params of the topic and what flows add', () => {
    const type = messageType({
      payload: closedObject({ t: NUMBER }),
      params: ['site', 'device'],
      fields: { batch: STRING },
    })
    expect(printType(type)).toBe(
      '{ topic: string, payload: { t: number }, time: time, received: time, params: { site: string, device: string }, ' +
        'retain: boolean, qos: 0 | 1 | 2, props: { …: string }, key: string, id: string, batch: string, … }',
    )
  })
})
