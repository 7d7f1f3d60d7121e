import type { Database } from 'better-sqlite3'
import type { DeadLetterEntry, DeadLetterStore } from '../run/ports.ts'
import { toText } from './json.ts'

export interface DeadLetterRecord {
  id: number
  flow: string
  node: string
  port: string
  time: number
  code: string
  text: string
  hint: string
  message: string
  attempts: number
}

export interface DeadLetterFilter {
  flow?: string | undefined
  node?: string | undefined
  code?: string | undefined
  /** Only ids below this one: for paging, newest first. */
  before?: number | undefined
  limit?: number | undefined
}

/** The latest dead letter of a node. */
export type NewestLetter = Pick<DeadLetterRecord, 'id' | 'flow' | 'node' | 'code' | 'text'>

/** Dead letters with what people need to look at them. */
export interface DeadLetters extends DeadLetterStore {
  list(filter: DeadLetterFilter): { items: DeadLetterRecord[]; total: number }
  get(id: number): DeadLetterRecord | undefined
  count(): number
  /** The latest one of each node among those above an id. */
  newestAfter(id: number): NewestLetter[]
  /** Deletes the oldest ones so that at most `limit` are kept; returns how many went. */
  trim(limit: number): number
}

export function createDeadLetters(database: Database): DeadLetters {
  const insert = database.prepare(
    'INSERT INTO rw_dead_letters (flow, node, port, time, code, text, hint, message, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const remove = database.prepare('DELETE FROM rw_dead_letters WHERE id = ?')
  const get = database.prepare<[number], DeadLetterRecord>('SELECT * FROM rw_dead_letters WHERE id = ?')
  const where = `(:flow IS NULL OR flow = :flow) AND (:node IS NULL OR node = :node) AND (:code IS NULL OR code = :code)`
  const list = database.prepare<[Record<string, unknown>], DeadLetterRecord>(
    `SELECT * FROM rw_dead_letters WHERE ${where} AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit`,
  )
  const total = database
    .prepare<[Record<string, unknown>], number>(`SELECT count(*) FROM rw_dead_letters WHERE ${where}`)
    .pluck()
  const trim = database.prepare(
    'DELETE FROM rw_dead_letters WHERE id <= (SELECT id FROM rw_dead_letters ORDER BY id DESC LIMIT 1 OFFSET ?)',
  )
  // Columns beside max() are those of its row.
  const newest = database.prepare<[number], NewestLetter>(
    'SELECT max(id) AS id, flow, node, code, text FROM rw_dead_letters WHERE id > ? GROUP BY flow, node',
  )
  return {
    newestAfter: (id) => newest.all(id),
    insert(entry: DeadLetterEntry) {
      const slash = entry.node.indexOf('/')
      const { port, time, code, text, hint, attempts } = entry
      insert.run(
        entry.node.slice(0, slash),
        entry.node.slice(slash + 1),
        port,
        time,
        code,
        text,
        hint,
        toText(entry.message),
        attempts,
      )
    },
    delete: (id) => void remove.run(id),
    list(filter) {
      const values = { flow: filter.flow ?? null, node: filter.node ?? null, code: filter.code ?? null }
      const items = list.all({ ...values, before: filter.before ?? null, limit: filter.limit ?? 100 })
      return { items, total: total.get(values) ?? 0 }
    },
    get: (id) => get.get(id),
    count: () => total.get({ flow: null, node: null, code: null }) ?? 0,
    trim: (limit) => trim.run(limit).changes,
  }
}
