import { afterAll, expect } from 'vitest'

// C33: part of every test file, so after the whole suite nothing can have been left there.
afterAll(() => {
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(own)
})

const own = Object.getOwnPropertyNames(Object.prototype).sort()
