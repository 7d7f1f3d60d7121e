import { describe, expect, it } from 'vitest'
import split from '../../nodes/split.ts'
import { Bench } from './harness.ts'

describe('the split node', () => {
  it('keeps what else the message has', () => {
    const bench = new Bench(split, {})
    bench.send('in', { topic: 't', key: 'k', time: 5, params: { a: 'b' }, area: 'north', payload: [null] })
    expect(bench.takeSent().out).toMatchObject([
      { topic: 't', key: 'k', time: 5, params: { a: 'b' }, area: 'north', payload: null },
    ])
  })

  it.each([
    [[], 0],
    ['text', 1],
    [{ a: 1 }, 1],
    [undefined, 0],
    [[[1, 2]], 1],
  ])('an expression that gives %j sends %d', (list, count) => {
    const bench = new Bench(split, { items: 'payload.list' })
    bench.send('in', { payload: { list } })
    expect(bench.takeSent().out?.length ?? 0).toBe(count)
    expect(bench.failures).toEqual([])
  })

  it.each(['text', null, 5, { 0: 1 }, undefined])('the payload %j is no list', (payload) => {
    const bench = new Bench(split, {})
    bench.send('in', { payload })
    expect(bench.failures.map(({ code }) => code)).toEqual(['WRONG_RESULT'])
  })

  it('refuses a list that is too long, as a whole', () => {
    const bench = new Bench(split, {})
    bench.send('in', { payload: Array(1001).fill(0) })
    expect(Object.keys(bench.takeSent())).toEqual(['error'])
    expect(bench.failures.map(({ message }) => message)).toEqual(['The number of items is 1001, the limit is 1000.'])
    bench.send('in', { payload: Array(1000).fill(0) })
    expect(bench.takeSent().out?.length).toBe(1000)
  })
})
