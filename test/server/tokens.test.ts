import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holdsToken, makeToken, type Role } from '../../engine/auth/index.ts'
import type { ApiToken, NewToken, TokenList, User, UserList } from '../../engine/server/protocol-auth.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { type FakeEngine, fakeEngine } from './fake.ts'
import { fakeAuth } from './fake-auth.ts'
import { addPeople, asking, logIn, password } from './people.ts'

const day = 86_400_000
type Asking = ReturnType<typeof asking>

let engine: FakeEngine
let server: RunningServer
let clock: { time: number }
let admin: Asking
let editor: Asking

beforeEach(async () => {
  clock = { time: Date.now() }
  engine = Object.assign(
    fakeEngine(),
    fakeAuth(() => clock.time),
  )
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
  await addPeople(engine.auth)
  admin = asking(server.port, await logIn(server.port, 'admin'))
  editor = asking(server.port, await logIn(server.port, 'editor'))
})
afterEach(() => server.close())

/** Makes a token and gives it with what asks by it. */
async function made(who: Asking, role: Role, more: object = {}): Promise<NewToken & { use: Asking }> {
  const reply = await who('POST', '/tokens', { body: { title: 'a tool', role, ...more } })
  if (reply.status !== 200) throw new Error(reply.text)
  const token = reply.json as unknown as NewToken
  return { ...token, use: asking(server.port, { authorization: `Bearer ${token.token}` }) }
}
const tokensOf = async (who: Asking) => ((await who('GET', '/tokens')).json as unknown as TokenList).items

