import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuditDesk } from '../../engine/host/audit.ts'
import { noLog } from '../../engine/log.ts'
import { createLog } from '../../engine/observe/log.ts'
import { auditHash } from '../../engine/server/audit.ts'
import type { AuditEntry, AuditList, NewToken } from '../../engine/server/protocol.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { openStore } from '../../engine/store/index.ts'
import { aFlow, anAlarm, type FakeEngine, fakeEngine } from './fake.ts'
import { fakeAuth } from './fake-auth.ts'
import { addPeople, asking, logIn, password } from './people.ts'

let engine: FakeEngine
let server: RunningServer
let clock: { time: number }
let admin: ReturnType<typeof asking>

beforeEach(async () => {
  clock = { time: 1_800_000_000_000 }
  engine = Object.assign(
    fakeEngine(),
    fakeAuth(() => clock.time),
  )
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
  await addPeople(engine.auth)
  admin = asking(server.port, await logIn(server.port, 'admin'))
})
afterEach(() => server.close())

async function entries(query = ''): Promise<AuditEntry[]> {
  return ((await admin('GET', `/audit${query}`)).json as unknown as AuditList).items
}
const newest = async () => (await entries())[0]

describe('what is written down', () => {
  test('C26: a deploy, with who, when, from where, and the hashes before and after', async () => {
    const editor = asking(server.port, await logIn(server.port, 'editor'))
    await editor('PUT', '/flows/cold-chain', { body: { document: aFlow.document } })
    expect(await newest()).toEqual({
      id: expect.any(Number),
      time: clock.time,
      who: 'editor',
      kind: 'user',
      token: null,
      address: '127.0.0.1',
      action: 'flow.put',
      target: 'cold-chain',
      outcome: 'done',
      code: null,
      before: aFlow.hash,
      after: 'new',
      repeats: 0,
    })
    await editor('PUT', '/flows/brand-new', { body: { document: {} } })
    expect(await newest()).toMatchObject({ target: 'brand-new', before: null, after: 'new' })
  })

  test.each<[string, string, unknown, Partial<AuditEntry>]>([
    ['DELETE', '/flows/cold-chain', undefined, { action: 'flow.delete', target: 'cold-chain', before: 'abc' }],
    [
      'POST',
      '/publish',
      { topic: 'a/b', payload: 'x' },
      { action: 'publish', target: 'a/b', after: auditHash(['x', 0, false]) },
    ],
    ['POST', '/dead-letters/drop', { ids: [3, 4] }, { action: 'dead-letter.drop', target: '3 4' }],
    ['POST', '/dead-letters/retry', { ids: [3] }, { action: 'dead-letter.retry', target: '3' }],
    [
      'POST',
      '/alarms/ack',
      { flow: 'cold-chain', node: 'a', key: 'fridge-1' },
      { action: 'alarm.ack', target: 'cold-chain/a fridge-1', before: auditHash(anAlarm), after: auditHash(anAlarm) },
    ],
    ['POST', '/learned/reset', { filter: 'a/+' }, { action: 'learned.reset', target: 'default a/+' }],
    ['POST', '/users', { name: 'ben', role: 'viewer', password }, { action: 'user.add', target: 'ben' }],
    ['DELETE', '/users/viewer', undefined, { action: 'user.remove', target: 'viewer' }],
    ['POST', '/tokens', { title: 'a tool', role: 'viewer' }, { action: 'token.make', target: 'a tool (viewer)' }],
    ['PUT', '/secrets/hook', { value: 'x' }, { action: 'secret.set', target: 'hook' }],
    ['POST', '/logout', { everywhere: true }, { action: 'logout', target: 'everywhere' }],
  ])('C26: %s %s', async (method, path, body, wanted) => {
    const me = asking(server.port, await logIn(server.port, 'admin'))
    expect((await me(method, path, body === undefined ? {} : { body })).status).toBe(200)
    admin = asking(server.port, await logIn(server.port, 'admin'))
    const entry = (await entries()).find(({ action }) => action !== 'login')
    expect(entry).toMatchObject({ ...wanted, who: 'admin', outcome: 'done' })
  })

  test('C26: a change of a user has other hashes than before, and the same when nothing changed', async () => {
    await admin('PUT', '/users/viewer', { body: { role: 'editor' } })
    const first = await newest()
    expect(first?.before).not.toBe(first?.after)
    await admin('PUT', '/users/viewer', { body: { role: 'editor' } })
    expect(await newest()).toMatchObject({ before: first?.after, after: first?.after })
  })

  test('C26: what a token did names its owner and its title', async () => {
    const { token } = (await admin('POST', '/tokens', { body: { title: 'nightly', role: 'operator' } }))
      .json as unknown as NewToken
    await asking(server.port, { authorization: `Bearer ${token}` })('POST', '/publish', {
      body: { topic: 'a', payload: '' },
    })
    expect(await newest()).toMatchObject({ who: 'admin', kind: 'token', token: 'nightly', action: 'publish' })
  })

  test('C26: what was not allowed, and what did not work', async () => {
    const viewer = asking(server.port, await logIn(server.port, 'viewer'))
    await viewer('DELETE', '/flows/cold-chain')
    expect(await newest()).toMatchObject({
      ...{ who: 'viewer', action: 'flow.delete', target: '/api/v1/flows/cold-chain' },
      ...{ outcome: 'refused', code: 'NOT_ALLOWED' },
    })
    await admin('PUT', '/flows/cold-chain', { body: { document: {}, hash: 'old' } })
    expect(await newest()).toMatchObject({ outcome: 'refused', code: 'CHANGED_MEANWHILE', before: 'abc', after: null })
    engine.publish = async () => {
      throw new Error('a defect')
    }
    await admin('POST', '/publish', { body: { topic: 'a', payload: '' } })
    expect(await newest()).toMatchObject({ action: 'publish', outcome: 'failed', code: 'INTERNAL' })
  })

  test('C26: who only looks, or runs something beside the flows, writes nothing', async () => {
    const count = (await entries()).length
    for (const path of ['/flows', '/alarms', '/users', '/audit', '/session']) await admin('GET', path)
    await admin('POST', '/check', { body: { document: {} } })
    await admin('POST', '/evaluate', { body: { expression: '1', message: {} } })
    expect(await entries()).toHaveLength(count)
  })

  test('C26: logins, and failed ones under the name that was tried if somebody has it', async () => {
    const login = (name: string) =>
      asking(server.port, {})('POST', '/login', { body: { name, password: 'not it at all' } })
    await login('viewer')
    expect(await newest()).toMatchObject({
      ...{ who: '-', kind: 'nobody', action: 'login', target: 'viewer', outcome: 'refused', code: 'LOGIN_FAILED' },
    })
    await login('correct horse battery')
    expect(await newest()).toMatchObject({ target: '?', code: 'LOGIN_FAILED' })
    await logIn(server.port, 'viewer')
    expect(await newest()).toMatchObject({ who: 'viewer', kind: 'user', action: 'login', outcome: 'done' })
  })

  test('C26: the same failure again is counted, not written again', async () => {
    const count = (await entries()).length
    const login = () =>
      asking(server.port, {})('POST', '/login', { body: { name: 'viewer', password: 'not it at all' } })
    for (let time = 0; time < 6; time++) await login()
    for (let time = 0; time < 30; time++) await login()
    const all = await entries()
    expect(all.slice(0, all.length - count)).toMatchObject([
      { code: 'LOGIN_LIMITED', repeats: 29 },
      { code: 'LOGIN_FAILED', repeats: 5 },
    ])
    clock.time += 600_000
    await login()
    expect(await newest()).toMatchObject({ code: 'LOGIN_FAILED', repeats: 0 })
  })
})

