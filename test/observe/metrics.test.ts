import { connectAsync, type MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { flowOf, startEngine, type TestEngine } from '../engine/start.ts'
import { until } from '../tools/wait.ts'
import { type Family, readExposition } from './exposition.ts'

const topics = 10_000

const devices = flowOf(
  'devices',
  [
    ['in', 'mqtt-in', { topic: 'devices/{device}/value' }],
    ['high', 'alarm', { key: 'params.device', value: 'payload', raise: '> 9990' }],
    ['broken', 'transform', { payload: '$number("no number")' }],
  ],
  ['in.out high.in', 'in.out broken.in'],
)

let engine: TestEngine
let client: MqttClient
beforeEach(async () => {
  engine = await startEngine({ devices })
  client = await connectAsync(`mqtt://127.0.0.1:${engine.engine.mqttPort}`)
})
afterEach(async () => {
  await client.endAsync(true)
  await engine.close()
})

const scrape = async () => readExposition((await engine.engine.operations.metrics()).text)
const shown = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}) =>
  families
    .get(name)
    ?.samples.find((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))?.value

describe('metrics', () => {
  test('keep to the conventions of Prometheus, and have as many series with 10,000 topics as with one', async () => {
    await client.publishAsync('devices/d-0/value', '0', { qos: 1 })
    await until(() => engine.engine.statistics()['devices/in']?.messages === 1, 'the first message')
    const before = seriesOf(await scrape())
    for (let device = 1; device < topics; device++) client.publish(`devices/d-${device}/value`, String(device))
    await client.publishAsync('devices/last/value', '0', { qos: 1 })
    await until(() => engine.engine.statistics()['devices/in']?.messages === topics + 1, 'all messages', 60_000)
    const families = await scrape()
    expect(seriesOf(families)).toEqual(before)

    for (const { name, type, help, samples } of families.values()) {
      expect(name).toMatch(/^(rulewire|process|nodejs)_[a-z0-9_]+$/)
      expect(help.length, name).toBeGreaterThan(5)
      expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter')
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|minutes)(_|$)/)
      for (const { labels, value } of samples) {
        expect(Object.values(labels).join(), name).not.toContain('d-')
        expect(Object.values(labels).join(), name).not.toContain('devices/')
        if (name.startsWith('rulewire_')) expect(value, name).toBeGreaterThanOrEqual(0)
      }
    }
    const own = [...families.values()].filter(({ name }) => name.startsWith('rulewire_'))
    const labels = new Set(own.flatMap(({ samples }) => samples.flatMap((one) => Object.keys(one.labels))))
    const known = ['code', 'connection', 'flow', 'le', 'node', 'outcome', 'side', 'state', 'status', 'type', 'version']
    expect(known).toEqual(expect.arrayContaining([...labels]))
  }, 90_000)

  test('count messages, errors, dead letters, alarms, commits and what the machine gives', async () => {
    for (const value of [1, 9_991, 9_992])
      await client.publishAsync(`devices/d-${value}/value`, String(value), { qos: 1 })
    await until(() => engine.engine.statistics()['devices/broken']?.errors === 3, 'three messages')
    await until(() => engine.engine.alarms.counts().active === 2, 'two alarms')
    const now = await scrape()
    expect(shown(now, 'rulewire_messages_received_total', { connection: 'default' })).toBe(3)
    expect(shown(now, 'rulewire_node_messages_total', { flow: 'devices', node: 'broken', type: 'transform' })).toBe(3)
    expect(shown(now, 'rulewire_node_errors_total', { flow: 'devices', node: 'broken' })).toBe(3)
    expect(shown(now, 'rulewire_dead_letters_total')).toBe(3)
    expect(shown(now, 'rulewire_dead_letters')).toBe(3)
    expect(shown(now, 'rulewire_alarms', { state: 'active' })).toBe(2)
    expect(shown(now, 'rulewire_alarm_transitions_total')).toBeGreaterThanOrEqual(2)
    expect(shown(now, 'rulewire_flows', { status: 'running' })).toBe(1)
    expect(shown(now, 'rulewire_ready')).toBe(1)
    expect(shown(now, 'rulewire_connection_up', { connection: 'default', side: 'in' })).toBe(1)
    expect(shown(now, 'rulewire_build_info', { version: 'test' })).toBe(1)
    for (const name of ['rulewire_database_size_bytes', 'rulewire_disk_free_bytes', 'process_resident_memory_bytes'])
      expect(shown(now, name), name).toBeGreaterThanOrEqual(4096)
    for (const name of ['rulewire_outbox_messages', 'rulewire_http_requests_waiting', 'rulewire_commit_failures_total'])
      expect(shown(now, name), name).toBe(0)
    for (const name of ['rulewire_batch_runs', 'rulewire_commit_duration_seconds']) {
      const samples = now.get(name)?.samples ?? []
      const counts = samples.filter((one) => one.name.endsWith('_bucket')).map(({ value }) => value)
      expect(counts.toSorted((one, other) => one - other)).toEqual(counts)
      expect(samples.find((one) => one.name.endsWith('_count'))?.value).toBe(counts.at(-1))
      expect(counts.at(-1)).toBeGreaterThan(0)
    }
    await engine.engine.deadLetters.drop(engine.engine.deadLetters.list({}).items.map(({ id }) => id))
    const after = await scrape()
    expect(shown(after, 'rulewire_dead_letters')).toBe(0)
    expect(shown(after, 'rulewire_dead_letters_total')).toBe(3)
  })

  test('of a node go with it', async () => {
    expect(shown(await scrape(), 'rulewire_node_messages_total', { node: 'broken' })).toBe(0)
    const { document, hash } = engine.engine.flows.get('devices')
    const nodes = document.nodes.filter(({ id }) => id !== 'broken')
    const wires = document.wires.filter(({ to }) => to !== 'broken.in')
    await engine.engine.flows.put('devices', { ...document, nodes, wires }, hash)
    expect(shown(await scrape(), 'rulewire_node_messages_total', { node: 'broken' })).toBeUndefined()
  })
})

function seriesOf(families: Map<string, Family>): string[] {
  const own = [...families.values()].filter(({ name }) => name.startsWith('rulewire_'))
  return own.flatMap(({ samples }) => samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)).sort()
}
