import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Mosquitto, startMosquitto } from '../tools/mosquitto.ts'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

let mosquitto: Mosquitto
let host: TestEngine | undefined
beforeAll(async () => {
  mosquitto = await startMosquitto()
})
afterAll(() => mosquitto.stop())
afterEach(async () => {
  await host?.close()
  host = undefined
})

/** A flow that hands on what it gets, by nodes between `in` and `out`. */
function relay(
  flow: string,
  [from, to]: [string, string],
  between: [string, string, Record<string, unknown>][] = [],
  qos: 0 | 1 | 2 = 1,
) {
  const names = ['in', ...between.map(([id]) => id), 'out']
  const wires = names.slice(1).map((name, index) => `${names[index]}.out ${name}.in`)
  return flowOf(
    flow,
    [['in', 'mqtt-in', { topic: from, qos }], ...between, ['out', 'mqtt-out', { topic: to, qos }]],
    wires,
  )
}

const count: [string, string, Record<string, unknown>] = ['count', 'transform', { payload: 'payload + 1' }]
const wait: [string, string, Record<string, unknown>] = ['wait', 'delay', { for: '5ms' }]

function countsOf({ engine }: TestEngine) {
  const all = Object.entries(engine.statistics())
  const sum = (id: string, field: 'messages' | 'errors') =>
    all.reduce((total, [ref, node]) => total + (ref.split('/')[1]?.startsWith(id) ? node[field] : 0), 0)
  return {
    received: sum('in', 'messages'),
    published: sum('out', 'messages') - sum('out', 'errors'),
    refused: sum('out', 'errors'),
  }
}

/** All that was published has come back, and nothing of it goes on. */
async function ended(test: TestEngine, started: number): Promise<void> {
  await until(
    () => {
      const { received, published, refused } = countsOf(test)
      return refused > 0 && received === published + started
    },
    () => JSON.stringify(countsOf(test)),
    20_000,
  )
}

const begin = (test: TestEngine, topic: string, payload = '1') =>
  test.engine.publish({ topic, payload, qos: 1, retain: false })

const cuts = (test: TestEngine) => test.log.filter(({ text }) => text.startsWith('TOPIC_LOOP_CUT'))

async function start(broker: string, ...flows: Record<string, unknown>[]): Promise<TestEngine> {
  const documents = Object.fromEntries(flows.map((flow) => [String(flow.flow), flow]))
  const test = await startEngine(documents, broker === 'embedded' ? {} : { broker: mosquitto.url })
  host = test
  await until(() => test.engine.health().ready)
  return test
}

describe.each(['embedded', 'mosquitto'])('C41: messages that go round over topics of %s are stopped', (broker) => {
  test.each([
    ['in one flow', [relay('one', ['one/#', 'one/next'])], 'one/a'],
    ['at QoS 0', [relay('zero', ['zero/#', 'zero/next'], [], 0)], 'zero/a'],
    ['at QoS 2', [relay('two', ['two/#', 'two/next'], [], 2)], 'two/a'],
    ['with another payload each time', [relay('other', ['other/#', 'other/next'], [count])], 'other/a'],
    ['with a wait between', [relay('late', ['late/#', 'late/next'], [wait])], 'late/a'],
    ['through two flows', [relay('a', ['ring/1', 'ring/2'], [count]), relay('b', ['ring/2', 'ring/1'])], 'ring/1'],
  ])('%s', async (_, flows, topic) => {
    const test = await start(broker, ...flows)
    await begin(test, topic)
    await ended(test, 1)
    expect(cuts(test)).toHaveLength(1)
    expect(countsOf(test).received).toBeLessThan(100)
    const items = await until(() => {
      const found = test.engine.deadLetters.list({}).items
      return found.length > 0 && found
    })
    expect(items.map(({ code }) => code)).toEqual(['TOPIC_LOOP_CUT'])
    const shown = Object.values(test.engine.statistics()).flatMap(({ status }) => status ?? [])
    expect(shown.join()).toContain('messages went round over')
  })

  test('when they become more at each turn', async () => {
    const twice = flowOf(
      'twice',
      [
        ['in', 'mqtt-in', { topic: 'twice/#' }],
        ['out-a', 'mqtt-out', { topic: 'twice/a', payload: 'payload & "a"' }],
        ['out-b', 'mqtt-out', { topic: 'twice/b', payload: 'payload & "b"' }],
      ],
      ['in.out out-a.in', 'in.out out-b.in'],
    )
    const test = await start(broker, twice)
    await begin(test, 'twice/start', '"x"')
    await ended(test, 1)
    expect(cuts(test)).toHaveLength(2)
    expect(countsOf(test).received).toBeLessThan(20_000)
  })
})

