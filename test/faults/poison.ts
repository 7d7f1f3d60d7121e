import mqtt from 'mqtt'
import { rowsOrNone } from '../engine/rows.ts'
import { flowOf } from '../engine/start.ts'
import { until } from '../tools/wait.ts'
import { compare, numbers, type Outcome } from './check.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'

/** Messages that throw, never end, nest too deep, are no text, are huge or empty, and some that kill the process. */
export function poison(plan: Plan): Promise<Outcome> {
  const { random } = plan
  const flows = () => [
    flowOf(
      'poison',
      [
        ['in', 'mqtt-in', { topic: 'poison/+', qos: 2, decode: 'json', broker: 'far' }],
        ['kill', 'killer', {}],
        [
          'work',
          'transform',
          {
            payload:
              'payload.loop ? ($f := function($x) { $f($x + 1) }; $f(1)) : payload.fail ? $error("no") : payload',
          },
        ],
        ['keep', 'store', { table: 'kept', columns: { n: 'payload.n' } }],
        ['text-in', 'mqtt-in', { topic: 'text', qos: 1, decode: 'text', broker: 'far' }],
        ['keep-text', 'store', { table: 'texts', columns: { n: '$length(payload)' } }],
      ],
      ['in.out kill.in', 'kill.out work.in', 'work.out keep.in', 'text-in.out keep-text.in'],
    ),
  ]
  return Rig.play({ flows }, async (rig) => {
    const { engine, mosquitto } = rig
    const client = await mqtt.connectAsync(mosquitto.url)
    const good: number[] = []
    const expected: Record<string, number> = {}
    const publish = (topic: string, payload: string | Buffer) => {
      // QoS 1 and 2 side by side, so that both ways of an ack are on their way when the process ends.
      client.publish(topic, payload, { qos: random.chance(0.5) ? 1 : 2 })
    }
    const expect = (code: string) => {
      expected[code] = (expected[code] ?? 0) + 1
    }
    const some = (count: number) => {
      for (let index = 0; index < count; index++) {
        good.push(good.length)
        publish('poison/good', `{"n":${good.length - 1}}`)
      }
    }
    let deadly = 0
    let startFailures = 0
    for (const _ of plan.steps(['round'], 1)) {
      some(20)
      publish('poison/throws', '{"fail":true}')
      expect('EXPRESSION_FAILED')
      publish('poison/loops', '{"loop":true}')
      expect('EXPRESSION_FAILED')
      publish('poison/deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`)
      expect('PAYLOAD_DECODE')
      publish('poison/broken', '{"n":')
      expect('PAYLOAD_DECODE')
      publish('text', Buffer.from([0xff, 0xfe, 0x41]))
      expect('PAYLOAD_DECODE')
      publish('text', '')
      publish('text', 'x'.repeat(10_000_000))
      some(20)
      publish('poison/kill', '{"kill":true}')
      expect('POISON')
      deadly++
      some(20)
      const before = engine.kills
      await until(
        async () => {
          if (!engine.running) {
            await engine.start().catch(() => {
              // It met the deadly message before it had said that it runs.
              startFailures++
            })
          }
          return numbers(engine.data, 'kept').length >= good.length && letters(engine.data).length >= sum(expected)
        },
        () =>
          `${good.length} rows and ${sum(expected)} dead letters, not ${numbers(engine.data, 'kept').length} and ${JSON.stringify(letters(engine.data))}`,
        60_000,
      )
      if (engine.kills - before !== 3) expected[`3 kills by a deadly message, not ${engine.kills - before}`] = 1
    }
    await client.endAsync(true)
    await rig.settled()
    const broken: string[] = []
    for (const [code, count] of Object.entries(expected)) {
      const found = letters(engine.data).filter((letter) => letter === code).length
      if (found !== count) broken.push(`${found} dead letters ${code}, not ${count}`)
    }
    const ended = rowsOrNone(
      engine.data,
      "SELECT text FROM rw_dead_letters WHERE text LIKE '%limit%' OR text LIKE '%deep%'",
    )
    if (ended.length === 0)
      broken.push(
        `no dead letter says that the endless loop met a limit: ${JSON.stringify(rowsOrNone(engine.data, "SELECT text FROM rw_dead_letters WHERE code = 'EXPRESSION_FAILED'"))}`,
      )
    const sizes = numbers(engine.data, 'texts').toSorted((left, right) => left - right)
    if (sizes.at(-1) !== 10_000_000 || sizes[0] !== 0) broken.push(`texts of ${sizes.join(', ')} characters`)
    return {
      faults: `${deadly} deadly messages ended the engine ${engine.kills} times, ${startFailures} of them before it was up; ${sum(expected) - deadly} that throw, loop, nest 100,000 deep, or are not what they should be`,
      paths: [compare('the other messages -> SQLite', good, numbers(engine.data, 'kept'))],
      broken,
    }
  })
}

function letters(data: string): string[] {
  return rowsOrNone(data, 'SELECT code FROM rw_dead_letters ORDER BY id').map(({ code }) => String(code))
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
