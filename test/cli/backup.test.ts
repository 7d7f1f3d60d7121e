import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../engine/store/index.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { rulewire } from './terminal.ts'

let home: string
let data: string
let flows: string
let into: string
beforeEach(() => {
  home = temporaryDirectory('backup').path
  data = join(home, 'data')
  flows = join(home, 'flows')
  into = join(home, 'backups')
  mkdirSync(flows)
  writeFileSync(join(flows, 'attic.json'), '{ "flow": "attic", "nodes": [], "wires": [] }\n')
  writeFileSync(join(flows, 'attic.test.json'), '{ "flow": "attic", "tests": [] }\n')
})

const backup = (...args: string[]) => rulewire(['backup', into, '--data', data, '--flows', flows, ...args])
const restore = (from: string, to: string, ...args: string[]) =>
  rulewire(['restore', from, '--data', join(to, 'data'), '--flows', join(to, 'flows'), ...args])
const only = () => {
  const [name = ''] = readdirSync(into)
  return join(into, name)
}
const rowsOf = (file: string) => {
  const database = new Database(file, { readonly: true })
  const rows = database.prepare('SELECT node, key, value FROM rw_state ORDER BY key').all()
  database.close()
  return rows
}

describe('a backup', () => {
  it('is made while an engine holds the database, and stands as it was at that moment', async () => {
    const store = openStore(data)
    store.transaction(() => store.state.put('attic/a', 'k', 1))
    const { code, out } = await backup()
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/verified, 1 flow, \d+\.\d MB\n$/) })
    store.transaction(() => store.state.put('attic/a', 'k', 2))
    store.close()
    expect(rowsOf(join(only(), 'rulewire.db'))).toEqual([{ node: 'attic/a', key: 'k', value: '1' }])
    expect(readdirSync(join(only(), 'flows'))).toEqual(['attic.json', 'attic.test.json'])
  })

  it('C5, C25: can be read by the owner of the directory alone, and holds no key', async () => {
    openStore(data).close()
    writeFileSync(join(data, 'secret.key'), 'canary')
    mkdirSync(into)
    const root = process.getuid?.() === 0
    if (root) chownSync(into, 10870, 10870)
    await backup()
    expect(statSync(only()).uid).toBe(root ? 10870 : process.getuid?.())
    expect(statSync(only()).mode & 0o777).toBe(0o700)
    for (const entry of readdirSync(only(), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name)
      expect(statSync(file).mode & 0o077, file).toBe(0)
      expect(statSync(file).uid, file).toBe(statSync(into).uid)
      if (entry.isFile()) expect(readFileSync(file, 'latin1')).not.toContain('canary')
    }
  })

  it('makes room for itself when it is told to', async () => {
    openStore(data).close()
    mkdirSync(join(into, 'rulewire-20200101T000000Z'), { recursive: true })
    mkdirSync(join(into, 'rulewire-20210101T000000Z'))
    mkdirSync(join(into, 'rulewire-20220101T000000Z.part')) // the power went
    mkdirSync(join(into, 'rulewire-29990101T000000Z.part')) // another one at work
    mkdirSync(join(into, 'other'))
    const { out } = await backup('--keep', '2')
    expect(out).toContain('1 older backup removed')
    expect(readdirSync(into)).toEqual([
      ...['other', 'rulewire-20210101T000000Z', expect.stringMatching(/^rulewire-2\d{7}T\d{6}Z$/)],
      'rulewire-29990101T000000Z.part',
    ])
  })

  it('says what is missing', async () => {
    const { code, err } = await backup()
    expect(code).toBe(1)
    expect(err).toContain(`There is no database in ${data}.`)
    expect(existsSync(into)).toBe(false)
  })

  it('says that the database is damaged, and leaves nothing half done', async () => {
    const store = openStore(data)
    store.transaction(() => {
      for (let n = 0; n < 2000; n++) store.state.put('f/n', `key ${n}`, 'x'.repeat(200))
    })
    store.close()
    const file = join(data, 'rulewire.db')
    const bytes = readFileSync(file)
    bytes.fill(0xa5, bytes.length - 60_000, bytes.length - 20_000)
    writeFileSync(file, bytes)
    const { code, err } = await backup()
    expect(code).toBe(1)
    expect(err).toContain('DATA_CORRUPT')
    expect(readdirSync(into)).toEqual([])
  })
})

