import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkFlow, hookClashes, hooksOf } from '../../engine/flow/index.ts'
import type { Plan } from '../../engine/flow/model.ts'
import { type Hook, HookTable, hookPathFault } from '../../engine/spec/hook.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf } from '../engine/start.ts'

const specs = nodeSpecs
const hook = (id: string, config: Record<string, unknown>): [string, string, Record<string, unknown>] => [
  id,
  'http-in',
  { auth: 'none', ...config },
]
const codes = (document: unknown, context = {}) =>
  checkFlow(document, { specs, ...context }).problems.map(({ code, at, text }) => ({ code, at, text }))
const planOf = (document: unknown) => checkFlow(document, { specs }).plan as Plan

describe('a path of a hook', () => {
  test('that two nodes of a flow have is an error at the second one', () => {
    const document = flowOf('a', [hook('one', { path: 'x/{id}' }), hook('two', { path: 'x/{name}' })], [])
    expect(codes(document)).toEqual([
      { code: 'HOOK_TAKEN', at: 'nodes[1].config.path', text: 'POST /hooks/x/{name} is taken by a/one.' },
    ])
    const other = flowOf('a', [hook('one', { path: 'x/{id}' }), hook('two', { path: 'x/new' })], [])
    const method = flowOf('a', [hook('one', { path: 'x' }), hook('two', { path: 'x', method: 'PUT' })], [])
    expect([codes(other), codes(method)]).toEqual([[], []])
  })

  test('that another flow has is an error, unless one of them is disabled', () => {
    const one = flowOf('one', [hook('hook', { path: 'x' })], [])
    const two = flowOf('two', [hook('hook', { path: 'x' })], [])
    const taken = () => hooksOf([planOf(one)])
    expect(codes(two, { hooks: taken })).toMatchObject([{ code: 'HOOK_TAKEN' }])
    expect(codes(one, { hooks: taken })).toEqual([])
    expect(codes({ ...two, disabled: true }, { hooks: taken })).toEqual([])
    expect(codes(two, { hooks: () => hooksOf([planOf({ ...one, disabled: true })]) })).toEqual([])
    expect(hookClashes([planOf(one), planOf(two)])).toMatchObject([{ code: 'HOOK_TAKEN', flow: 'two', node: 'hook' }])
  })

  test('that asks for no proof is a warning where others reach the engine', () => {
    const document = flowOf('a', [hook('one', { path: 'x' })], [])
    expect(codes(document, { exposed: true })).toMatchObject([{ code: 'HOOK_OPEN' }])
    expect(codes(document)).toEqual([])
  })

  test.each([
    ['', '"" is no level'],
    ['/x', '"" is no level'],
    ['x/', '"" is no level'],
    ['X', '"X" is no level'],
    ['a/{b', '"{b" is no level'],
    ['../x', '".." is no level'],
    ['{a}/{a}', '{a} stands twice'],
    [`${'a/'.repeat(16)}a`, 'it has more than 16 levels'],
  ])('is not %j', (path, fault) => {
    expect(hookPathFault(path)).toContain(fault)
  })

  test('takes a secret by its name only', () => {
    const written = flowOf('a', [['one', 'http-in', { path: 'x', secret: 'sesame' }]], [])
    expect(codes(written)[0]?.text).toContain('a secret does not stand in a flow')
    expect(codes(flowOf('a', [['one', 'http-in', { path: 'x' }]], []))[0]?.text).toContain('no secret is named')
  })

  test('may be answered over wires that lead back', () => {
    const document = flowOf(
      'a',
      [hook('one', { path: 'x', respond: 'from-flow' }), ['two', 'transform', { payload: '1' }]],
      ['one.out two.in', 'two.out one.answer'],
    )
    const { problems, types } = checkFlow(document, { specs })
    expect(problems).toEqual([])
    expect(JSON.stringify(types['two.out'])).toContain('request')
  })
})

const level = fc.constantFrom('a', 'b', '{x}', '{y}')
const paths = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.map((text, index) => (text.startsWith('{') ? `{${text[1]}${index}}` : text)).join('/'))
const hooks = fc.array(
  fc.record({ path: paths, method: fc.constantFrom<Hook['method'][]>('POST', 'GET') }).map(
    ({ path, method }): Hook => ({
      path,
      method,
      auth: { kind: 'none' },
      bodyLimit: 1,
      concurrency: 1,
      rate: 1,
      patience: 1,
    }),
  ),
  { maxLength: 12 },
)

describe('the table of hooks', () => {
  test('finds what a plain search finds: the best match, where the first written level wins', () => {
    fc.assert(
      fc.property(hooks, fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }), (list, levels) => {
        const table = new HookTable(list.map((one, owner) => ({ hook: one, owner })))
        const matching = list.flatMap((one, owner) => {
          const own = one.path.split('/')
          const fits =
            own.length === levels.length && own.every((text, at) => text.startsWith('{') || text === levels[at])
          return fits
            ? [{ owner, method: one.method, rank: own.map((text) => (text.startsWith('{') ? 1 : 0)).join('') }]
            : []
        })
        const [best] = matching
          .filter(({ method }) => method === 'POST')
          .toSorted((one, other) => one.rank.localeCompare(other.rank) || one.owner - other.owner)
        const found = table.find('POST', levels)
        if (best === undefined) {
          expect(found).toEqual({ methods: matching.length > 0 ? ['GET'] : [] })
        } else {
          expect(found).toMatchObject({ owner: best.owner })
        }
      }),
    )
  })
})
