import { describe, expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { printType } from '../../engine/types/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import latest from '../../nodes/latest.ts'
import { Bench, startTime } from './harness.ts'

describe('the latest node', () => {
  it('drops a late value, for each part by itself', () => {
    const bench = new Bench(latest, { parts: [{ id: 'a' }, { id: 'b' }], send: 'always' })
    bench.send('a', { payload: 1, time: startTime - 5 })
    bench.send('a', { payload: 2, time: startTime - 6 })
    bench.send('b', { payload: 3, time: startTime - 9 })
    expect(bench.takeSent().out).toMatchObject([
      { payload: { a: 1 } },
      { payload: { a: 1, b: 3 }, times: { a: startTime - 5, b: startTime - 9 } },
    ])
  })

  it('takes a time in the future for now, so that the next value is not late', () => {
    const bench = new Bench(latest, { parts: [{ id: 'a' }] })
    bench.send('a', { payload: 1, time: startTime + 99_999 })
    bench.send('a', { payload: 2 })
    expect(bench.takeSent().out).toMatchObject([{ payload: { a: 1 } }, { payload: { a: 2 } }])
  })

  it('leaves out what is too old, and sends again when it is renewed', () => {
    const bench = new Bench(latest, { parts: [{ id: 'a' }, { id: 'b' }], send: 'always', maxAge: '1m' })
    bench.send('a', { payload: 1 })
    bench.advance(30_000)
    bench.send('b', { payload: 2 })
    bench.advance(30_000)
    bench.send('b', { payload: 3 })
    bench.send('a', { payload: 4 })
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([
      { a: 1 },
      { a: 1, b: 2 },
      { b: 3 },
      { a: 4, b: 3 },
    ])
  })

  it('finds several parts in one message and sends once', () => {
    const parts = [
      { id: 'a', when: '$exists(payload.a)', value: 'payload.a' },
      { id: 'b', when: '$exists(payload.b)', value: 'payload.b' },
    ]
    const bench = new Bench(latest, { parts })
    bench.send('in', { payload: { a: 1, b: 2 } })
    bench.send('in', { payload: { c: 1 } })
    expect(bench.takeSent().out?.map(({ payload }) => payload)).toEqual([{ a: 1, b: 2 }])
  })

  it('keeps bytes, over a restart too', () => {
    const config = { parts: [{ id: 'a' }, { id: 'b' }] }
    const bench = new Bench(latest, config)
    bench.send('a', { payload: Uint8Array.of(1) })
    const again = new Bench(latest, config, bench)
    again.send('b', { payload: 2 })
    expect(again.takeSent().out?.map(({ payload }) => payload)).toEqual([{ a: Uint8Array.of(1), b: 2 }])
  })

  it('forgets a part that the config does not have any more', () => {
    const bench = new Bench(latest, { parts: [{ id: 'a' }, { id: 'b' }] })
    bench.send('a', { payload: 1 })
    const again = new Bench(latest, { parts: [{ id: 'b' }] }, bench)
    again.send('b', { payload: 2 })
    expect(again.takeSent().out?.map(({ payload }) => payload)).toEqual([{ b: 2 }])
  })

  it('a value that is missing is an error and changes nothing', () => {
    const bench = new Bench(latest, { parts: [{ id: 'a', value: 'payload.x' }] })
    bench.send('a', { payload: {} })
    expect(bench.failures.map(({ code }) => code)).toEqual(['WRONG_RESULT'])
    expect(bench.state.size).toBe(0)
  })

  it('gives the types of its parts', () => {
    const document = {
      flow: 'typed',
      nodes: [
        { id: 's', type: 'mqtt-in', config: { topic: 'a/{x}', decode: 'number' } },
        { id: 't', type: 'mqtt-in', config: { topic: 'b', decode: 'text' } },
        { id: 'join', type: 'latest', config: { parts: [{ id: 'n' }, { id: 't', value: 'payload & "!"' }] } },
      ],
      wires: [
        { from: 's.out', to: 'join.n' },
        { from: 't.out', to: 'join.t' },
      ],
    }
    const { types, problems } = checkFlow(document, { specs: nodeSpecs })
    expect(problems.map(({ text }) => text)).toEqual([])
    const out = types['join.out']
    expect(out?.kind === 'object' && out.fields.payload && printType(out.fields.payload)).toBe(
      '{ n: number, t: string }',
    )
  })

  it('refuses two parts of one name, and names of its own ports', () => {
    const issues = (ids: string[]) =>
      latest.config.safeParse({ parts: ids.map((id) => ({ id })) }).error?.issues.map(({ message }) => message)
    expect(issues(['a', 'a'])).toEqual(['"a" names two parts; give each a name of its own'])
    expect(issues(['in'])).toEqual(['the node has ports in, error of its own; choose another name'])
    expect(issues(['Bad name'])).toEqual(['that cannot name a part; use 1 to 64 of a-z, 0-9 and "-", a letter first'])
  })
})
