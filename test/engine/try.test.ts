import mqtt from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TryRequest } from '../../engine/server/protocol.ts'
import { until } from '../tools/wait.ts'
import { rowsOrNone } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const hot = (deadband: number) =>
  flowOf(
    'hot',
    [
      ['in', 'mqtt-in', { topic: 'rooms/{room}', qos: 1 }],
      [
        'hot',
        'alarm',
        { key: 'params.room', value: 'payload.t', raise: '> 30', deadband, onDelay: '5m', onRestart: 'continue' },
      ],
      ['tell', 'mqtt-out', { topic: 'alarms', qos: 1 }],
      ['keep', 'store', { table: 'events', columns: { key: 'payload.key' } }],
    ],
    ['in.out hot.in', 'hot.event tell.in', 'hot.event keep.in'],
  )

let test: TestEngine
beforeEach(async () => {
  test = await startEngine({ hot: hot(1) }, { secret: (name) => (name === 'token' ? 'TOP-SECRET' : undefined) })
  await until(() => test.engine.health().ready, 'the engine')
})
afterEach(() => test.close())

const run = (request: TryRequest) => test.engine.try(request)

describe('a test run of a draft', () => {
  it('shows what came in and out at each node, effects, rows, state and timers, and does nothing', async () => {
    const packet = { topic: 'rooms/a', payload: { t: 31 } }
    const before = test.engine.statistics()['hot/hot']?.messages
    const waiting = run({ document: hot(2), packet })
    expect(waiting).toMatchObject({ ran: true, left: 0, nodes: { hot: { counts: { inputs: { in: 1 } } } } })
    expect(waiting.nodes.hot?.timers).toMatchObject([{ key: 'a', at: waiting.started + 300_000 }])
    expect(waiting.nodes.tell).toBeUndefined()
    const answer = run({ document: hot(2), packet, advance: '6m' })
    expect(answer.ended - answer.started).toBe(360_000)
    const { nodes } = answer
    expect(nodes.in?.inputs[':packet']).toMatchObject([{ topic: 'rooms/a', payload: { text: '{"t":31}' } }])
    expect(JSON.parse(nodes.hot?.outputs.event?.[0]?.payload.text ?? '')).toMatchObject({
      key: 'a',
      transition: 'RAISED',
    })
    expect(nodes.hot?.state).toMatchObject([{ key: 'a' }])
    expect(nodes.hot?.timers).toEqual([])
    expect(nodes.hot?.status).toContain('ACTIVE')
    expect(nodes.tell?.effects).toMatchObject([{ kind: 'publish', topic: 'alarms', qos: 1 }])
    expect(nodes.keep?.rows).toMatchObject([{ table: 'events' }])
    const [timer] = answer.hops.filter(({ port }) => port === ':timer')
    const places = answer.hops.flatMap(({ from }) => (from === undefined ? [] : [answer.hops[from.hop]?.node]))
    expect(timer).toMatchObject({ node: 'hot', time: answer.started + 300_000 })
    expect(places).toEqual(['in', 'hot', 'hot'])
    expect(rowsOrNone(test.data, 'SELECT * FROM events')).toEqual([])
    expect(rowsOrNone(test.data, 'SELECT * FROM rw_state')).toEqual([])
    expect(test.engine.brokers()[0]?.outbox).toBe(0)
    expect(test.engine.statistics()['hot/hot']?.messages).toBe(before)
  })

  it('sends a message to any port of any node, and shows failures', () => {
    const document = flowOf('try', [['root', 'transform', { payload: '$sqrt(payload)' }]], [])
    const good = run({ document, node: 'root', message: { payload: 16, params: { a: 'b' } } })
    expect(good.nodes.root?.outputs.out).toMatchObject([{ topic: 'example', payload: { text: '4' } }])
    const bad = run({ document, node: 'root', port: 'in', message: { payload: -1 } })
    expect(bad.nodes.root?.errors).toMatchObject([{ code: 'EXPRESSION_FAILED', port: 'in', kept: 'dead-letter' }])
    expect(test.engine.deadLetters.list({}).total).toBe(0)
  })

  it('starts from a copy of the state that the flow has, if that is wanted', async () => {
    const publisher = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
    await publisher.publishAsync('rooms/a', '{"t":31}', { qos: 1 })
    await until(() => (test.engine.statistics()['hot/hot']?.messages ?? 0) > 0, 'the value')
    const events = (withState: boolean) => {
      const answer = run({
        document: hot(3),
        packet: { topic: 'rooms/b', payload: '{"t":1}' },
        advance: '6m',
        withState,
      })
      return answer.nodes.hot?.outputs.event?.map(({ key }) => key)
    }
    expect(events(false)).toBeUndefined()
    expect(events(true)).toEqual(['a'])
    expect(rowsOrNone(test.data, 'SELECT key FROM rw_state')).toEqual([{ key: 'a' }])
    await publisher.endAsync(true)
  })

  it('tells the problems of a draft that cannot run', () => {
    const answer = run({ document: flowOf('x', [['a', 'filter', { when: 'payload >' }]], []), node: 'a', message: {} })
    expect(answer).toMatchObject({ ran: false, nodes: {}, problems: [{ code: 'EXPRESSION_SYNTAX' }] })
    expect(run({ document: null })).toMatchObject({ ran: false })
  })

  it('says what has nowhere to go, and where it stands in the request', () => {
    const fault = (request: Omit<TryRequest, 'document'>, text: string | RegExp) =>
      expect(() => run({ document: hot(1), ...request })).toThrow(text)
    fault({ message: {} }, '"node" is missing.')
    fault({ node: 'hto', message: {} }, 'There is no node "hto"; did you mean "hot"?')
    fault({ node: 'hot', port: 'inn', message: {} }, /did you mean "in"/)
    fault({ node: 'hot', port: ':timer', message: {} }, '":timer" is not for messages.')
    fault({ node: 'hot', message: { time: 'now' } }, '"time" is no number.')
    fault({ node: 'hot', message: { params: [] } }, '"params" is no object.')
    fault({ packet: { topic: 'other', payload: 1 } }, 'No node subscribes to "other".')
    fault({ node: 'hot', packet: { topic: 'rooms/a', payload: 1 } }, 'The node "hot" does not subscribe to "rooms/a".')
    fault({ advance: '5 minutes' }, '"5 minutes" is not a duration.')
    fault({ advance: '400d' }, '"400d" is more than a year.')
  })

  it('does not show secrets', () => {
    const document = flowOf(
      'call',
      [['call', 'http-out', { url: 'https://example.test/', headers: { authorization: { $secret: 'token' } } }]],
      [],
    )
    const answer = run({ document, node: 'call', message: { payload: 1 } })
    expect(answer.nodes.call?.effects).toMatchObject([{ kind: 'request', headers: { authorization: '***' } }])
    expect(JSON.stringify(answer)).not.toContain('TOP-SECRET')
  })

  it('ends a draft that would run for too long, and shows only so much', () => {
    const document = flowOf(
      'busy',
      [
        ['tick', 'inject', { every: '1s', payload: '$n' }],
        ['on', 'filter', { when: 'true' }],
      ],
      ['tick.out on.in'],
    )
    const answer = run({ document, advance: '30d' })
    expect(answer.stopped).toMatch(/^The nodes were called more than 20000 times\.$|^It took longer than a second\.$/)
    expect(answer.hops.length).toBe(500)
    expect(answer.left).toBeGreaterThan(500)
    expect(answer.nodes.on?.inputs.in?.length).toBe(100)
    expect(answer.nodes.on?.counts.inputs.in).toBeGreaterThan(100)
    expect(JSON.stringify(answer).length).toBeLessThan(4_000_000)
  })
})

describe('evaluating one expression', () => {
  const evaluate = (expression: string, message: unknown = { payload: { t: 2 } }) =>
    test.engine.evaluate(expression, message)

  it('gives the value and the type', () => {
    expect(evaluate('payload.t * 2')).toEqual({
      value: { text: '4', size: 1 },
      type: { kind: 'number' },
      typeText: 'number',
    })
    expect(evaluate('payload.u')).toMatchObject({ typeText: 'missing' })
    expect(evaluate('payload.u').value).toBeUndefined()
  })

  it('gives the error and where it is', () => {
    expect(evaluate('payload.').error).toMatchObject({ text: expect.any(String), position: 8 })
    expect(evaluate('$sqrt(-1)').error?.text).toContain('negative')
    expect(evaluate('(function($n) { $n(1) })(function($x) { 1 }) ~> $foo').error).toBeDefined()
  })

  it('ends an expression that would never end', () => {
    expect(evaluate('($f := function($x) { $f($x + 1) }; $f(1))').error?.text).toBeTruthy()
  })
})
