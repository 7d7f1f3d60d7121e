import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { makeBackup } from '../../engine/host/backup.ts'
import { keyFile } from '../../engine/host/secret-key.ts'
import { apiRoot, routes } from '../../engine/server/routes.ts'
import { startServer } from '../../engine/server/server.ts'
import { ask } from '../server/ask.ts'
import { startMosquitto } from '../tools/mosquitto.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { nextEvent, until } from '../tools/wait.ts'
import { flowOf, startEngine } from './start.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Each secret has a value of its own, so that a leak tells where it is from. */
const canaries = {
  stored: 'CANARY-STORED-5d1f',
  given: 'CANARY-GIVEN-77ab',
  plant: 'CANARY-PLANT-90ce',
  device: 'CANARY-DEVICE-12fe',
  url: 'CANARY-URL-3b0d',
}

/** Notes the headers of what it gets; /refuse says 403, /fail 503. */
async function webServer(): Promise<{ port: number; headers: IncomingHttpHeaders[] }> {
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    headers.push(request.headers)
    request.resume()
    const status = request.url === '/refuse' ? 403 : request.url === '/fail' ? 503 : 200
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system gave no port')
  return { port: address.port, headers }
}

describe('C24: secrets', () => {
  it('leave with the requests and connections that they are for, and nowhere else', async () => {
    const web = await webServer()
    const plant = await startMosquitto({ users: { rulewire: canaries.plant, other: canaries.url } })
    ends.push(() => plant.stop())
    const headers = { 'X-Stored': { $secret: 'stored' }, Authorization: { $secret: 'given' } }
    const url = (path: string) => `http://127.0.0.1:${web.port}${path}`
    const leaky = flowOf(
      'leaky',
      [
        ['in', 'mqtt-in', { topic: 'leak/{name}', qos: 1 }],
        ['good', 'http-out', { url: url('/good'), headers }],
        ['refused', 'http-out', { url: url('/refuse'), headers }],
        ['failing', 'http-out', { url: url('/fail'), headers, retries: 100 }],
        // Neither a payload nor a transform turns a name into a value.
        ['trick', 'inject', { payload: '{ "$secret": "stored" }', every: '1s' }],
        ['look', 'debug', {}],
        ['store', 'store', { table: 'looks', columns: { what: '$string(payload)' } }],
        ['far', 'mqtt-out', { topic: 'far/away', broker: 'plant', qos: 1 }],
      ],
      [
        'in.out good.in',
        'in.out refused.in',
        'in.out failing.in',
        'good.response look.in',
        'trick.out look.in',
        'trick.out store.in',
        'good.response far.in',
      ],
    )
    const test = await startEngine(
      {},
      {
        environment: { RULEWIRE_SECRET_GIVEN: canaries.given },
        connections: [
          { name: 'other', url: plant.url.replace('//', `//other:${canaries.url}@`) },
          {
            name: 'plant',
            url: plant.url,
            username: 'rulewire',
            password: { $secret: 'plant' },
            reconnect: { first: 20, longest: 50 },
          },
        ],
        mqtt: {
          host: '127.0.0.1',
          port: 0,
          users: { device: { password: { $secret: 'device' }, rules: [{ action: 'both', filter: 'leak/#' }] } },
        },
      },
    )
    ends.push(() => test.close())
    const { engine } = test
    const server = await startServer({
      engine,
      host: '127.0.0.1',
      port: 0,
      log: (level, text) => test.log.push({ level, text }),
    })
    ends.push(() => server.close())
    const bodies: { what: string; text: string }[] = []
    const api = async (method: string, path: string, body?: unknown) => {
      const reply = await ask(server.port, method, path, body === undefined ? {} : { body })
      bodies.push({ what: `${method} ${path} ${reply.status}`, text: `${JSON.stringify(reply.headers)}${reply.text}` })
      return reply
    }

    const live = new WebSocket(`ws://127.0.0.1:${server.port}${apiRoot}/live`)
    live.on('message', (data) => bodies.push({ what: 'live', text: String(data) }))
    await nextEvent(live, 'open')
    ends.push(() => live.terminate())
    live.send(JSON.stringify({ type: 'watch', flows: ['leaky'], topics: ['#'] }))

    // A flow waits for its secret, and runs as soon as that is set.
    expect((await api('PUT', `${apiRoot}/flows/leaky`, { document: leaky })).json).toMatchObject({
      code: 'CHECK_FAILED',
      problems: expect.arrayContaining([expect.objectContaining({ code: 'SECRET_UNKNOWN' })]),
    })
    for (const name of ['stored', 'plant', 'device'] as const) {
      const reply = await api('PUT', `${apiRoot}/secrets/${name}`, { value: canaries[name] })
      expect(reply.status).toBe(200)
    }
    const put = await api('PUT', `${apiRoot}/flows/leaky`, { document: leaky })
    expect(put.status, put.text).toBe(200)
    await until(() => engine.brokers().every(({ incoming }) => incoming.status === 'connected'), 'both brokers')
    await api('PUT', `${apiRoot}/broker-users/sensor`, { password: canaries.device, rules: [] })
    const trace = await api('POST', `${apiRoot}/trace`, { flow: 'leaky' })
    await engine.publish({ topic: 'leak/now', payload: '{"a":1}', qos: 1, retain: false })
    await until(() => web.headers.length >= 3, 'three requests')
    await until(() => engine.deadLetters.list({}).total > 0, 'a dead letter')

    // They did go where they are meant for: what follows would find them.
    expect(web.headers[0]).toMatchObject({ 'x-stored': canaries.stored, authorization: canaries.given })

    const letter = engine.deadLetters.list({}).items[0]?.id ?? 0
    const values: Readonly<Record<string, string>> = {
      flow: 'leaky',
      type: 'http-out',
      id: String(letter),
      name: 'stored',
    }
    const answered: string[] = []
    for (const { method, path } of routes) {
      if (method !== 'GET') continue
      const filled = path.replace(/:(\w+)/g, (_, name: string) => values[name] ?? 'leaky')
      const queries = ['', '?filter=leak%2F%2B', '?flow=leaky&node=refused&key=leak%2Fnow']
      for (const query of queries) if ((await api('GET', `${filled}${query}`)).status === 200) answered.push(path)
    }
    expect(new Set(answered).size).toBeGreaterThan(20)
    await api('GET', `${apiRoot}/trace/${String(trace.json.id)}`)
    await api('POST', `${apiRoot}/check`, { document: leaky })
    await api('POST', `${apiRoot}/try`, { document: leaky, node: 'good', message: { payload: 1 } })
    await api('POST', `${apiRoot}/try`, { document: leaky, node: 'trick', advance: '2s' })
    await api('POST', `${apiRoot}/evaluate`, { expression: '$', message: { payload: { $secret: 'stored' } } })
    await api('POST', `${apiRoot}/dead-letters/retry`, { ids: [letter] })
    await api('POST', `${apiRoot}/secrets/stored/remove`, {})
    await api('PUT', `${apiRoot}/secrets/Bad%20Name`, { value: canaries.stored })
    await api('PUT', `${apiRoot}/secrets/stored`, { value: canaries.stored, surplus: canaries.stored })
    await until(() => bodies.filter(({ what }) => what === 'live').length > 3, 'some frames')

    const { path: backups } = temporaryDirectory('backup')
    const backup = makeBackup({ data: test.data, flows: test.flows, into: backups, version: 'test', now: Date.now() })
    expect(filesOf(backup.directory).some((file) => file.endsWith(keyFile))).toBe(false)
    const places = [
      ...bodies.map(({ what, text }) => ({ what, bytes: Buffer.from(text) })),
      { what: 'log', bytes: Buffer.from(JSON.stringify(test.log)) },
      ...[...filesOf(test.data), ...filesOf(test.flows), ...filesOf(backup.directory)].map((file) => ({
        what: file,
        bytes: readFileSync(file),
      })),
    ]
    const leaks = Object.entries(canaries).flatMap(([name, canary]) =>
      places.filter(({ bytes }) => bytes.includes(canary)).map(({ what }) => `${name} in ${what}`),
    )
    expect(leaks).toEqual([])
    // What was searched does hold what happened.
    for (const what of [`GET ${apiRoot}/dead-letters`, `GET ${apiRoot}/trace`, 'live']) {
      const found = bodies.some((body) => body.what.startsWith(what) && body.text.includes('leak/now'))
      expect(found, what).toBe(true)
    }
    // Nor in a form that is easily turned back.
    const encoded = Object.entries(canaries).flatMap(([name, canary]) =>
      [Buffer.from(canary).toString('base64').slice(0, -2), Buffer.from(canary).toString('hex')].flatMap((text) =>
        places.filter(({ bytes }) => bytes.includes(text)).map(({ what }) => `${name} in ${what}`),
      ),
    )
    expect(encoded).toEqual([])
    expect(test.log.length).toBeGreaterThan(5)
  })

  it('that change are used from the next request on, without a restart', async () => {
    const web = await webServer()
    const url = `http://127.0.0.1:${web.port}/good`
    const flow = flowOf(
      'turns',
      [
        ['in', 'mqtt-in', { topic: 'go', qos: 1 }],
        ['call', 'http-out', { url, headers: { 'X-Key': { $secret: 'key-of-hook' } } }],
      ],
      ['in.out call.in'],
    )
    const test = await startEngine({ turns: flow })
    ends.push(() => test.close())
    const { engine } = test
    const status = () => engine.flows.list().find((one) => one.flow === 'turns')?.status
    expect(status()).toBe('failed')
    engine.secrets.set('key-of-hook', 'one')
    await until(() => status() === 'running', 'the flow to run')
    await until(() => engine.health().ready, 'the engine')
    const send = () => engine.publish({ topic: 'go', payload: '1', qos: 1, retain: false })
    await send()
    await until(() => web.headers.length === 1, 'a request')
    engine.secrets.set('key-of-hook', 'two')
    await send()
    await until(() => web.headers.length === 2, 'another request')
    expect(web.headers.map((headers) => headers['x-key'])).toEqual(['one', 'two'])
    expect(engine.secrets.list()).toMatchObject([{ name: 'key-of-hook', users: ['turns/call'] }])
    expect(() => engine.secrets.remove('key-of-hook', false)).toThrow('is used by turns/call')
  })

  it('that cannot be read are told at their nodes, and everything else runs', async () => {
    const flow = flowOf(
      'half',
      [
        ['in', 'mqtt-in', { topic: 'go', qos: 1 }],
        ['call', 'http-out', { url: 'http://127.0.0.1:9/', headers: { 'X-Key': { $secret: 'hook' } }, retries: 0 }],
        ['out', 'mqtt-out', { topic: 'went', qos: 1 }],
      ],
      ['in.out call.in', 'in.out out.in'],
    )
    const test = await startEngine({})
    ends.push(() => test.close())
    test.engine.secrets.set('hook', 'value')
    test.write('half', flow)
    await until(() => test.engine.flows.list()[0]?.status === 'running', 'the flow')
    await test.restart({ environment: { RULEWIRE_SECRET_KEY: 'ab'.repeat(32) } })
    const { engine } = test
    expect(engine.flows.list()).toMatchObject([
      { flow: 'half', status: 'running', problems: [{ code: 'SECRET_LOCKED', severity: 'warning', node: 'call' }] },
    ])
    expect(
      test.log.some(({ level, text }) => level === 'error' && text.startsWith('1 of 1 secrets cannot be read')),
    ).toBe(true)
    await until(() => engine.health().ready, 'the engine')
    await engine.publish({ topic: 'go', payload: '1', qos: 1, retain: false })
    await until(() => engine.deadLetters.list({}).total === 1, 'a dead letter')
    expect(engine.deadLetters.list({}).items[0]).toMatchObject({ node: 'call', code: 'REQUEST_FAILED' })
    expect(engine.deadLetters.list({}).items[0]?.text).toContain('The secret "hook" cannot be read')
    await until(() => (engine.statistics()['half/out']?.messages ?? 0) === 1, 'the other node')
  })
})

