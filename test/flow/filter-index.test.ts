import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FilterIndex } from '../../engine/flow/filter-index.ts'
import { filtersIntersect } from '../../engine/spec/topics.ts'

const filter = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '$x', '+', ''), { minLength: 0, maxLength: 4 }),
    fc.constantFrom('', '#', '$share/g'),
  )
  .map(([levels, extra]) => {
    const all = levels.length === 0 ? ['a'] : levels
    if (extra === '#') return [...levels, '#'].join('/')
    return extra === '' ? all.join('/') : [extra, ...all].join('/')
  })

test('the index finds those filters that intersect, and no others', () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 20 }), filter, (filters, wanted) => {
      const index = new FilterIndex<number>()
      for (const [place, one] of filters.entries()) index.add(one, place)
      const plain = filters.flatMap((one, place) => (filtersIntersect(wanted, one) ? [place] : []))
      expect(index.meeting(wanted).toSorted((one, other) => one - other)).toEqual(plain)
    }),
    { numRuns: 2000 },
  )
})
