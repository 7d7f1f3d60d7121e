import Database from 'better-sqlite3'
import type { TableStore } from '../run/ports.ts'
import { createTableStore } from './tables.ts'

/**
 * Tables of the user for a run that leaves nothing: in a database of its own, which SQLite keeps in memory while it is small and else
 * in a file that goes with the connection, however the process ends. It is made when the first row or question comes.
 */
export function openScratchTables(): TableStore & { close(): void } {
  let database: Database.Database | undefined
  let tables: TableStore | undefined
  const open = (): TableStore => {
    if (tables !== undefined) return tables
    database = new Database('')
    database.pragma('journal_mode = MEMORY')
    database.pragma('synchronous = OFF')
    tables = createTableStore(database, ':memory:') // one connection, which reads what it has written
    database.exec('BEGIN')
    return tables
  }
  return {
    insert: (table, row) => open().insert(table, row),
    create: (table, columns) => open().create(table, columns),
    deleteBelow: (table, column, limit) => open().deleteBelow(table, column, limit),
    query: (sql, parameters) => open().query(sql, parameters),
    close: () => database?.close(),
  }
}
