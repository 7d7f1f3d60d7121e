/**
 * How the engine behaves when there is much of it: time from start to ready, memory, deploy of a flow with 1,000 nodes and of one
 * changed node in it, the time from a reading to its output at 2,000 a second, and the throughput of one topic beside many idle filters.
 *
 * npm run bench:scale -- [--messages 300000] [--rounds 3]
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createEngine } from '../../engine/engine.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { measure } from './measure.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
    /** From the root of the project; "dist/engine/main.js" after a build. */
    main: { type: 'string', default: 'engine/main.ts' },
  },
})
const rounds = Number(values.rounds)

console.log('start to ready and memory (a process of its own, three example flows):')
for (let round = 0; round < rounds; round++) {
  const { ready, memory, rest } = await startOnce()
  console.log(`  ready after ${Math.round(ready)} ms, ${memory} MB resident, ${rest} MB three seconds later`)
}

console.log('deploy:')
const directory = mkdtempSync(join(tmpdir(), 'rulewire-scale-'))
const engine = await createEngine({
  specs: nodeSpecs,
  version: 'bench',
  flows: join(directory, 'flows'),
  data: join(directory, 'data'),
  mqtt: { host: '127.0.0.1', port: 0 },
})
for (let round = 0; round < rounds; round++) {
  const name = `big-${round}`
  const first = await timed(() => engine.flows.put(name, bigFlow(name, 30)))
  const changes: Timing[] = []
  for (let limit = 31; limit < 41; limit++) {
    changes.push(await timed(() => engine.flows.put(name, bigFlow(name, limit))))
  }
  const one = { wall: median(changes.map(({ wall }) => wall)), own: median(changes.map(({ own }) => own)) }
  console.log(
    `  1,000 nodes ${shown(first)}, one of them changed ${shown(one)}: ${(one.own / first.own).toFixed(2)} of it`,
  )
}
await engine.close()
rmSync(directory, { recursive: true, force: true })

console.log('from a reading to its output at 2,000 readings a second, p50 and p99:')
for (let round = 0; round < rounds; round++) {
  for (const qos of [0, 1] as const) {
    for (const name of ['script', 'rulewire']) {
      const {
        p50 = 0,
        p99 = 0,
        wrong,
      } = await measure(name, { name: '', qos, pass: 1, share: 1, pace: 2000 }, 20_000, undefined)
      if (wrong > 0) console.log(`  ${wrong} outputs were wrong or missing`)
      console.log(`  QoS ${qos} ${name.padEnd(8)} ${p50.toFixed(1)} ms, ${p99.toFixed(1)} ms`)
    }
  }
}

console.log('readings a second at QoS 0 p100, as ratio to no idle filters:')
const rates = new Map<number, number[]>()
for (let round = 0; round < rounds; round++) {
  for (const idle of [0, 500, 10_000]) {
    const { rate, wrong } = await measure(
      'rulewire',
      { name: '', qos: 0, pass: 1, share: 1, idle },
      Number(values.messages),
      undefined,
    )
    if (wrong > 0) console.log(`  ${wrong} outputs were wrong or missing`)
    rates.set(idle, [...(rates.get(idle) ?? []), rate])
  }
}
const base = median(rates.get(0) ?? [])
for (const [idle, all] of rates)
  console.log(`  ${String(idle).padStart(6)} idle filters: ${(median(all) / base).toFixed(2)}`)

async function startOnce(): Promise<{ ready: number; memory: number; rest: number }> {
  const data = mkdtempSync(join(tmpdir(), 'rulewire-start-'))
  mkdirSync(join(data, 'flows'))
  for (const name of ['cold-chain', 'readings', 'webhook']) {
    const text = readFileSync(new URL(`../../flows/${name}.json`, import.meta.url), 'utf8')
    writeFileSync(join(data, 'flows', `${name}.json`), text)
  }
  const begun = performance.now()
  const main = fileURLToPath(new URL(values.main, new URL('../../', import.meta.url)))
  const options = [
    'start',
    '--flows',
    join(data, 'flows'),
    '--data',
    join(data, 'data'),
    '--port',
    '0',
    '--mqtt-port',
    '0',
  ]
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('runs 3 flows')) break
  const ready = performance.now() - begun
  const memory = residentOf(child.pid)
  await setTimeout(3000)
  const rest = residentOf(child.pid)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
  rmSync(data, { recursive: true, force: true })
  return { ready, memory, rest }
}

/** Megabytes. */
function residentOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}

/** 200 chains of five nodes; `limit` stands in one of them. */
function bigFlow(flow: string, limit: number): unknown {
  const nodes: unknown[] = []
  const wires: unknown[] = []
  for (let chain = 0; chain < 200; chain++) {
    const id = (name: string) => `${name}-${chain}`
    nodes.push(
      { id: id('in'), type: 'mqtt-in', config: { topic: `plant/${flow}/${chain}/{sensor}` } },
      { id: id('hot'), type: 'filter', config: { when: `payload.temperature > ${chain === 7 ? limit : 30}` } },
      { id: id('value'), type: 'transform', config: { payload: '{ "value": $round(payload.temperature, 1) }' } },
      { id: id('alarm'), type: 'alarm', config: { value: 'payload.value', raise: '> 40' } },
      { id: id('out'), type: 'mqtt-out', config: { topic: `alarms/${chain}/{sensor}` } },
    )
    wires.push(
      { from: `${id('in')}.out`, to: `${id('hot')}.in` },
      { from: `${id('hot')}.pass`, to: `${id('value')}.in` },
      { from: `${id('value')}.out`, to: `${id('alarm')}.in` },
      { from: `${id('alarm')}.event`, to: `${id('out')}.in` },
    )
  }
  return { flow, nodes, wires }
}

/** Milliseconds: on the clock, and of the thread, which other programs on the machine do not lengthen. */
interface Timing {
  wall: number
  own: number
}

function shown({ wall, own }: Timing): string {
  return `${Math.round(wall)} ms (${Math.round(own)} ms of the thread)`
}

async function timed(work: () => Promise<unknown>): Promise<Timing> {
  const [begun, before] = [performance.now(), process.threadCpuUsage()]
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return { wall: performance.now() - begun, own: (user + system) / 1000 }
}

function median(all: number[]): number {
  return all.toSorted((left, right) => left - right)[Math.floor(all.length / 2)] ?? Number.NaN
}
