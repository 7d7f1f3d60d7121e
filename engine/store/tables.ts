import Database from 'better-sqlite3'
import { reasonOf, rulewireError } from '../errors.ts'
import { RowRefused, type TableStore } from '../run/ports.ts'
import type { SqlValue } from '../spec/context.ts'
import { queryReach } from '../spec/query.ts'

/** Rows that one query may give at most; more is an error, because a batch waits for it. */
const rowLimit = 10_000
const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,62}$/

/** Why a name cannot be that of a user's table or column. Throws TABLE_NAME. */
export function checkTableName(name: string): void {
  if (!namePattern.test(name) || /^(rw_|sqlite_)/i.test(name)) throw rulewireError('TABLE_NAME', { name })
}

/**
 * The user's own tables. They are made and extended as rows come; columns have no declared type, so SQLite keeps each value
 * as it is. Free SQL runs on a connection of its own that cannot write.
 */
export function createTableStore(
  database: Database.Database,
  file: string,
): TableStore & { forget(): void; close(): void } {
  const columnsOf = new Map<string, Set<string>>()
  const inserts = new Map<string, Database.Statement>()
  let reader: Database.Database | undefined
  const queries = new Map<string, Database.Statement<[Record<string, SqlValue>], Record<string, SqlValue>>>()

  function columns(table: string): Set<string> {
    let known = columnsOf.get(table)
    if (known === undefined) {
      const found = database.pragma(`table_info("${table}")`) as { name: string }[]
      known = new Set(found.map((column) => column.name.toLowerCase()))
      columnsOf.set(table, known)
    }
    return known
  }

  function insertStatement(table: string, names: readonly string[]): Database.Statement {
    const id = `${table} ${names.join(' ')}`
    let statement = inserts.get(id)
    if (statement !== undefined) return statement
    make(table, names)
    statement = database.prepare(
      `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    )
    inserts.set(id, statement)
    return statement
  }

  function make(table: string, names: readonly string[]): void {
    for (const name of [table, ...names]) checkTableName(name)
    const known = columns(table)
    if (known.size === 0) database.exec(`CREATE TABLE "${table}" (${names.map((name) => `"${name}"`).join(', ')})`)
    else
      for (const name of names)
        if (!known.has(name.toLowerCase())) database.exec(`ALTER TABLE "${table}" ADD COLUMN "${name}"`)
    for (const name of names) known.add(name.toLowerCase())
    if (known.has('time')) database.exec(`CREATE INDEX IF NOT EXISTS "${table}_time" ON "${table}" ("time")`)
  }

  /** Runs what changes a table; what SQLite refuses for the row's or the table's own sake is a {@link RowRefused}. */
  function guarded(table: string, work: () => void): void {
    try {
      work()
    } catch (cause) {
      forget()
      if (cause instanceof Database.SqliteError && !/^SQLITE_(CONSTRAINT|MISMATCH|ERROR|TOOBIG|RANGE)/.test(cause.code))
        throw cause
      throw new RowRefused(`Table ${table}: ${reasonOf(cause)}`, { cause })
    }
  }

  /** To be called after a rollback: what was learned of tables in it may not be true. */
  function forget(): void {
    columnsOf.clear()
    inserts.clear()
  }

  return {
    insert: (table, row) => guarded(table, () => void insertStatement(table, Object.keys(row)).run(Object.values(row))),
    create: (table, columns) => guarded(table, () => make(table, columns)),
    deleteBelow(table, column, limit) {
      checkTableName(table)
      checkTableName(column)
      if (columns(table).has(column.toLowerCase()))
        database.prepare(`DELETE FROM "${table}" WHERE "${column}" < ?`).run(limit)
    },
    query(sql, parameters) {
      const reach = queryReach(sql)
      if (reach !== undefined) throw rulewireError('QUERY_FAILED', { detail: reach })
      try {
        reader ??= openReader(database, file)
        let statement = queries.get(sql)
        if (statement === undefined) {
          statement = reader.prepare<[Record<string, SqlValue>], Record<string, SqlValue>>(sql)
          if (!statement.reader || !statement.readonly)
            throw new Error('only a statement that reads rows is possible here')
          queries.set(sql, statement)
        }
        const rows: Record<string, SqlValue>[] = []
        for (const row of statement.iterate(parameters)) {
          if (rows.length === rowLimit) throw new Error(`it gives more than ${rowLimit} rows; add a LIMIT`)
          rows.push(row)
        }
        return rows
      } catch (cause) {
        throw rulewireError('QUERY_FAILED', { detail: reasonOf(cause) }, { cause })
      }
    },
    forget,
    close() {
      if (reader !== database) reader?.close()
    },
  }
}

/** A database in memory belongs to one connection, so there it reads for itself. */
function openReader(database: Database.Database, file: string): Database.Database {
  if (file === ':memory:') return database
  const reader = new Database(file, { readonly: true, timeout: 50 })
  reader.pragma('query_only = ON')
  return reader
}
