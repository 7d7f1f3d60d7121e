import { describe, expect, it } from 'vitest'
import { RowRefused, StoreFault } from '../../engine/run/ports.ts'
import { openStore } from '../../engine/store/index.ts'
import { temporaryDirectory } from '../tools/temporary.ts'

const open = () => openStore(temporaryDirectory('tables').path)

describe("the user's tables", () => {
  it('are made and get new columns as rows come', () => {
    const store = open()
    store.transaction(() => store.tables.insert('readings', { time: 1, a: 1 }))
    store.transaction(() => store.tables.insert('readings', { time: 2, a: 'x', b: 2.5 }))
    expect(store.tables.query('SELECT * FROM readings ORDER BY time', {})).toEqual([
      { time: 1, a: 1, b: null },
      { time: 2, a: 'x', b: 2.5 },
    ])
    store.close()
  })

  it('refuse a row that breaks a constraint of the table, and the rest of the transaction is written', () => {
    const store = open()
    store.database.exec('CREATE TABLE strict_one (n INTEGER NOT NULL CHECK (n > 0))')
    store.transaction(() => {
      store.tables.insert('strict_one', { n: 1 })
      expect(() => store.tables.insert('strict_one', { n: -1 })).toThrow(RowRefused)
      store.tables.insert('strict_one', { n: 2 })
    })
    expect(store.tables.query('SELECT n FROM strict_one', {})).toEqual([{ n: 1 }, { n: 2 }])
    store.close()
  })

  it('can be extended again after a transaction in which they were made has failed', () => {
    const store = open()
    expect(() =>
      store.transaction(() => {
        store.tables.insert('lost', { a: 1 })
        throw new Error('no')
      }),
    ).toThrow('no')
    store.transaction(() => store.tables.insert('lost', { a: 2 }))
    expect(store.tables.query('SELECT a FROM lost', {})).toEqual([{ a: 2 }])
    store.close()
  })

  it.each(['rw_state', 'sqlite_x', 'a b', 'a"; DROP TABLE rw_state; --', '', '1a'])(
    'C36: cannot be named %j',
    (name) => {
      const store = open()
      expect(() => store.transaction(() => store.tables.insert(name, { a: 1 }))).toThrow(RowRefused)
      store.close()
    },
  )

  it.each([
    'SELECT * FROM rw_users',
    'SELECT * FROM RW_Users',
    'SELECT * FROM "rw_users"',
    'SELECT * FROM [rw_users]',
    'SELECT * FROM `rw_users`',
    "SELECT * FROM 'rw_users'",
    'SELECT * FROM main.rw_users',
    'SELECT * FROM main . "rw_users"',
    'SELECT password FROM/**/rw_users',
    'WITH x AS (SELECT * FROM rw_sessions) SELECT * FROM x',
    "SELECT * FROM pragma_table_info('rw_users')",
    'SELECT (SELECT password FROM rw_broker_users LIMIT 1)',
  ])('C36: of the engine cannot be read by a query, however they are written: %s', (sql) => {
    const store = open()
    expect(() => store.tables.query(sql, {})).toThrowError(expect.objectContaining({ code: 'QUERY_FAILED' }))
    store.transaction(() => store.tables.insert('crw_x', { brw_y: 1 }))
    expect(store.tables.query('SELECT brw_y FROM crw_x', {})).toEqual([{ brw_y: 1 }])
    store.close()
  })

  it.each([
    'DELETE FROM readings',
    'PRAGMA user_version = 7',
    'SELECT 1; SELECT 2',
    'CREATE TABLE x (y)',
    'ATTACH ":memory:" AS other',
  ])('C36: cannot be changed by a query: %s', (sql) => {
    const store = open()
    store.transaction(() => store.tables.insert('readings', { a: 1 }))
    expect(() => store.tables.query(sql, {})).toThrowError(expect.objectContaining({ code: 'QUERY_FAILED' }))
    expect(store.tables.query('SELECT count(*) AS n FROM readings', {})).toEqual([{ n: 1 }])
    store.close()
  })

  it('are not written while another process holds the lock, which is a fault and not an error of the row', () => {
    const directory = temporaryDirectory('tables').path
    const store = openStore(directory)
    store.transaction(() => store.tables.insert('readings', { a: 1 }))
    const other = new (store.database.constructor as new (file: string) => typeof store.database)(store.file)
    other.exec('BEGIN IMMEDIATE')
    expect(() => store.transaction(() => store.tables.insert('readings', { a: 2 }))).toThrow(StoreFault)
    other.exec('COMMIT')
    other.close()
    store.transaction(() => store.tables.insert('readings', { a: 3 }))
    expect(store.tables.query('SELECT a FROM readings', {})).toEqual([{ a: 1 }, { a: 3 }])
    store.close()
  })
})
