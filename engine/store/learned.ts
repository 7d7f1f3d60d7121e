import type { Database } from 'better-sqlite3'

/** What was learned of a topic filter, as JSON text. */
export interface LearnedRecord {
  connection: string
  filter: string
  summary: string
}

/** Summaries of payloads by connection and topic filter. */
export interface LearnedStore {
  all(): LearnedRecord[]
  put(record: LearnedRecord): void
  delete(connection: string, filter: string): void
}

export function createLearnedStore(database: Database): LearnedStore {
  const all = database.prepare<[], LearnedRecord>('SELECT connection, filter, summary FROM rw_learned')
  const put = database.prepare(
    'INSERT INTO rw_learned (connection, filter, summary) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET summary = excluded.summary',
  )
  const remove = database.prepare('DELETE FROM rw_learned WHERE connection = ? AND filter = ?')
  return {
    all: () => all.all(),
    put: ({ connection, filter, summary }) => void put.run(connection, filter, summary),
    delete: (connection, filter) => void remove.run(connection, filter),
  }
}
