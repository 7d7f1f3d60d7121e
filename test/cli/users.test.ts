import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthDesk } from '../../engine/host/auth.ts'
import { noLog } from '../../engine/log.ts'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { openStore } from '../../engine/store/index.ts'
import { type FakeEngine, fakeEngine } from '../server/fake.ts'
import { addPeople, password, tokenOf } from '../server/people.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { fakeTerminal, rulewire } from './terminal.ts'

describe('over the API of a running engine', () => {
  let engine: FakeEngine
  let server: RunningServer
  let env: Record<string, string>
  beforeEach(async () => {
    engine = fakeEngine()
    server = await startServer({ engine, host: '127.0.0.1', port: 0 })
    env = { RULEWIRE_URL: `http://127.0.0.1:${server.port}` }
  })
  afterEach(() => server.close())
  const users = (words: string, input = '') => rulewire(['users', ...words.split(' ')], env, input)
  const tokens = (...words: string[]) => rulewire(['tokens', ...words], env)
  const withToken = (role: 'viewer' | 'admin') => {
    env.RULEWIRE_TOKEN = tokenOf(engine.auth, role).authorization.slice('Bearer '.length)
  }

  test('the first user is made without a login, and then a token is needed', async () => {
    expect((await users('list')).out).toBe('There are no users, so nobody has to log in on this machine.\n')
    expect(await users('add anna', password)).toMatchObject({ code: 1 })
    expect(await users('add anna --role admin', `${password}\n`)).toMatchObject({ code: 0, out: 'anna is admin now\n' })
    const refused = await users('list')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('rulewire: LOGIN_NEEDED')
    expect(refused.err).toContain('RULEWIRE_TOKEN')
    withToken('admin')
    expect((await users('list')).out).toMatch(
      /^anna {2}admin {2}never logged in {2}0 sessions {2}0 API tokens\n1 user\n$/,
    )
  })

  test('users are changed, and the last admin stays', async () => {
    await addPeople(engine.auth)
    withToken('admin')
    expect((await users('role viewer operator')).out).toBe('viewer is operator now\n')
    expect((await users('password viewer', 'another password\r\n')).out).toContain('viewer has a new password')
    expect((await users('disable viewer')).out).toBe('viewer may not log in now\n')
    expect((await users('enable viewer')).out).toBe('viewer may log in again\n')
    expect((await users('remove viewer')).out).toContain('viewer is removed')
    expect(JSON.parse((await users('list --json')).out)).toHaveLength(3)
    for (const words of ['role admin viewer', 'disable admin', 'remove admin']) {
      expect((await users(words)).err, words).toContain('rulewire: LAST_ADMIN')
    }
  })

  test('a token of a role that is too low is told which one is needed', async () => {
    await addPeople(engine.auth)
    withToken('viewer')
    expect((await users('list')).err).toContain(
      'rulewire: NOT_ALLOWED This needs the role admin; a viewer has the role viewer.',
    )
    expect((await rulewire(['dead-letters'], env)).code).toBe(0)
    expect((await rulewire(['dead-letters', 'drop', '7'], env)).err).toContain('This needs the role operator')
  })

  test('a token is given as an option too, and is made, listed and revoked', async () => {
    await addPeople(engine.auth)
    withToken('admin')
    const made = await tokens('create', 'nightly backup', '--role', 'editor', '--days', '7')
    expect(made.out).toMatch(/^rw_[0-9A-Za-z]{49}\n$/)
    expect(made.err).toContain('It is not shown again.')
    const token = made.out.trim()
    delete env.RULEWIRE_TOKEN
    expect((await rulewire(['alarms', '--token', token], env)).code).toBe(0)
    withToken('admin')
    const { out } = await tokens('list')
    expect(out).toContain('nightly backup')
    expect(out).not.toContain(token)
    const id = /^(\w+) .*nightly backup$/m.exec(out)?.[1] ?? ''
    expect((await tokens('revoke', id)).out).toBe(`${id} is revoked\n`)
    expect((await rulewire(['alarms', '--token', token], env)).err).toContain('TOKEN_INVALID')
  })

  test.each([
    ['users add', 'MISSING_ARGUMENT'],
    ['users role ben', 'MISSING_ARGUMENT'],
    ['users role ben chief', 'OPTION_VALUE'],
    ['users add ben --role chief', 'OPTION_VALUE'],
    ['users remov ben', 'UNKNOWN_COMMAND'],
    ['tokens create', 'MISSING_ARGUMENT'],
    ['tokens create x --days 0', 'OPTION_VALUE'],
  ])('rulewire %s is %s', async (line, code) => {
    const done = await rulewire(line.split(' '), env)
    expect(done.code).toBe(2)
    expect(done.err).toContain(`rulewire: ${code} `)
  })

  test('a password as an argument is refused without showing it', async () => {
    const { code, err } = await users('add anna hunter2secret')
    expect(code).toBe(2)
    expect(err).not.toContain('hunter2')
  })

  test('whoever types a password types it twice', async () => {
    const typed = ['correct horse battery', 'correct horse batery']
    const terminal = Object.assign(fakeTerminal(env), {
      interactive: true,
      readHidden: async () => typed.shift() ?? '',
    })
    const { run } = await import('../../engine/cli/run.ts')
    expect(await run(['users', 'add', 'anna', '--role', 'admin'], terminal)).toBe(1)
    expect(terminal.errors).toContain('The two passwords are not the same.')
    expect(engine.auth.hasUsers()).toBe(false)
  })
})

describe('on the data directory of an engine that does not run', () => {
  const { path: data, remove } = temporaryDirectory('users')
  afterEach(remove)

  test('users and tokens are made, the audit log says so, and a running engine is left alone', async () => {
    const users = (words: string, input = '') => rulewire(['users', ...words.split(' '), '--data', data], {}, input)
    expect((await users('add anna --role admin', password)).out).toBe('anna is admin now\n')
    expect((await users('password anna', 'another password')).code).toBe(0)
    const made = await rulewire(['tokens', 'create', 'x', '--role', 'admin', '--data', data])
    expect(made.out).toMatch(/^rw_/)

    const store = openStore(data)
    const auth = new AuthDesk({ store, data, now: Date.now, log: noLog })
    expect((await auth.login({ name: 'anna', password: 'another password', address: '::1' })).who.role).toBe('admin')
    expect(auth.ofToken(made.out.trim())).toMatchObject({ name: 'x', role: 'admin', kind: 'token' })
    const acts = store.audit.list({}).items.map(({ who, kind, action, target }) => [who, kind, action, target])
    expect(acts.reverse()).toEqual([
      ['console', 'console', 'user.add', 'anna'],
      ['console', 'console', 'user.change', 'anna'],
      ['console', 'console', 'token.make', 'x (admin)'],
    ])
    expect((await users('list')).err).toContain('rulewire: DATA_LOCKED')
    store.close()
  })

  test('a directory that is not there is not made', async () => {
    const { code, err } = await rulewire(['users', '--data', `${data}/nowhere`])
    expect(code).toBe(1)
    expect(err).toContain('there is no such directory')
  })
})