describe('C5: the data directory', () => {
  it('is 700 and its files 600, whatever the umask', async () => {
    const before = process.umask(0)
    ends.push(() => process.umask(before))
    const test = await startEngine({})
    ends.push(() => test.close())
    test.engine.secrets.set('a', 'b')
    await test.engine.publish({ topic: 'kept', payload: 'x', qos: 1, retain: true })
    const modes = filesOf(test.data).map((file) => [
      file.slice(test.data.length + 1),
      (statSync(file).mode & 0o777).toString(8),
    ])
    expect(modes.length).toBeGreaterThan(3)
    expect(modes.filter(([, mode]) => mode !== '600')).toEqual([])
    expect((statSync(test.data).mode & 0o777).toString(8)).toBe('700')
  })
})

describe('C27: a request that a flow may not make', () => {
  it('is a dead letter that says which setting allows it, at once and without repeats', async () => {
    const web = await webServer()
    const flow = (egress: string) =>
      flowOf(
        egress,
        [
          ['in', 'mqtt-in', { topic: `${egress}/go`, qos: 1 }],
          ['written', 'http-out', { url: 'http://10.255.255.1:8123/hook' }],
          ['chosen', 'http-out', { urlFrom: 'payload.url' }],
          ['beside', 'http-out', { url: `http://127.0.0.1:${web.port}/good` }],
        ],
        ['in.out written.in', 'in.out chosen.in', 'in.out beside.in'],
      )
    const test = await startEngine({ home: flow('home') })
    ends.push(() => test.close())
    const { engine } = test
    await until(() => engine.health().ready, 'the engine')
    const payload = JSON.stringify({ url: `http://127.0.0.1:${web.port}/from-a-message` })
    await engine.publish({ topic: 'home/go', payload, qos: 1, retain: false })
    await until(() => engine.deadLetters.list({}).total === 2, 'two dead letters')
    await until(() => web.headers.length === 1, 'the request to this machine')
    const letters = engine.deadLetters.list({}).items.toSorted((a, b) => a.node.localeCompare(b.node))
    expect(letters).toMatchObject([
      { node: 'chosen', code: 'EGRESS_DENIED', attempts: 1 },
      { node: 'written', code: 'EGRESS_DENIED', attempts: 1 },
    ])
    expect(letters[1]?.text).toBe(
      'A connection to 10.255.255.1:8123 is not allowed: that is an address of a private network.',
    )
    expect(letters[1]?.hint).toContain('--egress-allow 10.255.255.1')
    expect(web.headers).toHaveLength(1)
  })

  it('goes through when the operator has allowed it, and this machine is closed where others reach the editor', async () => {
    const web = await webServer()
    const flow = flowOf(
      'out',
      [
        ['in', 'mqtt-in', { topic: 'go', qos: 1 }],
        ['chosen', 'http-out', { urlFrom: 'payload' }],
      ],
      ['in.out chosen.in'],
    )
    const test = await startEngine({ out: flow }, { egress: { allow: [`127.0.0.1:${web.port}`] } })
    ends.push(() => test.close())
    await until(() => test.engine.health().ready, 'the engine')
    await test.engine.publish({ topic: 'go', payload: `"http://127.0.0.1:${web.port}/x"`, qos: 1, retain: false })
    await until(() => web.headers.length === 1, 'the request')
    const exposed = await startEngine(
      {
        out: flowOf(
          'out',
          [
            ['in', 'mqtt-in', { topic: 'go', qos: 1 }],
            ['call', 'http-out', { url: `http://127.0.0.1:${web.port}/x` }],
          ],
          ['in.out call.in'],
        ),
      },
      { exposed: true },
    )
    ends.push(() => exposed.close())
    await until(() => exposed.engine.health().ready, 'the engine')
    await exposed.engine.publish({ topic: 'go', payload: '1', qos: 1, retain: false })
    await until(() => exposed.engine.deadLetters.list({}).total === 1, 'a dead letter')
    expect(exposed.engine.deadLetters.list({}).items[0]).toMatchObject({ code: 'EGRESS_DENIED' })
  })
})

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