describe('API tokens', () => {
  test('C8: a token is shown once, and what is kept of it is a hash and its beginning', async () => {
    const { token, use, ...rest } = await made(editor, 'viewer')
    expect(token).toMatch(/^rw_[0-9A-Za-z]{49}$/)
    expect(rest).toMatchObject({
      title: 'a tool',
      user: 'editor',
      role: 'viewer',
      lastUsed: null,
      start: token.slice(0, 7),
    })
    expect(rest.expires).toBe(clock.time + 90 * day)
    expect((await use('GET', '/session')).json.who).toEqual({ name: 'editor', role: 'viewer', kind: 'token' })
    const [listed] = await tokensOf(editor)
    expect(listed).toEqual({ ...rest, lastUsed: clock.time })
  })

  test('C8: it works in the header only; in the query it is refused, on the live stream as well', async () => {
    const { token } = await made(editor, 'viewer')
    const nobody = asking(server.port, {})
    for (const query of [`token=${token}`, `access_token=${token}`, `x=${token}`, `flow=a&api_token=1`]) {
      for (const path of ['/flows', '/live', '/session']) {
        const reply = await nobody('GET', `${path}?${query}`)
        expect(reply, `${path}?${query}`).toMatchObject({ status: 400, json: { code: 'TOKEN_IN_QUERY' } })
        expect(reply.text).not.toContain(token)
      }
    }
  })

  test.each([
    ['one that was never made', () => makeToken()],
    ['one with a typing error', () => `${makeToken().slice(0, -1)}!`],
    ['something else', () => 'abc'],
  ])('C8: %s is refused, even where no login is needed', async (_, token) => {
    const use = asking(server.port, { authorization: `Bearer ${token()}` })
    for (const path of ['/flows', '/session']) {
      expect(await use('GET', path)).toMatchObject({ status: 401, json: { code: 'TOKEN_INVALID' } })
    }
    const other = asking(server.port, { authorization: 'Basic YTpi' })
    expect((await other('GET', '/flows')).json.code).toBe('LOGIN_NEEDED')
  })

  test('C8: its role is at most the one of its maker', async () => {
    expect((await editor('POST', '/tokens', { body: { title: 'x', role: 'admin' } })).json.code).toBe('NOT_ALLOWED')
    const { use } = await made(editor, 'operator')
    expect((await use('POST', '/tokens', { body: { title: 'x', role: 'editor' } })).json.code).toBe('NOT_ALLOWED')
    expect((await made(use, 'operator')).user).toBe('editor')
  })

  test('C8: it never may more than its owner may now', async () => {
    const { use } = await made(editor, 'editor')
    expect((await use('DELETE', '/flows/cold-chain')).status).toBe(200)
    await admin('PUT', '/users/editor', { body: { role: 'viewer' } })
    expect((await use('DELETE', '/flows/cold-chain')).json).toMatchObject({ code: 'NOT_ALLOWED' })
    expect((await use('GET', '/flows')).status).toBe(200)
    await admin('PUT', '/users/editor', { body: { disabled: true } })
    expect((await use('GET', '/flows')).json.code).toBe('TOKEN_INVALID')
    await admin('PUT', '/users/editor', { body: { disabled: false, role: 'editor' } })
    expect((await use('GET', '/flows')).status).toBe(200)
    await admin('DELETE', '/users/editor')
    expect((await use('GET', '/flows')).json.code).toBe('TOKEN_INVALID')
    expect(await tokensOf(admin)).toEqual([])
  })

  test('C8: it expires, and one made with it does not outlive it', async () => {
    const { use, expires } = await made(editor, 'editor', { days: 2 })
    expect((await made(use, 'viewer', { days: 3650 })).expires).toBe(expires)
    expect((await made(use, 'viewer', { days: null })).expires).toBe(expires)
    expect((await made(use, 'viewer', { days: 1 })).expires).toBe(clock.time + day)
    expect((await made(editor, 'viewer', { days: null })).expires).toBeNull()
    clock.time += 2 * day - 1
    expect((await use('GET', '/flows')).status).toBe(200)
    clock.time += 1
    expect((await use('GET', '/flows')).json.code).toBe('TOKEN_INVALID')
  })

  test('C8: revoked, it is worth nothing from then on', async () => {
    const { use, id } = await made(editor, 'viewer')
    expect((await editor('DELETE', `/tokens/${id}`)).json).toEqual({ revoked: id })
    expect((await use('GET', '/flows')).json.code).toBe('TOKEN_INVALID')
    expect((await editor('DELETE', `/tokens/${id}`)).status).toBe(404)
  })

  test('C8: revoked, it takes with it all that were made with it', async () => {
    const first = await made(editor, 'editor')
    const second = await made(first.use, 'operator')
    const third = await made(second.use, 'viewer')
    const other = await made(editor, 'viewer')
    await editor('DELETE', `/tokens/${first.id}`)
    for (const { use } of [first, second, third]) expect((await use('GET', '/flows')).json.code).toBe('TOKEN_INVALID')
    expect((await other.use('GET', '/flows')).status).toBe(200)
    expect((await tokensOf(admin)).map(({ id }) => id)).toEqual([other.id])
  })

  test('C8: it neither sees nor revokes one that may do more, and does not log its owner out', async () => {
    const strong = await made(editor, 'editor')
    const weak = await made(editor, 'viewer')
    expect((await tokensOf(weak.use)).map(({ id }) => id)).toEqual([weak.id])
    expect((await weak.use('DELETE', `/tokens/${strong.id}`)).json.code).toBe('NOT_FOUND')
    expect((await tokensOf(strong.use)).map(({ id }) => id).sort()).toEqual([strong.id, weak.id].sort())
    await weak.use('POST', '/logout', { body: { everywhere: true } })
    expect((await editor('GET', '/flows')).status).toBe(200)
    expect((await strong.use('DELETE', `/tokens/${weak.id}`)).status).toBe(200)
  })

  test('everybody sees and revokes the own ones, an admin all of them', async () => {
    const viewer = asking(server.port, await logIn(server.port, 'viewer'))
    const { id } = await made(editor, 'viewer')
    expect(await tokensOf(viewer)).toEqual([])
    expect((await viewer('DELETE', `/tokens/${id}`)).json.code).toBe('NOT_FOUND')
    expect((await tokensOf(admin)).map((token: ApiToken) => token.id)).toEqual([id])
    expect((await admin('DELETE', `/tokens/${id}`)).status).toBe(200)
  })

  test('when it was used is noted once a minute', async () => {
    const { use } = await made(editor, 'viewer')
    const begun = clock.time
    await use('GET', '/flows')
    clock.time += 59_000
    await use('GET', '/flows')
    expect((await tokensOf(editor))[0]?.lastUsed).toBe(begun)
    clock.time += 1000
    await use('GET', '/flows')
    expect((await tokensOf(editor))[0]?.lastUsed).toBe(begun + 60_000)
  })

  test('one owner has at most 200', async () => {
    for (let count = 0; count < 200; count++) await made(editor, 'viewer')
    const reply = await editor('POST', '/tokens', { body: { title: 'x', role: 'viewer' } })
    expect(reply).toMatchObject({ status: 409, json: { code: 'TOO_MANY_TOKENS' } })
    expect((await made(admin, 'viewer')).user).toBe('admin')
  })

  test.each([
    [{ title: '', role: 'viewer' }, 'body.title'],
    [{ title: 'x', role: 'root' }, 'body.role'],
    [{ title: 'x', role: 'viewer', days: 0 }, 'body.days'],
    [{ title: 'x', role: 'viewer', days: 3651 }, 'body.days'],
    [{ title: 'x'.repeat(65), role: 'viewer' }, 'body.title'],
  ])('%j is refused at %s', async (body, at) => {
    expect((await editor('POST', '/tokens', { body })).json).toMatchObject({ code: 'BAD_REQUEST', at })
  })
})

