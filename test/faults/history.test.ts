/** kill -9 while messages are recorded, compressed and deleted: what was acked is in the history, in order, and once. */
import { afterEach, expect, it } from 'vitest'
import type { FaultPoint } from '../../engine/run/ports.ts'
import { readHistory } from '../../engine/store/history-read.ts'
import { flowOf } from '../engine/start.ts'
import { Random } from '../jsonata/random.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { pause, until } from '../tools/wait.ts'
import { EngineProcess } from './engine-process.ts'
import { Publisher } from './publisher.ts'
import type { Path } from './workload.ts'

const points: readonly FaultPoint[] = ['before-commit', 'in-commit', 'after-commit', 'before-settle', 'after-settle']
const recordedPaths: readonly Path[] = ['q1', 'q2']
const seed = 20261123

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** The history wants more than the node, at a higher QoS, so their subscriptions overlap. */
function recordedFlow(broker?: string): Record<string, unknown> {
  const node = { topic: 'in/q1/{lane}', qos: 1, ...(broker === undefined ? {} : { broker }) }
  const history = { filters: ['in/#'], qos: 2, ...(broker === undefined ? {} : { connection: broker }) }
  return { ...flowOf('recorded', [['in', 'mqtt-in', node]], []), history }
}

/** Numbers of the recorded messages, by path, in the order of the history. */
function numbers(data: string): Record<string, number[]> {
  const found: Record<string, number[]> = { q1: [], q2: [] }
  const reader = readHistory(data)
  for (const { topic, payload } of reader) {
    const { n } = JSON.parse(Buffer.from(payload).toString()) as { n: number }
    found[topic.split('/')[1] ?? '']?.push(n)
  }
  reader.close()
  return found
}

async function killSome(engine: EngineProcess, random: Random, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    if (count % 2 === 0) {
      await engine.arm(points[(count / 2) % points.length] ?? 'in-commit', 1 + random.below(40))
      await engine.ended(20_000)
    } else {
      await pause(random.below(300))
      await engine.kill()
    }
    await engine.start()
  }
}

/** Waits until all of these are recorded, and gives what is in the history. */
async function recordedAll(engine: EngineProcess, wanted: (path: Path) => Iterable<number>) {
  const missing = () => {
    const found = numbers(engine.data)
    return recordedPaths.flatMap((path) => {
      const there = new Set(found[path])
      return [...wanted(path)].filter((n) => !there.has(n)).map((n) => `${path} ${n}`)
    })
  }
  await until(
    () => missing().length === 0,
    () => `${missing().length} recorded messages: ${missing().slice(0, 10).join(', ')} ...`,
    60_000,
  )
  await engine.close()
  return numbers(engine.data)
}

/** Each once and in order; what the publisher published again is another message at QoS 1, and may be there again. */
function expectOnceInOrder(found: Record<string, number[]>, publisher: Publisher): void {
  for (const path of recordedPaths) {
    const times = Map.groupBy(found[path] ?? [], (n) => n)
    const twice = [...times].filter(([n, all]) => all.length > 1 && publisher.again.get(path)?.has(n) !== true)
    expect(twice, `${path}, seed ${seed}`).toEqual([])
    const firsts = [...times.keys()]
    expect(firsts, `${path}, seed ${seed}`).toEqual(firsts.toSorted((one, other) => one - other))
  }
}

it('a broker that lives on: every message is there, in order, at QoS 1 and 2', async () => {
  const random = new Random(seed)
  const mosquitto = await startMosquitto({
    config: ['max_queued_messages 0', 'max_inflight_messages 0'],
    persistent: true,
  })
  ends.push(() => mosquitto.stop())
  // What the engine has not acked when it is killed comes again one by one, so it should not be thousands.
  const plant = { name: 'plant', url: mosquitto.url, receiveMaximum: 50 }
  const engine = new EngineProcess([recordedFlow('plant')], { connections: [plant] })
  await engine.start()
  ends.push(() => engine.kill())
  const publisher = await Publisher.connect(mosquitto.url)
  ends.push(() => publisher.close())
  const running = publisher.run(recordedPaths, 1000)
  await killSome(engine, random, 6)
  await publisher.finished()
  await running
  const found = await recordedAll(engine, (path) => Array.from({ length: publisher.sent.get(path) ?? 0 }, (_, n) => n))
  expectOnceInOrder(found, publisher)
}, 120_000)

it('an embedded broker that ends with the engine: what was acked is there, in order', async () => {
  const random = new Random(seed + 1)
  const engine = new EngineProcess([recordedFlow()])
  await engine.start()
  ends.push(() => engine.kill())
  const publisher = await Publisher.connect(`mqtt://127.0.0.1:${engine.mqttPort}`)
  ends.push(() => publisher.close())
  const running = publisher.run(recordedPaths, 1000)
  await killSome(engine, random, 4)
  await publisher.finished(60_000)
  await running
  const found = await recordedAll(engine, (path) => publisher.acked.get(path) ?? [])
  expectOnceInOrder(found, publisher)
}, 120_000)
