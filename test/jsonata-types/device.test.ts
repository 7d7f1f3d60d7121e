import { describe, expect, it } from 'vitest'
import { compile, JsonataError } from '../../engine/jsonata/index.ts'
import { inferType } from '../../engine/jsonata/types/index.ts'
import { member, membersOf, printType, type Type } from '../../engine/types/index.ts'
import { Random } from '../jsonata/random.ts'
import { deviceExpressions } from './device-expressions.ts'
import { messageOf } from './payloads.ts'
import { someValue } from './values.ts'

const seed = 7_301

describe('an expression over a device payload', () => {
  for (const [payload, text, wanted] of deviceExpressions) {
    it(`has its type: ${payload}: ${text}`, () => {
      expect(printType(inferType(compile(text).ast, messageOf(payload)).type)).toBe(wanted)
    })
  }

  it('gives what its type says, for payloads of every kind', () => {
    const random = new Random(seed)
    let given = 0
    for (const [payload, text] of deviceExpressions) {
      const expression = compile(text)
      const { type } = inferType(expression.ast, messageOf(payload))
      for (let round = 0; round < 20; round += 1) {
        const input = someValue(messageOf(payload), random)
        const value = resultOf(() => expression.evaluate(input))
        if (value === raised) continue
        given += 1
        if (!member(value, type))
          throw new Error(`Seed ${seed}: ${text} of ${JSON.stringify(input)} is ${JSON.stringify(value)}`)
      }
    }
    expect(given).toBeGreaterThan(deviceExpressions.length * 12)
  })

  it('is typed without any in at least 80 of 100 cases, whatever the payload', () => {
    const precise = deviceExpressions.filter(([payload, text]) => {
      return !holdsAny(inferType(compile(text).ast, messageOf(payload)).type)
    })
    expect(deviceExpressions.length).toBeGreaterThanOrEqual(60)
    expect(precise.length / deviceExpressions.length).toBeGreaterThan(0.9)
  })
})

const raised = Symbol('raised')

function resultOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    if (error instanceof JsonataError) return raised
    throw error
  }
}

function holdsAny(type: Type): boolean {
  return membersOf(type).some((part) => {
    if (part.kind === 'any') return true
    if (part.kind === 'array') return holdsAny(part.item)
    return part.kind === 'object' && Object.values(part.fields).some(holdsAny)
  })
}
