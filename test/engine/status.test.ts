import { afterEach, expect, test } from 'vitest'
import { startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { rowsOrNone } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

let host: TestEngine | undefined
afterEach(() => host?.close())

const columns = {
  kind: 'payload.kind',
  subject: 'payload.subject',
  state: '$string(payload.state)',
  text: 'payload.text',
}
const watching = (config: Record<string, unknown>) =>
  flowOf(
    'watch',
    [
      ['status', 'status', { lasting: '0s', ...config }],
      ['told', 'store', { table: 'told', columns }],
    ],
    ['status.out told.in'],
  )
const broken = flowOf(
  'broken',
  [
    ['in', 'mqtt-in', { topic: 'numbers' }],
    ['half', 'transform', { payload: 'payload / 2' }],
  ],
  ['in.out half.in'],
)
const told = ({ data }: TestEngine) =>
  rowsOrNone(data, 'SELECT kind, subject, state FROM told').map(
    ({ kind, subject, state }) => `${kind} ${subject} ${state}`,
  )
const publish = (engine: TestEngine, payload: string) =>
  engine.engine.publish({ topic: 'numbers', payload, qos: 1, retain: false })
/** The node has noted what was there. */
const noted = (engine: TestEngine) =>
  until(
    () => (engine.engine.statistics()['watch/status']?.messages ?? 0) > 0,
    () => JSON.stringify(engine.engine.statistics()),
  )

test('deploys, dead letters and error rates are told, and what was there at first is not', async () => {
  host = await startEngine({ watch: watching({ errorsAbove: 0 }), broken })
  const engine = host
  await noted(engine)
  expect(told(engine)).toEqual([])
  await publish(engine, 'text')
  await until(
    () => told(engine).length >= 2,
    () => told(engine).join(),
  )
  expect(told(engine).toSorted()).toEqual(['dead-letters broken/half 1', 'errors broken/half high'])
  await engine.engine.flows.put('broken', { ...broken, disabled: true })
  await until(
    () => told(engine).includes('deploy broken disabled'),
    () => told(engine).join(),
  )
})

test('a connection that breaks and comes back is told, and one that is as before a restart is not', async () => {
  const mosquitto = await startMosquitto()
  const connections = [{ name: 'plant', url: mosquitto.url }]
  host = await startEngine({ watch: watching({ kinds: ['connection'] }) }, { connections })
  const engine = host
  const plant = () => told(engine).filter((text) => text.startsWith('connection plant'))
  await noted(engine)
  await mosquitto.stop()
  await until(
    () => plant().length > 0,
    () => told(engine).join(),
  )
  expect(plant().at(-1)).not.toBe('connection plant connected')
  await mosquitto.start()
  await until(
    () => plant().at(-1) === 'connection plant connected',
    () => told(engine).join(),
  )
  const before = told(engine)
  await until(() => engine.engine.health().ready)
  await engine.restart()
  await until(() => engine.engine.health().ready)
  await noted(engine)
  expect(told(engine)).toEqual(before)
  await mosquitto.stop()
})

test('what its own messages cause is not told', async () => {
  const loop = flowOf(
    'loop',
    [
      ['status', 'status', { lasting: '0s', errorsAbove: 0, kinds: ['dead-letters', 'errors', 'deploy', 'node'] }],
      ['half', 'transform', { payload: 'payload.kind / 2' }],
      ['show', 'debug', {}],
      ['send', 'link-out', { link: 'told' }],
    ],
    ['status.out half.in', 'status.out show.in', 'status.out send.in'],
  )
  const linked = flowOf(
    'linked',
    [
      ['in', 'link-in', { link: 'told' }],
      ['fail', 'transform', { payload: 'payload.kind / 2' }],
    ],
    ['in.out fail.in'],
  )
  host = await startEngine({ loop, linked, broken })
  const { engine } = host
  const out = () => engine.statistics()['loop/half']?.messages ?? 0
  await until(() => (engine.statistics()['loop/status']?.messages ?? 0) > 0)
  await publish(host, 'text')
  await until(
    () => out() >= 2,
    () => String(out()),
  )
  // two more looks at which something is told
  for (const disabled of [true, false]) {
    const before = out()
    await engine.flows.put('broken', { ...broken, disabled })
    await until(
      () => out() > before,
      () => String(out()),
    )
  }
  const letters = engine.deadLetters.list({ limit: 1000 }).items
  const subjects = new Set(letters.map(({ message }) => Object(Object(message).payload).subject))
  expect([...subjects].filter((subject) => /^(loop|linked)\//.test(String(subject)))).toEqual([])
})
