import { describe, expect, it, onTestFinished } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import { type AnyNodeSpec, defineNode, port, z } from '../../engine/node.ts'
import { runExample } from '../../engine/run/example.ts'
import { seededRandom } from '../../engine/run/random.ts'
import { createSandbox, effectOf, type SandboxOptions } from '../../engine/run/sandbox.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import type { WatchedHop } from '../../engine/run/watch.ts'
import { type EngineStore, openStore } from '../../engine/store/index.ts'
import { nodeSpecs } from '../../nodes/index.ts'
import { flowOf } from '../engine/start.ts'

const start = Date.UTC(2026, 5, 1)
type Nodes = [string, string, Record<string, unknown>][]

/** A sandbox with a flow, on a store that stays for the next one. */
function sandboxOf(nodes: Nodes, wires: string[], options: Partial<SandboxOptions> & { specs?: AnyNodeSpec[] } = {}) {
  const { specs = [], ...rest } = options
  const known = new Map([...nodeSpecs, ...specs.map((spec) => [spec.type, spec] as const)])
  const { plan, problems } = checkFlow(flowOf('try', nodes, wires), { specs: known })
  if (plan === undefined) throw new Error(JSON.stringify(problems))
  const store = (options.store as EngineStore | undefined) ?? openStore(':memory:')
  if (options.store === undefined) onTestFinished(() => store.close())
  const clock = options.clock ?? new VirtualClock(start)
  const sandbox = createSandbox({ plan, random: seededRandom(1), ...rest, store, clock })
  return { sandbox, clock, store }
}

function text(hop: WatchedHop): string {
  const sent = hop.sent.map(({ port: name, message }) => `${name}=${JSON.stringify(message.payload)}`)
  return [`${hop.node.id}.${hop.port}`, ...sent].join(' ')
}

/** Throws, loops, sends more than once: what the node types of the house do not do. */
const oddSpec = defineNode({
  type: 'odd',
  title: 'Odd',
  category: 'more',
  summary: 'Does what it is told.',
  icon: 'square',
  config: z.strictObject({ does: z.enum(['throw', 'spin', 'twice', 'refuse']) }),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('any', 'Some'), rest: port('any', 'Others') },
  examples: [],
  create: ({ config, out, state, timers, now, log, status, alarm }) => ({
    in(message) {
      if (config.does === 'twice') {
        out.out(message)
        out.rest({ ...message, payload: 'rest' })
        out.out({ ...message, payload: 'again' })
        log('sent', { three: true })
        status('busy')
        return
      }
      state.set('k', Number(state.get('k') ?? 0) + 1)
      timers.set('k', 'wait', now())
      out.out(message)
      if (config.does === 'throw') throw new Error('it does not want to')
    },
    onTimer() {
      timers.set('k', 'wait', now())
    },
    onCommand({ key, by, note }) {
      if (config.does === 'refuse') throw new Error('not now')
      state.set(key, { by, note })
      alarm({
        key,
        seq: 1,
        transition: 'ACKED',
        time: now(),
        condition: 'ACTIVE',
        level: null,
        value: 1,
        limit: null,
        by,
        note,
      })
    },
  }),
})

