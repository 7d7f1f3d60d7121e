import { describe, expect, it } from 'vitest'
import type { AnyNodeSpec, Message } from '../../engine/node.ts'
import debug from '../../nodes/debug.ts'
import filter from '../../nodes/filter.ts'
import switchNode from '../../nodes/switch.ts'
import transform from '../../nodes/transform.ts'
import { Bench } from './harness.ts'

function issues(spec: AnyNodeSpec, config: unknown): string[] {
  const found: { path: PropertyKey[]; message: string }[] = spec.config.safeParse(config).error?.issues ?? []
  return found.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
}

describe('the filter node', () => {
  it.each([
    ['payload.temperature > 30', { temperature: 31 }, 'pass'],
    ['payload.temperature > 30', {}, 'reject'],
    ['payload.temperature > 30', null, 'reject'],
    ['payload.temperature > 30', 'text', 'reject'],
    ['payload.temperature > 30', [{ temperature: 31 }], 'pass'],
    ['payload.temperature != 30', {}, 'reject'],
    ['payload.count', { count: 5 }, 'reject'],
    ['$boolean(payload.count)', { count: 5 }, 'pass'],
    ['$not($exists(payload.temperature))', {}, 'pass'],
    ['payload.temperature > 30', { temperature: '31' }, 'error'],
    ['payload.temperature > 30', { temperature: null }, 'error'],
  ])('%s with %j goes to %s', (when, payload, port) => {
    const bench = new Bench(filter, { when })
    bench.send('in', { payload })
    expect(Object.keys(bench.takeSent())).toEqual([port])
  })

  it('hands the very same message on', () => {
    const bench = new Bench(filter, { when: 'true' })
    bench.send('in', { payload: { a: 1 }, id: 'x', area: 'north' })
    expect(bench.takeSent().pass).toMatchObject([{ id: 'x', area: 'north', payload: { a: 1 } }])
  })

  it('refuses an expression that cannot be read, with its place', () => {
    const [issue] = filter.config.safeParse({ when: 'payload.temperature >' }).error?.issues ?? []
    expect(issue).toMatchObject({ path: ['when'], params: { problem: 'EXPRESSION_SYNTAX' } })
  })
})

describe('the switch node', () => {
  const cases = [
    { id: 'hot', when: 'payload > 30' },
    { id: 'warm', when: 'payload > 20' },
  ]

  it('has a port for each case, and else', () => {
    const { outputs } = switchNode
    const ports = typeof outputs === 'function' ? outputs(switchNode.config.parse({ cases })) : outputs
    expect(Object.keys(ports)).toEqual(['hot', 'warm', 'else'])
    expect(ports.hot?.summary).toBe('payload > 30 is true')
  })

  it.each([
    [false, 35, ['hot']],
    [true, 35, ['hot', 'warm']],
    [false, 25, ['warm']],
    [true, 10, ['else']],
  ])('with all = %s sends %i to %j', (all, payload, ports) => {
    const bench = new Bench(switchNode, { all, cases })
    bench.send('in', { payload })
    expect(Object.keys(bench.takeSent())).toEqual(ports)
  })

  it('sends a message to no case when a later condition fails, with all', () => {
    const bench = new Bench(switchNode, {
      all: true,
      cases: [
        { id: 'any', when: 'true' },
        { id: 'bad', when: 'payload > 1' },
      ],
    })
    bench.send('in', { payload: 'x' })
    expect(Object.keys(bench.takeSent())).toEqual(['error'])
  })

  it.each([
    [{ cases: [] }, 'cases: Too small: expected array to have >=1 items'],
    [
      { cases: [...cases, { id: 'hot', when: 'true' }] },
      'cases.2.id: "hot" names two cases; give each a port of its own',
    ],
    [
      { cases: [{ id: 'else', when: 'true' }] },
      'cases.0.id: the node has ports else, error, in of its own; choose another name',
    ],
    [{ cases: [{ id: 'Hot!', when: 'true' }] }, 'cases.0.id: that cannot name a port; use 1 to 64 of a-z, 0-9 and "-"'],
  ])('refuses the config %j', (config, text) => {
    expect(issues(switchNode, config)).toEqual([text])
  })
})

