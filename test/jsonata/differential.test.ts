import { expect, it } from 'vitest'
import { compare, comparisonOf, describe as print, readSuite } from './differential.ts'
import { Reference } from './reference.ts'

/** A nightly run makes 200,000: `npm run fuzz:jsonata -- --count 200000 --seed N`. */
const COUNT = 5000

it('agrees with the library on 5,000 random expressions, in values and in code, position, token and text of errors', async () => {
  const reference = new Reference()
  const suite = readSuite()
  const disagreements: string[] = []
  for (let seed = 1; seed <= COUNT && disagreements.length < 5; seed++) {
    const disagreement = await compare(comparisonOf(seed, suite), reference)
    if (disagreement !== undefined) disagreements.push(print(disagreement))
  }
  expect(disagreements).toEqual([])
}, 60_000)
