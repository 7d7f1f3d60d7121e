import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { RulewireError } from '../../engine/errors.ts'
import { keyFile } from '../../engine/host/secret-key.ts'
import { Secrets } from '../../engine/host/secrets.ts'
import { keyText, newKey } from '../../engine/secrets/seal.ts'
import { createSecretStore, type SecretStore, secretsSchema } from '../../engine/store/secrets.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

interface Rig {
  data: string
  store: SecretStore
  database: Database.Database
  lines: string[]
  start(env?: Record<string, string>): Secrets
}

function setUp(): Rig {
  const { path: data } = temporaryDirectory('secrets')
  const database = new Database(join(data, 'secrets.db'))
  database.exec(secretsSchema)
  const store = createSecretStore(database)
  const lines: string[] = []
  return {
    data,
    store,
    database,
    lines,
    start: (env = {}) =>
      new Secrets({
        store,
        sources: { env, data },
        given: undefined,
        now: () => 1000,
        log: (level, text) => lines.push(`${level} ${text}`),
      }),
  }
}

const codeOf = (act: () => unknown) => {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof RulewireError) return thrown.code
    throw thrown
  }
  return 'none'
}

describe('C25: secrets of a data directory', () => {
  it('are encrypted with a key that is made when the first one is set, mode 600', () => {
    const { data, start, database, lines } = setUp()
    const secrets = start()
    expect(existsSync(join(data, keyFile))).toBe(false)
    expect(secrets.set('hook-token', 'CANARY-1')).toEqual({
      name: 'hook-token',
      source: 'stored',
      stored: true,
      changed: 1000,
      users: [],
    })
    expect(statSync(join(data, keyFile)).mode & 0o777).toBe(0o600)
    expect(secrets.value('hook-token')).toBe('CANARY-1')
    expect(start().value('hook-token')).toBe('CANARY-1')
    database.pragma('wal_checkpoint(TRUNCATE)')
    expect(readFileSync(join(data, 'secrets.db')).includes('CANARY-1')).toBe(false)
    expect(lines.join('\n')).not.toContain('CANARY-1')
    expect(JSON.stringify(secrets.list())).not.toContain('CANARY-1')
  })

  it('cannot be read without their key, and everything else goes on', () => {
    const { data, start, lines } = setUp()
    start().set('hook', 'one')
    const right = readFileSync(join(data, keyFile), 'utf8')
    writeFileSync(join(data, keyFile), `${keyText(newKey())}\n`)
    const wrong = start()
    expect(codeOf(() => wrong.value('hook'))).toBe('SECRET_LOCKED')
    expect(wrong.valueOrNone('hook')).toBeUndefined()
    expect(wrong.has('hook')).toBe(true)
    expect(wrong.list()[0]?.fault).toMatch(
      /^it was stored with the key [0-9a-f]{16}, and .*secret\.key holds [0-9a-f]{16}$/,
    )
    expect(lines.some((line) => line.startsWith('error 1 of 1 secrets cannot be read'))).toBe(true)
    expect(codeOf(() => wrong.rotate())).toBe('SECRET_LOCKED')
    // A new secret works beside it, and setting the old one again mends it.
    expect(wrong.set('other', 'two').fault).toBeUndefined()
    writeFileSync(join(data, keyFile), right)
    expect(start().value('hook')).toBe('one')
  })

  it('say so when the key file is broken, and store nothing with it', () => {
    const { data, start, lines } = setUp()
    writeFileSync(join(data, keyFile), 'not a key\n')
    const secrets = start()
    expect(codeOf(() => secrets.set('hook', 'x'))).toBe('SECRET_KEY')
    expect(lines.join('|')).toContain('not 32 bytes in hexadecimal or base64')
    expect(readFileSync(join(data, keyFile), 'utf8')).toBe('not a key\n')
  })

  it('cannot be moved to another name in the database', () => {
    const { start, database } = setUp()
    start().set('quiet', 'for the vault only')
    database.exec("INSERT INTO rw_secrets SELECT 'loud', key_id, sealed, changed FROM rw_secrets WHERE name = 'quiet'")
    const secrets = start()
    expect(codeOf(() => secrets.value('loud'))).toBe('SECRET_LOCKED')
    expect(secrets.value('quiet')).toBe('for the vault only')
  })

  it('get another key by rotating, and the old one opens nothing any more', () => {
    const { data, start, store } = setUp()
    const secrets = start()
    for (const name of ['a', 'b', 'c']) secrets.set(name, `value of ${name}`)
    const old = readFileSync(join(data, keyFile), 'utf8')
    const before = store.all()
    expect(secrets.rotate()).toEqual({ rotated: 3 })
    const now = readFileSync(join(data, keyFile), 'utf8')
    expect(now).toMatch(/^[0-9a-f]{64}\n$/)
    expect(now).not.toBe(old)
    for (const sealed of store.all()) expect(before.map(({ keyId }) => keyId)).not.toContain(sealed.keyId)
    expect(secrets.value('b')).toBe('value of b')
    expect(start().value('c')).toBe('value of c')
    writeFileSync(join(data, keyFile), old)
    expect(codeOf(() => start().value('a'))).toBe('SECRET_LOCKED')
  })

  it('survive an end of the process in the middle of a rotation', () => {
    const { data, start, store } = setUp()
    start().set('a', 'one')
    const old = readFileSync(join(data, keyFile), 'utf8')
    const next = newKey()
    // The new key stands in the file, and nothing is encrypted with it yet.
    writeFileSync(join(data, keyFile), `${keyText(next)}\n${old}`)
    const secrets = start()
    expect(secrets.value('a')).toBe('one')
    expect(store.all().map(({ keyId }) => keyId)).toEqual([next.id])
    expect(readFileSync(join(data, keyFile), 'utf8')).toBe(`${keyText(next)}\n`)
  })

  it('tighten a key file that others can read', () => {
    const { data, start, lines } = setUp()
    start().set('a', 'one')
    chmodSync(join(data, keyFile), 0o644)
    start()
    expect(statSync(join(data, keyFile)).mode & 0o777).toBe(0o600)
    expect(lines.some((line) => line.includes('could be read by others (mode 644)'))).toBe(true)
  })
})

