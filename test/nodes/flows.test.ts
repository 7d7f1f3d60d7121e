import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkText, type FlowDocument, printFlow, topicLoops } from '../../engine/flow/index.ts'
import type { Effect, Message } from '../../engine/node.ts'
import { filtersIntersect } from '../../engine/spec/topics.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { Bench, startTime } from './harness.ts'

const folder = join(import.meta.dirname, '../../flows')
const files = globSync('*.json', { cwd: folder }).filter((file) => !/\.(schema|test)\.json$/.test(file))
const second = 1000
const minute = 60 * second

function check(file: string) {
  return checkText(readFileSync(join(folder, file), 'utf8'), { specs: nodeSpecs, file, connections: ['default'] })
}

function documentOf(file: string): FlowDocument {
  const { document, problems } = check(file)
  if (document === undefined) throw new Error(JSON.stringify(problems))
  return document
}

/** A flow in memory: nodes joined by its wires, and a broker that hands each message to those who subscribed. */
class FlowBench {
  readonly benches: Map<string, Bench>
  readonly published: { topic: string; payload: unknown; retain: boolean; at: number }[] = []
  readonly requests: (Effect & { kind: 'request' })[] = []
  readonly #wires: FlowDocument['wires']
  readonly #filters: [string, Bench][] = []
  readonly #seen = new Map<Bench, number>()

  constructor(document: FlowDocument) {
    this.#wires = document.wires
    const entries = document.nodes.map(({ id, type, config }): [string, Bench] => {
      const spec = nodeSpecs.get(type)
      if (spec === undefined) throw new Error(`no node type ${type}`)
      const bench = new Bench(spec, config)
      for (const { filter } of spec.subscribes?.(spec.config.parse(config)) ?? []) this.#filters.push([filter, bench])
      return [id, bench]
    })
    this.benches = new Map(entries)
    // One database for all nodes, as in the engine.
    const [first] = this.benches.values()
    if (first !== undefined) for (const bench of this.benches.values()) bench.database = first.database
  }

  bench(id: string): Bench {
    const bench = this.benches.get(id)
    if (bench === undefined) throw new Error(`no node ${id}`)
    return bench
  }

  advance(milliseconds: number): void {
    for (let passed = 0; passed < milliseconds; passed += second) {
      for (const bench of this.benches.values()) bench.advance(second)
      this.deliver()
    }
  }

  /** Carries messages on until none is left. */
  deliver(): void {
    for (let moved = true; moved; ) {
      moved = false
      for (const [id, bench] of this.benches) {
        for (const [port, messages] of Object.entries(bench.takeSent())) {
          for (const message of messages) this.#carry(`${id}.${port}`, message)
          moved = true
        }
        for (const effect of bench.effects.slice(this.#seen.get(bench) ?? 0)) this.#perform(effect, bench)
        this.#seen.set(bench, bench.effects.length)
      }
    }
  }

  #carry(from: string, message: Message): void {
    for (const wire of this.#wires.filter((one) => one.from === from)) {
      const [id = '', port = ''] = wire.to.split('.')
      this.bench(id).send(port, message)
    }
  }

  #perform(effect: Effect, from: Bench): void {
    if (effect.kind === 'request') return void this.requests.push(effect)
    if (effect.kind === 'answer') return
    const { topic, payload, retain } = effect
    this.published.push({ topic, payload, retain, at: from.now - startTime })
    for (const [filter, bench] of this.#filters) {
      if (filtersIntersect(filter, topic)) bench.packet({ topic, payload: Buffer.from(payload) })
    }
  }
}