describe('the transform node', () => {
  function changed(config: unknown, fields: Partial<Message>): Partial<Message> | string[] {
    const bench = new Bench(transform, config)
    bench.send('in', fields)
    return bench.takeSent().out?.[0] ?? bench.failures.map(({ message }) => message)
  }

  it('keeps all that it has no expression for', () => {
    const before = {
      topic: 'a',
      payload: 1,
      time: 5,
      received: 6,
      params: { x: 'y' },
      props: { p: 'q' },
      id: 'i',
      area: 'north',
    }
    expect(changed({ payload: 'payload + 1' }, before)).toMatchObject({ ...before, payload: 2 })
    expect(changed({ topic: '"b"' }, before)).toMatchObject({ ...before, topic: 'b' })
  })

  it('sees the message that came in, in every expression', () => {
    expect(
      changed({ payload: 'topic', topic: 'payload', fields: { old: 'payload' } }, { topic: 'a', payload: 'b' }),
    ).toMatchObject({
      topic: 'b',
      payload: 'a',
      old: 'b',
    })
  })

  it('can give null, false, 0 and the empty text', () => {
    for (const value of ['null', 'false', '0', '""', '[]'])
      expect(changed({ payload: value }, {})).toMatchObject({ payload: JSON.parse(value) })
  })

  it.each([
    [{ payload: 'payload.x' }, '"payload.x" gave nothing where a value is needed.'],
    [{ topic: 'payload.n' }, '"payload.n" gave an object where a text is needed.'],
    [{ topic: '""' }, '"""" gave the text "" where a text is needed.'],
    [{ fields: { key: 'null' } }, '"null" gave null where a text is needed.'],
    [
      { fields: { time: '"noon"' } },
      '"\\"noon\\"" gave the text "noon" where a time (UTC milliseconds or ISO 8601 text) is needed.',
    ],
  ])('with %j says %s', (config, text) => {
    const [found] = changed(config, { payload: { n: {} } }) as string[]
    expect(found?.replaceAll('\\', '')).toBe(text.replaceAll('\\', ''))
  })

  it('drops the whole message when one of several finds nothing and it says drop', () => {
    const bench = new Bench(transform, { payload: '1', fields: { a: 'payload.a' }, onMissing: 'drop' })
    bench.send('in', { payload: {} })
    expect(bench.takeSent()).toEqual({})
    bench.send('in', { payload: { a: 2 } })
    expect(bench.takeSent().out).toMatchObject([{ payload: 1, a: 2 }])
  })

  it('takes a number as a key', () => {
    expect(changed({ fields: { key: 'payload' } }, { payload: 17 })).toMatchObject({ key: '17' })
  })

  it.each([
    [{}, ': it would change nothing; give payload, topic or fields'],
    [{ onMissing: 'drop' }, ': it would change nothing; give payload, topic or fields'],
    ...['id', 'received', 'params', 'payload', 'a-b', '1a', ''].map((name): [unknown, string] => [
      { fields: JSON.parse(`{${JSON.stringify(name)}:"1"}`) },
      `fields.${name}: a field is named by a letter and then letters, digits or "_"; topic, payload, received, params, retain, qos, props, id, error are taken`,
    ]),
  ])('refuses the config %j', (config, text) => {
    expect(issues(transform, config)).toEqual([text])
  })
})

describe('the debug node', () => {
  it('logs the payload or the result, and shows the latest one', () => {
    const bench = new Bench(debug, { value: 'payload.a' })
    bench.send('in', { topic: 't', payload: { a: 'x'.repeat(100) } })
    expect(bench.logs).toEqual([{ text: 't', data: 'x'.repeat(100) }])
    expect(bench.status).toBe(`${'x'.repeat(60)}...`)
    bench.send('in', { topic: 't', payload: {} })
    expect(bench.status).toBe('nothing')
  })

  it('logs nothing when it is told so', () => {
    const bench = new Bench(debug, { log: false })
    bench.send('in', { payload: Uint8Array.of(1, 2) })
    expect(bench.logs).toEqual([])
    expect(bench.status).toBe('2 bytes')
  })
})
