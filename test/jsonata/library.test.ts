import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { builtIns } from '../../engine/jsonata/functions/table.ts'
import { libraryFunction, parse, templateOf } from '../../engine/jsonata/library.ts'

/** What we take from the library beyond its documented interface; a new version has to keep it, or we have to change. */
describe('the library', () => {
  it('is the version that everything here was compared with', () => {
    const file = createRequire(import.meta.url).resolve('jsonata/package.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: '2.2.2' })
  })

  it('words errors that its parser meets', () => {
    expect(templateOf('T2001')).toBe('The left side of the {{token}} operator must evaluate to a number')
    expect(templateOf('T1005')).toContain('{{{token}}}')
    expect(templateOf('D3137')).toBe('{{{message}}}')
    expect(templateOf('L1001')).toBeUndefined()
  })

  it('gives trees that hold nothing of its parser, and are the same otherwise', () => {
    for (const text of [
      'Account.Order.Product.{ "x": %.OrderID, "y": %.%.Name }',
      'a[b = 1]^(>c)#$i.d & $map(a, function($x){ $x * 2 & "s" }) ~> $f(?, /b+/i)',
      '(a@$x.b[]; **.* ? |c|{ "d": -1 }| : [1..3])',
    ]) {
      const [ours, theirs] = [objectsOf(parse(text)), objectsOf(jsonata(text).ast())]
      expect([...ours][0]).toEqual([...theirs][0])
      // as many: what stands in two places, such as a slot, does so in ours
      expect(ours.size, text).toBe(theirs.size)
      for (const one of ours) {
        expect([Object.prototype, Array.prototype, RegExp.prototype]).toContain(Object.getPrototypeOf(one))
      }
    }
  })

  it('shows its functions before the first promise', () => {
    for (const name of ['formatNumber', 'formatInteger', 'parseInteger', 'toMillis', 'fromMillis']) {
      expect(libraryFunction(name), name).toBeInstanceOf(Function)
    }
    expect(libraryFunction('formatNumber').call({ environment: { timestamp: new Date(0) } }, 1234.5, '#,##0.00')).toBe(
      '1,234.50',
    )
  })

  it('has the built-ins that we have, with the same signature, number of arguments and parameters', async () => {
    for (const [name, builtIn] of builtIns) {
      const theirs: unknown = await jsonata(`$${name}`).evaluate(undefined)
      const { implementation, signature } = theirs as {
        implementation: (...args: unknown[]) => unknown
        signature: { definition: string }
      }
      expect({ name, signature: signature.definition, arity: implementation.length }).toEqual({
        name,
        signature: builtIn.signature.definition,
        arity: builtIn.arity,
      })
      const parameters = /\(([^)]*)\)/.exec(implementation.toString())?.[1]?.split(',').length
      expect({ name, parameters }).toEqual({ name, parameters: builtIn.parameters })
    }
  })

  it('has no built-in that we have not', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('jsonata'), 'utf8')
    const names = [...source.matchAll(/\.bind\('(\w+)', defineFunction\(/g)].map(([, name]) => name)
    expect(names.sort()).toEqual([...builtIns.keys()].sort())
  })
})

/** Every object of a tree, once. */
function objectsOf(value: unknown, found = new Set<object>()): Set<object> {
  expect(typeof value).not.toBe('function')
  if (typeof value !== 'object' || value === null || found.has(value)) return found
  found.add(value)
  for (const item of Object.values(value)) objectsOf(item, found)
  return found
}