describe('a sandbox', () => {
  it('runs a flow from packets to effects, hop by hop, and sends nothing', () => {
    const { sandbox } = sandboxOf(
      [
        ['in', 'mqtt-in', { topic: 'rooms/{room}', qos: 1 }],
        ['warm', 'filter', { when: 'payload.t > 20' }],
        ['out', 'mqtt-out', { topic: 'warm/{room}', payload: 'payload.t', qos: 1 }],
        ['keep', 'store', { table: 'kept', columns: { t: 'payload.t' } }],
      ],
      ['in.out warm.in', 'warm.pass out.in', 'warm.pass keep.in'],
    )
    expect(sandbox.take().hops.map(text)).toEqual(['keep.:start'])
    expect(sandbox.packet({ topic: 'rooms/a', payload: Buffer.from('{"t":21}') })).toBe(1)
    expect(sandbox.packet({ topic: 'other', payload: Buffer.from('1') })).toBe(0)
    const { hops, left, deadLetters } = sandbox.take()
    expect(hops.map(text)).toEqual(['in.:packet out={"t":21}', 'warm.in pass={"t":21}', 'out.in', 'keep.in'])
    expect(hops.map(({ from }) => from)).toEqual([
      undefined,
      { hop: 0, port: 'out' },
      { hop: 1, port: 'pass' },
      { hop: 1, port: 'pass' },
    ])
    expect(hops[2]?.pending.map(effectOf)).toMatchObject([
      { kind: 'publish', topic: 'warm/a', payload: '21', qos: 1, retain: false },
    ])
    expect(hops[3]?.pending).toMatchObject([{ kind: 'row', table: 'kept', row: { t: 21 } }])
    expect([left, deadLetters]).toEqual([0, []])
    expect(sandbox.take().hops).toEqual([])
  })

  it('lets time go on, each timer at its time, with the message of state and the timers that wait', () => {
    const { sandbox, clock } = sandboxOf(
      [['hot', 'alarm', { value: 'payload', raise: '> 8', onDelay: '5m', offDelay: '1m' }]],
      [],
    )
    expect(sandbox.take().hops.map(text)).toEqual(['hot.:start'])
    sandbox.send('hot', 'in', { topic: 'a', payload: 9 })
    const first = sandbox.result()
    expect(first.timers).toMatchObject([{ node: 'try/hot', key: 'a', at: start + 300_000 }])
    expect(first.hops[0]?.state).toMatchObject([{ key: 'a', before: undefined }])
    sandbox.advanceTo(start + 299_999)
    expect(sandbox.take().hops).toHaveLength(1)
    sandbox.advanceTo(start + 400_000)
    const { hops, time, timers, status } = sandbox.take()
    expect(hops.map(({ node, port: name, time: at }) => `${node.id}${name} ${at - start}`)).toEqual([
      'hot:timer 300000',
    ])
    expect([time - start, clock.now() - start, timers]).toEqual([400_000, 400_000, []])
    expect(status.hot).toContain('ACTIVE')
  })

  it('tells everything that a port sent, in order, wired or not', () => {
    const { sandbox } = sandboxOf(
      [
        ['odd', 'odd', { does: 'twice' }],
        ['next', 'filter', { when: 'true' }],
      ],
      ['odd.out next.in'],
      { specs: [oddSpec] },
    )
    sandbox.send('odd', 'in', { payload: 1 })
    const { hops, logs, status } = sandbox.take()
    expect(hops.map(text)).toEqual(['odd.in out=1 rest="rest" out="again"', 'next.in pass=1', 'next.in pass="again"'])
    expect(hops.map(({ from }) => from?.port)).toEqual([undefined, 'out', 'out'])
    expect(logs).toEqual([{ node: 'odd', text: 'sent', data: { three: true } }])
    expect(status).toEqual({ odd: 'busy' })
  })

  it('shows a failure with what it left behind: nothing but a dead letter, or a message at the error port', () => {
    const nodes: Nodes = [
      ['odd', 'odd', { does: 'throw' }],
      ['next', 'filter', { when: 'true' }],
    ]
    const alone = sandboxOf(nodes, ['odd.out next.in'], { specs: [oddSpec] }).sandbox
    alone.send('odd', 'in', { payload: 1 })
    const { hops, deadLetters, timers } = alone.take()
    expect(hops.map(text)).toEqual(['odd.in'])
    expect(hops[0]).toMatchObject({ state: [], timers: [], kept: 'dead-letter', error: { code: 'NODE_FAILED' } })
    expect(deadLetters).toMatchObject([{ node: 'try/odd', port: 'in', code: 'NODE_FAILED', message: { payload: 1 } }])
    expect(timers).toEqual([])
    const wired = sandboxOf(nodes, ['odd.error next.in'], { specs: [oddSpec] }).sandbox
    wired.send('odd', 'in', { payload: 1 })
    const found = wired.take()
    expect(found.hops.map(text)).toEqual(['odd.in error=1', 'next.in pass=1'])
    expect(found.hops[0]?.kept).toBe('error-port')
    expect(found.deadLetters).toEqual([])
  })

  it('gives answers to requests, oldest first', () => {
    const { sandbox } = sandboxOf([['call', 'http-out', { url: 'http://127.0.0.1/', body: 'payload' }]], [])
    sandbox.send('call', 'in', { payload: 'one' })
    sandbox.send('call', 'in', { payload: 'two' })
    const answer = (status: number) =>
      sandbox.answer((message) => ({ kind: 'response', message, status, headers: {}, body: null, attempts: 1 }))
    expect([answer(200), answer(201), answer(202)]).toEqual([true, true, false])
    const results = sandbox.take().hops.filter(({ port: name }) => name === ':result')
    expect(results.map(({ argument }) => (argument as { status: number }).status)).toEqual([200, 201])
  })

  it('hands over commands, notes the alarm log, and gives back what is refused', () => {
    const command = { name: 'acknowledge', key: 'a', by: 'anna', note: 'seen', values: {} }
    const { sandbox, store } = sandboxOf([['odd', 'odd', { does: 'twice' }]], [], { specs: [oddSpec] })
    sandbox.command('odd', command)
    expect(sandbox.take()).toMatchObject({
      hops: [{ port: ':command', state: [{ key: 'a', after: { by: 'anna', note: 'seen' } }] }],
      alarms: [{ node: 'odd', entry: { key: 'a', transition: 'ACKED', by: 'anna' } }],
    })
    expect(store.alarmLog.list({ flow: 'try' })).toMatchObject({ total: 1, items: [{ node: 'odd', note: 'seen' }] })
    const refusing = sandboxOf([['odd', 'odd', { does: 'refuse' }]], [], { specs: [oddSpec] })
    expect(() => refusing.sandbox.command('odd', command)).toThrow('not now')
    expect(refusing.sandbox.take()).toMatchObject({ hops: [{ kept: 'refused' }], deadLetters: [] })
    expect(() => refusing.sandbox.command('odd', command)).toThrow('not now')
  })

  it('goes on from the state and the timers that stand in its store', () => {
    const nodes: Nodes = [['hot', 'alarm', { value: 'payload', raise: '> 8', onDelay: '5m', onRestart: 'continue' }]]
    const first = sandboxOf(nodes, [])
    first.sandbox.send('hot', 'in', { topic: 'a', payload: 9 })
    first.clock.advanceTo(start + 60_000)
    const second = sandboxOf(nodes, [], { store: first.store, clock: new VirtualClock(start + 120_000) })
    second.sandbox.advanceTo(start + 300_000)
    const [hop] = second.sandbox.take().hops.filter(({ port: name }) => name === ':timer')
    expect(hop?.sent.map(({ port: name }) => name)).toContain('event')
  })

  it('ends a flow that would never come to an end, and does nothing after that', () => {
    let handlers = 0
    let told = 0
    const { sandbox } = sandboxOf([['odd', 'odd', { does: 'spin' }]], [], {
      specs: [oddSpec],
      keep: 10,
      onHop: () => void told++,
      stop: () => (++handlers > 500 ? 'More than 500 calls.' : undefined),
    })
    sandbox.send('odd', 'in', { payload: 1 })
    const { stopped, hops, left } = sandbox.take()
    expect(stopped).toBe('More than 500 calls.')
    expect([hops.length, left]).toEqual([10, 490])
    expect(told).toBe(500)
    sandbox.send('odd', 'in', { payload: 1 })
    sandbox.advanceTo(start + 1000)
    expect(sandbox.take()).toMatchObject({ hops: [], stopped: 'More than 500 calls.' })
  })

  it('names the nodes and ports that there are', () => {
    const { sandbox } = sandboxOf([['warm', 'filter', { when: 'true' }]], [])
    expect(() => sandbox.send('wram', 'in', {})).toThrow('There is no node "wram"; did you mean "warm"?')
    expect(() => sandbox.send('warm', 'inn', {})).toThrow('There is no input port of warm "inn"; did you mean "in"?')
  })

  it('is the same for the same seed', () => {
    const run = (seed: number) => {
      const { sandbox } = sandboxOf([['tick', 'inject', { every: '1s', payload: '$random()' }]], [], {
        random: seededRandom(seed),
      })
      sandbox.advanceTo(start + 5000)
      return sandbox.take().hops.map(text)
    }
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
  })

  it('keeps what runs in step with what it would do live: the same objects go to all wires', () => {
    const { sandbox } = sandboxOf(
      [
        ['a', 'filter', { when: 'true' }],
        ['b', 'filter', { when: 'true' }],
        ['c', 'filter', { when: 'true' }],
      ],
      ['a.pass b.in', 'a.pass c.in'],
    )
    sandbox.send('a', 'in', { payload: { n: 1 } })
    const [, b, c] = sandbox.take().hops
    expect(b?.argument).toBe(c?.argument)
  })
})