describe('users', () => {
  const users = async () => ((await admin('GET', '/users')).json as unknown as UserList).items

  test('are listed with roles, sessions and tokens, and never with a password', async () => {
    await made(editor, 'viewer')
    const all = await users()
    expect(all.map(({ name, role }) => [name, role])).toEqual([
      ['admin', 'admin'],
      ['editor', 'editor'],
      ['operator', 'operator'],
      ['viewer', 'viewer'],
    ])
    expect(all[1]).toMatchObject({ sessions: 1, tokens: 1, lastLogin: clock.time, disabled: false })
    expect(all[2]).toMatchObject({ sessions: 0, lastLogin: null })
    for (const user of all) expect(Object.keys(user)).not.toContain('password')
  })

  test('are made, changed and removed', async () => {
    const add = (body: object) => admin('POST', '/users', { body })
    expect((await add({ name: 'ben', role: 'viewer', password })).json).toMatchObject({ name: 'ben' })
    expect((await add({ name: 'ben', role: 'viewer', password })).json.code).toBe('USER_EXISTS')
    expect((await add({ name: 'B', role: 'viewer', password })).json.code).toBe('USER_NAME')
    expect((await add({ name: 'cleo', role: 'viewer', password: 'short' })).json.code).toBe('PASSWORD_LENGTH')
    const ben = asking(server.port, await logIn(server.port, 'ben'))
    const changed = (await admin('PUT', '/users/ben', { body: { role: 'editor' } })).json as unknown as User
    expect(changed).toMatchObject({ role: 'editor', sessions: 1 })
    expect((await ben('DELETE', '/flows/cold-chain')).status).toBe(200)
    await admin('PUT', '/users/ben', { body: { password: 'another password' } })
    expect((await ben('GET', '/flows')).json.code).toBe('LOGIN_NEEDED')
    expect((await admin('DELETE', '/users/ben')).json).toEqual({ deleted: 'ben' })
    expect((await admin('PUT', '/users/ben', { body: {} })).json.code).toBe('NOT_FOUND')
    expect((await admin('PUT', '/users/edtor', { body: {} })).json.text).toContain('did you mean "editor"?')
  })

  test('two that are made at the same time under one name are one', async () => {
    const add = () => admin('POST', '/users', { body: { name: 'ben', role: 'viewer', password } })
    const codes = (await Promise.all([add(), add(), add()])).map(({ status }) => status)
    expect(codes.sort()).toEqual([200, 409, 409])
  })

  test('the last admin can neither be removed nor disabled nor demoted', async () => {
    const refused = { status: 409, json: { code: 'LAST_ADMIN' } }
    expect(await admin('DELETE', '/users/admin')).toMatchObject(refused)
    expect(await admin('PUT', '/users/admin', { body: { disabled: true } })).toMatchObject(refused)
    expect(await admin('PUT', '/users/admin', { body: { role: 'editor' } })).toMatchObject(refused)
    await admin('PUT', '/users/editor', { body: { role: 'admin', disabled: true } })
    expect(await admin('DELETE', '/users/admin')).toMatchObject(refused)
    await admin('PUT', '/users/editor', { body: { disabled: false } })
    expect((await admin('DELETE', '/users/admin')).status).toBe(200)
  })

  test('of two admins who demote each other at the same time, one stays', async () => {
    await admin('PUT', '/users/editor', { body: { role: 'admin' } })
    // A new password takes a while to be hashed: both pass the first look.
    const change = { role: 'viewer', password: 'another password' } as const
    const done = await Promise.allSettled(['admin', 'editor'].map((name) => engine.auth.users.change(name, change)))
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(done.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'LAST_ADMIN' } })
    expect(engine.auth.users.list().filter(({ role }) => role === 'admin')).toHaveLength(1)
  })

  test('a password of older parameters is hashed anew when its owner logs in', async () => {
    const { AuthDesk } = await import('../../engine/host/auth.ts')
    const { openStore } = await import('../../engine/store/index.ts')
    const { noLog } = await import('../../engine/log.ts')
    const store = openStore(':memory:')
    const options = { store, data: ':memory:', now: Date.now, log: noLog }
    const cheap = { name: 'scrypt', cost: 4, block: 1, lanes: 1 } as const
    await new AuthDesk({ ...options, method: cheap }).users.add({ name: 'anna', role: 'admin', password })
    const desk = new AuthDesk({ ...options, method: { ...cheap, cost: 5 } })
    expect(store.auth.users.get('anna')?.password).toContain('ln=4')
    await desk.login({ name: 'anna', password, address: '127.0.0.1' })
    expect(store.auth.users.get('anna')?.password).toContain('ln=5')
    await desk.login({ name: 'anna', password, address: '127.0.0.1' })
    store.close()
  })

  test('nothing that looks like a token stands in a list', async () => {
    await made(editor, 'viewer')
    for (const path of ['/users', '/tokens', '/audit']) expect(holdsToken((await admin('GET', path)).text)).toBe(false)
  })
})
