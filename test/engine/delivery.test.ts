import { createServer, type IncomingMessage, type Server } from 'node:http'
import mqtt, { type MqttClient } from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import { type Mosquitto, startMosquitto } from '../tools/mosquitto.ts'
import { freePort } from '../tools/port.ts'
import { until } from '../tools/wait.ts'
import { rowsOrNone } from './rows.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function broker(): Promise<Mosquitto> {
  const mosquitto = await startMosquitto({
    config: ['max_queued_messages 0', 'max_inflight_messages 0'],
    persistent: true,
  })
  ends.push(() => mosquitto.stop())
  return mosquitto
}

async function engineWith(flow: Record<string, unknown>, url: string | undefined): Promise<TestEngine> {
  const test = await startEngine({ [String(flow.flow)]: flow }, { broker: url })
  ends.push(() => test.close())
  return test
}

async function client(url: string): Promise<MqttClient> {
  const connected = await mqtt.connectAsync(url)
  ends.push(() => connected.endAsync(true))
  return connected
}

/** A web server that answers by `answer` and keeps what it was asked. */
async function webServer(answer: (request: IncomingMessage, count: number) => { status: number; body?: string }) {
  const requests: { key: string; body: string }[] = []
  const server: Server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    requests.push({ key: String(request.headers['idempotency-key']), body })
    const { status, body: text = '{"ok":true}' } = answer(request, requests.length)
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}/hook`, requests }
}

describe('what happens to messages', () => {
  it('stores what a client sends that is there before the subscriptions of the first start', async () => {
    const port = await freePort()
    const early = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 1 })
    ends.push(() => early.endAsync(true))
    const sent = Array.from({ length: 50 }, (_, n) => early.publishAsync(`in/${n}`, '1', { qos: 1 }))
    const keep = flowOf(
      'keep',
      [
        ['in', 'mqtt-in', { topic: 'in/{n}', qos: 1 }],
        ['keep', 'store', { table: 'kept', columns: { n: 'params.n' } }],
      ],
      ['in.out keep.in'],
    )
    const test = await startEngine({ keep }, { mqtt: { host: '127.0.0.1', port } })
    ends.push(() => test.close())
    await Promise.all(sent)
    const count = () => rowsOrNone(test.data, 'SELECT count(*) AS count FROM kept')[0]?.count ?? 0
    await until(
      () => count() === 50,
      () => `${count()} of 50 acked messages are stored`,
    )
  })

  it('repeats nothing and loses nothing between two brokers sides at QoS 1 and 2 over a restart of the engine', async () => {
    const mosquitto = await broker()
    const test = await engineWith(
      flowOf(
        'pass',
        [
          ['in', 'mqtt-in', { topic: 'in/{n}', qos: 2 }],
          ['keep', 'store', { table: 'passed', columns: { n: 'payload.n' } }],
          ['out', 'mqtt-out', { topic: 'out/{n}', qos: 2 }],
        ],
        ['in.out keep.in', 'in.out out.in'],
      ),
      mosquitto.url,
    )
    const listener = await client(mosquitto.url)
    const heard: number[] = []
    listener.on('message', (_, payload) => heard.push(JSON.parse(String(payload)).n))
    await listener.subscribeAsync('out/+', { qos: 2 })
    await until(() => test.engine.health().ready, 'the engine')
    const publisher = await client(mosquitto.url)
    const publish = (n: number) => publisher.publishAsync(`in/${n % 7}`, JSON.stringify({ n }), { qos: 2 })
    const all = Array.from({ length: 600 }, (_, n) => n)
    await Promise.all(all.slice(0, 300).map(publish))
    const restarted = test.restart()
    await Promise.all(all.slice(300).map(publish))
    await restarted
    await until(
      () => heard.length >= 600,
      () => `600 outputs, not ${heard.length}`,
    )
    expect(heard.toSorted((a, b) => a - b)).toEqual(all)
    const rows = rowsOrNone(test.data, 'SELECT n FROM passed ORDER BY n')
    expect(rows.map(({ n }) => n)).toEqual(all)
    for (let lane = 0; lane < 7; lane++) {
      const inLane = heard.filter((n) => n % 7 === lane)
      expect(inLane).toEqual(inLane.toSorted((a, b) => a - b))
    }
  })

  it('delivers what it has committed when the broker comes back', async () => {
    const mosquitto = await broker()
    const test = await engineWith(
      flowOf(
        'outbox',
        [
          ['tick', 'inject', { every: '20ms', payload: '{ "n": $millis() }' }],
          ['out', 'mqtt-out', { topic: 'ticks', qos: 1 }],
          ['keep', 'store', { table: 'ticks', columns: { n: 'payload.n' } }],
        ],
        ['tick.out out.in', 'tick.out keep.in'],
      ),
      mosquitto.url,
    )
    const listener = await mqtt.connectAsync(mosquitto.url, { clientId: 'listener', clean: false, reconnectPeriod: 50 })
    ends.push(() => listener.endAsync(true))
    const heard = new Set<number>()
    listener.on('message', (_, payload) => heard.add(JSON.parse(String(payload)).n))
    await listener.subscribeAsync('ticks', { qos: 1 })
    await until(() => heard.size > 3, 'first ticks')
    await mosquitto.stop()
    await until(() => (test.engine.brokers()[0]?.outbox ?? 0) > 10, 'an outbox that grows')
    expect(test.engine.health().ready).toBe(false)
    await mosquitto.start()
    // One tick or two are always on their way.
    await until(() => (test.engine.brokers()[0]?.outbox ?? 99) < 5, 'an outbox of what is on its way', 15_000)
    const stored = () => rowsOrNone(test.data, 'SELECT n FROM ticks ORDER BY n').map(({ n }) => Number(n))
    const wanted = stored()
    await until(() => wanted.slice(5).every((n) => heard.has(n)), 'every tick', 15_000)
  })

  it('keeps a message that a node cannot take, with its error, and runs it again from there', async () => {
    const mosquitto = await broker()
    const test = await engineWith(
      flowOf(
        'sums',
        [
          ['in', 'mqtt-in', { topic: 'sums', qos: 1, decode: 'json' }],
          ['double', 'transform', { payload: 'payload.n * 2' }],
          ['keep', 'store', { table: 'sums', columns: { n: 'payload' } }],
        ],
        ['in.out double.in', 'double.out keep.in'],
      ),
      mosquitto.url,
    )
    await until(() => test.engine.health().ready, 'the engine')
    const publisher = await client(mosquitto.url)
    await publisher.publishAsync('sums', '{"n":"two"}', { qos: 1 })
    await publisher.publishAsync('sums', 'not json', { qos: 1 })
    await publisher.publishAsync('sums', '{"n":4}', { qos: 1 })
    await until(() => rowsOrNone(test.data, 'SELECT n FROM sums').length === 1, 'the good one')
    const { items } = test.engine.deadLetters.list({})
    expect(items.map(({ node, port, code }) => [node, port, code])).toEqual([
      ['in', ':packet', 'PAYLOAD_DECODE'],
      ['double', 'in', 'EXPRESSION_FAILED'],
    ])
    const [decode, failed] = items
    expect(failed?.message).toMatchObject({ topic: 'sums', payload: { n: 'two' } })
    expect(await test.engine.deadLetters.retry([failed?.id ?? 0])).toEqual({ retried: 0, failed: 1 })
    const again = test.engine.deadLetters.list({ node: 'double' }).items[0]
    expect(again?.attempts).toBe(2)
    expect(await test.engine.deadLetters.retry([again?.id ?? 0], { payload: { n: 5 } })).toEqual({
      retried: 1,
      failed: 0,
    })
    expect(await test.engine.deadLetters.retry([decode?.id ?? 0], { payload: { n: 6 } })).toEqual({
      retried: 1,
      failed: 0,
    })
    expect(test.engine.deadLetters.list({}).total).toBe(0)
    expect(rowsOrNone(test.data, 'SELECT n FROM sums ORDER BY n').map(({ n }) => n)).toEqual([8, 10, 12])
  })

  it('posts until the server takes it, with the same key, also after a restart', async () => {
    const mosquitto = await broker()
    let fails = true
    const web = await webServer(() => ({ status: fails ? 503 : 200 }))
    const test = await engineWith(
      flowOf(
        'hook',
        [
          ['in', 'mqtt-in', { topic: 'hook', qos: 1 }],
          ['post', 'http-out', { url: web.url, retries: 8 }],
          ['keep', 'store', { table: 'answers', columns: { ok: 'payload.ok', status: 'status' } }],
        ],
        ['in.out post.in', 'post.response keep.in'],
      ),
      mosquitto.url,
    )
    await until(() => test.engine.health().ready, 'the engine')
    const publisher = await client(mosquitto.url)
    await publisher.publishAsync('hook', '{"alarm":1}', { qos: 1 })
    await until(() => web.requests.length >= 1, 'a first attempt')
    fails = false
    await test.restart()
    await until(() => rowsOrNone(test.data, 'SELECT * FROM answers').length === 1, 'the answer', 15_000)
    expect(rowsOrNone(test.data, 'SELECT ok, status FROM answers')).toEqual([{ ok: 1, status: 200 }])
    expect(new Set(web.requests.map(({ key }) => key)).size).toBe(1)
    expect(web.requests[0]?.body).toBe('{"alarm":1}')
  })

  it('makes a dead letter of a request that the server refuses for good', async () => {
    const mosquitto = await broker()
    const web = await webServer(() => ({ status: 422 }))
    const test = await engineWith(
      flowOf(
        'hook',
        [
          ['in', 'mqtt-in', { topic: 'hook', qos: 1 }],
          ['post', 'http-out', { url: web.url }],
        ],
        ['in.out post.in'],
      ),
      mosquitto.url,
    )
    await until(() => test.engine.health().ready, 'the engine')
    await (await client(mosquitto.url)).publishAsync('hook', '1', { qos: 1 })
    const letter = await until(() => test.engine.deadLetters.list({}).items[0], 'the dead letter')
    expect(letter.code).toBe('REQUEST_FAILED')
    expect(letter.text).toContain('422')
    expect(web.requests).toHaveLength(1)
  })

  it('keeps state and running delays over a restart and a deploy', async () => {
    const mosquitto = await broker()
    const flow = (deadband: number) =>
      flowOf(
        'alarms',
        [
          ['in', 'mqtt-in', { topic: 'values', qos: 1 }],
          [
            'hot',
            'alarm',
            { key: '"a"', value: 'payload', raise: '> 5', deadband, onDelay: '1500ms', onRestart: 'continue' },
          ],
          ['keep', 'store', { table: 'events', columns: { transition: 'payload.transition', seq: 'payload.seq' } }],
        ],
        ['in.out hot.in', 'hot.event keep.in'],
      )
    const test = await engineWith(flow(1), mosquitto.url)
    await until(() => test.engine.health().ready, 'the engine')
    const publisher = await client(mosquitto.url)
    await publisher.publishAsync('values', '9', { qos: 1 })
    await until(() => (test.engine.statistics()['alarms/hot']?.messages ?? 0) > 0, 'the value')
    await test.restart()
    await until(() => rowsOrNone(test.data, 'SELECT * FROM events').length === 1, 'RAISED after the restart')
    await test.engine.flows.put('alarms', flow(2))
    await publisher.publishAsync('values', '1', { qos: 1 })
    await until(() => rowsOrNone(test.data, 'SELECT * FROM events').length === 2, 'CLEARED after the deploy')
    expect(rowsOrNone(test.data, 'SELECT transition, seq FROM events ORDER BY rowid')).toEqual([
      { transition: 'RAISED', seq: 1 },
      { transition: 'CLEARED', seq: 2 },
    ])
  })

  it('acks nothing while the disk is full, and goes on by itself when there is room', async () => {
    const mosquitto = await broker()
    const test = await engineWith(
      flowOf(
        'keep',
        [
          ['in', 'mqtt-in', { topic: 'keep', qos: 1 }],
          ['keep', 'store', { table: 'kept', columns: { text: 'payload' } }],
        ],
        ['in.out keep.in'],
      ),
      mosquitto.url,
    )
    await until(() => test.engine.health().ready, 'the engine')
    const { store } = test.engine
    const pages = Number(store.database.pragma('page_count', { simple: true }))
    store.database.pragma(`max_page_count = ${pages + 2}`)
    const publisher = await client(mosquitto.url)
    const text = 'x'.repeat(5000)
    await Promise.all(Array.from({ length: 20 }, (_, n) => publisher.publishAsync('keep', `${n} ${text}`, { qos: 1 })))
    await until(() => !test.engine.health().ready, 'a fault')
    expect(test.engine.health().reasons).toMatchObject([{ code: 'DATABASE_FAULT' }])
    store.database.pragma('max_page_count = 1000000')
    await until(() => test.engine.health().ready, 'its end')
    await until(() => rowsOrNone(test.data, 'SELECT count(*) AS n FROM kept')[0]?.n === 20, 'all rows, each once')
    expect(test.engine.deadLetters.list({}).total).toBe(0)
  })
})
