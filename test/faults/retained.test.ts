import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { createBrokerStore } from '../../engine/store/broker.ts'
import { openStore } from '../../engine/store/index.ts'
import { rowsOf } from '../engine/rows.ts'
import { flowOf } from '../engine/start.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { within } from '../tools/wait.ts'

/** 50,000 messages of 2 kB are 100 MB. */
const topics = 50_000
const size = 2000
/** Megabytes that an engine may hold at any moment; without messages it is some 35. */
const most = 100

const all = flowOf(
  'all',
  [
    ['in', 'mqtt-in', { topic: 'many/#' }],
    ['kept', 'store', { table: 'kept', columns: { topic: 'topic', number: 'payload.number' } }],
  ],
  ['in.out kept.in'],
)

let child: ChildProcess | undefined
afterEach(() => void child?.kill('SIGKILL'))

function directories() {
  const { path, remove } = temporaryDirectory('retained')
  const [flows, data] = [join(path, 'flows'), join(path, 'data')]
  mkdirSync(flows)
  return { flows, data, remove }
}

function start(options: { flows: string; data: string; broker?: string; wanted: number }): ChildProcess {
  child = fork(join(import.meta.dirname, 'retained-child.ts'), [JSON.stringify(options)], {
    stdio: 'inherit',
    execArgv: ['--expose-gc'],
  })
  return child
}

/** The report of a process that got all, or how it ended. */
async function report(process: ChildProcess): Promise<Record<string, number>> {
  const ended = once(process, 'exit').then(([code, signal]) => {
    throw new Error(`the engine ended with ${code ?? signal}`)
  })
  const told = (async () => {
    for await (const [message] of on(process, 'message')) if ('live' in message) return message
  })()
  return within(Promise.race([told, ended]), 'the report of the engine', 120_000)
}

async function publishAll(url: string): Promise<void> {
  const client = await mqtt.connectAsync(url)
  const text = 'x'.repeat(size)
  for (let number = 0; number < topics; number += 5000) {
    const batch = Array.from({ length: 5000 }, (_, index) => number + index)
    await Promise.all(
      batch.map((one) =>
        client.publishAsync(`many/${one}`, JSON.stringify({ number: one, text }), { retain: true, qos: 0 }),
      ),
    )
  }
  await client.endAsync()
}

function expectAll(found: Record<string, number>, data: string): void {
  expect(found).toMatchObject({ errors: 0, letters: 0 })
  expect(found.live).toBeLessThan(most)
  expect(rowsOf(data, 'SELECT count(DISTINCT number) AS count FROM kept')).toEqual([{ count: topics }])
}

test('C42: 50,000 retained messages of mosquitto at the start are taken bit by bit', async () => {
  const mosquitto = await startMosquitto({ config: ['max_queued_messages 0', 'max_inflight_messages 0'] })
  const { flows, data, remove } = directories()
  await publishAll(mosquitto.url)
  writeFileSync(join(flows, 'all.json'), JSON.stringify(all))
  const found = await report(start({ flows, data, broker: mosquitto.url, wanted: topics }))
  console.log(`  mosquitto: ${found.live} MB at most`)
  expectAll(found, data)
  await mosquitto.stop()
  remove()
}, 180_000)

test('C42: 50,000 retained messages of the embedded broker, too', async () => {
  const { flows, data, remove } = directories()
  const store = openStore(data, 'normal')
  const broker = createBrokerStore(store.database)
  const text = 'x'.repeat(size)
  for (let number = 0; number < topics; number++) {
    const payload = Buffer.from(JSON.stringify({ number, text }))
    broker.retain({ topic: `many/${number}`, payload, qos: 1, retain: true })
  }
  broker.close()
  store.close()
  writeFileSync(join(flows, 'all.json'), JSON.stringify(all))
  const found = await report(start({ flows, data, wanted: topics }))
  console.log(`  embedded: ${found.live} MB at most`)
  expectAll(found, data)
  remove()
}, 180_000)
