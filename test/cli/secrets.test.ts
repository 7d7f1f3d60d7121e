import { afterEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { startEngine } from '../engine/start.ts'
import { fakeEngine } from '../server/fake.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { rulewire } from './terminal.ts'

let server: RunningServer | undefined
afterEach(() => server?.close())

async function setUp() {
  const engine = fakeEngine()
  server = await startServer({ engine, host: '127.0.0.1', port: 0 })
  const { port } = server
  const ask = (args: string[], input = '') =>
    rulewire(['secrets', ...args, '--url', `http://127.0.0.1:${port}`], {}, input)
  return { engine, ask }
}

describe('rulewire secrets', () => {
  it('sets a value that is typed or piped in, and shows it nowhere', async () => {
    const { engine, ask } = await setUp()
    const { code, out, err } = await ask(['set', 'smtp-password'], 'CANARY')
    expect(code).toBe(0)
    expect(out).toBe('smtp-password is set; used by cold-chain/a\n')
    expect(out + err).not.toContain('CANARY')
    expect(engine.calls).toContainEqual({ name: 'set secret', values: ['smtp-password', 'CANARY'] })
  })

  it('lists names, times and users', async () => {
    const { ask } = await setUp()
    const { code, out } = await ask(['list'])
    expect([code, out]).toEqual([0, 'hook-token  stored  1970-01-01 00:00:00Z  cold-chain/a\n1 secret\n'])
    expect(JSON.parse((await ask(['list', '--json'])).out)).toMatchObject([{ name: 'hook-token' }])
  })

  it('removes, and rotates the key', async () => {
    const { engine, ask } = await setUp()
    expect((await ask(['remove', 'hook-token', '--force'])).out).toBe('hook-token is removed\n')
    expect(engine.calls).toContainEqual({ name: 'remove secret', values: ['hook-token', true] })
    expect((await ask(['rotate-key'])).out).toBe('1 secret encrypted anew\n')
  })

  it('works on the data directory of an engine that does not run', async () => {
    const { path } = temporaryDirectory('cli-secrets')
    const ask = (args: string[], input = '') => rulewire([...args, '--data', path], {}, input)
    expect((await ask(['secrets', 'set', 'smtp-password'], 'CANARY')).out).toBe(
      'smtp-password is set; nobody uses it yet\n',
    )
    expect((await ask(['secrets', 'list'])).out).toContain('smtp-password  stored')
    expect((await ask(['secrets', 'rotate-key'])).out).toBe('1 secret encrypted anew\n')
    expect((await ask(['broker-users', 'add', 'pump'], 'pump-password')).code).toBe(0)
    expect((await ask(['broker-users', 'allow', 'pump', 'both', 'pumps/%u/#'])).code).toBe(0)
    const test = await startEngine({}, { data: path })
    expect(test.engine.brokerUsers.list()).toMatchObject([{ name: 'pump', rules: [{ filter: 'pumps/%u/#' }] }])
    expect(test.engine.secrets.list()).toMatchObject([{ name: 'smtp-password' }])
    const locked = await ask(['secrets', 'set', 'other'], 'x')
    await test.close()
    expect([locked.code, locked.err.includes('DATA_LOCKED')]).toEqual([1, true])
    expect((await rulewire(['secrets', 'list', '--data', `${path}/absent`])).err).toContain(
      'there is no such directory',
    )
  })

  it('takes no value as an argument, and does not repeat it', async () => {
    const { ask } = await setUp()
    const { code, err } = await ask(['set', 'hook-token', 'CANARY'])
    expect(code).toBe(2)
    expect(err).toContain('SURPLUS_ARGUMENT')
    expect(err).not.toContain('CANARY')
    expect((await ask(['set'])).err).toContain('MISSING_ARGUMENT')
    expect((await ask(['get', 'x'])).err).toContain('UNKNOWN_COMMAND')
  })
})
