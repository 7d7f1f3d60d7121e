import mqtt from 'mqtt'
import { afterEach, expect, it } from 'vitest'
import { startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { rowsOrNone } from './rows.ts'
import { flowOf, startEngine } from './start.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

it.each([4, 5] as const)(
  'filters that overlap fire once for each node, over MQTT protocol level %i',
  async (protocolVersion) => {
    const mosquitto = await startMosquitto()
    ends.push(() => mosquitto.stop())
    const filters = { exact: 'plant/a/temp', middle: 'plant/+/temp', end: 'plant/a/+', all: 'plant/#', same: 'plant/#' }
    const names = Object.keys(filters)
    const flow = flowOf(
      'overlap',
      [
        ...Object.entries(filters).map(([id, topic]): [string, string, Record<string, unknown>] => [
          id,
          'mqtt-in',
          { topic, broker: 'plant' },
        ]),
        ...names.map((id): [string, string, Record<string, unknown>] => [
          `keep-${id}`,
          'store',
          { table: 'seen', columns: { who: `'${id}'`, n: 'payload' } },
        ]),
      ],
      names.map((id) => `${id}.out keep-${id}.in`),
    )
    const test = await startEngine(
      { overlap: flow },
      { connections: [{ name: 'plant', url: mosquitto.url, protocolVersion }] },
    )
    ends.push(() => test.close())
    await until(() => test.engine.health().ready, 'the engine')
    const client = await mqtt.connectAsync(mosquitto.url)
    ends.push(() => client.endAsync(true))
    // The engine is subscribed when a message that all take has come once.
    await until(async () => {
      await client.publishAsync('plant/a/temp', '0', { qos: 1 })
      return new Set(rowsOrNone(test.data, 'SELECT who FROM seen').map(({ who }) => who)).size === names.length
    }, 'the subscriptions')
    const count = 20
    for (let n = 1; n <= count; n++) await client.publishAsync('plant/a/temp', String(n), { qos: 1 })
    await client.publishAsync('plant/b/temp', String(count + 1), { qos: 1 })
    await until(() => rowsOrNone(test.data, `SELECT n FROM seen WHERE n = ${count + 1}`).length === 3, 'the last one')
    const rows = rowsOrNone(test.data, 'SELECT who, count(*) AS n FROM seen WHERE n > 0 GROUP BY who ORDER BY who')
    expect(rows).toEqual([
      { who: 'all', n: count + 1 },
      { who: 'end', n: count },
      { who: 'exact', n: count },
      { who: 'middle', n: count + 1 },
      { who: 'same', n: count + 1 },
    ])
  },
)
