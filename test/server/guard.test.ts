import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { contentSecurityPolicy } from '../../engine/server/headers.ts'
import { defaultLimits } from '../../engine/server/limits.ts'
import { hostRules, isLoopback } from '../../engine/server/origin.ts'
import type { Route } from '../../engine/server/route.ts'
import { routes, welcomeRoute } from '../../engine/server/routes.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { nextEvent } from '../tools/wait.ts'
import { ask, askRaw } from './ask.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'

let engine: FakeEngine
let server: RunningServer

beforeEach(async () => {
  engine = fakeEngine()
  await engine.auth.users.add({ name: 'anna', role: 'admin', password: 'long enough' })
  await engine.auth.users.add({ name: 'ben', role: 'viewer', password: 'long enough' })
  server = await startServer({
    engine,
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['rules.example', 'proxy.example:8443'],
    // Who may do what is another test's matter.
    withoutLogin: true,
  })
})
afterEach(() => server.close())

/** A request that each route takes, so that only what a test adds can be why it is refused. */
const samples: Readonly<Record<string, { path: string; body?: unknown; status?: number }>> = {
  'POST /api/v1/setup': {
    path: '/api/v1/setup',
    body: { token: 'x', name: 'eve', password: 'long enough' },
    status: 409,
  },
  'POST /api/v1/login': { path: '/api/v1/login', body: { name: 'anna', password: 'long enough' } },
  'POST /api/v1/history/clear': { path: '/api/v1/history/clear', body: {} },
  'GET /api/v1/flows/:flow/deploys': { path: '/api/v1/flows/cold-chain/deploys' },
  'GET /api/v1/flows/:flow/deploys/:id': { path: '/api/v1/flows/cold-chain/deploys/3' },
  'POST /api/v1/flows/:flow/deploys/:id/restore': { path: '/api/v1/flows/cold-chain/deploys/3/restore', body: {} },
  'POST /api/v1/logout': { path: '/api/v1/logout', body: {} },
  'POST /api/v1/password': {
    path: '/api/v1/password',
    body: { current: 'long enough', password: 'long as well' },
    status: 409,
  },
  'POST /api/v1/users': {
    path: '/api/v1/users',
    body: { name: 'cleo', role: 'viewer', password: 'long enough' },
  },
  'PUT /api/v1/users/:name': { path: '/api/v1/users/ben', body: { role: 'editor' } },
  'DELETE /api/v1/users/:name': { path: '/api/v1/users/ben' },
  'POST /api/v1/tokens': { path: '/api/v1/tokens', body: { title: 'a test', role: 'viewer' } },
  'DELETE /api/v1/tokens/:id': { path: '/api/v1/tokens/00ff', status: 404 },
  'GET /api/v1/flows/:flow': { path: '/api/v1/flows/cold-chain' },
  'PUT /api/v1/flows/:flow': { path: '/api/v1/flows/cold-chain', body: { document: {} } },
  'DELETE /api/v1/flows/:flow': { path: '/api/v1/flows/cold-chain' },
  'POST /api/v1/backtest': { path: '/api/v1/backtest', body: { document: {} } },
  'POST /api/v1/advise': { path: '/api/v1/advise', body: { topic: 'a' } },
  'GET /api/v1/backtests/:id': { path: '/api/v1/backtests/b1' },
  'DELETE /api/v1/backtests/:id': { path: '/api/v1/backtests/b1' },
  'GET /api/v1/flows/:flow/tests': { path: '/api/v1/flows/cold-chain/tests' },
  'PUT /api/v1/flows/:flow/tests': { path: '/api/v1/flows/cold-chain/tests', body: { text: '{}' } },
  'POST /api/v1/flows/:flow/tests/run': { path: '/api/v1/flows/cold-chain/tests/run', body: { document: {} } },
  'POST /api/v1/flows/:flow/tests/record': {
    path: '/api/v1/flows/cold-chain/tests/record',
    body: { document: {}, name: 'a', messages: [{ after: 0, topic: 'a', payload: 1 }] },
  },
  'GET /api/v1/flows/:flow/values': { path: '/api/v1/flows/cold-chain/values' },
  'GET /api/v1/nodes/:type': { path: '/api/v1/nodes/pass' },
  'GET /api/v1/dead-letters/:id': { path: '/api/v1/dead-letters/7' },
  'POST /api/v1/check': { path: '/api/v1/check', body: { document: {} } },
  'POST /api/v1/dead-letters/retry': { path: '/api/v1/dead-letters/retry', body: { ids: [1] } },
  'POST /api/v1/dead-letters/drop': { path: '/api/v1/dead-letters/drop', body: { ids: [1] } },
  'GET /api/v1/learned/one': { path: '/api/v1/learned/one?filter=a%2F%2B' },
  'POST /api/v1/learned/accept': { path: '/api/v1/learned/accept', body: { flow: 'one', node: 'in' } },
  'POST /api/v1/learned/reset': { path: '/api/v1/learned/reset', body: { filter: 'a/+' } },
  'PUT /api/v1/secrets/:name': { path: '/api/v1/secrets/hook-token', body: { value: 'x' } },
  'POST /api/v1/secrets/:name/remove': { path: '/api/v1/secrets/hook-token/remove', body: {} },
  'POST /api/v1/secrets/rotate-key': { path: '/api/v1/secrets/rotate-key', body: {} },
  'PUT /api/v1/broker-users/:name': { path: '/api/v1/broker-users/sensor', body: { disabled: true } },
  'DELETE /api/v1/broker-users/:name': { path: '/api/v1/broker-users/sensor' },
  'POST /api/v1/trace': { path: '/api/v1/trace', body: { flow: 'cold-chain' } },
  'GET /api/v1/trace/:id': { path: '/api/v1/trace/ab12' },
  'POST /api/v1/try': { path: '/api/v1/try', body: { document: {}, node: 'a', message: {} } },
  'POST /api/v1/evaluate': { path: '/api/v1/evaluate', body: { expression: '1', message: {} } },
  'POST /api/v1/alarms/ack': { path: '/api/v1/alarms/ack', body: { flow: 'cold-chain', node: 'a', key: 'fridge-1' } },
  'POST /api/v1/alarms/shelve': {
    path: '/api/v1/alarms/shelve',
    body: { flow: 'cold-chain', node: 'a', key: 'fridge-1' },
  },
  'POST /api/v1/alarms/unshelve': {
    path: '/api/v1/alarms/unshelve',
    body: { flow: 'cold-chain', node: 'a', key: 'fridge-1' },
  },
  'POST /api/v1/alarms/reset': {
    path: '/api/v1/alarms/reset',
    body: { flow: 'cold-chain', node: 'a', key: 'fridge-1' },
  },
  'POST /api/v1/alarms/note': {
    path: '/api/v1/alarms/note',
    body: { flow: 'cold-chain', node: 'a', key: 'fridge-1', note: 'seen' },
  },
  'POST /api/v1/alarms/out-of-service': {
    path: '/api/v1/alarms/out-of-service',
    body: { flow: 'cold-chain', node: 'a', key: 'fridge-1' },
  },
  'POST /api/v1/alarms/in-service': {
    path: '/api/v1/alarms/in-service',
    body: { flow: 'cold-chain', node: 'a', key: 'fridge-1' },
  },
  'GET /api/v1/alarms/why': { path: '/api/v1/alarms/why?flow=cold-chain&node=a&key=fridge-1' },
  'PUT /api/v1/log-level': { path: '/api/v1/log-level', body: { level: 'debug' } },
  'POST /api/v1/publish': { path: '/api/v1/publish', body: { topic: 'a', payload: '' } },
}