describe('reading it', () => {
  test('it is filtered and paged, newest first', async () => {
    for (let count = 0; count < 5; count++) {
      clock.time += 1000
      await admin('POST', '/publish', { body: { topic: `a/${count}`, payload: '' } })
    }
    const page = (await admin('GET', '/audit?action=publish&limit=2')).json as unknown as AuditList
    expect(page.items.map(({ target }) => target)).toEqual(['a/4', 'a/3'])
    expect(page.total).toBe(5)
    expect(page.actions).toEqual(['login', 'publish'])
    const next = await entries(`?action=publish&limit=2&before=${page.items[1]?.id}`)
    expect(next.map(({ target }) => target)).toEqual(['a/2', 'a/1'])
    expect((await entries('?target=a%2F4')).map(({ target }) => target)).toEqual(['a/4'])
    expect(await entries('?who=editor')).toEqual([])
    expect(await entries(`?from=${clock.time - 1000}&to=${clock.time}`)).toHaveLength(1)
    expect(await entries('?outcome=failed')).toEqual([])
    expect((await admin('GET', '/audit?outcome=odd')).json.code).toBe('BAD_REQUEST')
  })

  test('a target is a beginning, not a pattern', async () => {
    await admin('POST', '/publish', { body: { topic: '100%/x', payload: '' } })
    await admin('POST', '/publish', { body: { topic: '100x/x', payload: '' } })
    expect((await entries('?target=100%25')).map(({ target }) => target)).toEqual(['100%/x'])
  })
})

