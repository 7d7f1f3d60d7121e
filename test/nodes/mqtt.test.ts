import { describe, expect, it } from 'vitest'
import mqttIn from '../../nodes/mqtt-in.ts'
import mqttOut from '../../nodes/mqtt-out.ts'
import { Bench, startTime } from './harness.ts'

function issues(spec: typeof mqttIn | typeof mqttOut, config: unknown): unknown[] {
  return (spec.config.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the mqtt-in node', () => {
  it('subscribes with wildcards in place of names, and passes a shared subscription through', () => {
    const subscriptions = (topic: string) =>
      mqttIn.subscribes?.(mqttIn.config.parse({ topic, qos: 2, broker: 'plant' }))
    expect(subscriptions('a/{b}/c')).toEqual([{ broker: 'plant', filter: 'a/+/c', qos: 2 }])
    expect(subscriptions('$share/group/a/{b}/#')).toEqual([{ broker: 'plant', filter: '$share/group/a/+/#', qos: 2 }])
  })

  it('finds the parameters behind the group of a shared subscription', () => {
    const bench = new Bench(mqttIn, { topic: '$share/workers/jobs/{job}' })
    bench.packet({ topic: 'jobs/7', payload: Buffer.from('{}') })
    expect(bench.takeSent().out).toMatchObject([{ topic: 'jobs/7', params: { job: '7' } }])
  })

  it('gives all that came with the packet', () => {
    const bench = new Bench(mqttIn, { topic: 'a/#' })
    bench.packet({
      topic: 'a/b',
      payload: Buffer.from('1'),
      qos: 2,
      retain: true,
      props: { site: 'x' },
      received: startTime - 5,
    })
    expect(bench.takeSent().out).toMatchObject([
      {
        topic: 'a/b',
        key: 'a/b',
        payload: 1,
        qos: 2,
        retain: true,
        props: { site: 'x' },
        time: startTime - 5,
        received: startTime - 5,
      },
    ])
  })

  it('decodes a packet once for all nodes that take it', () => {
    const first = new Bench(mqttIn, { topic: 'a/{b}' })
    const second = new Bench(mqttIn, { topic: '#', decode: 'json' })
    const packet = first.packet({ topic: 'a/b', payload: Buffer.from('{"v":1}') })
    second.take(packet)
    const one = first.takeSent().out?.[0]
    const other = second.takeSent().out?.[0]
    expect(other?.payload).toBe(one?.payload)
    expect(one?.params).toEqual({ b: 'b' })
    expect(other?.params).toEqual({})
  })

  it('takes the time of receipt when the expression finds none, and refuses what is no time', () => {
    const bench = new Bench(mqttIn, { topic: 'a', time: 'payload.ts' })
    bench.packet({ topic: 'a', payload: Buffer.from('{}'), received: startTime - 7 })
    bench.packet({ topic: 'a', payload: Buffer.from('{"ts":1000}') })
    bench.packet({ topic: 'a', payload: Buffer.from('{"ts":"soon"}') })
    expect(bench.takeSent().out).toMatchObject([{ time: startTime - 7 }, { time: 1000 }])
    expect(bench.failures.map(({ message }) => message)).toEqual([
      '"payload.ts" gave the text "soon" where a time (UTC milliseconds or ISO 8601 text) is needed.',
    ])
  })

  it.each([
    [{ topic: 'a/#/b' }, 'topic: "#" must be the whole last level'],
    [{ topic: 'a/x{b}' }, 'topic: "x{b}" is not a parameter; write {name} as a whole level'],
    [{ topic: '' }, 'topic: it is empty'],
    [{ topic: 'a', decode: 'xml' }, 'decode: Invalid option: expected one of "auto"|"json"|"text"|"number"|"bytes"'],
  ])('refuses the config %j', (config, text) => {
    expect(issues(mqttIn, config)).toEqual([text])
  })
})

