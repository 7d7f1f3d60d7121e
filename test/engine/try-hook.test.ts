import { afterAll, beforeAll, expect, it } from 'vitest'
import { flowOf, startEngine, type TestEngine } from './start.ts'

let test: TestEngine
beforeAll(async () => {
  test = await startEngine({}, { secret: () => 'sesame' })
})
afterAll(() => test.close())

const document = flowOf(
  'orders',
  [
    ['hook', 'http-in', { path: 'orders/{order}', secret: { $secret: 'orders' }, body: 'json' }],
    ['keep', 'store', { table: 'orders', columns: { number: 'params.order' } }],
  ],
  ['hook.out keep.in'],
)

it('a draft takes a request, without a proof of who sends it, and shows what it would answer', () => {
  const request = { path: 'orders/7', body: { count: 2 }, headers: { 'X-Own': 'yes' } }
  const { hops } = test.engine.try({ document, request })
  const hook = hops.find(({ node, port }) => node === 'hook' && port === ':request')
  expect(hook?.effects).toMatchObject([{ kind: 'answer', status: 202 }])
  const row = hops.find(({ node, port }) => node === 'keep' && port === 'in')?.rows[0]
  expect(JSON.parse(row?.row.text ?? '')).toMatchObject({ number: '7' })
  expect(test.engine.deadLetters.list({}).total).toBe(0)
})

it('a request that the flow does not take is refused with the reason', () => {
  const reason = (request: Parameters<TestEngine['engine']['try']>[0]['request']) => {
    try {
      return JSON.stringify(test.engine.try({ document, request }).problems)
    } catch (thrown) {
      return String(thrown)
    }
  }
  expect(reason({ path: 'elsewhere' })).toContain('There is no hook')
  expect(reason({ path: 'orders/7', method: 'GET' })).toContain('GET is not possible here')
  expect(reason({ path: 'orders/7', body: 'no JSON' })).toContain('is not JSON')
  expect(() => test.engine.try({ document, request: { path: 'orders/7' }, message: { payload: 1 } })).toThrow(
    'both there',
  )
})
