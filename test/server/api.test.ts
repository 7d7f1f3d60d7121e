import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { routes } from '../../engine/server/routes.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { ask } from './ask.ts'
import { aDeploy, aFlow, aLetter, anAlarm, aReport, type FakeEngine, fakeEngine } from './fake.ts'

let engine: FakeEngine
let server: RunningServer

beforeEach(async () => {
  engine = fakeEngine()
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
})
afterEach(() => server.close())

const get = (path: string) => ask(server.port, 'GET', path)
const send = (method: string, path: string, body: unknown) => ask(server.port, method, path, { body })

describe('routes', () => {
  test('the list of routes is the table', async () => {
    const { json } = await get('/api/v1')
    expect(json.routes).toEqual(routes.map(({ method, path, summary }) => ({ method, path, summary })))
  })

  test('flows are listed, fetched, deployed and deleted', async () => {
    expect((await get('/api/v1/flows')).json).toEqual([aFlow])
    expect((await get('/api/v1/flows/cold-chain')).json).toEqual(aFlow)
    const put = await send('PUT', '/api/v1/flows/cold-chain', { document: aFlow.document, hash: 'abc' })
    expect(put.status).toBe(200)
    expect(put.json.hash).toBe('new')
    expect((await ask(server.port, 'DELETE', '/api/v1/flows/cold-chain')).json).toEqual({ deleted: 'cold-chain' })
    expect(engine.calls).toEqual([
      { name: 'put', values: ['cold-chain', aFlow.document, 'abc', { by: 'local', comment: undefined }] },
      { name: 'delete', values: ['cold-chain'] },
    ])
  })

  test('a flow that somebody else changed is not overwritten', async () => {
    const put = await send('PUT', '/api/v1/flows/cold-chain', { document: {}, hash: 'old' })
    expect(put.status).toBe(409)
    expect(put.json.code).toBe('CHANGED_MEANWHILE')
  })

  test('a check hands the document to the engine and gives no plan', async () => {
    const { status, json } = await send('POST', '/api/v1/check', { document: [1] })
    expect(status).toBe(200)
    expect(Object.keys(json).sort()).toEqual(['diff', 'problems', 'types'])
    expect(engine.calls).toEqual([{ name: 'check', values: [[1]] }])
  })

  test('node types are described with schema and ports', async () => {
    const { json } = await get('/api/v1/nodes/pass')
    expect(json).toMatchObject({
      type: 'pass',
      config: { type: 'object', properties: { times: { type: 'integer', title: 'Times', default: 1 } } },
      outputs: [{ name: 'out', type: 'same:in' }],
    })
    expect((await get('/api/v1/nodes')).json).toEqual([json])
    expect((await get('/api/v1/nodes/pas')).json.text).toBe('There is no node type "pas"; did you mean "pass"?')
  })

  test('dead letters are filtered and paged by the query', async () => {
    const reply = await get('/api/v1/dead-letters?flow=cold-chain&node=a&code=NODE_FAILED&limit=5&before=100')
    expect(reply.json).toEqual({ items: [aLetter], total: 1 })
    await get('/api/v1/dead-letters')
    expect(engine.calls.map((call) => call.values[0])).toEqual([
      { flow: 'cold-chain', node: 'a', code: 'NODE_FAILED', limit: 5, before: 100 },
      { limit: 100 },
    ])
    expect((await get('/api/v1/dead-letters/7')).json).toEqual(aLetter)
    expect((await get('/api/v1/dead-letters/8')).json.code).toBe('NOT_FOUND')
  })

  test('a trace is armed and fetched', async () => {
    const armed = await send('POST', '/api/v1/trace', { flow: 'cold-chain', node: 'a', filter: 'a/+' })
    expect(armed).toMatchObject({ status: 200, json: { id: 'ab12', state: 'armed' } })
    expect((await get('/api/v1/trace/ab12')).json.state).toBe('armed')
    expect(await get('/api/v1/trace/nope')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
    expect(engine.calls).toEqual([{ name: 'trace', values: [{ flow: 'cold-chain', node: 'a', filter: 'a/+' }] }])
  })

  test('a test run takes a message or a packet and how time goes on', async () => {
    const request = {
      document: { flow: 'x' },
      node: 'a',
      port: 'in',
      message: { payload: { t: 1 } },
      advance: '5m',
      withState: true,
      seed: 7,
    }
    expect((await send('POST', '/api/v1/try', request)).json.ran).toBe(true)
    const packet = { document: {}, packet: { topic: 'a/b', payload: [1], retain: true, qos: 0 } }
    expect((await send('POST', '/api/v1/try', packet)).status).toBe(200)
    expect(engine.calls.map(({ values }) => values[0])).toEqual([request, packet])
    expect(
      (await send('POST', '/api/v1/try', { document: {}, packet: { topic: 'a/#', payload: 1 } })).json,
    ).toMatchObject({
      code: 'BAD_REQUEST',
      at: 'body.packet.topic',
    })
    expect((await send('POST', '/api/v1/try', { document: {}, seed: 1.5 })).status).toBe(400)
  })

  test('an expression is evaluated on a message', async () => {
    const reply = await send('POST', '/api/v1/evaluate', { expression: 'payload', message: { payload: 1 } })
    expect(reply.json).toEqual({ value: { text: '1', size: 1 } })
    expect(engine.calls).toEqual([{ name: 'evaluate', values: ['payload', { payload: 1 }] }])
  })

  test('alarms are listed and looked back at', async () => {
    expect((await get('/api/v1/alarms?flow=cold-chain&limit=5')).json).toMatchObject({ items: [anAlarm], left: 0 })
    await get('/api/v1/alarms/history?key=fridge%2F1&before=9')
    expect((await get('/api/v1/alarms/why?flow=cold-chain&node=a&key=fridge%2F1')).json).toMatchObject({
      alarm: anAlarm,
    })
    expect((await get('/api/v1/alarms/why?flow=cold-chain&node=a')).json.code).toBe('BAD_REQUEST')
    expect(engine.calls.map(({ values }) => values)).toEqual([
      [{ flow: 'cold-chain', limit: 5 }],
      [{ key: 'fridge/1', before: 9, limit: 100 }],
      ['cold-chain', 'a', 'fridge/1'],
    ])
  })

  test('versions of a flow are listed, shown and restored', async () => {
    const root = '/api/v1/flows/cold-chain/deploys'
    expect((await get(root)).json).toEqual({ items: [aDeploy] })
    expect((await get(`${root}/3`)).json).toMatchObject({ id: 3, document: aFlow.document, problems: [] })
    expect((await get(`${root}/4`)).status).toBe(404)
    expect((await get(`${root}/x`)).json.code).toBe('BAD_REQUEST')
    expect((await send('POST', `${root}/3/restore`, { comment: 'too noisy' })).json).toMatchObject({ hash: 'new' })
    expect(engine.calls.at(-1)).toEqual({
      name: 'restore',
      values: ['cold-chain', 3, { by: 'local', comment: 'too noisy' }],
    })
  })

  test('alarms have a health report of a period', async () => {
    expect((await get('/api/v1/alarms/health?from=1&to=9&top=3&flow=cold-chain')).json).toEqual(aReport)
    expect(engine.calls.at(-1)).toEqual({ name: 'health', values: [{ from: 1, to: 9, top: 3, flow: 'cold-chain' }] })
    expect((await get('/api/v1/alarms/health?top=0')).json.code).toBe('BAD_REQUEST')
  })

  test('alarms take commands of people', async () => {
    const alarm = { flow: 'cold-chain', node: 'a', key: 'fridge 1' }
    expect((await send('POST', '/api/v1/alarms/ack', { ...alarm, note: 'seen' })).json).toEqual(anAlarm)
    await send('POST', '/api/v1/alarms/shelve', { ...alarm, until: 5 })
    await send('POST', '/api/v1/alarms/unshelve', alarm)
    await send('POST', '/api/v1/alarms/reset', alarm)
    await send('POST', '/api/v1/alarms/note', { ...alarm, note: 'seen' })
    await send('POST', '/api/v1/alarms/out-of-service', alarm)
    await send('POST', '/api/v1/alarms/in-service', alarm)
    const told = { ...alarm, by: 'local' }
    expect(engine.calls.filter(({ name }) => name !== 'why')).toEqual([
      { name: 'acknowledge', values: [{ ...told, note: 'seen' }] },
      { name: 'shelve', values: [{ ...told, until: 5 }] },
      { name: 'unshelve', values: [told] },
      { name: 'reset', values: [told] },
      { name: 'note', values: [{ ...told, note: 'seen' }] },
      { name: 'out-of-service', values: [told] },
      { name: 'in-service', values: [told] },
    ])
    // Who does it is who is logged in, whatever the client says.
    expect((await send('POST', '/api/v1/alarms/ack', { ...alarm, by: 'anna' })).json.at).toBe('body.by')
    expect((await send('POST', '/api/v1/alarms/ack', { ...alarm, note: 'x'.repeat(2001) })).status).toBe(400)
  })

  test('dead letters are retried with and without another payload, and dropped', async () => {
    expect((await send('POST', '/api/v1/dead-letters/retry', { ids: [1, 2] })).json).toEqual({ retried: 2, failed: 0 })
    await send('POST', '/api/v1/dead-letters/retry', { ids: [1], payload: null })
    expect((await send('POST', '/api/v1/dead-letters/drop', { ids: [3] })).json).toEqual({ dropped: 1 })
    expect(engine.calls.map((call) => call.values)).toEqual([[[1, 2], undefined], [[1], { payload: null }], [[3]]])
  })

  test('a message is published with QoS 0 and without retain unless said', async () => {
    const reply = await send('POST', '/api/v1/publish', { topic: 'a/b', payload: 'x' })
    expect(reply.json).toEqual({ published: 'a/b' })
    expect(engine.calls[0]?.values[0]).toEqual({ topic: 'a/b', payload: 'x', qos: 0, retain: false })
  })

  test('health is 200 or 503 with reasons', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, json: { ok: true, reasons: [] } })
    const away = { code: 'BROKER_AWAY' as const, text: 'The broker is away.' }
    engine.healthNow = { live: true, ready: false, reasons: [away], notices: [] }
    expect(await get('/livez')).toMatchObject({ status: 200, json: { ok: true, reasons: [] } })
    expect(await get('/readyz')).toMatchObject({ status: 503, json: { ok: false, reasons: [away] } })
  })

  test('C23: the first page shows names as text, never as HTML', async () => {
    engine.engineNow = { healthy: false, reasons: ['<script>alert(1)</script>'], flowsDirectory: '/a"><img src=x>' }
    const page = await get('/')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.text).toContain('&lt;script&gt;')
    expect(page.text).not.toMatch(/<script|<img|style=|\son\w+=/)
    expect(page.text).toContain('/api/v1/flows')
  })
})

