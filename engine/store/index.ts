import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import { type Store, StoreFault } from '../run/ports.ts'
import { type AlarmLog, createAlarmLog } from './alarm-log.ts'
import { type AuditStore, createAuditStore } from './audit.ts'
import { type AuthStore, createAuthStore } from './auth.ts'
import { createDeadLetters, type DeadLetters } from './dead-letters.ts'
import { createDeploys, type Deploys } from './deploys.ts'
import { createHistoryStore, type HistoryStore } from './history.ts'
import { createStateStore, createTimerStore } from './keyed.ts'
import { createLearnedStore, type LearnedStore } from './learned.ts'
import { type Durability, openDatabase } from './open.ts'
import { createOutboxStore, createRequestStore } from './outgoing.ts'
import { createSeenStore } from './seen.ts'
import { createTableStore } from './tables.ts'

/** The one SQLite file of an engine. */
export interface EngineStore extends Store {
  readonly file: string
  readonly database: Database.Database
  readonly deadLetters: DeadLetters
  readonly alarmLog: AlarmLog
  readonly auth: AuthStore
  readonly audit: AuditStore
  readonly deploys: Deploys
  readonly filters: FilterStore
  readonly learned: LearnedStore
  readonly history: HistoryStore
  /** A small named value, such as the id of this data directory. */
  meta(name: string): string | undefined
  setMeta(name: string, value: string): void
  close(): void
}

/** Topic filters that the broker's session holds for us. */
export interface FilterStore {
  read(connection: string): Map<string, 0 | 1 | 2>
  write(connection: string, filters: ReadonlyMap<string, 0 | 1 | 2>): void
}

/**
 * Opens the store of a data directory, or `:memory:`.
 * Throws DATA_UNUSABLE, DATA_LOCKED, DATA_CORRUPT or DATA_NEWER.
 */
export function openStore(directory: string, durability: Durability = 'full'): EngineStore {
  const { database, file, close } = openDatabase(directory, durability)
  const meta = database.prepare<[string], string>('SELECT value FROM rw_meta WHERE name = ?').pluck()
  const setMeta = database.prepare(
    'INSERT INTO rw_meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const tables = createTableStore(database, file)
  const store: EngineStore = {
    file,
    database,
    state: createStateStore(database),
    timers: createTimerStore(database),
    outbox: createOutboxStore(database),
    requests: createRequestStore(database),
    deadLetters: createDeadLetters(database),
    alarmLog: createAlarmLog(database),
    auth: createAuthStore(database),
    audit: createAuditStore(database),
    deploys: createDeploys(database),
    seen: createSeenStore(database),
    tables,
    filters: createFilterStore(database),
    learned: createLearnedStore(database),
    history: createHistoryStore(database),
    transaction(write) {
      try {
        begin.run()
        write()
        commit.run()
      } catch (cause) {
        if (database.inTransaction) database.exec('ROLLBACK')
        tables.forget()
        throw isFault(cause) ? new StoreFault(cause.message, { cause }) : cause
      }
    },
    meta: (name) => meta.get(name),
    setMeta: (name, value) => void setMeta.run(name, value),
    close() {
      tables.close()
      close()
    },
  }
  if (store.meta('id') === undefined) store.setMeta('id', randomBytes(6).toString('hex'))
  return store
}

/** Faults of the disk or of another process, not of what was written. */
function isFault(thrown: unknown): thrown is InstanceType<typeof Database.SqliteError> {
  return (
    thrown instanceof Database.SqliteError &&
    /^SQLITE_(FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL)/.test(thrown.code)
  )
}

function createFilterStore(database: Database.Database): FilterStore {
  const read = database.prepare<[string], { filter: string; qos: 0 | 1 | 2 }>(
    'SELECT filter, qos FROM rw_filters WHERE connection = ?',
  )
  const clear = database.prepare('DELETE FROM rw_filters WHERE connection = ?')
  const add = database.prepare('INSERT INTO rw_filters (connection, filter, qos) VALUES (?, ?, ?)')
  const write = database.transaction((connection: string, filters: ReadonlyMap<string, 0 | 1 | 2>) => {
    clear.run(connection)
    for (const [filter, qos] of filters) add.run(connection, filter, qos)
  })
  return {
    read: (connection) => new Map(read.all(connection).map(({ filter, qos }) => [filter, qos])),
    write: (connection, filters) => write(connection, filters),
  }
}
