import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Rows of a query on the database of a data directory, read beside the engine. */
export function rowsOf(data: string, sql: string): Record<string, unknown>[] {
  const database = new Database(join(data, 'rulewire.db'), { readonly: true, timeout: 2000 })
  try {
    return database.prepare<[], Record<string, unknown>>(sql).all()
  } finally {
    database.close()
  }
}

/** The same, empty while the table is not there. */
export function rowsOrNone(data: string, sql: string): Record<string, unknown>[] {
  try {
    return rowsOf(data, sql)
  } catch (error) {
    if (error instanceof Database.SqliteError && error.message.startsWith('no such table')) return []
    throw error
  }
}
