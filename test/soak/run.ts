/**
 * `npm run soak -- [--minutes 60] [--rate 2000]`: keeps the program busy and prints how memory, descriptors and the log of the
 * database grow. What is flat has a slope near 0; the first fifth of the time is left out, because caches fill then.
 */
import { parseArgs } from 'node:util'
import { type Soaked, soak } from './soak.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, rate: { type: 'string', default: '2000' } },
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)
if (!(minutes > 0) || !(rate > 0)) throw new Error('Usage: npm run soak -- [--minutes 60] [--rate 2000]')

process.stdout.write(`${minutes} min, ${rate} readings/s\n`)
const soaked = await soak({ milliseconds: minutes * 60_000, rate, tell: (line) => process.stdout.write(`${line}\n`) })
process.stdout.write(table(soaked))

function table({ series, counts }: Soaked): string {
  const lines = series.map(({ name, unit, scale, first, last, most, slope }) => {
    const cell = (value: number) => (value / scale).toFixed(scale === 1 ? 0 : 1).padStart(9)
    return `${name.padEnd(22)}${cell(first)}${cell(last)}${cell(most)}${cell(slope)} ${unit}/h\n`
  })
  const done = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  return `\n${''.padEnd(22)}    first     last     most    slope\n${lines.join('')}\n${done.join(', ')}\n`
}
