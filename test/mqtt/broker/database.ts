import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { temporaryDirectory } from '../../tools/temporary.ts'

/** Made when it is needed: a process that is killed should leave none. */
let directory: ReturnType<typeof temporaryDirectory> | undefined

/** A database file as the engine opens it: WAL, every commit synced. */
export function openTestDatabase(file = newDatabaseFile()): Database.Database {
  const database = new Database(file, { timeout: 50 })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  return database
}

export function newDatabaseFile(): string {
  directory ??= temporaryDirectory('broker')
  return join(directory.path, `${randomUUID()}.db`)
}

/** Takes away what tests of this file left; workers end without the exit event that would do it. */
export function removeDatabases(): void {
  directory?.remove()
  directory = undefined
}
