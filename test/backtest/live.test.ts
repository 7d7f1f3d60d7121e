import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createEngine, type Engine } from '../../engine/engine.ts'
import type { FlowDocument } from '../../engine/flow/model.ts'
import { backtestDefaults, doBacktest } from '../../engine/host/backtest-run.ts'
import { seededRandom } from '../../engine/run/random.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { until } from '../tools/wait.ts'
import { start } from './samples.ts'

const examples = join(import.meta.dirname, '../../flows')
const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** An example flow that records what its devices send; its simulators are switched off, as the test sends for them. */
function example(name: string): FlowDocument {
  const document: FlowDocument = JSON.parse(readFileSync(join(examples, `${name}.json`), 'utf8'))
  const nodes = document.nodes.map((node) => (node.id.startsWith('sim-') ? { ...node, disabled: true } : node))
  return {
    ...document,
    nodes,
    history: { filters: ['fridges/#', 'tanks/#', 'sensors/#', 'reports/readings/get'] },
  } as FlowDocument
}

/** The engine, its own broker and database, and a clock that the test moves. */
async function live(name: string, run: (engine: Engine, clock: VirtualClock) => Promise<void>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'rulewire-backtest-'))
  directories.push(directory)
  mkdirSync(join(directory, 'flows'))
  writeFileSync(join(directory, 'flows', `${name}.json`), JSON.stringify(example(name)))
  const clock = new VirtualClock(start)
  let open = true
  // What the engine puts off to the end of a batch happens when Node has read what there is to read, as ever.
  const pump = () => {
    clock.advanceTo(clock.now())
    if (open) setImmediate(pump)
  }
  pump()
  const engine = await createEngine({
    specs: nodeSpecs,
    version: 'test',
    flows: join(directory, 'flows'),
    data: join(directory, 'data'),
    mqtt: { host: '127.0.0.1', port: 0 },
    durability: 'normal',
    clock,
    random: seededRandom(1),
  })
  try {
    await until(() => engine.health().ready, 'the engine')
    await run(engine, clock)
  } finally {
    await engine.close()
    open = false
  }
  return join(directory, 'data')
}

function takenBy(engine: Engine, node: string): number {
  return engine.statistics()[node]?.messages ?? 0
}

/** Sends messages until one of them comes: before that the broker may not know the subscription. */
async function wake(engine: Engine, node: string, topic: string, payload: string): Promise<void> {
  await until(async () => {
    await engine.publish({ topic, payload, qos: 1, retain: false })
    return takenBy(engine, node) > 0
  }, `${node} to take anything`)
}

/** Sends a message and waits until the node has taken it. */
async function send(engine: Engine, node: string, topic: string, payload: string): Promise<void> {
  const before = takenBy(engine, node)
  await engine.publish({ topic, payload, qos: 1, retain: false })
  await until(() => takenBy(engine, node) > before, `${node} to take ${topic}`)
}

function backtestOf(name: string, data: string) {
  const pace = { elapsed: () => 0, breathe: () => Promise.resolve() }
  const job = { ...backtestDefaults, document: example(name), disable: [], source: { kind: 'history' as const, data } }
  return doBacktest(job, nodeSpecs, pace)
}

const devices = [
  {
    flow: 'cold-chain',
    source: 'fridges',
    topics: ['fridges/kitchen/climate', 'fridges/bar/climate', 'fridges/cellar/climate'],
    value: (place: number, random: number) =>
      JSON.stringify({ f: Number((44 + 6 * Math.sin(place / 9) + 3 * random).toFixed(1)) }),
  },
  {
    flow: 'webhook',
    source: 'levels',
    topics: ['tanks/north/level', 'tanks/south/level'],
    value: (place: number, random: number) => (78 + 8 * Math.sin(place / 7) + 4 * random).toFixed(1),
  },
]

it.each(devices)(
  'of the example $flow over what the engine has recorded raises the alarms that the engine raised, at the same times with the same values',
  async ({ flow, source, topics, value }) => {
    const random = seededRandom(7)
    let raised: unknown[] = []
    let taken = 0
    const data = await live(flow, async (engine, clock) => {
      await wake(engine, `${flow}/${source}`, topics[0] ?? '', value(0, 0))
      for (let place = 0; place < 240; place++) {
        clock.advanceTo(clock.now() + 500 + Math.floor(2000 * random()))
        await send(engine, `${flow}/${source}`, topics[place % topics.length] ?? '', value(place, random()))
      }
      taken = takenBy(engine, `${flow}/${source}`)
      const { items } = engine.alarms.history({ flow, limit: 1000 })
      raised = items
        .map(({ node, key, transition, time, level, value: at, limit }) => ({
          node,
          key,
          transition,
          time,
          level,
          value: at,
          limit,
        }))
        .reverse()
    })
    expect(raised.length).toBeGreaterThan(10)
    const result = await backtestOf(flow, data)
    expect([result.messages, result.taken]).toEqual([taken, taken])
    expect(result.alarms.events).toEqual(raised)
    expect(await backtestOf(flow, data)).toEqual(result)
  },
)

it('of the example readings stores and reports as often as the engine did', async () => {
  const random = seededRandom(7)
  let stored: unknown
  let reported = 0
  const data = await live('readings', async (engine, clock) => {
    await wake(engine, 'readings/sensors', 'sensors/office/climate', '{"temperature":20,"humidity":50}')
    await wake(engine, 'readings/on-demand', 'reports/readings/get', '')
    for (let place = 0; place < 60; place++) {
      clock.advanceTo(clock.now() + 5000)
      const reading = { temperature: 20 + random(), humidity: 50 }
      if (place % 20 === 19) await send(engine, 'readings/on-demand', 'reports/readings/get', '')
      else await send(engine, 'readings/sensors', 'sensors/office/climate', JSON.stringify(reading))
    }
    stored = engine.store.database.prepare('SELECT count(*) FROM readings').pluck().get()
    reported = engine.statistics()['readings/publish']?.messages ?? 0
  })
  const { nodes } = await backtestOf('readings', data)
  expect([nodes.keep?.rows, nodes.publish?.published]).toEqual([stored, reported])
  expect(Number(stored)).toBeGreaterThanOrEqual(58)
  expect(reported).toBeGreaterThanOrEqual(4)
})
