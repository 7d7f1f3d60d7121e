import { connectAsync } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Span, SpanExporter } from '../../engine/observe/otlp.ts'
import { spanWatcher } from '../../engine/observe/spans.ts'
import { Watchers } from '../../engine/observe/watchers.ts'
import type { Target } from '../../engine/run/node-runtime.ts'
import type { Watcher } from '../../engine/run/watch.ts'
import { flowOf, startEngine, type TestEngine } from '../engine/start.ts'
import { until } from '../tools/wait.ts'
import { type CollectedSpan, type Collector, startCollector } from './collector.ts'

const forward = flowOf(
  'forward',
  [
    ['in', 'mqtt-in', { topic: 'from/{name}', qos: 1 }],
    ['double', 'transform', { payload: '$number(payload) * 2' }],
    ['out', 'mqtt-out', { topic: 'to/{name}', qos: 1 }],
  ],
  ['in.out double.in', 'double.out out.in'],
)

let collector: Collector
let engine: TestEngine
let running: TestEngine | undefined
beforeEach(async () => {
  collector = await startCollector()
})
afterEach(async () => {
  await running?.close()
  running = undefined
  await collector.close()
})

const begin = async (sample: number) => {
  engine = await startEngine(
    { forward },
    {
      telemetry: { url: collector.url, sample, service: 'plant', headers: { 'x-key': { $secret: 'collector' } } },
      secret: (name) => (name === 'collector' ? 'letmein' : undefined),
    },
  )
  running = engine
}
const send = async (payload: string, topic = 'from/a') => {
  const client = await connectAsync(`mqtt://127.0.0.1:${engine.engine.mqttPort}`)
  await client.publishAsync(topic, payload, { qos: 1 })
  await client.endAsync(true)
}
const attributesOf = ({ attributes }: CollectedSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
const rootOf = (name: string) => collector.spans.find((span) => span.name === name && span.parentSpanId === undefined)

describe('traces', () => {
  test('hold a span for the run of a message and one below it for each effect, without its payload', async () => {
    await begin(1)
    await send('987654321012')
    await until(() => rootOf('forward/in') !== undefined, 'the span of the run', 20_000)
    const root = rootOf('forward/in')
    const children = collector.spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
    expect(root).toMatchObject({
      traceId: expect.stringMatching(/^[\da-f]{32}$/),
      spanId: expect.stringMatching(/^[\da-f]{16}$/),
      kind: 5,
      status: {},
    })
    expect(attributesOf(root as CollectedSpan)).toMatchObject({
      'rulewire.flow': 'forward',
      'rulewire.node': 'in',
      'rulewire.hops': '3',
      'messaging.system': 'mqtt',
      'messaging.destination.name': 'from/a',
    })
    expect(children.map(({ name, kind, traceId }) => ({ name, kind, traceId }))).toEqual([
      { name: 'publish', kind: 4, traceId: root?.traceId },
    ])
    expect(attributesOf(children[0] as CollectedSpan)).toMatchObject({
      'messaging.destination.name': 'to/a',
      'rulewire.connection': 'default',
      'rulewire.node': 'forward/out',
    })
    for (const { startTimeUnixNano, endTimeUnixNano } of [root as CollectedSpan, ...children]) {
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano))
      expect(Math.abs(Number(BigInt(startTimeUnixNano) / 1_000_000n) - Date.now())).toBeLessThan(600_000)
    }
    const [body = ''] = collector.bodies
    expect(JSON.parse(body).resourceSpans[0].resource.attributes).toEqual(
      expect.arrayContaining([
        { key: 'service.name', value: { stringValue: 'plant' } },
        { key: 'service.version', value: { stringValue: 'test' } },
      ]),
    )
    expect(collector.headers[0]).toMatchObject({ 'x-key': 'letmein', 'content-type': 'application/json' })
    for (const canary of ['987654321012', '1975308642024', 'letmein'])
      expect(collector.bodies.join()).not.toContain(canary)
  })

  test('say what failed', async () => {
    await begin(1)
    await send('no number')
    await until(() => rootOf('forward/in') !== undefined, 'the span of the run', 20_000)
    expect(rootOf('forward/in')?.status).toMatchObject({
      code: 2,
      message: expect.stringContaining('EXPRESSION_FAILED'),
    })
    expect(collector.spans.find(({ name }) => name === 'dead letter')?.status.code).toBe(2)
  })

  test('that nobody takes are dropped and counted, and messages go on', async () => {
    collector.status = 503
    await begin(1)
    await send('1')
    await until(() => collector.bodies.length > 0, 'a request', 20_000)
    const dropped = async () =>
      /rulewire_spans_total\{outcome="dropped"\} (\d+)/.exec((await engine.engine.operations.metrics()).text)?.[1]
    let count = '0'
    await until(
      () => {
        dropped().then((now) => {
          count = now ?? '0'
        })
        return Number(count) >= 2
      },
      'dropped spans',
      20_000,
    )
    await send('2')
    await until(() => engine.engine.statistics()['forward/out']?.messages === 2, 'the second message')
    expect(engine.log.map(({ text }) => text)).toContain(
      'the collector of traces does not take spans: it answered with 503',
    )
  })

  test('of no message are sent with a share of 0, and what is left is sent at the end', async () => {
    await begin(0)
    await send('1')
    await until(() => engine.engine.statistics()['forward/out']?.messages === 1, 'the message')
    await engine.close()
    expect(collector.bodies).toEqual([])
    await begin(1)
    await send('1')
    await until(() => engine.engine.statistics()['forward/out']?.messages === 1, 'the message')
    await engine.close()
    expect(rootOf('forward/in')).toBeDefined()
  })

  test('that a collector keeps waiting for do not hold up the end', { timeout: 5_000 }, async () => {
    collector.status = 0
    const lines: string[] = []
    const exporter = new SpanExporter({
      ...{ url: collector.url, headers: () => ({}), resource: {}, version: '0' },
      clock: { now: Date.now, soon: (run) => run(), at: (_, run) => clearImmediate.bind(undefined, setImmediate(run)) },
      log: (_, text) => lines.push(text),
    })
    const span = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), start: 0n, end: 1n, attributes: {} }
    exporter.add([{ ...span, name: 'first', kind: 'internal' }])
    await until(() => collector.headers.length === 1, 'the request')
    exporter.add([{ ...span, name: 'second', kind: 'internal' }])
    await exporter.close(20)
    expect(exporter).toMatchObject({ sent: 0, dropped: 2 })
    expect(lines).toEqual([expect.stringContaining('it did not answer before the engine ended')])
  })

  test('leave the traces of the editor alone', async () => {
    await begin(1)
    const armed = engine.engine.trace.arm({ flow: 'forward' })
    await send('3')
    await until(() => engine.engine.trace.get(armed.id).state === 'done', 'the trace of the editor')
    expect(engine.engine.trace.get(armed.id).hops).toHaveLength(3)
    await until(() => rootOf('forward/in') !== undefined, 'the span of the run', 20_000)
  })
})

