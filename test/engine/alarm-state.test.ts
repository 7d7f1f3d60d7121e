import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import type { FlowDocument } from '../../engine/flow/model.ts'
import { until } from '../tools/wait.ts'
import { startEngine, type TestEngine } from './start.ts'

const page = readFileSync(join(import.meta.dirname, '../../engine/docs/alarms.md'), 'utf8')
/** The flow of the page. */
const documented: FlowDocument = JSON.parse(/```json\n(\{[\s\S]*?)```/.exec(page)?.[1] ?? '')
const removed = /payload\s+`(payload\.condition[^`]*)`/.exec(page)?.[1] ?? ''

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(document: FlowDocument): Promise<TestEngine> {
  const test = await startEngine({ [document.flow]: document })
  ends.push(() => test.close())
  return test
}

async function connect(test: TestEngine): Promise<MqttClient> {
  await until(() => test.engine.health().ready, 'the engine')
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
  ends.push(() => client.endAsync(true))
  return client
}

/** What somebody gets who comes now: by topic, only what is retained. A topic of its own tells that all of it has come. */
async function retained(test: TestEngine): Promise<Record<string, { condition: string; seq: number; value: number }>> {
  const client = await connect(test)
  const found: Record<string, { condition: string; seq: number; value: number }> = {}
  let done = false
  client.on('message', (topic, payload, packet) => {
    if (topic === 'test/done') done = true
    else if (packet.retain) found[topic] = JSON.parse(String(payload))
  })
  await client.subscribeAsync(['alarms/+/state', 'test/done'], { qos: 1 })
  await client.publishAsync('test/done', '', { qos: 1 })
  await until(() => done, 'the last message')
  await client.endAsync(true)
  return found
}

const conditions = (found: Awaited<ReturnType<typeof retained>>) =>
  Object.entries(found).map(([topic, { condition, seq }]) => `${topic} ${condition} ${seq}`)

describe('the state of alarms as the page on alarms publishes it', () => {
  it('is there for who comes later, over a restart, and follows when the key clears', async () => {
    const test = await start(documented)
    const publisher = await connect(test)
    for (const [fridge, value] of [
      ['kitchen', 9],
      ['cellar', 5],
      ['bar', 10],
    ])
      await publisher.publishAsync(`fridges/${fridge}/temperature`, String(value), { qos: 1 })
    const expected = ['alarms/bar/state ACTIVE 1', 'alarms/kitchen/state ACTIVE 1']
    let found = await retained(test)
    await until(async () => {
      found = await retained(test)
      return conditions(found).length === 2
    }, 'two states')
    expect(conditions(found).sort()).toEqual(expected)
    expect(found['alarms/kitchen/state']).toMatchObject({
      alarmId: 'fridge-states/too-warm/kitchen',
      transition: 'RAISED',
      value: 9,
      limit: 8,
    })
    await test.restart()
    expect(conditions(await retained(test)).sort()).toEqual(expected)
    const again = await connect(test)
    await again.publishAsync('fridges/kitchen/temperature', '7', { qos: 1 })
    await until(async () => {
      found = await retained(test)
      return found['alarms/kitchen/state']?.condition === 'NORMAL'
    }, 'the end of the alarm')
    // Numbered on: the restart itself has published nothing.
    expect(found['alarms/kitchen/state']).toMatchObject({ transition: 'CLEARED', seq: 2, value: 7 })
    expect(found['alarms/bar/state']).toMatchObject({ condition: 'ACTIVE', seq: 1 })
  })

  it('goes away when the key clears, with the payload that the page gives for that', async () => {
    expect(removed).toContain('NORMAL')
    const nodes = documented.nodes.map((node) =>
      node.id === 'publish' ? { ...node, config: { ...node.config, payload: removed } } : node,
    )
    const test = await start({ ...documented, nodes })
    const publisher = await connect(test)
    const publish = (value: number) => publisher.publishAsync('fridges/kitchen/temperature', String(value), { qos: 1 })
    await publish(9)
    await until(async () => conditions(await retained(test)).length === 1, 'the alarm')
    await publish(7)
    await until(async () => conditions(await retained(test)).length === 0, 'its end')
    await test.restart()
    expect(await retained(test)).toEqual({})
  })
})
