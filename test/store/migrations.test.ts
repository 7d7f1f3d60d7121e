import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Migration, migrate, migrations } from '../../engine/store/migrations.ts'
import { schemaVersion } from '../../engine/store/schema.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

let file: string
let database: Database.Database
beforeEach(() => {
  file = join(temporaryDirectory('migrations').path, 'rulewire.db')
  database = new Database(file)
  database.pragma('journal_mode = WAL')
  return () => database.close()
})

const version = () => database.pragma('user_version', { simple: true })
const tables = (of: Database.Database) =>
  of.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all()

describe('a database of an older version', () => {
  const added: Migration = { to: 8, run: (one) => one.exec('ALTER TABLE pets ADD COLUMN age INTEGER') }
  const renamed: Migration = { to: 9, run: (one) => one.exec('ALTER TABLE pets RENAME COLUMN age TO years') }
  beforeEach(() => {
    database.exec("CREATE TABLE pets (name TEXT); INSERT INTO pets VALUES ('Tom')")
    database.pragma('user_version = 7')
  })

  it('takes the steps that it lacks, in order, and keeps its rows', () => {
    migrate(database, file, [added, renamed], 9)
    expect(version()).toBe(9)
    expect(database.prepare('SELECT * FROM pets').all()).toEqual([{ name: 'Tom', years: null }])
    expect(tables(database)).toContain('rw_state')
  })

  it('takes no step twice', () => {
    migrate(database, file, [added], 8)
    migrate(database, file, [added, renamed], 9)
    expect(database.prepare('SELECT * FROM pets').all()).toEqual([{ name: 'Tom', years: null }])
  })

  it('stands beside itself as it was before', () => {
    migrate(database, file, [added, renamed], 9)
    const copy = new Database(`${file}.v7`, { readonly: true })
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(copy.prepare('SELECT * FROM pets').all()).toEqual([{ name: 'Tom' }])
    expect(tables(copy)).not.toContain('rw_state')
    copy.close()
  })

  it('is as it was when a step fails', () => {
    const fails: Migration = { to: 9, run: (one) => one.exec('ALTER TABLE cats ADD COLUMN age') }
    expect(() => migrate(database, file, [added, fails], 9)).toThrowError(
      expect.objectContaining({ code: 'MIGRATION_FAILED', message: expect.stringContaining('no such table: cats') }),
    )
    expect(version()).toBe(7)
    expect(database.prepare('SELECT * FROM pets').all()).toEqual([{ name: 'Tom' }])
    expect(tables(database)).toEqual(['pets'])
  })

  it('is refused and left alone when it is newer than this program', () => {
    expect(() => migrate(database, file, [], 6)).toThrowError(expect.objectContaining({ code: 'DATA_NEWER' }))
    expect(tables(database)).toEqual(['pets'])
  })
})

describe('a new database', () => {
  it('gets the schema of today without a step and without a copy', () => {
    migrate(database, file)
    expect(version()).toBe(schemaVersion)
    expect(tables(database)).toContain('rw_state')
    expect(existsSync(`${file}.v0`)).toBe(false)
  })
})

it('the steps end at the version of the schema, one each', () => {
  expect(migrations.map(({ to }) => to)).toEqual(Array.from({ length: schemaVersion - 1 }, (_, index) => index + 2))
})