describe('requests that are wrong', () => {
  test.each([
    ['POST', '/api/v1/publish', { topic: 'a/#', payload: '' }, 'TOPIC_NAME', 'body.topic'],
    ['POST', '/api/v1/publish', { topic: 'a', payload: '', qos: 3 }, 'WRONG_VALUE', 'body.qos'],
    ['POST', '/api/v1/publish', { topic: 'a', playload: '' }, 'MISSING_FIELD', 'body.payload'],
    ['POST', '/api/v1/publish', { topic: 'a', payload: '', retian: true }, 'UNKNOWN_FIELD', 'body.retian'],
    ['POST', '/api/v1/publish', ['topic'], 'WRONG_VALUE', 'body'],
    ['POST', '/api/v1/dead-letters/drop', { ids: [] }, 'WRONG_VALUE', 'body.ids'],
    ['POST', '/api/v1/dead-letters/drop', { ids: [1, 'x'] }, 'WRONG_VALUE', 'body.ids[1]'],
    ['GET', '/api/v1/dead-letters?limit=0', undefined, 'WRONG_VALUE', 'query.limit'],
    ['GET', '/api/v1/dead-letters?limit=1&limit=2', undefined, 'WRONG_VALUE', 'query.limit'],
    ['GET', '/api/v1/dead-letters?__proto__=1', undefined, 'UNKNOWN_FIELD', 'query.__proto__'],
    ['GET', '/api/v1/dead-letters?flwo=x', undefined, 'UNKNOWN_FIELD', 'query.flwo'],
    ['GET', '/api/v1/flows?x=1', undefined, 'UNKNOWN_FIELD', 'query.x'],
    ['GET', '/api/v1/dead-letters/1e3', undefined, 'WRONG_VALUE', 'path.id'],
    ['GET', '/api/v1/flows/..%2F..%2Fetc%2Fpasswd', undefined, 'BAD_ID', 'path.flow'],
    ['DELETE', '/api/v1/flows/Cold_Chain', undefined, 'BAD_ID', 'path.flow'],
  ])('%s %s %j is refused: %s at %s', async (method, path, body, code, at) => {
    const { status, json } = await ask(server.port, method, path, { body })
    expect(status).toBe(400)
    expect(json.code).toBe('BAD_REQUEST')
    expect(json.problems).toContainEqual(expect.objectContaining({ code, at }))
    expect(json.text).toBeTypeOf('string')
    expect(json.hint).toBeTypeOf('string')
    expect(engine.calls).toEqual([])
  })

  test('all problems come at once, and the first one speaks for them', async () => {
    const { json } = await send('POST', '/api/v1/publish', { topic: '', qos: 'x', retian: 1 })
    expect(json.problems).toHaveLength(4)
    expect(json.text).toContain('There are 3 more problems.')
    expect(json.at).toBe('body.topic')
  })

  test.each(['PUT /api/v1/flows/a', 'POST /api/v1/check'])('%s needs the document', async (name) => {
    const [method = '', path = ''] = name.split(' ')
    expect(await send(method, path, {})).toMatchObject({ status: 400, json: { at: 'body.document' } })
  })

  test('broken JSON is refused with its place', async () => {
    const { status, json } = await send('POST', '/api/v1/check', '{\n  "document": {,}\n}')
    expect(status).toBe(400)
    expect(json).toMatchObject({ code: 'BROKEN_JSON', at: 'line 2, column 16' })
  })

  test.each([
    ['no bytes', ''],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ])('%s are broken JSON', async (_, body) => {
    expect(await send('POST', '/api/v1/check', body)).toMatchObject({ status: 400, json: { code: 'BROKEN_JSON' } })
  })

  test('a field that stands twice is refused instead of dropped', async () => {
    const reply = await send('POST', '/api/v1/check', '{"document":{},"document":{"flow":"x"}}')
    expect(reply).toMatchObject({ status: 422, json: { code: 'DUPLICATE_FIELD' } })
  })

  test('C32: JSON may be 64 levels deep and no deeper', async () => {
    const nested = (levels: number) => `{"document":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    expect((await send('POST', '/api/v1/check', nested(64))).status).toBe(200)
    expect(await send('POST', '/api/v1/check', nested(65))).toMatchObject({ status: 413, json: { code: 'TOO_LARGE' } })
    expect((await send('POST', '/api/v1/check', '['.repeat(500_000))).json.code).toBe('TOO_LARGE')
  })

  test('C38: a body may have a million bytes and not one more', async () => {
    const sized = (bytes: number) => `{"document":"${'x'.repeat(bytes - 15)}"}`
    expect(sized(1_000_000)).toHaveLength(1_000_000)
    expect((await send('POST', '/api/v1/check', sized(1_000_000))).status).toBe(200)
    const reply = await send('POST', '/api/v1/check', sized(1_000_001))
    expect(reply).toMatchObject({ status: 413, json: { code: 'TOO_LARGE' } })
    expect(reply.json.text).toContain('1000000 bytes')
  })

  test('C38: a body that never says its length is cut at the limit too', async () => {
    const headers = { 'transfer-encoding': 'chunked' }
    const reply = await ask(server.port, 'POST', '/api/v1/check', { headers, body: ' '.repeat(1_000_001) })
    expect(reply.status).toBe(413)
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'application/jsonp',
    null,
  ])('a body of media type %s is refused', async (type) => {
    const reply = await ask(server.port, 'POST', '/api/v1/check', { body: '{"document":{}}', type })
    expect(reply).toMatchObject({ status: 415, json: { code: 'WRONG_MEDIA_TYPE' } })
  })

  test('a compressed body is refused', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const reply = await ask(server.port, 'POST', '/api/v1/check', { headers, body: '{}' })
    expect(reply).toMatchObject({ status: 415, json: { code: 'WRONG_MEDIA_TYPE' } })
  })

  test('a body where none belongs is refused', async () => {
    const reply = await ask(server.port, 'DELETE', '/api/v1/flows/cold-chain', { body: '{}' })
    expect(reply).toMatchObject({ status: 400, json: { code: 'BAD_REQUEST' } })
    expect(engine.calls).toEqual([])
  })

  test('an unknown route is not found and the nearest is named', async () => {
    const { status, json } = await get('/api/v1/flow')
    expect(status).toBe(404)
    expect(json).toMatchObject({ code: 'NOT_FOUND', hint: 'List them with GET /api/v1.' })
    expect(json.text).toContain('did you mean "/api/v1/flows"?')
  })

  test.each([
    '/api/v1/flows/',
    '/API/v1/flows',
    '/api/v2/flows',
    '/api/v1/flows/a/b',
    '/package.json',
    '/%2e%2e/package.json',
  ])('GET %s is not found', async (path) => {
    expect((await get(path)).json.code).toBe('NOT_FOUND')
  })

  test('a path that cannot be decoded is a bad request', async () => {
    expect(await get('/api/v1/flows/%zz')).toMatchObject({ status: 400, json: { code: 'BAD_REQUEST' } })
  })

  test('what nobody foresaw gives a number that the log has too, and no details', async () => {
    const lines: string[] = []
    await server.close()
    const broken = { ...engine, describe: () => JSON.parse('secret of the house') }
    server = await startServer({ engine: broken, host: '127.0.0.1', port: 0, log: (_, text) => lines.push(text) })
    const { status, json, text } = await get('/api/v1/engine')
    expect(status).toBe(500)
    expect(json.code).toBe('INTERNAL')
    expect(text).not.toContain('secret')
    const number = /number ([0-9a-f]{8})/.exec(String(json.text))?.[1]
    expect(number).toBeDefined()
    expect(lines.join()).toContain(String(number))
  })
})
