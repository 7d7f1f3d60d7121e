import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import mqtt from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../engine/clock.ts'
import { createEngine, type Engine } from '../../engine/engine.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { freePort } from '../tools/port.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { until } from '../tools/wait.ts'
import { rowsOf } from './rows.ts'

/** When the older engine was killed, UTC milliseconds: its alarms on delay are due 20 minutes later. */
const killed = Date.UTC(2026, 10, 23, 9, 37, 52)
const minute = 60_000
const { path, remove } = temporaryDirectory('upgrade')
const data = join(path, 'data')
const flows = join(path, 'flows')
const posts: { body: { alarmId: string; seq: number }; key: string | undefined }[] = []
const hook = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    posts.push({
      body: JSON.parse(Buffer.concat(parts).toString()),
      key: request.headers['idempotency-key']?.toString(),
    })
    response.end('thanks')
  })
})
let engine: Engine | undefined

beforeAll(async () => {
  const port = await freePort()
  await new Promise<void>((resolve) => hook.listen(port, '127.0.0.1', resolve))
  // The server that the flow posts to is away in the file; here it is there.
  const sql = readFileSync(join(import.meta.dirname, 'older', 'schema-1.sql'), 'utf8').replaceAll(
    'http://127.0.0.1:9/',
    `http://127.0.0.1:${port}/`,
  )
  mkdirSync(data)
  mkdirSync(flows)
  const database = new Database(join(data, 'rulewire.db'))
  database.exec(sql)
  database.pragma('user_version = 1')
  const document = database.prepare('SELECT document FROM rw_deploys').pluck().get()
  database.close()
  writeFileSync(join(flows, 'plant.json'), String(document))
})
afterAll(async () => {
  await engine?.close()
  hook.close()
  remove()
})

/** Starts the engine of today on the older one's directories, so long after that one was killed. */
async function start(after: number): Promise<Engine> {
  const shift = Date.now() - (killed + after)
  const clock = {
    ...systemClock,
    now: () => Date.now() - shift,
    at: (time: number, run: () => void) => systemClock.at(time + shift, run),
  }
  const connections = [{ name: 'far', url: 'mqtt://127.0.0.1:9' }]
  return createEngine({
    specs: nodeSpecs,
    version: 'test',
    flows,
    data,
    mqtt: { host: '127.0.0.1', port: 0 },
    connections,
    clock,
  })
}

test('a data directory of an older version is opened without loss: state, alarms, what waits, what is retained', async () => {
  engine = await start(minute)
  const of = engine
  expect(of.flows.list().map(({ flow, status }) => `${flow} ${status}`)).toEqual(['plant running'])
  expect(states(of)).toEqual([
    'slow a PENDING 70',
    'slow b PENDING 95',
    'slow c PENDING 65',
    'too-hot a LATCHED 70',
    'too-hot b ACTIVE 95',
  ])
  expect(rowsOf(data, 'SELECT pump, celsius FROM readings')).toHaveLength(5)
  expect(rowsOf(data, 'SELECT topic FROM rw_outbox ORDER BY sequence')).toHaveLength(5)
  expect(rowsOf(data, 'SELECT id, node FROM rw_dead_letters')).toEqual([{ id: 1, node: 'strict' }])
  await until(
    () => posts.length === 3,
    () => JSON.stringify(posts),
  )
  expect(posts.filter(({ body }) => body.alarmId.endsWith('/a')).map(({ body }) => body.seq)).toEqual([1, 2])
  expect(new Set(posts.map(({ key }) => key)).size).toBe(3)
  expect(await inbox(of)).toEqual(['orders/1 order 1', 'orders/2 order 2', 'orders/3 order 3', 'site/name north'])
})

test('counts and deadlines go on where the older version stopped', async () => {
  await engine?.close()
  engine = await start(25 * minute)
  const of = engine
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${of.mqttPort}`)
  // A delay that is over needs a live sample after a start.
  for (const pump of ['a', 'b', 'c']) await client.publishAsync(`pumps/${pump}/climate`, '{"celsius":75}', { qos: 1 })
  await client.endAsync()
  const slow = () => states(of).filter((one) => one.startsWith('slow'))
  await until(
    () => slow().every((one) => one.includes('ACTIVE')),
    () => states(of).join('\n'),
  )
  expect(slow()).toEqual(['slow a ACTIVE 75', 'slow b ACTIVE 75', 'slow c ACTIVE 75'])
  const [runs] = rowsOf(data, "SELECT value ->> 'count' AS count FROM rw_state WHERE node = 'plant/runs' AND key = 'a'")
  expect(runs).toEqual({ count: 3 })
})

/** The alarms that are not plain normal: node, key, condition and value, in this order. */
function states(of: Engine): string[] {
  const { items } = of.alarms.list({})
  return items.map(({ node, key, condition, value }) => `${node} ${key} ${condition} ${value}`).sort()
}

/** What waits for a client that was away, and a retained message. */
async function inbox(of: Engine): Promise<string[]> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${of.mqttPort}`, { clientId: 'sleeper', clean: false })
  const found: string[] = []
  client.on('message', (topic, payload) => found.push(`${topic} ${payload}`))
  client.on('connect', () => client.subscribe('site/#'))
  try {
    await until(
      () => found.length === 4,
      () => found.join(', '),
    )
  } finally {
    await client.endAsync()
  }
  return found.sort()
}
