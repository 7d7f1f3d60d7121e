import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../../engine/server/server.ts'
import { ask } from './ask.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'
import { fakeAuth } from './fake-auth.ts'
import { addPeople, asking, cookieOf, logIn, password } from './people.ts'

let engine: FakeEngine
let server: RunningServer
let clock: { time: number }

beforeEach(() => {
  clock = { time: Date.now() }
  engine = Object.assign(
    fakeEngine(),
    fakeAuth(() => clock.time),
  )
})
afterEach(() => server.close())

const start = async (options: Partial<ServerOptions> = {}) => {
  server = await startServer({ engine, host: '127.0.0.1', port: 0, ...options })
}
const get = (path: string, headers = {}) => ask(server.port, 'GET', path, { headers })
const post = (path: string, body: unknown, headers = {}) =>
  ask(server.port, 'POST', `/api/v1${path}`, { body, headers })
const login = (name: string, typed: string, headers = {}) => post('/login', { name, password: typed }, headers)

test('C38: a stranger may send no more than a login needs', async () => {
  await start()
  const longest = { name: 'x'.repeat(256), password: '\u0001'.repeat(1024) }
  expect((await post('/login', longest)).json.code).toBe('LOGIN_FAILED')
  const room = 32_768 - '{"name":""}'.length
  expect((await post('/login', { name: 'x'.repeat(room) })).json.code).toBe('BAD_REQUEST')
  expect(await post('/login', { name: 'x'.repeat(room + 1) })).toMatchObject({
    status: 413,
    json: { code: 'TOO_LARGE' },
  })
})