const all: Route[] = [...routes, welcomeRoute]
const nameOf = (entry: Route) => `${entry.method} ${entry.path}`
const sampleOf = (entry: Route) => samples[nameOf(entry)] ?? { path: entry.path }
const table = all.map((entry) => [nameOf(entry), entry] as const)
const own = () => `127.0.0.1:${server.port}`

describe.each(table)('%s', (_, entry) => {
  const { path, body, status = entry.path.endsWith('/live') ? 426 : 200 } = sampleOf(entry)
  const call = (headers = {}) => ask(server.port, entry.method, path, { body, headers })

  test('answers a proper request', async () => {
    expect((await call()).status).toBe(status)
  })

  test('C14: refuses a foreign Host before anything else happens', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${server.port}`,
      '127.0.0.1',
      'localhost:1',
      `localhost.evil.example:${server.port}`,
    ]) {
      expect(await call({ host }), host).toMatchObject({ status: 403, json: { code: 'WRONG_HOST' } })
    }
    expect(engine.calls).toEqual([])
  })

  test('C15: changes nothing for pages of other origins', async () => {
    const refused = entry.method === 'GET' ? [] : foreignPages()
    for (const headers of refused) {
      expect(await call(headers), JSON.stringify(headers)).toMatchObject({
        status: 403,
        json: { code: 'WRONG_ORIGIN' },
      })
    }
    expect(engine.calls).toEqual([])
  })

  test('C18, C22: carries the headers, and none that lets other origins read', async () => {
    for (const reply of [await call(), await call({ host: 'evil.example' })]) {
      expect(reply.headers['content-security-policy']).toBe(contentSecurityPolicy)
      expect(reply.headers['x-content-type-options']).toBe('nosniff')
      expect(reply.headers['referrer-policy']).toBe('no-referrer')
      expect(reply.headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(reply.headers['x-powered-by']).toBeUndefined()
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test('refuses other methods and says which are possible', async () => {
    const possible: string[] = all.filter((other) => other.path === entry.path).map((other) => other.method)
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'].filter(
      (name) => !possible.includes(name),
    )) {
      const reply = await ask(server.port, method, path)
      expect(reply, method).toMatchObject({ status: 405, json: { code: 'WRONG_METHOD' } })
      expect(reply.headers.allow?.split(', ')).toEqual(expect.arrayContaining(possible))
    }
    expect(engine.calls).toEqual([])
  })

  test('C16: takes a body only as JSON', async () => {
    if (entry.body === undefined)
      return expect((await ask(server.port, entry.method, path, { body: '{}' })).status).toBe(400)
    const reply = await ask(server.port, entry.method, path, { body, type: 'text/plain' })
    expect(reply).toMatchObject({ status: 415, json: { code: 'WRONG_MEDIA_TYPE' } })
  })
})

const foreignPages = () => [
  { origin: 'http://evil.example' },
  { origin: 'null' },
  { origin: `http://127.0.0.1:${server.port + 1}` },
  { origin: `http://127.0.0.1:${server.port}.evil.example` },
  { origin: `file://127.0.0.1:${server.port}` },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: `http://${own()}` },
]

describe('C14, C15: hosts and origins', () => {
  const publish = (headers: Record<string, string>) =>
    ask(server.port, 'POST', '/api/v1/publish', { body: { topic: 'a', payload: '' }, headers })

  test('the own page may change something', async () => {
    expect((await publish({ origin: `http://${own()}`, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect(
      (await publish({ host: `localhost:${server.port}`, origin: `http://localhost:${server.port}` })).status,
    ).toBe(200)
  })

  test('an allowed name works with any port when it was given without one, else only with its own', async () => {
    const status = async (host: string) => (await ask(server.port, 'GET', '/livez', { headers: { host } })).status
    expect(await status('rules.example')).toBe(200)
    expect(await status('RULES.example:8080')).toBe(200)
    expect(await status('proxy.example:8443')).toBe(200)
    expect(await status('proxy.example')).toBe(403)
    expect(await status('sub.rules.example')).toBe(403)
  })

  test('behind a proxy that changes Host, the page of the allowed name may change something', async () => {
    expect((await publish({ origin: 'https://proxy.example:8443' })).status).toBe(200)
    expect((await publish({ origin: 'https://rules.example' })).status).toBe(200)
    expect((await publish({ origin: 'https://rules.example:444' })).status).toBe(403)
  })

  test('a server on all addresses takes its own addresses and no other names', () => {
    const rules = hostRules('0.0.0.0', 1870)
    expect(rules.exact.has('localhost:1870')).toBe(true)
    expect([...rules.exact].every((host) => /^(localhost|[\d.]+|\[[0-9a-f:.]+\]):1870$/.test(host))).toBe(true)
  })

  test('port 80 is left out of the name by browsers', () => {
    expect(hostRules('127.0.0.1', 80).exact.has('localhost')).toBe(true)
  })

  test.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true)
  })

  test.each(['0.0.0.0', '::', '192.168.1.5', '127.0.0.1.evil.example', 'example', ''])(
    '"%s" is not loopback',
    (host) => {
      expect(isLoopback(host)).toBe(false)
    },
  )
})

describe('broken and slow requests', () => {
  test('what is no HTTP gets 400 as JSON', async () => {
    const reply = await askRaw(server.port, 'BLAH\r\n\r\n')
    expect(reply).toMatch(/^HTTP\/1\.1 400 /)
    expect(reply).toContain('"code":"BAD_REQUEST"')
  })

  test.each(['Host:', 'Host: a\r\nHost: HOST', 'X-Host: HOST'])('a request with "%s" is refused', async (line) => {
    const head = `GET /livez HTTP/1.1\r\n${line.replace('HOST', own())}\r\nConnection: close\r\n\r\n`
    expect(await askRaw(server.port, head)).toMatch(/^HTTP\/1\.1 40[03] /)
  })

  test('C38: headers over the limit get 431', async () => {
    const reply = await askRaw(server.port, `GET /livez HTTP/1.1\r\nHost: ${own()}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(reply).toMatch(/^HTTP\/1\.1 431 /)
  })

  test.each([
    ['headers', 'GET /livez HTTP/1.1\r\n'],
    [
      'a body',
      'POST /api/v1/check HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
    ],
  ])('C38: %s that never come to an end get 408', async (_, start) => {
    await server.close()
    const limits = { ...defaultLimits, headersTimeout: 50, requestTimeout: 100 }
    server = await startServer({ engine, host: '127.0.0.1', port: 0, limits, withoutLogin: true })
    const reply = await askRaw(server.port, start.replace('HOST', own()))
    expect(reply).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('C38: a connection more than there may be is closed at once, and those that are there go on', async () => {
    await server.close()
    const limits = { ...defaultLimits, connections: 2 }
    server = await startServer({ engine, host: '127.0.0.1', port: 0, limits, withoutLogin: true })
    const idle = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')]
    for (const socket of idle) {
      socket.write(`GET /livez HTTP/1.1\r\nHost: ${own()}\r\n\r\n`)
      await nextEvent(socket, 'data')
    }
    const third = connect(server.port, '127.0.0.1')
    const heard: Buffer[] = []
    third.on('data', (chunk) => heard.push(chunk)).on('error', () => undefined)
    third.write(`GET /livez HTTP/1.1\r\nHost: ${own()}\r\n\r\n`)
    await nextEvent(third, 'close')
    expect(heard).toEqual([])
    idle[0]?.write(`GET /livez HTTP/1.1\r\nHost: ${own()}\r\n\r\n`)
    if (idle[0] !== undefined) await nextEvent(idle[0], 'data')
    for (const socket of idle) socket.destroy()
  })

  test('a server that closes refuses what comes over open connections, and ends', async () => {
    const socket = connect(server.port, '127.0.0.1')
    await nextEvent(socket, 'connect')
    socket.write(`GET /livez HTTP/1.1\r\nHost: ${own()}\r\n\r\n`)
    await nextEvent(socket, 'data')
    const ended = nextEvent(socket, 'close')
    await server.close()
    await ended
  })

  test('C33: no request left anything on the prototype of all objects', async () => {
    const body = '{"document":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}'
    await ask(server.port, 'POST', '/api/v1/check', { body })
    await ask(server.port, 'GET', '/api/v1/dead-letters?__proto__[polluted]=1')
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})

test('a taken port is named with the way out', async () => {
  const second = startServer({ engine, host: '127.0.0.1', port: server.port })
  await expect(second).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: `Port ${server.port} on 127.0.0.1 is taken, so the HTTP server cannot start.`,
    hint: expect.stringContaining('--port'),
  })
})

test('an address of another machine cannot be listened on', async () => {
  await expect(startServer({ engine, host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'BIND_FAILED' })
})

test('C9: every route says who may use it, and only what shows no data is for anyone', () => {
  expect(all.filter((entry) => entry.access === 'anyone').map(nameOf)).toEqual([
    'GET /livez',
    'GET /readyz',
    'GET /api/v1/session',
    'POST /api/v1/setup',
    'POST /api/v1/login',
    'POST /api/v1/logout',
    'GET /',
  ])
  expect(
    all.filter((entry) => entry.method !== 'GET' && !['operator', 'editor', 'admin'].includes(entry.access)),
  ).toEqual(
    all.filter(
      (entry) => /(check|setup|login|logout|password|tokens|tokens\/:id)$/.test(entry.path) && entry.method !== 'GET',
    ),
  )
})
