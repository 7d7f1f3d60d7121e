import { expect, it } from 'vitest'
import { failureText, loadRuleFile, runRuleFile } from '../../engine/rules/index.ts'
import { openStore } from '../../engine/store/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf } from '../engine/start.ts'

const flow = flowOf(
  'orders',
  [
    ['hook', 'http-in', { path: 'orders/{order}', secret: { $secret: 'orders' }, body: 'json' }],
    ['ask', 'http-in', { path: 'stock', method: 'GET', auth: 'none', respond: 'from-flow', timeout: '30s' }],
    ['call', 'http-out', { method: 'GET', url: 'https://stock.test/', retries: 0 }],
    ['keep', 'store', { table: 'orders', columns: { number: 'params.order', count: 'payload.count' } }],
  ],
  ['hook.out keep.in', 'ask.out call.in', 'call.response ask.answer'],
)

function report(steps: unknown[]): string[] {
  const text = JSON.stringify({ flow: 'orders', tests: [{ name: 'one', steps }] }, null, 2)
  const files = { file: 'orders.json', text: JSON.stringify(flow) }
  const { loaded, problems } = loadRuleFile(text, 'orders.test.json', { specs: nodeSpecs, flow: () => files })
  if (loaded === undefined) return problems.map((one) => `${one.code} ${one.text}`)
  const [result] = runRuleFile(loaded, () => openStore(':memory:')).tests
  return (result?.failures ?? []).flatMap((one) => failureText(one, result?.start ?? 0).map((line) => line.text))
}

it('sends requests to hooks, without a proof, and sees what they are answered with', () => {
  const steps = [
    {
      request: { path: 'orders/7', body: { count: 2 } },
      expect: {
        'hook.out': 1,
        answered: [{ status: 202, body: '', node: 'hook' }],
        rows: { orders: [{ number: '7', count: 2 }] },
      },
    },
    { request: { path: 'orders/8', body: '{"count":', refused: 'BAD_REQUEST' }, nothing: ['answered', 'hook.out'] },
    { request: { method: 'GET', path: 'stock', query: { of: 'nails' } }, nothing: ['answered'], for: '5s' },
    { answer: { status: 200, body: { left: 4 } }, expect: { answered: [{ status: 200, body: { left: 4 } }] } },
    { request: { method: 'GET', path: 'stock' }, expect: { posted: 2 } },
    { at: '+30s', expect: { answered: [{ status: 504 }] } },
  ]
  expect(report(steps)).toEqual([])
})

it('tells what is wrong with a request', () => {
  expect(report([{ request: { path: 'nothing' } }]).join()).toContain('There is no hook "/hooks/nothing"')
  expect(report([{ request: { method: 'PUT', path: 'stock' } }]).join()).toContain('PUT is not possible here')
  expect(report([{ request: { path: 'orders/1', body: 'x' } }]).join()).toContain('The request was refused')
  const taken = [{ request: { path: 'orders/1', body: 1, refused: 'BAD_REQUEST' } }]
  expect(report(taken).join()).toContain('The request was taken, where BAD_REQUEST is expected.')
  expect(report([{ request: { path: '/orders/1' } }]).join()).toContain('it begins with "/"')
})
