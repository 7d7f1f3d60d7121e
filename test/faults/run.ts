/**
 * Plays the fault plan and prints a table: faults, messages, lost, repeated, against what is promised. Exits with 1 when a
 * promise was broken.
 *
 * `npm run faults` plays the short form of every scenario; `--minutes 60` shares an hour among them and lets faults come as
 * long as there is time; `--seed 7` plays it with other chances; `--only kill` (or `kill,disk`) plays some.
 */
import { parseArgs } from 'node:util'
import { brokenPromises, type Outcome, type PathResult } from './check.ts'
import { Plan } from './plan.ts'
import { scenarios } from './scenarios.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string' }, only: { type: 'string' } },
})
const names = values.only === undefined ? Object.keys(scenarios) : values.only.split(',')
const unknown = names.filter((name) => !(name in scenarios))
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}. Write some of: ${Object.keys(scenarios).join(', ')}.`)
  process.exit(2)
}
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed)
const minutes = values.minutes === undefined ? undefined : Number(values.minutes) / names.length
if (!Number.isSafeInteger(seed) || (minutes !== undefined && !(minutes > 0))) {
  console.error('--seed takes a whole number, --minutes a number above 0.')
  process.exit(2)
}

let failed = false
for (const name of names) {
  console.log(`\n${name} (seed ${seed})`)
  const start = performance.now()
  const broken = await play(name)
  console.log(`  ${((performance.now() - start) / 1000).toFixed(1)} s`)
  if (broken.length === 0) continue
  failed = true
  for (const text of broken) console.log(`  BROKEN ${text}`)
  const again = minutes === undefined ? '' : ` --minutes ${minutes}`
  console.log(`  Again: npm run faults -- --only ${name} --seed ${seed}${again}`)
}
console.log(failed ? '\nA promise was broken.' : '\nEvery promise was kept.')
process.exit(failed ? 1 : 0)

async function play(name: string): Promise<string[]> {
  try {
    const outcome = await scenarios[name]?.(new Plan(seed, minutes))
    if (outcome === undefined) return []
    print(outcome)
    return brokenPromises(outcome)
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
}

function print({ faults, paths }: Outcome): void {
  console.log(`  ${faults}`)
  if (paths.length === 0) return
  const rows = paths.map(({ path, messages, lost, repeated, allowed }) => [
    path,
    String(messages),
    `${lost}${promise(allowed.lost)}`,
    `${repeated}${promise(allowed.repeated)}`,
  ])
  const table = [['path', 'messages', 'lost', 'repeated'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  for (const row of table) console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`)
}

function promise(allowed: PathResult['allowed']['lost']): string {
  return allowed === 0 ? ' (none allowed)' : ' (allowed)'
}
