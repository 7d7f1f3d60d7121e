import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { reasonOf, rulewireError } from '../errors.ts'
import { migrate } from './migrations.ts'
import { schemaVersion } from './schema.ts'

/**
 * Writes a copy of a database as it is at this moment, while an engine may run on it: a reader of the log stops nobody from
 * writing. The copy has no gaps and no log of its own. Throws DATA_CORRUPT and FILE_UNWRITABLE.
 */
export function copyDatabase(file: string, copy: string): void {
  const source = new Database(file, { readonly: true, fileMustExist: true })
  try {
    // SQLite takes an empty file for none, and would make one that others can read (C5).
    writeFileSync(copy, '', { mode: 0o600, flag: 'wx' })
    source.prepare('VACUUM INTO ?').run(copy)
  } catch (cause) {
    if (isDamage(cause)) throw rulewireError('DATA_CORRUPT', { file, detail: reasonOf(cause) }, { cause })
    throw rulewireError('FILE_UNWRITABLE', { file: copy, detail: reasonOf(cause) }, { cause })
  } finally {
    source.close()
  }
  syncFile(copy)
}

/**
 * Reads every page and index of a database. Returns the version of its schema.
 * Throws DATA_CORRUPT and DATA_NEWER.
 */
export function verifyDatabase(file: string): number {
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true })
    try {
      const damage = database.pragma('integrity_check(1)', { simple: true })
      if (damage !== 'ok') throw rulewireError('DATA_CORRUPT', { file, detail: String(damage) })
      const found = Number(database.pragma('user_version', { simple: true }))
      if (found > schemaVersion) throw rulewireError('DATA_NEWER', { file, found, known: schemaVersion })
      return found
    } finally {
      database.close()
    }
  } catch (cause) {
    if (isDamage(cause)) throw rulewireError('DATA_CORRUPT', { file, detail: reasonOf(cause) }, { cause })
    throw cause
  }
}

/**
 * Makes an older copy fit to go on from, since the world has gone on without it: what it remembers of packet ids would take
 * new messages for repeats, and ids that were given out since must not be given out again.
 *
 * @param now UTC milliseconds
 */
export function settleRestored(file: string, now: number): void {
  const database = new Database(file, { fileMustExist: true })
  try {
    migrate(database, ':memory:')
    database.transaction(() => {
      for (const table of ['rw_received', 'rw_seen', 'rw_attempts']) database.exec(`DELETE FROM ${table}`)
      if (hasTable(database, 'rw_broker_incoming')) database.exec('DELETE FROM rw_broker_incoming')
      // Far above what can have been used: a start takes longer than a second, a request longer than a millisecond.
      raise(database, 'starts', Math.floor(now / 1000))
      raise(database, 'requests', now)
      // The next start treats what was on its way as after a crash.
      setMeta(database, 'running', 'yes')
    })()
    database.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
  syncFile(file)
}

/** Brings what was written to a file onto the disk. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function raise(database: Database.Database, name: string, least: number): void {
  const found = Number(database.prepare('SELECT value FROM rw_meta WHERE name = ?').pluck().get(name) ?? 0)
  if (found < least) setMeta(database, name, String(least))
}

function setMeta(database: Database.Database, name: string, value: string): void {
  database
    .prepare('INSERT INTO rw_meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(name, value)
}

function hasTable(database: Database.Database, name: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined
}

function isDamage(thrown: unknown): boolean {
  return thrown instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(thrown.code)
}