describe('the key for secrets', () => {
  it('is taken from a variable, a file that it names, or a credential of systemd, and no file is made then', () => {
    const { data, start } = setUp()
    const [first, second] = [newKey(), newKey()]
    const file = join(data, 'given.key')
    writeFileSync(file, keyText(first), { mode: 0o600 })
    writeFileSync(join(data, 'rulewire-secret-key'), keyText(first), { mode: 0o600 })
    start({ RULEWIRE_SECRET_KEY: keyText(first) }).set('a', 'one')
    expect(start({ RULEWIRE_SECRET_KEY_FILE: file }).value('a')).toBe('one')
    expect(start({ CREDENTIALS_DIRECTORY: data }).value('a')).toBe('one')
    expect(existsSync(join(data, keyFile))).toBe(false)
    expect(codeOf(() => start({ RULEWIRE_SECRET_KEY: 'short' }).set('b', 'x'))).toBe('SECRET_KEY')
    expect(codeOf(() => start({ RULEWIRE_SECRET_KEY_FILE: '/nowhere/key' }).value('a'))).toBe('SECRET_LOCKED')
    // Rotation of a key that is given: the new one in front, rotate, then the old one goes.
    const both = start({ RULEWIRE_SECRET_KEY: `${keyText(second)},${keyText(first)}` })
    expect(both.rotate()).toEqual({ rotated: 1 })
    expect(start({ RULEWIRE_SECRET_KEY: keyText(second) }).value('a')).toBe('one')
  })

  it('is no secret that a flow can name', () => {
    const { start } = setUp()
    const text = keyText(newKey())
    const secrets = start({ RULEWIRE_SECRET_KEY: text, RULEWIRE_SECRET_KEY_FILE: '/x', RULEWIRE_SECRET_KEYS: 'other' })
    for (const name of ['key', 'KEY', 'key-file', 'key_file', 'key.file']) expect(secrets.value(name)).toBeUndefined()
    expect(secrets.value('keys')).toBe('other')
  })
})

describe('a secret', () => {
  it('in the environment goes before the stored one, which stays', () => {
    const { start } = setUp()
    const secrets = start({ RULEWIRE_SECRET_HOOK_TOKEN: 'from outside' })
    expect(secrets.set('hook-token', 'stored')).toMatchObject({ source: 'environment', stored: true })
    expect(secrets.value('hook-token')).toBe('from outside')
    expect(start().value('hook-token')).toBe('stored')
  })

  it('that is used is removed only by force', () => {
    const { start } = setUp()
    const secrets = start()
    const changed: string[] = []
    secrets.users = () => new Map([['hook', ['cold-chain/notify']]])
    secrets.changed = (name) => changed.push(name)
    secrets.set('hook', 'x')
    expect(secrets.list()).toMatchObject([{ name: 'hook', users: ['cold-chain/notify'] }])
    expect(codeOf(() => secrets.remove('hook', false))).toBe('SECRET_IN_USE')
    secrets.remove('hook', true)
    expect(codeOf(() => secrets.remove('hook', true))).toBe('NOT_FOUND')
    expect(secrets.list()).toEqual([])
    expect(changed).toEqual(['hook', 'hook'])
  })

  it.each(['', 'A', '-a', 'a b', 'a/b', '../a', 'a'.repeat(65), '__proto__'])('is not named %j', (name) => {
    const { start } = setUp()
    expect(codeOf(() => start().set(name, 'x'))).toBe('SECRET_NAME')
  })

  it('has a value of 1 to 65,536 bytes', () => {
    const { start } = setUp()
    const secrets = start()
    expect(codeOf(() => secrets.set('a', ''))).toBe('SECRET_VALUE')
    expect(codeOf(() => secrets.set('a', 'ö'.repeat(32_769)))).toBe('SECRET_VALUE')
    expect(codeOf(() => secrets.set('a', 'ö'.repeat(32_768)))).toBe('none')
  })
})
