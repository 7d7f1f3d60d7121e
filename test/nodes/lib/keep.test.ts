import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keep, recall } from '../../../nodes/lib/keep.ts'

describe('a value that is kept', () => {
  it.each([
    [Buffer.from([1, 2, 255]), { $bytes: 'AQL/' }],
    [{ $bytes: 'AQL/' }, { $$bytes: 'AQL/' }],
    [{ a: undefined, b: [undefined, Number.NaN, -0] }, { b: [null, null, 0] }],
    [{ f: () => 1 }, {}],
    [undefined, null],
  ])('%j is %j', (value, wanted) => {
    expect(keep(value)).toEqual(wanted)
    expect(JSON.parse(JSON.stringify(keep(value)))).toEqual(keep(value))
  })

  it('comes back as it was', () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.uint8Array({ maxLength: 5 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', '$bytes', '$$bytes', '__proto__'), tie('tree'), { maxKeys: 2 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        const kept = JSON.parse(JSON.stringify(keep(value)))
        expect(recall(kept)).toEqual(withoutMinusZero(value))
      }),
    )
  })
})

function withoutMinusZero(value: unknown): unknown {
  if (typeof value === 'number') return value + 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutMinusZero(item)]))
}