describe('a message with a traceparent', () => {
  const target = { node: { flow: 'f', id: 'in', ref: 'f/in' }, port: 'in' } as unknown as Target // what a watcher reads of one
  const watch = (traceparent: string, sample: number) => {
    const spans: Span[] = []
    const watcher = spanWatcher({
      sample,
      random: () => 0.5,
      now: () => 1_000,
      micros: () => 0,
      add: (more) => spans.push(...more),
    })
    watcher(target, { topic: 't', props: { traceparent } })?.end()
    return spans
  }
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'

  test('goes on with the trace of its sender, who decides whether there is one', () => {
    expect(watch(`${parent}-01`, 0)).toMatchObject([
      { traceId: '0af7651916cd43dd8448eb211c80319c', parentId: 'b7ad6b7169203331', start: 1_000_000_000n },
    ])
    expect(watch(`${parent}-00`, 1)).toEqual([])
  })

  test.each([['nonsense'], [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`], [`${parent.toUpperCase()}-01`], ['']])(
    'that is none, such as %j, begins its own',
    async (text) => {
      await begin(0)
      expect(watch(text, 1)).toMatchObject([{ parentId: undefined }])
      expect(watch(text, 0)).toEqual([])
    },
  )
})

test('while nobody looks on, the runner has nobody to ask; one who does is asked without anything between', () => {
  const runner: { watcher: Watcher | undefined } = { watcher: undefined }
  const watchers = new Watchers(runner)
  const [one, other] = [watchers.seat(), watchers.seat()]
  expect(runner.watcher).toBeUndefined()
  const watcher: Watcher = () => undefined
  one.watcher = watcher
  expect(runner.watcher).toBe(watcher)
  other.watcher = () => undefined
  expect(runner.watcher).not.toBe(watcher)
  other.watcher = undefined
  expect(runner.watcher).toBe(watcher)
  one.watcher = undefined
  expect(runner.watcher).toBeUndefined()
})