test('C41: what is cut is let go by a deploy of one of the flows, and other messages are not touched', async () => {
  const tell: [string, string, Record<string, unknown>][] = [
    ['fine', 'mqtt-in', { topic: 'fine' }],
    ['tell', 'mqtt-out', { topic: 'told' }],
  ]
  const loop = relay('one', ['one/#', 'one/next'])
  const other = flowOf('other', tell, ['fine.out tell.in'])
  const own = await start('embedded', loop, other)
  const { engine } = own
  await begin(own, 'one/a')
  await ended(own, 1)
  await begin(own, 'fine')
  await until(() => engine.statistics()['other/tell']?.messages === 1)
  expect(engine.statistics()['other/tell']?.errors).toBe(0)
  await begin(own, 'one/b')
  await until(() => engine.deadLetters.list({}).total === 2)
  await engine.flows.put('other', { ...other, title: 'Other' })
  await begin(own, 'one/c')
  await until(() => engine.deadLetters.list({}).total === 3)
  await engine.flows.put('one', { ...loop, title: 'One' })
  await until(() => engine.statistics()['one/out']?.status === undefined)
  const before = countsOf(own).published
  await begin(own, 'one/d')
  await until(() => cuts(own).length === 2)
  expect(countsOf(own).published).toBeGreaterThan(before + 10)
})

test('C41: a device that answers what a flow sends is no circle, however often', async () => {
  const toggle = flowOf(
    'toggle',
    [
      ['in', 'mqtt-in', { topic: 'lamp/#' }],
      ['turned', 'filter', { when: '$contains(topic, "set")' }],
      ['out', 'mqtt-out', { topic: 'lamp/state', payload: '$not(payload)' }],
    ],
    ['in.out turned.in', 'turned.pass out.in'],
  )
  const own = await start('embedded', toggle)
  const { engine } = own
  for (let turn = 0; turn < 300; turn++) {
    await engine.publish({ topic: 'lamp/set', payload: turn % 2 === 0 ? 'true' : 'false', qos: 1, retain: false })
  }
  await until(() => countsOf(own).received === 600)
  expect(countsOf(own)).toEqual({ received: 600, published: 300, refused: 0 })
})

test('C41: messages that go round over links are stopped', async () => {
  const link = (flow: string, from: string, to: string) =>
    flowOf(
      flow,
      [
        ['start', 'mqtt-in', { topic: flow }],
        ['in', 'link-in', { link: from }],
        ['both', 'transform', { payload: 'payload' }],
        ['out', 'link-out', { link: to }],
        ['again', 'link-out', { link: to }],
      ],
      ['start.out both.in', 'in.out both.in', 'both.out out.in', 'both.out again.in'],
    )
  const own = await start('embedded', link('a', 'one', 'two'), link('b', 'two', 'one'))
  const { engine } = own
  await begin(own, 'a')
  const letters = await until(() => {
    const { items, total } = engine.deadLetters.list({})
    return total > 0 && items
  })
  expect(letters.map(({ code }) => code)).toEqual(['TOO_MANY_HOPS'])
})
