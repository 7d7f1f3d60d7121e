import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import jsonata from 'jsonata'
import { describe, expect, it } from 'vitest'
import { builtIns } from '../../engine/jsonata/functions/table.ts'
import { libraryFunction, templateOf } from '../../engine/jsonata/library.ts'

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
