/** `npm run fuzz -- [--minutes 10] [--seed N]`: attacks one process until the time is over, and prints what was measured. */
import { parseArgs } from 'node:util'
import { fuzz } from './plan.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } })
const minutes = Number(values.minutes)
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(seed)) {
  throw new Error('Usage: npm run fuzz -- [--minutes 10] [--seed 17]')
}
const end = performance.now() + minutes * 60_000
process.stdout.write(`seed ${seed}, ${minutes} min\n`)
const result = await fuzz(seed, ({ rounds, longest, heaps, rss }) => {
  const heap = ((heaps.at(-1) ?? 0) / 1e6).toFixed(0)
  process.stdout.write(
    `round ${rounds}: longest turn ${longest.milliseconds.toFixed(0)} ms of processor time (${longest.attack}, seed ${longest.seed}), heap ${heap} MB, process ${(rss / 1e6).toFixed(0)} MB\n`,
  )
  return performance.now() < end
})
process.stdout.write(`${result.rounds} rounds, no end, no defect\n`)
