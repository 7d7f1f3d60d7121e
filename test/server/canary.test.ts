import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { secretHash } from '../../engine/auth/index.ts'
import { AuditDesk } from '../../engine/host/audit.ts'
import { AuthDesk } from '../../engine/host/auth.ts'
import { createLog } from '../../engine/observe/log.ts'
import type { NewToken } from '../../engine/server/protocol.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { openStore } from '../../engine/store/index.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { ask, askRaw, type Question } from './ask.ts'
import { fakeEngine } from './fake.ts'
import { cheapMethod } from './fake-auth.ts'
import { cookieOf } from './people.ts'

/**
 * C24: passwords, session ids, tokens and the setup token go in and never come out again: not in an answer, not in the log, not in the
 * audit log, not in a file. Each is sent in all the places where somebody may put it by mistake.
 */
const { path: directory, remove } = temporaryDirectory('canary')
const store = openStore(directory)
const lines: string[] = []
const replies: string[] = []
const canaries = new Map([
  ['the password', 'Canary 7f3a password'],
  ['the new password', 'Canary 91bc another'],
  ['a wrong password', 'Canary 55aa wrong'],
])
const passwordOf = (name: string) => canaries.get(name) ?? ''
let server: RunningServer

/** Asks and keeps all of the answer but the cookie, which is where a session id belongs. */
async function say(method: string, path: string, question: Question = {}) {
  const reply = await ask(server.port, method, path, question)
  const { 'set-cookie': _, ...headers } = reply.headers
  replies.push(`${method} ${path.split('?', 1)[0]} ${JSON.stringify(headers)} ${reply.text}`)
  return reply
}

beforeAll(async () => {
  const log = createLog({ level: 'debug', format: 'json', write: (line) => lines.push(line) })
  const now = Date.now
  const auth = new AuthDesk({ store, data: directory, method: cheapMethod, now, log })
  const engine = Object.assign(fakeEngine(), { auth, audit: new AuditDesk({ store, now, log }) })
  server = await startServer({ engine, host: '127.0.0.1', port: 0, behindProxy: true, log })
  const password = passwordOf('the password')
  const wrong = passwordOf('a wrong password')

  const setup = auth.openSetup()?.token ?? ''
  canaries.set('the setup token', setup)
  await say('POST', '/api/v1/setup', { body: { token: setup, name: 'anna', password: 'x' } })
  const first = await say('POST', '/api/v1/setup', { body: { token: setup, name: 'anna', password } })
  await say('POST', '/api/v1/setup', { body: { token: setup, name: 'anna', password } })
  const session = cookieOf(first)
  const cookie = { cookie: session }
  canaries.set('the session id', session.slice(session.indexOf('=') + 1))

  // Where passwords go by mistake: as another type, in another field, in a list, in text that is no JSON.
  for (const body of [
    { name: 'anna', password: wrong },
    { name: 'anna', password: [wrong] },
    { name: 'anna', password: { value: wrong } },
    { name: 'anna', password: wrong.repeat(100) },
    { password: wrong },
    `{"name":"anna","password":"${wrong}"`,
    `{"name":"anna","password":"${wrong}","password":"${wrong}"}`,
  ]) {
    for (const path of ['login', 'setup', 'password', 'users'])
      await say('POST', `/api/v1/${path}`, { body, headers: cookie })
  }
  // A name that nobody has: somebody typed the password into the wrong field.
  await say('POST', '/api/v1/login', { body: { name: wrong, password: wrong } })
  await say('PUT', '/api/v1/users/anna', { body: { password: [wrong] }, headers: cookie })
  await say('PUT', '/api/v1/secrets/hook', { body: { value: [wrong] }, headers: cookie })

  const made = await ask(server.port, 'POST', '/api/v1/tokens', {
    body: { title: 'x', role: 'admin' },
    headers: cookie,
  })
  const { token } = made.json as unknown as NewToken
  canaries.set('the API token', token)
  await say('GET', '/api/v1/flows', { headers: { authorization: `Bearer ${token}` } })
  await say('GET', '/api/v1/flows', { headers: { authorization: `Bearer ${token}x` } })
  await say('GET', '/api/v1/flows', { headers: { authorization: `Bearer "${token}"` } })
  await say('GET', `/api/v1/flows?token=${token}`)
  await say('GET', `/api/v1/flows?filter=${token}`)
  await say('GET', '/api/v1/live', { headers: { cookie: `${session}x` } })
  await say('POST', '/api/v1/password', {
    body: { current: wrong, password: passwordOf('the new password') },
    headers: cookie,
  })
  const body = { current: password, password: passwordOf('the new password') }
  const changed = await say('POST', '/api/v1/password', { body, headers: cookie })
  const next = cookieOf(changed)
  canaries.set('the next session id', next.slice(next.indexOf('=') + 1))
  for (const path of ['session', 'users', 'tokens', 'audit?limit=1000', 'engine', '']) {
    await say('GET', `/api/v1/${path}`, { headers: { cookie: next } })
  }
  replies.push(
    await askRaw(
      server.port,
      `GET /api/v1/flows HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    ),
  )
})
afterAll(async () => {
  await server.close()
  store.close()
  remove()
})

test('the canaries were really used: the setup, a login, a token and a change of the password worked', () => {
  expect([...canaries.values()].every((value) => value.length >= 16)).toBe(true)
  expect(replies.some((reply) => reply.includes('"name":"anna","role":"admin","kind":"user"'))).toBe(true)
  expect(store.auth.users.get('anna')?.password).toContain('$scrypt$')
  expect(store.auth.tokens.find(secretHash(canaries.get('the API token') ?? ''))?.lastUsed).toBeTypeOf('number')
  expect(store.auth.sessions.get(secretHash(canaries.get('the next session id') ?? ''))).toBeDefined()
  expect(store.audit.list({}).total).toBeGreaterThan(5)
})

const places: [string, () => string][] = [
  ['answer', () => replies.join('\n')],
  ['line of the log', () => lines.join('\n')],
  ['entry of the audit log', () => JSON.stringify(store.audit.list({ limit: 10_000 }))],
  ['file of the data directory', () => filesOf(directory)],
]

test.each(places)('C24: none of them stands in any %s', (_, read) => {
  const text = read()
  for (const [name, value] of canaries) {
    // A part is as bad as the whole.
    for (const part of [value, value.slice(0, 16), Buffer.from(value).toString('base64').slice(0, 20)]) {
      expect(text.includes(part), name).toBe(false)
    }
  }
})

test('C3: the file of the setup token goes with the first admin', () => {
  expect(readdirSync(directory)).not.toContain('setup-token')
})

function filesOf(path: string): string {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(path, entry.name), 'latin1'))
    .join('\n')
}
