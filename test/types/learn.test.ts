import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  drift,
  emptySummary,
  member,
  observe,
  printType,
  type Summary,
  typeOfSummary,
  vanished,
} from '../../engine/types/index.ts'
import { seeded, values } from './arbitrary.ts'

describe('a summary', () => {
  it('becomes a learned shape: what was always there is needed, the rest optional', () => {
    const summary = learn([
      { device: 's-1', temperature: 21.5, battery: 3.7, ts: Date.UTC(2026, 0, 1) },
      { device: 's-2', temperature: null, ts: Date.UTC(2026, 0, 2), tags: ['a', 'b'] },
    ])
    expect(printType(typeOfSummary(summary))).toBe(
      '{ device: string, temperature: null | number, battery?: number, ts: time, tags?: array(string), … }',
    )
    expect(typeOfSummary(summary)).toMatchObject({ learned: true })
  })

  it('knows nothing before the first value', () => {
    expect(printType(typeOfSummary(emptySummary()))).toBe('any')
  })

  it('keeps ranges, a few values and a few examples, and how often each field was there', () => {
    const summary = learn(
      [1, 2, 3, 4].map((n) => ({ n, mode: n % 2 === 0 ? 'heat' : 'cool', ...(n > 2 ? { x: true } : {}) })),
    )
    expect(summary.root.object?.fields).toMatchObject({
      n: { count: 4, number: { min: 1, max: 4, whole: true }, examples: [1, 2, 3] },
      mode: {
        strings: [
          ['cool', 2],
          ['heat', 2],
        ],
      },
      x: { count: 2, first: 3, last: 4 },
    })
  })

  it('takes the keys of a map by device together once they are too many', () => {
    const summary = emptySummary({ fields: 8 })
    for (let n = 0; n < 100; n += 1) observe(summary, { site: 'north', [`device-${n}`]: n })
    expect(printType(typeOfSummary(summary))).toBe('{ site: string, …: number }')
  })

  it('stays small whatever comes', () => {
    const summary = emptySummary()
    for (let n = 0; n < 3000; n += 1) {
      observe(summary, {
        [`a${n}`]: { [`b${n}`]: [{ [`c${n}`]: `${n}`.repeat(100) }] },
        list: Array.from({ length: 500 }, () => n),
      })
    }
    expect(summary.places).toBeLessThanOrEqual(512)
    expect(JSON.stringify(summary).length).toBeLessThan(200_000)
  })

  it('does not look deeper than its limit', () => {
    let deep: unknown = 1
    for (let level = 0; level < 2000; level += 1) deep = { in: deep }
    const summary = learn([deep])
    expect(member(deep, typeOfSummary(summary))).toBe(true)
    expect(summary.places).toBeLessThan(12)
  })

  it('can be stored as JSON at any time and resumed', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 6 }), fc.nat(6), (observed, pause) => {
        const whole = learn(observed)
        const resumed: Summary = JSON.parse(JSON.stringify(learn(observed.slice(0, pause))))
        for (const value of observed.slice(pause)) observe(resumed, value)
        expect(JSON.stringify(resumed)).toBe(JSON.stringify(whole))
      }),
      seeded,
    )
  })

  it('gives a type that holds everything it observed', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (observed) => {
        const type = typeOfSummary(learn(observed))
        for (const value of observed) expect(member(value, type)).toBe(true)
      }),
      seeded,
    )
  })

  it('takes a field named __proto__ for a field', () => {
    const summary = learn([JSON.parse('{"__proto__": 1}')])
    expect(printType(typeOfSummary(summary))).toBe('{ __proto__: number, … }')
  })
})

describe('drift', () => {
  const usual = { device: 's-1', temperature: 20, position: { x: 1 }, list: [{ y: 1 }] }

  it('says nothing while values are as before', () => {
    expect(drift(learn(Array(50).fill(usual)), usual)).toEqual([])
  })

  it('says nothing before enough values were observed', () => {
    expect(drift(learn([usual, usual]), { device: 1 })).toEqual([])
    expect(drift(learn([usual, usual]), { ...usual, device: 1 }, { settled: 2 })).toHaveLength(1)
  })

  it('tells a new kind and an unknown field, with the path', () => {
    const found = drift(learn(Array(50).fill(usual)), {
      device: 7,
      temperature: 20,
      position: { x: 1, z: 0 },
      list: [{ y: 1 }, { y: null }],
    })
    expect(found).toEqual([
      { code: 'NEW_KIND', path: 'device', found: 'number', expected: 'string' },
      { code: 'NEW_FIELD', path: 'position.z', found: 'number', expected: 'missing' },
      { code: 'NEW_KIND', path: 'list[].y', found: 'null', expected: 'number' },
    ])
  })

  it('tells a field that was always there and has been missing in the last values', () => {
    const summary = learn(Array(50).fill(usual))
    const { temperature, ...without } = usual
    for (let n = 0; n < 18; n += 1) observe(summary, without)
    expect(drift(summary, without)).toEqual([])
    observe(summary, without)
    const gone = { code: 'VANISHED_FIELD', path: 'temperature', found: 'missing', expected: 'number' }
    expect(drift(summary, without)).toEqual([gone])
    expect(vanished(summary)).toEqual([])
    observe(summary, without)
    expect(vanished(summary)).toEqual([gone])
    expect(drift(summary, { ...without, temperature })).toEqual([])
  })

  it('does not miss a field that came only now and then', () => {
    const values = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? usual : { ...usual, battery: 3.7 }))
    const summary = learn([...values, ...Array(40).fill(usual)])
    expect(drift(summary, usual)).toEqual([])
  })

  it('changes nothing in the summary', () => {
    const summary = learn(Array(50).fill(usual))
    const before = JSON.stringify(summary)
    drift(summary, { other: 1 })
    vanished(summary)
    expect(JSON.stringify(summary)).toBe(before)
  })
})

function learn(observed: readonly unknown[]): Summary {
  const summary = emptySummary()
  for (const value of observed) observe(summary, value)
  return summary
}
