/**
 * The benchmark: MQTT in, filter, transform, MQTT out, by Rulewire and by its peers, interleaved in one run.
 * Prints a table of ratios and writes it as JSON to test/bench/results/.
 *
 * npm run bench -- [--rounds 3] [--messages 300000] [--without-node-red] [--only rulewire,script] [--cases 'QoS 1']
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Case, measure } from './measure.ts'
import { installNodeRed } from './node-red.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '300000' },
    only: { type: 'string' },
    cases: { type: 'string', default: '' },
    'without-node-red': { type: 'boolean', default: false },
  },
})

const allCases: Case[] = [
  { name: 'QoS 0 p10', qos: 0, pass: 10, share: 1 },
  { name: 'QoS 0 p100', qos: 0, pass: 1, share: 0.5 },
  { name: 'QoS 1 p10', qos: 1, pass: 10, share: 0.5 },
  { name: 'QoS 1 p100', qos: 1, pass: 1, share: 0.25 },
]
const cases = allCases.filter(({ name }) => name.includes(values.cases))
const names = [
  'script',
  'script-nodelay',
  'script-jsonata',
  'rulewire',
  'rulewire-history',
  'rulewire-normal',
  'node-red',
]
const nodeRed = values['without-node-red'] ? undefined : await installNodeRed()
if (nodeRed === undefined) console.log('Node-RED is not part of this run.')
const wanted = values.only?.split(',') ?? names.filter((name) => name !== 'node-red' || nodeRed !== undefined)

/** Messages a second, by case and program, one for each round. */
const rates: Record<string, Record<string, number[]>> = {}
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const one of cases) {
    for (const name of wanted) {
      const result = await measure(name, one, Math.round(Number(values.messages) * one.share), nodeRed)
      const note = result.wrong > 0 ? ` ${result.wrong} OUTPUTS WRONG OR MISSING` : ''
      console.log(
        `round ${round}  ${one.name.padEnd(11)} ${name.padEnd(16)} ${Math.round(result.rate)} messages/s, ${result.cpu.toFixed(1)} s of processor${note}`,
      )
      rates[one.name] ??= {}
      const row = rates[one.name] ?? {}
      row[name] = [...(row[name] ?? []), result.wrong > 0 ? Number.NaN : result.rate]
    }
  }
}

const compared = wanted.includes('script') ? 'the hand-written MQTT.js script' : wanted[0]
console.log(`\nRatio to ${compared} (medians of one run):\n`)
console.log(['case'.padEnd(12), ...wanted.map((name) => name.padStart(18))].join(''))
const ratios: Record<string, Record<string, number>> = {}
for (const [name, row] of Object.entries(rates)) {
  const base = median(row.script ?? row[wanted[0] ?? ''] ?? [])
  const line = Object.fromEntries(Object.entries(row).map(([program, all]) => [program, round2(median(all) / base)]))
  ratios[name] = line
  console.log([name.padEnd(12), ...wanted.map((program) => String(line[program] ?? '-').padStart(18))].join(''))
}
mkdirSync(new URL('results/', import.meta.url), { recursive: true })
writeFileSync(
  new URL('results/bench.json', import.meta.url),
  JSON.stringify({ node: process.version, rates, ratios }, null, 2),
)

function median(all: number[]): number {
  const sorted = all.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}
