import { describe, expect, it } from 'vitest'
import { compile } from '../../engine/jsonata/index.ts'

/** Forms that a compiler could come to compile twice, inside one another: twice at each level would be forever. */
const forms: Readonly<Record<string, readonly [before: string, after: string]>> = {
  objects: ['{"k": ', '}'],
  'objects with computed keys': ['{"k" & "": ', '}'],
  arrays: ['[', ']'],
  groups: ['a{"k": ', '}'],
  predicates: ['a[', ']'],
  'predicates behind blocks': ['(a)[', ']'],
  orders: ['a^(', ')'],
  'predicates of tuples': ['a@$v[', ']'],
  'orders of tuples': ['a@$v.b^(', ')'],
  'groups of tuples': ['a@$v{"k": ', '}'],
  'steps of tuples': ['a@$v.(', ')'],
  conditions: ['a ? 1 : (', ')'],
  lambdas: ['$map(a, function($v) { ', ' })'],
  calls: ['$string(', ')'],
  'calls of variables': ['$f(', ')'],
  'partial applications': ['$substring(?, ', ')'],
  transforms: ['a ~> |b|{"c": ', '}|'],
  chains: ['a ~> $append(', ')'],
  blocks: ['($x := 1; ', ')'],
}

describe('a large expression', () => {
  for (const [name, [before, after]] of Object.entries(forms)) {
    it(`is compiled once: ${name} inside one another`, () => {
      const text = `${before.repeat(60)}1${after.repeat(60)}`
      expect(compile(text).text).toBe(text)
    })
  }

  it('is compiled when it is long', () => {
    expect(compile(Array.from({ length: 3000 }, () => 'a').join(' + ')).evaluate({ a: 1 })).toBe(3000)
    expect(compile(Array.from({ length: 3000 }, () => 'a').join(' & ')).evaluate({ a: 1 })).toBe('1'.repeat(3000))
    expect(compile(`a${'.b'.repeat(3000)}`).evaluate({})).toBeUndefined()
    expect(compile(`[${Array.from({ length: 5000 }, (_, index) => index).join()}]`).evaluate(undefined)).toHaveLength(
      5000,
    )
  })
})
