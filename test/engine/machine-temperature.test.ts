import { existsSync, readFileSync } from 'node:fs'
import mqtt from 'mqtt'
import { afterAll, describe, expect, it } from 'vitest'
import { until } from '../tools/wait.ts'
import { rowsOf, rowsOrNone } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const file = new URL('../../../shared/data/nab/machine_temperature_system_failure.csv', import.meta.url)
const here = existsSync(file)
if (!here) console.log('The machine temperatures are not here (../shared/data/nab): their test is skipped.')

const raise = 95 // degrees Fahrenheit, as in the file
const deadband = 3

describe('real machine temperatures', () => {
  let test: TestEngine | undefined
  afterAll(() => test?.close())

  it.skipIf(!here)(
    'are converted, stored and alarmed just as a plain loop over the file says',
    { timeout: 60_000 },
    async () => {
      const readings = readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => {
          const [time = '', value = ''] = line.split(',')
          return { time: Date.parse(`${time.replace(' ', 'T')}Z`), fahrenheit: Number(value) }
        })
      expect(readings.length).toBe(22_695)
      test = await startEngine({
        machine: flowOf(
          'machine',
          [
            ['in', 'mqtt-in', { topic: 'machines/{machine}/temperature', qos: 1, time: 'payload.time' }],
            ['known', 'filter', { when: '$type(payload.value) = "number"' }],
            [
              'celsius',
              'transform',
              { payload: '{ "fahrenheit": payload.value, "celsius": $round((payload.value - 32) / 1.8, 4) }' },
            ],
            [
              'keep',
              'store',
              { table: 'temperatures', columns: { machine: 'params.machine', celsius: 'payload.celsius' } },
            ],
            ['hot', 'alarm', { key: 'params.machine', value: 'payload.fahrenheit', raise: `> ${raise}`, deadband }],
            [
              'log',
              'store',
              { table: 'alarms', columns: { transition: 'payload.transition', value: 'payload.value' } },
            ],
          ],
          ['in.out known.in', 'known.pass celsius.in', 'celsius.out keep.in', 'celsius.out hot.in', 'hot.event log.in'],
        ),
      })
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
      for (let start = 0; start < readings.length; start += 500) {
        const part = readings.slice(start, start + 500)
        await Promise.all(
          part.map(({ time, fahrenheit }) =>
            client.publishAsync('machines/m1/temperature', JSON.stringify({ time, value: fahrenheit }), { qos: 1 }),
          ),
        )
      }
      await client.endAsync()
      const { data } = test
      await until(
        () => rowsOrNone(data, 'SELECT count(*) AS n FROM temperatures')[0]?.n === readings.length,
        'all rows',
        20_000,
      )

      const stored = rowsOf(data, 'SELECT time, celsius FROM temperatures ORDER BY rowid')
      const wanted = readings.map(({ time, fahrenheit }) => ({ time, celsius: round((fahrenheit - 32) / 1.8, 4) }))
      expect(stored).toEqual(wanted)
      const alarms = rowsOf(data, 'SELECT time, transition, value FROM alarms ORDER BY rowid')
      expect(alarms).toEqual(plainAlarms(readings))
      expect(alarms.length).toBeGreaterThan(20)
      expect(test.engine.deadLetters.list({}).total).toBe(0)
    },
  )
})

/** What the alarm must say, by a loop that knows nothing of the engine. */
function plainAlarms(readings: readonly { time: number; fahrenheit: number }[]) {
  const events: { time: number; transition: string; value: number }[] = []
  let active = false
  for (const { time, fahrenheit } of readings) {
    if (!active && fahrenheit > raise) {
      active = true
      events.push({ time, transition: 'RAISED', value: fahrenheit })
    } else if (active && fahrenheit <= raise - deadband) {
      active = false
      events.push({ time, transition: 'CLEARED', value: fahrenheit })
    }
  }
  return events
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