describe('the mqtt-out node', () => {
  it('says what it may publish to', () => {
    const publishes = (config: unknown) => mqttOut.publishes?.(mqttOut.config.parse(config))
    expect(publishes({ topic: 'alerts/{device}/x', qos: 0 })).toEqual([
      { filter: 'alerts/+/x', qos: 0, broker: undefined },
    ])
    const computed = (topicFrom: string) => publishes({ topicFrom })?.map(({ filter }) => filter)
    expect(computed('topic')).toEqual(['#'])
    expect(computed('"areas/" & payload.area & "/x"')).toEqual(['areas/#'])
    expect(computed('"areas/a" & payload.area')).toEqual(['areas/#'])
    expect(computed('"a/" & "b/" & payload.area')).toEqual(['a/b/#'])
    expect(computed('"a/" & ("b/" & payload.area)')).toEqual(['a/#'])
    expect(computed('"a" & "/b"')).toEqual(['a/b'])
    expect(computed('payload.area & "/x"')).toEqual(['#'])
    expect(computed('"a+b/" & payload.area')).toEqual(['#'])
  })

  it.each([
    [{ a: [1] }, '{"a":[1]}'],
    ['text', 'text'],
    ['', ''],
    [0.1, '0.1'],
    [false, 'false'],
    [null, 'null'],
    [[], '[]'],
  ])('sends %j as %j', (payload, sent) => {
    const bench = new Bench(mqttOut, { topic: 'a' })
    bench.send('in', { payload })
    expect(bench.effects).toMatchObject([{ payload: sent }])
  })

  it('sends bytes as they are', () => {
    const bench = new Bench(mqttOut, { topic: 'a' })
    const payload = Uint8Array.of(1, 255)
    bench.send('in', { payload })
    expect(bench.effects[0]).toMatchObject({ kind: 'publish' })
    expect(Reflect.get(bench.effects[0] ?? {}, 'payload')).toBe(payload)
  })

  it('sends nothing when there is nothing to send', () => {
    const bench = new Bench(mqttOut, { topic: 'a', payload: 'payload.value' })
    bench.send('in', { payload: {} })
    expect(bench.effects).toEqual([])
    expect(bench.failures.map(({ message }) => message)).toEqual([
      '"payload.value" gave nothing where a value to send is needed.',
    ])
  })

  it.each(['', '/', 'a/b', '+', '#', '$SYS', 'a\0b'])('C40: refuses the parameter %j', (device) => {
    const bench = new Bench(mqttOut, { topic: 'alerts/{device}' })
    bench.send('in', { params: { device }, payload: 1 })
    expect(bench.effects).toEqual([])
    expect(bench.failures.map(({ code }) => code)).toEqual(['TOPIC_NAME'])
  })

  it.each(['$SYS/x', 'a/+', 'a/#', 'a\0', 'x'.repeat(65_536), '日'.repeat(30_000)])(
    'refuses a computed topic such as %.9s',
    (topic) => {
      const bench = new Bench(mqttOut, { topicFrom: 'payload' })
      bench.send('in', { payload: topic })
      expect(bench.effects).toEqual([])
      expect(bench.failures.map(({ code }) => code)).toEqual(['TOPIC_NAME'])
    },
  )

  it.each([{}, null, '', true, ['a']])('refuses %j as a computed topic', (payload) => {
    const bench = new Bench(mqttOut, { topicFrom: 'payload' })
    bench.send('in', { payload })
    expect(bench.failures.map(({ code }) => code)).toEqual(['WRONG_RESULT'])
  })

  it.each([
    [{}, 'topic: neither "topic" nor "topicFrom" is there; give one of them'],
    [{ topic: 'a', topicFrom: 'topic' }, 'topic: "topic" and "topicFrom" are both there; keep one of them'],
    [{ topic: 'a/+' }, 'topic: "a/+" is not a topic to publish to: it holds "+".'],
    [{ topic: '' }, 'topic: "" is not a topic to publish to: it is empty.'],
    [{ topic: 'a', qos: 3 }, 'qos: Invalid input'],
  ])('refuses the config %j', (config, text) => {
    expect(issues(mqttOut, config)).toEqual([text])
  })
})