describe('without users', () => {
  test('C4: on a loopback address nobody logs in, and the Host is looked at all the same', async () => {
    await start()
    expect((await get('/api/v1/session')).json).toEqual({
      mode: 'single-user',
      who: { name: 'local', role: 'admin', kind: 'local' },
      passwordLength: { least: 10, most: 1024 },
    })
    expect((await get('/api/v1/flows')).status).toBe(200)
    expect((await get('/api/v1/flows', { host: 'evil.example' })).json.code).toBe('WRONG_HOST')
    const foreign = { origin: 'https://evil.example' }
    expect((await post('/publish', { topic: 'a', payload: '' }, foreign)).json.code).toBe('WRONG_ORIGIN')
  })

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
    'C4: a request with %s did not come from this machine, so it is refused',
    async (header) => {
      await start()
      const reply = await get('/api/v1/flows', { [header]: '192.0.2.1' })
      expect(reply).toMatchObject({ status: 403, json: { code: 'PROXY_UNDECLARED' } })
      expect(reply.json.hint).toContain('--behind-proxy')
    },
  )

  test('C4: the first user is an admin, and from then on everybody logs in', async () => {
    await start()
    const viewer = await post('/users', { name: 'ben', role: 'viewer', password })
    expect(viewer).toMatchObject({ status: 409, json: { code: 'FIRST_USER_ADMIN' } })
    expect((await post('/users', { name: 'anna', role: 'admin', password })).json).toMatchObject({ name: 'anna' })
    expect((await get('/api/v1/flows')).json.code).toBe('LOGIN_NEEDED')
    expect((await get('/api/v1/session')).json).toMatchObject({ mode: 'login', who: null })
    expect((await get('/api/v1/flows', await logIn(server.port, 'anna'))).status).toBe(200)
  })

  test.each<[string, Partial<ServerOptions>]>([
    ['behind a proxy', { behindProxy: true }],
    ['under a name for others', { allowedHosts: ['rules.example'] }],
    ['on all addresses', { host: '0.0.0.0' }],
  ])('C3: %s everything waits for the first admin, but for health and the setup', async (_, options) => {
    await start(options)
    expect(server.mode()).toBe('setup')
    for (const path of ['', '/flows', '/engine', '/users', '/live', '/no-such-thing']) {
      expect(await get(`/api/v1${path}`), path).toMatchObject({ status: 401, json: { code: 'SETUP_NEEDED' } })
    }
    expect((await post('/publish', { topic: 'a', payload: '' })).json.code).toBe('SETUP_NEEDED')
    expect((await get('/livez')).status).toBe(200)
    expect((await get('/api/v1/session')).json).toMatchObject({ mode: 'setup', who: null })
    expect(engine.calls).toEqual([])
  })

  test('told in words, everybody who comes may do everything, and the answer says so', async () => {
    await start({ host: '0.0.0.0', withoutLogin: true })
    expect((await get('/api/v1/session')).json).toMatchObject({ mode: 'single-user', open: true })
    expect((await get('/api/v1/flows', { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200)
  })
})

describe('setup', () => {
  const setup = (token: string, name = 'anna', typed = password) => post('/setup', { token, name, password: typed })

  test('C3: the token makes the first admin once, logs in, and is worth nothing then', async () => {
    await start({ behindProxy: true })
    const token = engine.auth.openSetup()?.token ?? ''
    const done = await setup(token)
    expect(done).toMatchObject({ status: 200, json: { mode: 'login', who: { name: 'anna', role: 'admin' } } })
    expect((await get('/api/v1/users', { cookie: cookieOf(done) })).status).toBe(200)
    expect(await setup(token, 'eve')).toMatchObject({ status: 409, json: { code: 'SETUP_DONE' } })
    expect(engine.auth.openSetup()).toBeUndefined()
  })

  test('C3: two who use it at the same time make one admin', async () => {
    await start({ behindProxy: true })
    const token = engine.auth.openSetup()?.token ?? ''
    const attempt = (name: string) => engine.auth.setup({ token, name, password, address: '127.0.0.1' })
    const done = await Promise.allSettled(['anna', 'eve'].map(attempt))
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(done[1]).toMatchObject({ reason: { code: 'SETUP_TOKEN_WRONG' } })
    expect(engine.auth.users.list()).toHaveLength(1)
  })

  test('C3: there is no default password and no default token', async () => {
    await start({ behindProxy: true })
    for (const guess of ['admin', 'rulewire', 'setup', ' ']) {
      expect((await setup(guess)).json.code, guess).toBe('SETUP_TOKEN_WRONG')
    }
    expect(engine.auth.hasUsers()).toBe(false)
  })

  test('C11: guesses of the token are limited', async () => {
    await start({ behindProxy: true })
    const { token = '' } = engine.auth.openSetup() ?? {}
    const codes: unknown[] = []
    for (let count = 0; count < 8; count++) codes.push((await setup(`guess ${count}`)).json.code)
    expect(codes.slice(-2)).toEqual(['LOGIN_LIMITED', 'LOGIN_LIMITED'])
    expect((await setup(token)).json.code).toBe('LOGIN_LIMITED')
    clock.time += 60_000
    expect((await setup(token)).status).toBe(200)
  })

  test('C3: a weak password or a wrong name does not use the token up', async () => {
    await start({ behindProxy: true })
    const { token = '' } = engine.auth.openSetup() ?? {}
    expect((await setup(token, 'Anna')).json.code).toBe('USER_NAME')
    expect((await setup(token, 'anna', 'short')).json).toMatchObject({
      code: 'PASSWORD_LENGTH',
      text: 'The password has 5 characters.',
    })
    expect((await setup(token)).status).toBe(200)
  })

  test('C3: each start makes a new token; the old one is worth nothing', async () => {
    await start({ behindProxy: true })
    const old = engine.auth.openSetup()?.token ?? ''
    const now = engine.auth.openSetup()?.token ?? ''
    expect((await setup(old)).json.code).toBe('SETUP_TOKEN_WRONG')
    expect((await setup(now)).status).toBe(200)
  })
})

describe('login', () => {
  beforeEach(() => addPeople(engine.auth))

  test('C7: the cookie is out of reach of scripts and other sites, and names the server', async () => {
    await start()
    const [header = ''] = (await login('admin', password)).headers['set-cookie'] ?? []
    expect(header).toMatch(
      new RegExp(`^rulewire-${server.port}=[0-9A-Za-z]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\\d{6}$`),
    )
  })

  test('C7: with HTTPS its name begins with __Host- and it is Secure', async () => {
    await start({ secure: true, behindProxy: true })
    const [header = ''] = (await login('admin', password)).headers['set-cookie'] ?? []
    expect(header).toMatch(
      new RegExp(`^__Host-rulewire-${server.port}=[^;]+; Path=/; HttpOnly; SameSite=Strict; Secure; `),
    )
    expect(header).not.toMatch(/domain=/i)
    expect((await get('/api/v1/flows', { cookie: header.split(';', 1)[0] ?? '' })).status).toBe(200)
    expect((await get('/api/v1/flows', { cookie: header.slice('__Host-'.length) })).status).toBe(401)
  })

  test('C7: each login has an id of its own, and the one that a client brings is never taken', async () => {
    await start()
    const brought = `rulewire-${server.port}=${'a'.repeat(43)}`
    const cookies = [await login('admin', password, { cookie: brought }), await login('admin', password)].map(cookieOf)
    expect(new Set([...cookies, brought]).size).toBe(3)
    expect((await get('/api/v1/flows', { cookie: brought })).json.code).toBe('LOGIN_NEEDED')
  })

  test('C7: a session ends after 12 hours without use, and after a week in any case', async () => {
    await start()
    const hour = 3_600_000
    const me = asking(server.port, await logIn(server.port, 'admin'))
    const begun = clock.time
    expect((await me('GET', '/session')).json).toMatchObject({ idle: begun + 12 * hour, expires: begun + 168 * hour })
    for (let used = 0; used < 167; used += 11) {
      clock.time = begun + used * hour
      expect((await me('GET', '/flows')).status, `after ${used} hours`).toBe(200)
    }
    clock.time = begun + 168 * hour
    expect((await me('GET', '/flows')).json.code).toBe('LOGIN_NEEDED')
    const other = asking(server.port, await logIn(server.port, 'admin'))
    clock.time += 12 * hour
    expect((await other('GET', '/flows')).json.code).toBe('LOGIN_NEEDED')
  })

  test('C7: logging out ends the session on the server, and everywhere ends all of them', async () => {
    await start()
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => logIn(server.port, 'viewer')))
    const out = await post('/logout', {}, one)
    expect(out.json).toMatchObject({ mode: 'login', who: null })
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect((await get('/api/v1/flows', one)).status).toBe(401)
    expect((await get('/api/v1/flows', two)).status).toBe(200)
    expect((await post('/logout', { everywhere: true }, two)).status).toBe(200)
    expect((await get('/api/v1/flows', three)).status).toBe(401)
    expect((await post('/logout', {}, one)).status).toBe(200)
  })

  test('C7: a new password ends the other sessions, and this one goes on under a new id', async () => {
    await start()
    const [mine, other] = [await logIn(server.port, 'viewer'), await logIn(server.port, 'viewer')]
    const wrong = await post('/password', { current: 'not it at all', password: 'another password' }, mine)
    expect(wrong).toMatchObject({ status: 401, json: { code: 'LOGIN_FAILED' } })
    const done = await post('/password', { current: password, password: 'another password' }, mine)
    expect(done).toMatchObject({ status: 200, json: { who: { name: 'viewer' } } })
    expect((await get('/api/v1/flows', mine)).status).toBe(401)
    expect((await get('/api/v1/flows', other)).status).toBe(401)
    expect((await get('/api/v1/flows', { cookie: cookieOf(done) })).status).toBe(200)
    expect((await login('viewer', password)).status).toBe(401)
    expect((await login('viewer', 'another password')).status).toBe(200)
  })

  test('C7: a user has at most 20 sessions; the one used longest ago goes', async () => {
    await start()
    const first = await logIn(server.port, 'viewer')
    clock.time += 120_000
    const second = await logIn(server.port, 'viewer')
    clock.time += 120_000
    expect((await get('/api/v1/flows', first)).status).toBe(200)
    for (let count = 0; count < 19; count++) await logIn(server.port, 'viewer')
    expect((await get('/api/v1/flows', second)).status).toBe(401)
    expect((await get('/api/v1/flows', first)).status).toBe(200)
  })

  test('C11: a wrong password, an unknown name and a disabled user get the same answer', async () => {
    await start()
    await engine.auth.users.change('editor', { disabled: true })
    const replies = [
      await login('viewer', 'not the password'),
      await login('nobody-of-that-name', password),
      await login('Not A Name', password),
      await login('editor', password),
    ]
    for (const { status, text } of replies) {
      expect([status, text]).toEqual([401, replies[0]?.text])
    }
  })

  test('C11: after too many failures the answer tells how long to wait, and the right password waits too', async () => {
    await start()
    for (let count = 0; count < 6; count++) expect((await login('viewer', 'not it at all')).status).toBe(401)
    const limited = await login('viewer', password)
    expect(limited).toMatchObject({ status: 429, json: { code: 'LOGIN_LIMITED' } })
    expect(limited.json.text).toContain('in 2 s')
    expect(limited.headers['retry-after']).toBe('2')
    expect((await login('admin', password)).status).toBe(200)
    clock.time += 2000
    expect((await login('viewer', password)).status).toBe(200)
  })

  test('C11: behind a proxy the address is the last one that it tells; without one nobody can choose it', async () => {
    await start({ behindProxy: true })
    const from = (address: string) => ({ 'x-forwarded-for': `203.0.113.99, ${address}` })
    for (let count = 0; count < 21; count++) await login(`name-${count}`, password, from('192.0.2.7'))
    expect((await login('admin', password, from('192.0.2.7'))).status).toBe(429)
    expect((await login('admin', password, from('192.0.2.8'))).status).toBe(200)
    await server.close()
    await start()
    for (let count = 0; count < 21; count++) await login(`name-${count}`, password, from(`192.0.2.${count}`))
    expect((await login('admin', password, from('192.0.2.99'))).status).toBe(429)
  })

  test('C11: few hashes run at once, and a flood of logins is told to come back', async () => {
    await start()
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, count) =>
        engine.auth.login({ name: `n${count}`, password, address: `10.0.0.${count}` }).catch((fault) => fault.code),
      ),
    )
    expect(replies.filter((code) => code === 'LOGIN_BUSY').length).toBe(40 - 18)
    expect(replies.filter((code) => code === 'LOGIN_FAILED').length).toBe(18)
    expect((await login('admin', password)).status).toBe(200)
  })

  test('C16: a login, a logout and a setup are taken as JSON only, and from the own page only', async () => {
    await start()
    for (const path of ['login', 'logout', 'setup', 'password', 'users', 'tokens']) {
      const form = {
        type: 'application/x-www-form-urlencoded',
        body: 'name=admin',
        headers: await logIn(server.port, 'admin'),
      }
      expect((await ask(server.port, 'POST', `/api/v1/${path}`, form)).status, path).toBe(415)
      const foreign = { body: {}, headers: { origin: 'https://evil.example' } }
      expect((await ask(server.port, 'POST', `/api/v1/${path}`, foreign)).json.code, path).toBe('WRONG_ORIGIN')
    }
  })

  test('the page and the files of the editor load without a login; health tells reasons to who may know them', async () => {
    await start({ host: '0.0.0.0', withoutLogin: false, secure: false })
    engine.healthNow = {
      live: true,
      ready: false,
      notices: [],
      reasons: [{ code: 'BROKER_AWAY', text: 'The broker at 10.0.0.5 is away.' }],
    }
    const page = await get('/')
    expect(page.status).toBe(200)
    expect(page.text).not.toContain('/flows')
    expect((await get('/readyz')).json).toMatchObject({ ok: false, reasons: [] })
    expect((await get('/readyz', await logIn(server.port, 'viewer'))).json.reasons).toHaveLength(1)
    await server.close()
    await start()
    expect((await get('/readyz')).json.reasons).toHaveLength(1)
  })
})
