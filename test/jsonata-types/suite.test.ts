import { existsSync, readFileSync } from 'node:fs'
import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { compile, JsonataError } from '../../engine/jsonata/index.ts'
import { inferType } from '../../engine/jsonata/types/index.ts'
import { ANY, member, membersOf, printType, type Type, typeOfValue, union } from '../../engine/types/index.ts'
import { comparisonOf, readSuite } from '../jsonata/differential.ts'
import { randomInput } from '../jsonata/generate.ts'
import { Random } from '../jsonata/random.ts'

/** The official suite lies beside the repository; see LICENSE there. */
const folder = new URL('../../../shared/conformance/jsonata/', import.meta.url)

interface Case {
  readonly group: string
  readonly name: string
  readonly expr: string
  readonly data?: unknown
  readonly dataset?: string | null
  readonly bindings?: Record<string, unknown>
  readonly result?: unknown
  readonly undefinedResult?: boolean
}

/** Cases whose result is not of the inferred type, with the reason. */
const misses: Readonly<Record<string, string>> = {}

if (existsSync(folder)) {
  const all = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as Case[]
  const datasets = JSON.parse(readFileSync(new URL('datasets.json', folder), 'utf8')) as Record<string, unknown>
  const cases = all.filter((one) => 'result' in one || one.undefinedResult)
  const typed = cases.map((one) => ({ one, ...inferCase(one, datasets) }))

  describe('the value cases of the official suite', () => {
    it('are as many as we count', () => {
      expect(cases).toHaveLength(1398)
    })

    it('have results of the inferred types, but for the misses that are listed', () => {
      const unsound = typed.filter(({ one, type }) => !member(one.undefinedResult ? undefined : one.result, type))
      expect(unsound.map(({ one }) => `${one.group}/${one.name}`).sort()).toEqual(Object.keys(misses).sort())
      expect(unsound.length / cases.length).toBeLessThanOrEqual(0.005)
    })

    it('have types without any in at least 98 of 100 cases', () => {
      const precise = typed.filter(({ type }) => !holdsAny(type))
      expect(precise.length / cases.length).toBeGreaterThan(0.98)
    })

    it('are never said to fail: each of them gives a value', () => {
      const accused = typed.flatMap(({ one, warnings }) =>
        warnings.filter(({ level }) => level === 'error').map(({ text }) => `${one.group}/${one.name}: ${text}`),
      )
      expect(accused).toEqual([])
    })
  })

  describe('the cases of the suite that end in a type error', () => {
    it('are foreseen, most of them', () => {
      const failing = all.filter((one) => 'code' in one && String(one.code).startsWith('T') && parses(one.expr))
      const told = failing.filter((one) => inferCase(one, datasets).warnings.some(({ level }) => level !== 'note'))
      expect(failing.length).toBeGreaterThan(100)
      expect(told.length / failing.length).toBeGreaterThan(0.9)
    })
  })
} else {
  console.log(`The JSONata suite is not at ${folder.pathname}: its types are not tested here.`)
  it.skip('types of the official JSONata suite: it is not beside the repository', () => undefined)
}

/**
 * A few types are knowingly too narrow: for sequences that the library forgets to unwrap or fills with places without a
 * value, in expressions that nobody writes. 1 in 30,000 was measured over 260,000 checks; more than 1 in 2,000 is a fault.
 */
const seeds = { from: 1, count: 6000, tolerated: 1 / 2000 }

describe('random expressions, and those of the suite on foreign data', () => {
  it('give values of the inferred types, for the exact type of the input, a wider one and any', () => {
    const suite = readSuite()
    let checked = 0
    const unsound: string[] = []
    for (let seed = seeds.from; seed < seeds.from + seeds.count; seed += 1) {
      const { text, input } = comparisonOf(seed, suite)
      const outcome = evaluate(text, input)
      if (outcome === undefined) continue
      const wider = union(typeOfValue(input), typeOfValue(randomInput(new Random(-seed))))
      for (const type of input === undefined ? [typeOfValue(input)] : [typeOfValue(input), wider, ANY]) {
        checked += 1
        const result = inferType(outcome.ast, type).type
        if (!member(outcome.value, result)) unsound.push(`seed ${seed}: ${text} is not ${printType(result)}`)
      }
    }
    expect(checked).toBeGreaterThan(seeds.count)
    expect(unsound.length / checked, unsound.join('\n')).toBeLessThanOrEqual(seeds.tolerated)
  })
})

function inferCase(one: Case, datasets: Record<string, unknown>) {
  const data = one.dataset ? datasets[one.dataset] : one.data
  const variables = Object.entries(one.bindings ?? {}).map(([name, value]) => [name, typeOfValue(value)] as const)
  return inferType(jsonata(one.expr).ast(), typeOfValue(data), { variables: Object.fromEntries(variables) })
}

function parses(text: string): boolean {
  return evaluate(text, undefined) !== undefined || !isSyntaxError(text)
}

function isSyntaxError(text: string): boolean {
  try {
    compile(text)
    return false
  } catch (error) {
    if (error instanceof JsonataError) return true
    throw error
  }
}

function evaluate(text: string, input: unknown): { ast: object; value: unknown } | undefined {
  try {
    const expression = compile(text)
    return { ast: expression.ast, value: expression.evaluate(input) }
  } catch (error) {
    if (error instanceof JsonataError) return undefined
    throw error
  }
}

function holdsAny(type: Type): boolean {
  return membersOf(type).some((part) => {
    if (part.kind === 'any') return true
    if (part.kind === 'array') return holdsAny(part.item)
    return part.kind === 'object' && [...Object.values(part.fields), ...(part.rest ? [part.rest] : [])].some(holdsAny)
  })
}
