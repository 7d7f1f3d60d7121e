/**
 * `npm run fuzz:jsonata -- --count 200000 --seed 1`: compares random expressions with the library. A seed that fails is
 * printed; `--count 1 --seed N` repeats it.
 */
import { parseArgs } from 'node:util'
import { compare, comparisonOf, describe, readSuite } from './differential.ts'
import { Reference } from './reference.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    most: { type: 'string', default: '20' },
  },
})
const first = Number(values.seed)
const reference = new Reference()
const suite = readSuite()
let failures = 0
for (let seed = first; seed < first + Number(values.count) && failures < Number(values.most); seed++) {
  const disagreement = await compare(comparisonOf(seed, suite), reference)
  if (disagreement === undefined) continue
  failures++
  console.log(describe(disagreement))
}
console.log(`${values.count} comparisons from seed ${first}: ${failures} disagreements`)
process.exitCode = failures > 0 ? 1 : 0