describe('its size', () => {
  const who = { name: 'anna', role: 'admin', kind: 'user' } as const
  const nobody = { name: '-', role: 'nobody', kind: 'nobody' } as const
  const act = { address: null, action: 'publish', outcome: 'done' } as const

  test('the oldest entries go, and strangers push out nobody but strangers', () => {
    const store = openStore(':memory:')
    const desk = new AuditDesk({ store, limit: 1000, now: () => 1, log: noLog })
    for (let count = 0; count < 500; count++) desk.note({ ...act, who, target: `a/${count}` })
    for (let count = 0; count < 2000; count++) {
      desk.note({ ...act, who: nobody, action: 'login', target: `n${count}`, outcome: 'refused', code: 'LOGIN_FAILED' })
    }
    expect(desk.list({ who: 'anna', limit: 1000 }).total).toBe(500)
    expect(desk.list({ who: '-' }).total).toBeLessThanOrEqual(50 + 100)
    for (let count = 0; count < 2000; count++) desk.note({ ...act, who, target: `b/${count}` })
    expect(desk.list({}).total).toBeLessThanOrEqual(1000 + 100)
    expect(desk.list({ limit: 1 }).items[0]?.target).toBe('b/1999')
    store.close()
  })

  test('C26: a flood of refusals is counted in memory and written seldom, from wherever in a network it comes', () => {
    const store = openStore(':memory:')
    const clock = { time: 1 }
    let writes = 0
    const counted = <Values extends unknown[], Result>(write: (...values: Values) => Result) => {
      return (...values: Values) => {
        writes++
        return write(...values)
      }
    }
    const { add, repeat, ...rest } = store.audit
    const counting = { ...store, audit: { ...rest, add: counted(add), repeat: counted(repeat) } }
    const desk = new AuditDesk({ store: counting, now: () => clock.time, log: noLog })
    const login = { who: nobody, action: 'login', target: '?', outcome: 'refused', code: 'LOGIN_LIMITED' } as const
    for (let count = 0; count < 5000; count++) {
      desk.note({ ...login, address: `2001:db8::${(count % 300).toString(16)}` })
      clock.time += 10
    }
    expect(writes).toBeLessThanOrEqual(1 + 5)
    expect(desk.list({}).items).toMatchObject([{ repeats: 4999 }])
    store.close()
  })

  test('C26: a logout of who was not logged in changes nothing and is not written', async () => {
    const before = await entries()
    expect((await asking(server.port, {})('POST', '/logout', { body: {} })).status).toBe(200)
    expect(await entries()).toEqual(before)
  })

  test('a target that has no end is cut', () => {
    const store = openStore(':memory:')
    const desk = new AuditDesk({ store, now: () => 1, log: noLog })
    desk.note({ ...act, who, target: 'x'.repeat(100_000) })
    expect(desk.list({}).items[0]?.target).toHaveLength(301)
    store.close()
  })

  test('what cannot be written is told in the log, and the act has happened all the same', () => {
    const store = openStore(':memory:')
    const lines: string[] = []
    const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) })
    const desk = new AuditDesk({ store, now: () => 1, log })
    store.close()
    desk.note({ ...act, who, target: 'a/b' })
    expect(lines.join()).toContain('the audit log could not be written')
    expect(lines.join()).toContain('anna publish a/b (done)')
  })
})
