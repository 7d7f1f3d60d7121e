import { describe, expect, it } from 'vitest'
import { planGuard } from '../../engine/flow/guard.ts'
import { checkText, printFlow } from '../../engine/flow/index.ts'

const check = (guard: unknown) =>
  checkText(JSON.stringify({ flow: 'f', guard, nodes: [], wires: [] }), { specs: new Map() })

describe('the guard of a flow', () => {
  it.each([
    [{ errors: '5%' }, { errors: { kind: 'share', limit: 0.05 }, within: 300_000, min: 20 }],
    [
      { errors: '0.5%', within: '2m', min: 50 },
      { errors: { kind: 'share', limit: 0.005 }, within: 120_000, min: 50 },
    ],
    [
      { errors: 20, within: '1d' },
      { errors: { kind: 'count', limit: 20 }, within: 86_400_000, min: 20 },
    ],
    [{ errors: 0 }, { errors: { kind: 'count', limit: 0 }, within: 300_000, min: 20 }],
  ])('is read: %j', (guard, planned) => {
    const { plan, problems } = check(guard)
    expect(problems).toEqual([])
    expect(plan === undefined ? undefined : planGuard(plan.document)).toEqual(planned)
  })

  it.each([
    [
      { errors: '5' },
      'guard.errors',
      '"errors" is "5": it is no limit. Write a share such as "5%" or a number such as 20.',
    ],
    [{ errors: '101%' }, 'guard.errors', 'is "101%": it is no limit'],
    [{ errors: -1 }, 'guard.errors', 'is -1: it is no limit'],
    [{ errors: 1.5 }, 'guard.errors', 'is 1.5: it is no limit'],
    [{ errors: '5%', within: '10ms' }, 'guard.within', 'rite a duration from 1s to 1d'],
    [{ errors: '5%', within: 'long' }, 'guard.within', 'is "long": it is not a duration'],
    [{ errors: '5%', min: 0 }, 'guard.min', '0'],
    [{ within: '2m' }, 'guard.errors', '"errors" is missing'],
    [
      { errors: '5%', minimum: 5 },
      'guard.minimum',
      'There is no field "minimum" here. The fields are: errors, within, min.',
    ],
  ])('is refused with its place: %j', (guard, at, text) => {
    const { plan, problems } = check(guard)
    expect(plan).toBeUndefined()
    expect(problems).toMatchObject([{ at, severity: 'error', line: 1 }])
    expect(`${problems[0]?.text} ${problems[0]?.hint}`).toContain(text)
  })

  it('stands before the nodes, and its change alone is no other version', () => {
    const document = { guard: { errors: '5%' }, flow: 'f', nodes: [], wires: [] }
    expect(printFlow(document)).toBe(
      '{\n  "flow": "f",\n  "guard": { "errors": "5%" },\n  "nodes": [],\n  "wires": []\n}\n',
    )
    expect(check({ errors: '5%' }).plan?.hash).toBe(check({ errors: 3 }).plan?.hash)
  })
})
