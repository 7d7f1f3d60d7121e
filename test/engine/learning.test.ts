import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

let host: TestEngine | undefined
afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a misspelled field of a flow that runs is told once its device has sent twenty readings', async () => {
  const attic = flowOf(
    'attic',
    [
      ['rooms', 'mqtt-in', { topic: 'rooms/{room}/climate', qos: 1 }],
      ['too-hot', 'alarm', { value: 'payload.temprature', raise: '> 30' }],
    ],
    ['rooms.out too-hot.in'],
  )
  host = await startEngine({ attic })
  const { engine, flows, log } = host
  const deployed = engine.flows.get('attic').deployed
  const problems = () => engine.flows.get('attic').problems.map(({ text }) => text)
  const reading = () =>
    engine.publish({ topic: 'rooms/attic/climate', payload: '{"temperature": 25}', qos: 1, retain: true })
  const seen = () => engine.learned.list()[0]?.count ?? 0

  await reading()
  await until(() => seen() === 1)
  for (let more = 1; more < 19; more++) await reading()
  await until(() => seen() === 19)
  expect(problems()).toEqual([])
  await reading()
  await until(() => problems().length > 0)
  const told = 'payload.temprature: no such field; did you mean temperature?'
  expect(problems()).toEqual([told])
  const warned = log.filter(({ level, text }) => level === 'warn' && text.includes(told))
  expect(warned).toHaveLength(1)
  expect(warned[0]?.text).toContain(join(flows, 'attic.json:1:'))
  expect(engine.flows.get('attic')).toMatchObject({ status: 'running', deployed })
})
