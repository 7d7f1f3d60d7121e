/**
 * How fast history is run again: messages a second through mqtt-in, filter, transform and alarm, in virtual time, from memory and from
 * a CSV file; alone, with many keys, and with another version beside it.
 *
 * npm run bench:backtest -- [--messages 500000] [--rounds 3]
 */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { runBacktest } from '../../engine/backtest/backtest.ts'
import { fileInput } from '../../engine/backtest/file-input.ts'
import type { RecordedInput } from '../../engine/backtest/recorded.ts'
import { checkFlow } from '../../engine/flow/index.ts'
import type { Plan } from '../../engine/flow/model.ts'
import { seededRandom } from '../../engine/run/random.ts'
import type { Packet } from '../../engine/spec/message.ts'
import { nodeSpecs } from '../../nodes/index.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '500000' }, rounds: { type: 'string', default: '3' } },
})
const messages = Number(values.messages)
const start = Date.UTC(2026, 0, 1)

const plan = planOf({ raise: '> 30', deadband: 2, onDelay: '5m', offDelay: '1m' })
const other = planOf({ raise: '> 31', deadband: 2, onDelay: '5m', offDelay: '1m' })
await report('one key', plan, () => packets(1))
await report('1,000 keys', plan, () => packets(1000))
await report('one key, another version beside it', plan, () => packets(1), other)
await report('one key, from CSV', plan, csv)

async function report(name: string, version: Plan, input: () => RecordedInput, against?: Plan): Promise<void> {
  const rates: number[] = []
  const perCpu: number[] = []
  let alarms = 0
  for (let round = 0; round < Number(values.rounds); round++) {
    const began = performance.now()
    const used = process.cpuUsage()
    const result = await runBacktest({
      plan: version,
      against: against === undefined ? undefined : { label: 'other', plan: against },
      input: input(),
      tables: () => ({
        insert: () => undefined,
        create: () => undefined,
        deleteBelow: () => undefined,
        query: () => [],
      }),
      seed: 1,
      width: 1000,
      tolerance: 600_000,
      elapsed: () => performance.now(),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    })
    if (result.taken !== messages) throw new Error(`${result.taken} of ${messages} messages were taken`)
    alarms = result.alarms.total
    rates.push(messages / ((performance.now() - began) / 1000))
    const { user, system } = process.cpuUsage(used)
    perCpu.push(messages / ((user + system) / 1e6))
  }
  const [wall, cpu] = [rates, perCpu].map((all) => {
    const sorted = all.toSorted((left, right) => left - right)
    return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0).toLocaleString('en')
  })
  const memory = Math.round(process.memoryUsage().rss / 1e6)
  console.log(
    `${name}: ${wall} messages a second, ${cpu} for each second of processor time, ${alarms} alarms, ${memory} MB resident`,
  )
}

function planOf(alarm: Record<string, unknown>): Plan {
  const { plan: found, problems } = checkFlow(
    {
      flow: 'bench',
      nodes: [
        { id: 'in', type: 'mqtt-in', config: { topic: 'plant/{machine}/climate' } },
        { id: 'sane', type: 'filter', config: { when: 'payload.f > -50' } },
        { id: 'celsius', type: 'transform', config: { payload: "{ 'celsius': $round((payload.f - 32) / 1.8, 1) }" } },
        { id: 'hot', type: 'alarm', config: { key: 'params.machine', value: 'payload.celsius', ...alarm } },
      ],
      wires: [
        { from: 'in.out', to: 'sane.in' },
        { from: 'sane.pass', to: 'celsius.in' },
        { from: 'celsius.out', to: 'hot.in' },
      ],
    },
    { specs: nodeSpecs },
  )
  if (found === undefined) throw new Error(problems.map(({ text }) => text).join(' '))
  return found
}

/** A wave with noise: one message a second. */
function* readings(): Generator<{ time: number; f: string; place: number }> {
  const random = seededRandom(1)
  for (let place = 0; place < messages; place++) {
    yield { time: start + place * 1000, f: (80 + 12 * Math.sin(place / 5000) + random()).toFixed(2), place }
  }
}

function packets(keys: number): RecordedInput {
  async function* pieces(): AsyncGenerator<Packet[]> {
    let piece: Packet[] = []
    for (const { time, f, place } of readings()) {
      const payload = Buffer.from(`{"f":${f},"unit":"F","seq":${place}}`)
      const topic = `plant/m${place % keys}/climate`
      piece.push({ connection: 'default', topic, payload, qos: 1, retain: false, props: {}, received: time })
      if (piece.length < 1000) continue
      yield piece
      piece = []
    }
    if (piece.length > 0) yield piece
  }
  return { pieces, total: () => messages, done: () => null, badLines: () => ({ count: 0, first: [] }) }
}

function csv(): RecordedInput {
  async function* open(): AsyncGenerator<Uint8Array> {
    let text = 'timestamp,f,unit,seq\n'
    for (const { time, f, place } of readings()) {
      text += `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')},${f},F,${place}\n`
      if (text.length < 65_536) continue
      yield Buffer.from(text)
      text = ''
    }
    yield Buffer.from(text)
  }
  return fileInput({ file: 'readings.csv', topic: 'plant/m0/climate', bytes: null, open })
}