describe.each(files)('flows/%s', (file) => {
  it('is named after its flow, and has no problem', () => {
    const { problems, document } = check(file)
    expect(problems).toEqual([])
    expect(`${document?.flow}.json`).toBe(basename(file))
  })

  it('is printed as the printer prints it', () => {
    expect(readFileSync(join(folder, file), 'utf8')).toBe(printFlow(documentOf(file)))
  })

  it('has a place on the canvas for each node', () => {
    const { nodes, layout } = documentOf(file)
    expect(Object.keys(layout ?? {}).sort()).toEqual(nodes.map(({ id }) => id).sort())
  })

  it('runs for ten minutes without a failure', () => {
    const flow = new FlowBench(documentOf(file))
    flow.advance(10 * minute)
    const failures = [...flow.benches].flatMap(([id, bench]) => bench.failures.map((one) => `${id}: ${one.message}`))
    expect(failures).toEqual([])
  })
})

describe('the example flows', () => {
  it('are not in a loop over topics', () => {
    const plans = files.flatMap((file) => check(file).plan ?? [])
    expect(plans.length).toBe(files.length)
    expect(topicLoops(plans)).toEqual([])
  })

  it('cold-chain raises and clears the alarms of two fridges again and again, and never one of the third', () => {
    const flow = new FlowBench(documentOf('cold-chain.json'))
    flow.advance(9 * minute)
    const events = flow.published
      .filter(({ topic }) => topic.startsWith('alarms/'))
      .map(({ topic, payload, at }) => ({ topic, at, transition: JSON.parse(String(payload)).transition }))
    const ofKitchen = events.filter(({ topic }) => topic === 'alarms/kitchen')
    expect(ofKitchen.map(({ transition }) => transition)).toEqual(
      ofKitchen.map((_, index) => (index % 2 ? 'CLEARED' : 'RAISED')),
    )
    expect(ofKitchen.filter(({ transition }) => transition === 'RAISED').length).toBe(9)
    expect(ofKitchen[0]?.at).toBeLessThan(minute)
    expect(events.filter(({ topic }) => topic === 'alarms/bar').length).toBeGreaterThanOrEqual(10)
    expect(events.filter(({ topic }) => topic === 'alarms/cellar')).toEqual([])
    expect(flow.bench('show').logs.length).toBe(events.length)
  })

  it('readings stores every reading, and reports on the hour and when asked', () => {
    const flow = new FlowBench(documentOf('readings.json'))
    flow.advance(62 * minute)
    const stored = flow.bench('keep').rows('readings') as { sensor: string }[]
    expect(stored.filter(({ sensor }) => sensor === 'office').length).toBe((62 * 60) / 5)
    flow.bench('on-demand').packet({ topic: 'reports/readings/get', payload: Buffer.from('') })
    flow.deliver()
    const reports = flow.published.filter(({ topic }) => topic === 'reports/readings/hour')
    expect(reports.map(({ at }) => at / minute)).toEqual([60, 62])
    expect(JSON.parse(String(reports[1]?.payload))).toMatchObject([
      { sensor: 'greenhouse', readings: 721, mean: expect.any(Number) },
      { sensor: 'office', readings: 721, min: expect.any(Number) },
    ])
  })

  it('webhook calls the hook twice for each time that the tank fills, and shows why nobody hears it', () => {
    const flow = new FlowBench(documentOf('webhook.json'))
    flow.advance(4 * minute)
    expect(flow.requests.map(({ body }) => JSON.parse(String(body)).event)).toEqual([
      'RAISED',
      'CLEARED',
      'RAISED',
      'CLEARED',
    ])
    const [first] = flow.requests
    if (first === undefined) throw new Error('no request')
    expect(first).toMatchObject({ url: 'http://127.0.0.1:8080/hook', order: 'north' })
    flow.bench('hook').answer({ kind: 'failed', message: first.message, detail: 'connection refused', attempts: 3 })
    flow.deliver()
    expect(flow.bench('unheard').status).toBe('POST http://127.0.0.1:8080/hook failed: connection refused.')
    expect(flow.bench('unheard').logs).toEqual([])
    flow
      .bench('hook')
      .answer({ kind: 'response', message: first.message, status: 200, headers: {}, body: 'thanks', attempts: 1 })
    flow.deliver()
    expect(flow.bench('heard').logs).toMatchObject([{ data: 'the server answered 200' }])
  })
})
