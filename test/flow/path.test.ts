import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePath, pathText, valueAt } from '../../engine/flow/path.ts'

test('a path is printed as people write it', () => {
  expect(pathText(['nodes', 2, 'config', 'when'])).toBe('nodes[2].config.when')
  expect(pathText(['layout', 'too-warm', 0])).toBe('layout.too-warm[0]')
  expect(pathText(['layout', 'a.b', '"', '2'])).toBe('layout["a.b"]["\\""]["2"]')
  expect(pathText([])).toBe('')
})

test('every path that is printed is read back', () => {
  const step = fc.oneof(fc.nat(), fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'a-b', '2'))
  fc.assert(
    fc.property(fc.array(step), (path) => {
      expect(parsePath(pathText(path))).toEqual(path)
    }),
  )
})

test('a text that is no path is none', () => {
  for (const text of ['a b', 'nodes[', 'nodes[-1]', 'a..b', '["a]']) expect(parsePath(text), text).toBeUndefined()
})

test('only own fields are found at a path', () => {
  expect(valueAt({ a: [{ b: 3 }] }, ['a', 0, 'b'])).toEqual({ found: true, value: 3 })
  expect(valueAt({ a: {} }, ['a', 'toString'])).toEqual({ found: false, value: undefined })
  expect(valueAt({ a: 'text' }, ['a', 'length'])).toEqual({ found: false, value: undefined })
})
