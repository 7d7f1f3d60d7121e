import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../engine/store/index.ts'
import { isLocked } from '../../engine/store/open.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

describe('opening a data directory', () => {
  it('makes it readable for its user alone', () => {
    const directory = join(temporaryDirectory('store').path, 'data')
    const store = openStore(directory)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(store.file).mode & 0o777).toBe(0o600)
    store.close()
  })

  it('tells whether an engine has it, and what hinders that', () => {
    const directory = temporaryDirectory('store').path
    expect(isLocked(directory)).toBe(false)
    const store = openStore(directory)
    expect(isLocked(directory)).toBe(true)
    store.close()
    expect(isLocked(directory)).toBe(false)
    writeFileSync(join(directory, 'engine.lock'), 'no database')
    expect(() => isLocked(directory)).toThrow(
      expect.objectContaining({ code: 'DATA_UNUSABLE', message: expect.stringContaining('engine.lock') }),
    )
  })

  it('syncs each commit unless it is told not to', () => {
    const directory = temporaryDirectory('store').path
    const full = openStore(directory)
    expect(full.database.pragma('synchronous', { simple: true })).toBe(2)
    full.close()
    const normal = openStore(directory, 'normal')
    expect(normal.database.pragma('synchronous', { simple: true })).toBe(1)
    normal.close()
  })

  it('lets the log become short again after something that read for long, such as a backup', () => {
    const store = openStore(temporaryDirectory('store').path)
    const reader = new Database(store.file, { readonly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM rw_state').get()
    store.database.exec('CREATE TABLE large (value)')
    const add = store.database.prepare('INSERT INTO large VALUES (zeroblob(10000000))')
    for (let n = 0; n < 4; n++) add.run()
    expect(statSync(`${store.file}-wal`).size).toBeGreaterThan(39e6)
    reader.exec('COMMIT')
    reader.close()
    for (let n = 0; n < 2; n++) store.database.exec('INSERT INTO large VALUES (1)')
    expect(statSync(`${store.file}-wal`).size).toBeLessThan(34e6)
    store.close()
  })

  it('refuses a directory that another engine uses, and takes it when that one has ended', () => {
    const directory = temporaryDirectory('store').path
    const first = openStore(directory)
    expect(() => openStore(directory)).toThrowError(expect.objectContaining({ code: 'DATA_LOCKED' }))
    first.close()
    openStore(directory).close()
  })

  it('refuses a damaged database and leaves the file as it is', () => {
    const directory = temporaryDirectory('store').path
    const file = join(directory, 'rulewire.db')
    writeFileSync(file, 'this is no database, whatever its name says. '.repeat(100))
    const before = readFileSync(file)
    expect(() => openStore(directory)).toThrowError(expect.objectContaining({ code: 'DATA_CORRUPT' }))
    expect(readFileSync(file)).toEqual(before)
  })

  it('refuses a database with damaged pages', () => {
    const directory = temporaryDirectory('store').path
    const store = openStore(directory)
    store.transaction(() => {
      for (let n = 0; n < 2000; n++) store.state.put('f/n', `key ${n}`, 'x'.repeat(200))
    })
    const { file } = store
    store.close()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, bytes.length - 40_000, bytes.length - 20_000)
    writeFileSync(file, bytes)
    expect(() => openStore(directory)).toThrowError(expect.objectContaining({ code: 'DATA_CORRUPT' }))
  })

  it('refuses a database of a newer version', () => {
    const directory = temporaryDirectory('store').path
    const store = openStore(directory)
    store.database.pragma('user_version = 99')
    store.close()
    expect(() => openStore(directory)).toThrowError(expect.objectContaining({ code: 'DATA_NEWER' }))
  })

  it('says what is wrong with a directory that cannot be made', () => {
    const directory = temporaryDirectory('store').path
    writeFileSync(join(directory, 'file'), '')
    chmodSync(join(directory, 'file'), 0o600)
    expect(() => openStore(join(directory, 'file', 'data'))).toThrowError(
      expect.objectContaining({ code: 'DATA_UNUSABLE' }),
    )
  })
})
