import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { reasonOf, rulewireError } from '../errors.ts'
import { migrate } from './migrations.ts'

export type Durability = 'full' | 'normal'

/** The name of the one file in the data directory. */
export const databaseFile = 'rulewire.db'

/** Bytes that the log keeps on the disk once it was folded in; twice of what it has between two times of that. */
const longestLog = 32 * 1024 * 1024

const lockName = 'engine.lock'

export interface OpenDatabase {
  readonly database: Database.Database
  readonly file: string
  close(): void
}

/**
 * Opens the database of a data directory for this engine alone, makes it when it is not there, and checks it.
 * `:memory:` gives one that lives in memory, for tests and examples.
 * `durability`: `full` syncs each commit to the disk, `normal` may lose the last commits when the power goes.
 * Throws DATA_UNUSABLE, DATA_LOCKED, DATA_CORRUPT, DATA_NEWER or MIGRATION_FAILED; a damaged file is left as it is.
 */
export function openDatabase(directory: string, durability: Durability): OpenDatabase {
  if (directory === ':memory:')
    return { ...prepare(new Database(':memory:'), ':memory:', durability), file: ':memory:' }
  const unlock = lockDirectory(directory)
  try {
    const file = join(directory, databaseFile)
    const opened = prepare(openFile(directory, file), file, durability)
    return {
      database: opened.database,
      file,
      close() {
        opened.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * Makes a data directory, readable for its user alone, and takes it for this process with a lock that the operating system drops
 * when the process ends, however it ends: an exclusive SQLite transaction on a file of its own. Returns how to let go of it.
 * Throws DATA_LOCKED and DATA_UNUSABLE.
 */
export function lockDirectory(directory: string): () => void {
  try {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (made !== undefined) giveToOwner(directory)
    chmodSync(directory, 0o700)
  } catch (cause) {
    throw rulewireError('DATA_UNUSABLE', { directory, detail: reasonOf(cause) }, { cause })
  }
  const file = join(directory, lockName)
  try {
    const database = new Database(file, { timeout: 0 })
    chmodSync(file, 0o600)
    giveToOwner(file)
    try {
      database.pragma('locking_mode = EXCLUSIVE')
      database.exec('BEGIN EXCLUSIVE')
    } catch (cause) {
      database.close()
      throw cause
    }
    return () => database.close()
  } catch (cause) {
    if (cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')) {
      throw rulewireError('DATA_LOCKED', { directory }, { cause })
    }
    throw rulewireError('DATA_UNUSABLE', { directory, detail: reasonOf(cause) }, { cause })
  }
}

/** Whether an engine holds the directory now. Changes nothing there. Throws DATA_UNUSABLE when that cannot be found out. */
export function isLocked(directory: string): boolean {
  const file = join(directory, lockName)
  if (!existsSync(file)) return false
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true, timeout: 0 })
    database.prepare('SELECT count(*) FROM sqlite_master').get()
    return false
  } catch (cause) {
    if (cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')) return true
    throw rulewireError('DATA_UNUSABLE', { directory, detail: `${lockName}: ${reasonOf(cause)}` }, { cause })
  } finally {
    database?.close()
  }
}

/**
 * A file that root made in the directory of somebody else becomes his, such as by `rulewire restore` for a service that runs as a
 * user of its own: it could not open the file otherwise. Does nothing for other users.
 */
export function giveToOwner(file: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(file))
  chownSync(file, uid, gid)
}

function openFile(directory: string, file: string): Database.Database {
  const isNew = !existsSync(file)
  try {
    const database = new Database(file, { timeout: 50 })
    if (isNew) {
      chmodSync(file, 0o600)
      giveToOwner(file)
    }
    return database
  } catch (cause) {
    throw rulewireError('DATA_UNUSABLE', { directory, detail: reasonOf(cause) }, { cause })
  }
}

function prepare(
  database: Database.Database,
  file: string,
  durability: Durability,
): { database: Database.Database; close(): void } {
  try {
    database.pragma('journal_mode = WAL')
    database.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
    database.pragma('wal_autocheckpoint = 4000')
    // While a backup reads, the log grows: it must not stay as long as it ever was.
    database.pragma(`journal_size_limit = ${longestLog}`)
    const damage = database.pragma('quick_check(1)', { simple: true })
    if (damage !== 'ok') throw rulewireError('DATA_CORRUPT', { file, detail: String(damage) })
    migrate(database, file)
  } catch (error) {
    database.close()
    if (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
      throw rulewireError('DATA_CORRUPT', { file, detail: error.message }, { cause: error })
    }
    throw error
  }
  return { database, close: () => database.close() }
}
