import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { temporaryDirectory } from '../../tools/temporary.ts'

const directory = temporaryDirectory('broker')

/** A database file as the engine opens it: WAL, every commit synced. */
export function openTestDatabase(file = newDatabaseFile()): Database.Database {
  const database = new Database(file, { timeout: 50 })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  return database
}

export function newDatabaseFile(): string {
  return join(directory.path, `${randomUUID()}.db`)
}