describe('an example that is not as it says', () => {
  const example = (steps: Parameters<typeof runExample>[1]['steps'], config: unknown = { when: 'payload > 1' }) => {
    const store = openStore(':memory:')
    onTestFinished(() => store.close())
    const spec = nodeSpecs.get('filter')
    if (spec === undefined) throw new Error('no filter')
    return runExample(spec, { title: 'Example', config, steps }, store)
  }

  it('is told by step, port and field', () => {
    expect(
      example([
        { send: { in: { payload: 2 } }, expect: { pass: [{ payload: 2 }] } },
        { send: { in: { payload: 3 } }, expect: { pass: [{ payload: 4 }] } },
      ]),
    ).toEqual(['step 2: port pass 1: payload is 3 instead of 4'])
    expect(example([{ send: { in: { payload: 0 } }, expect: { pass: [{}] } }])).toMatchObject([
      expect.stringMatching(/^step 1: port reject: 1 instead of 0: /),
      expect.stringMatching(/^step 1: port pass: 0 instead of 1: /),
    ])
    expect(example([{ send: { in: { payload: 2 } }, effects: [{ kind: 'publish' }] }])).toEqual([
      'step 1: effects: 0 instead of 1: []',
    ])
  })

  it('says what is wrong with its config', () => {
    expect(example([], { when: 'payload >' })).toMatchObject([expect.stringMatching(/^EXPRESSION_SYNTAX: /)])
  })
})
