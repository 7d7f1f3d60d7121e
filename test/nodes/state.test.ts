import { describe, expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { printType } from '../../engine/types/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import state from '../../nodes/state.ts'
import { Bench } from './harness.ts'

describe('the state node', () => {
  it.each([
    ['($old ?? 0) + payload', [1, 2, 3], 6],
    ['$max([$old, payload])', [1, 5, 3], 5],
    ['$append($old, payload)[[-2..-1]]', [1, 2, 3], [2, 3]],
    ['$old ? $old : payload', ['first', 'second'], 'first'],
  ])('%s over %j is %j', (value, payloads, wanted) => {
    const bench = new Bench(state, { name: 'v', value })
    for (const payload of payloads) bench.send('set', { payload })
    expect(bench.failures).toEqual([])
    bench.takeSent()
    bench.send('get', {})
    expect(bench.takeSent().out).toMatchObject([{ v: wanted }])
  })

  it('keeps bytes, null and false, over a restart', () => {
    for (const payload of [Uint8Array.of(1), null, false, 0, '']) {
      const bench = new Bench(state, { name: 'v' })
      bench.send('set', { payload })
      const again = new Bench(state, { name: 'v' }, bench)
      again.send('get', {})
      expect(again.takeSent().out).toMatchObject([{ v: payload }])
    }
  })

  it('may set the payload itself', () => {
    const bench = new Bench(state, { name: 'payload' })
    bench.send('set', { payload: 'x' })
    bench.send('get', { payload: 'y' })
    expect(bench.takeSent().out).toMatchObject([{ payload: 'x' }])
  })

  it('gives the type of the value', () => {
    const document = {
      flow: 'typed',
      nodes: [
        { id: 's', type: 'mqtt-in', config: { topic: 'a', decode: 'number' } },
        { id: 'g', type: 'mqtt-in', config: { topic: 'b', decode: 'text' } },
        { id: 'v', type: 'state', config: { name: 'limit' } },
      ],
      wires: [
        { from: 's.out', to: 'v.set' },
        { from: 'g.out', to: 'v.get' },
      ],
    }
    const { types, problems } = checkFlow(document, { specs: nodeSpecs })
    expect(problems.map(({ text }) => text)).toEqual([])
    const out = types['v.out']
    expect(out?.kind === 'object' && out.fields.limit && printType(out.fields.limit)).toBe('number')
    expect(out?.kind === 'object' && out.fields.payload && printType(out.fields.payload)).toBe('string')
  })

  it('refuses a name that is taken', () => {
    expect(state.config.safeParse({ name: 'topic' }).error?.issues).toMatchObject([{ path: ['name'] }])
  })
})
