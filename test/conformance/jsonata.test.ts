import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compile, JsonataError, type Limits } from '../../engine/jsonata/index.ts'
import { differences } from './jsonata-differences.ts'

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
  readonly code?: string
  readonly token?: string
  readonly error?: { readonly code: string; readonly message?: string; readonly token?: string }
  readonly unordered?: boolean
  readonly timelimit?: number
  readonly depth?: number
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

if (existsSync(folder)) {
  const cases = read('cases.json') as Case[]
  const datasets = read('datasets.json') as Record<string, unknown>

  describe('the official JSONata suite', () => {
    it('has the cases that we count', () => {
      expect(cases).toHaveLength(1686)
    })

    it('has every case that we answer otherwise on purpose', () => {
      const names = new Set(cases.map(nameOf))
      expect(Object.keys(differences).filter((name) => !names.has(name))).toEqual([])
    })

    for (const one of cases) {
      const difference = differences[nameOf(one)]
      if (difference === undefined) it(`${nameOf(one)}: ${one.expr}`, () => check(one, datasets))
      else {
        it(`${nameOf(one)} differs on purpose: ${difference.reason}`, () => {
          const answer = answerTo(one, datasets)
          expect(answer).toMatchObject(difference.answer)
        })
      }
    }
  })
} else {
  describe('the official JSONata suite', () => {
    it.skip('is not here: ../shared/conformance/jsonata is missing', () => undefined)
  })
}

function nameOf(one: Case): string {
  return `${one.group}/${one.name}`
}

/**
 * Cases that give themselves seconds are about size, so they get room; the depth of the suite counts nodes. Time never
 * decides: a busy machine must not change an answer.
 */
function limitsOf(one: Case): Partial<Limits> {
  if (one.timelimit === undefined) return { milliseconds: 10_000 }
  const room = { milliseconds: 10_000, ...(one.timelimit > 1000 && { steps: 1e9, sequence: 1e7 }) }
  return { ...room, depth: Math.floor((one.depth ?? 300) / 3) }
}

type Answer = { value: unknown } | { code: string; token: unknown; message: string }

function answerTo(one: Case, datasets: Record<string, unknown>): Answer {
  const input = one.dataset ? datasets[one.dataset] : one.data
  try {
    return { value: compile(one.expr, { limits: limitsOf(one) }).evaluate(input, one.bindings) }
  } catch (error) {
    if (!(error instanceof JsonataError)) throw error
    return { code: error.code, token: error.token, message: error.message }
  }
}

function check(one: Case, datasets: Record<string, unknown>): void {
  const before = JSON.stringify(one.dataset ? datasets[one.dataset] : one.data)
  const answer = answerTo(one, datasets)
  expect(JSON.stringify(one.dataset ? datasets[one.dataset] : one.data)).toBe(before)
  const { code, message, token } = one.error ?? { code: one.code, token: one.token }
  if (code !== undefined) {
    expect(answer).toMatchObject({ code, ...(token && { token }), ...(message && { message }) })
    return
  }
  if ('code' in answer) throw new Error(`${answer.code}: ${answer.message}`)
  structuredClone(answer.value)
  if (one.undefinedResult) expect(answer.value).toBeUndefined()
  else if (one.unordered) expect(sorted(answer.value)).toEqual(sorted(one.result))
  else expect(answer.value).toEqual(one.result)
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value
}