describe('a restore', () => {
  let made: string
  beforeEach(async () => {
    const store = openStore(data)
    store.transaction(() => {
      store.state.put('attic/a', 'k', 1)
      store.seen.addReceived('default', 7)
    })
    store.setMeta('starts', '3')
    store.close()
    await backup()
    made = only()
  })

  it('puts database and flows in place', async () => {
    const to = join(home, 'new')
    const { code, out } = await restore(made, to)
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('is in place') })
    const store = openStore(join(to, 'data'))
    expect(store.state.get('attic/a', 'k')).toBe(1)
    store.close()
    expect(readFileSync(join(to, 'flows', 'attic.json'), 'utf8')).toBe(readFileSync(join(flows, 'attic.json'), 'utf8'))
  })

  it('C5: gives the files to the owner of the directory alone, also when root restores for a service', async () => {
    const to = join(home, 'service')
    mkdirSync(to)
    const root = process.getuid?.() === 0
    if (root) chownSync(to, 10870, 10870)
    chmodSync(join(made, 'rulewire.db'), 0o644) // it was copied by other means
    await restore(made, to)
    for (const name of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
      const { uid, mode } = statSync(join(to, name))
      expect(uid, name).toBe(root ? 10870 : process.getuid?.())
      if (name.startsWith('data')) expect(mode & 0o077, name).toBe(0)
    }
  })

  it('takes no new message for a repeat, and gives no id a second time', async () => {
    const to = join(home, 'new')
    await restore(made, to)
    const store = openStore(join(to, 'data'))
    expect(store.seen.received('default')).toEqual([])
    expect(Number(store.meta('starts'))).toBeGreaterThan(1_700_000_000)
    expect(store.requests.last()).toBeGreaterThan(1_700_000_000_000)
    store.close()
  })

  it('is refused where something stands, and puts that aside when it is told to', async () => {
    writeFileSync(join(flows, 'later.json'), '{ "flow": "later", "nodes": [], "wires": [] }\n')
    const refused = await restore(made, home)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('later.json')
    const { out } = await restore(made, home, '--replace')
    const [database = '', old = ''] = [...out.matchAll(/what stood there is in (.*)\n/g)].map(
      ([, place]) => place ?? '',
    )
    expect(rowsOf(database)).toEqual([{ node: 'attic/a', key: 'k', value: '1' }])
    expect(readdirSync(old)).toEqual(['later.json'])
    expect(readdirSync(flows).filter((name) => !name.startsWith('.'))).toEqual(['attic.json', 'attic.test.json'])
  })

  it('is refused while an engine runs', async () => {
    const store = openStore(data)
    const { code, err } = await restore(made, home, '--replace')
    store.close()
    expect(code).toBe(1)
    expect(err).toContain('DATA_LOCKED')
  })

  it('refuses a backup with a changed, missing or unknown file', async () => {
    expect((await restore(made, home, '--verify-only')).out).toContain('whole')
    appendFileSync(join(made, 'flows', 'attic.json'), ' ')
    const { code, err } = await restore(made, join(home, 'new'))
    expect(code).toBe(1)
    expect(err).toContain('flows/attic.json was changed after the backup')
    expect(existsSync(join(home, 'new', 'data', 'rulewire.db'))).toBe(false)
    const manifest = readFileSync(join(made, 'manifest.json'), 'utf8')
    writeFileSync(join(made, 'manifest.json'), manifest.replace('flows/attic.json', '../attic.json'))
    expect((await restore(made, home, '--verify-only')).err).toContain('manifest.json cannot be read')
    expect((await restore(home, home, '--verify-only')).err).toContain('BACKUP_UNUSABLE')
  })
})
