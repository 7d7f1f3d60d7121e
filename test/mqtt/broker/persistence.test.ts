import assert from 'node:assert'
import { createRequire } from 'node:module'
import { afterAll, describe, expect, it } from 'vitest'
import { Persistence } from '../../../engine/mqtt/broker/persistence.ts'
import { Sessions } from '../../../engine/mqtt/broker/sessions.ts'
import { createBrokerStore } from '../../../engine/store/broker.ts'
import { openTestDatabase, removeDatabases } from './database.ts'

afterAll(removeDatabases)

/** What aedes' suite uses of the context of node:test. */
interface Context {
  assert: typeof assert
  plan(count: number): void
  diagnostic(text: string): void
}
type Case = (context: Context) => unknown
type Suite = (options: { test(name: string, run: Case): void; persistence(): unknown; testAsync: boolean }) => void

/** Cases of aedes-persistence 11.0.0; another number means that the package has changed and this file is to be looked at. */
const knownCases = 50

const suite: Suite = createRequire(import.meta.url)('aedes-persistence/abstract.js')
const cases: { name: string; run: Case }[] = []
suite({ test: (name, run) => cases.push({ name, run }), persistence: newPersistence, testAsync: true })

describe('the persistence passes the suite of aedes', () => {
  let passed = 0
  for (const { name, run } of cases) {
    it(name, async () => {
      let planned: number | undefined
      let counted = 0
      const counting = new Proxy(assert, {
        get(target, property) {
          const check: unknown = Reflect.get(target, property)
          if (typeof check !== 'function') return check
          return (...values: unknown[]) => {
            counted++
            return check.apply(target, values)
          }
        },
      })
      const plan = (count: number) => {
        planned = count
      }
      await run({ assert: counting, plan, diagnostic: () => undefined })
      if (planned !== undefined) expect(counted).toBe(planned)
      passed++
    })
  }

  it('has as many cases as are known', () => {
    expect(cases.length).toBe(knownCases)
  })

  afterAll(() => {
    console.log(`aedes-persistence suite: ${passed} of ${cases.length} cases passed`)
  })
})

class ClosingPersistence extends Persistence {
  readonly #close: () => void

  constructor(...values: [...ConstructorParameters<typeof Persistence>, () => void]) {
    super(values[0], values[1], values[2])
    this.#close = values[3]
  }

  override async destroy(): Promise<void> {
    await super.destroy()
    this.#close()
  }
}

function newPersistence(): Persistence {
  const database = openTestDatabase()
  const store = createBrokerStore(database)
  return new ClosingPersistence(store, new Sessions(store, 1000), undefined, () => database.close())
}
