import type { Database } from 'better-sqlite3'
import type { Principal } from '../auth/index.ts'

/** Who did what when. Never what it was done with: passwords, tokens and payloads stand nowhere in it. */
export const auditSchema = `
CREATE TABLE IF NOT EXISTS rw_audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, token TEXT, address TEXT,
  action TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT, before TEXT, after TEXT,
  repeats INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS rw_audit_kind ON rw_audit (kind, id);
`

export interface AuditRecord {
  id: number
  /** UTC milliseconds. */
  time: number
  who: string
  kind: Principal['kind']
  token: string | null
  address: string | null
  action: string
  target: string
  outcome: 'done' | 'refused' | 'failed'
  code: string | null
  before: string | null
  after: string | null
  repeats: number
}

export interface AuditFilter {
  who?: string | undefined
  action?: string | undefined
  /** Begins with this. */
  target?: string | undefined
  outcome?: AuditRecord['outcome'] | undefined
  /** UTC milliseconds, the first included, the second not. */
  from?: number | undefined
  to?: number | undefined
  /** Only ids below this one: for paging, newest first. */
  before?: number | undefined
  limit?: number | undefined
}

export interface AuditStore {
  /** Returns its id. */
  add(entry: Omit<AuditRecord, 'id' | 'repeats'>): number
  /** The same some times more: counts them there. False when that entry is gone. */
  repeat(id: number, times: number): boolean
  list(filter: AuditFilter): { items: AuditRecord[]; total: number }
  actions(): string[]
  /**
   * Deletes the oldest ones so that at most `limit` are kept, and at most `strangers` of those of nobody: who is not logged in
   * must not push out what others did.
   */
  trim(limit: number, strangers: number): void
}

export function createAuditStore(database: Database): AuditStore {
  const add = database.prepare(
    `INSERT INTO rw_audit (time, who, kind, token, address, action, target, outcome, code, before, after)
     VALUES (:time, :who, :kind, :token, :address, :action, :target, :outcome, :code, :before, :after)`,
  )
  const repeat = database.prepare('UPDATE rw_audit SET repeats = repeats + :times WHERE id = :id')
  const where = `(:who IS NULL OR who = :who) AND (:action IS NULL OR action = :action)
    AND (:target IS NULL OR substr(target, 1, length(:target)) = :target) AND (:outcome IS NULL OR outcome = :outcome)
    AND (:from IS NULL OR time >= :from) AND (:to IS NULL OR time < :to)`
  const list = database.prepare<[Record<string, unknown>], AuditRecord>(
    `SELECT * FROM rw_audit WHERE ${where} AND (:below IS NULL OR id < :below) ORDER BY id DESC LIMIT :limit`,
  )
  const total = database
    .prepare<[Record<string, unknown>], number>(`SELECT count(*) FROM rw_audit WHERE ${where}`)
    .pluck()
  const actions = database.prepare<[], string>('SELECT DISTINCT action FROM rw_audit ORDER BY action').pluck()
  const trim = database.prepare(
    'DELETE FROM rw_audit WHERE id <= (SELECT id FROM rw_audit ORDER BY id DESC LIMIT 1 OFFSET ?)',
  )
  const trimStrangers = database.prepare(
    `DELETE FROM rw_audit WHERE kind = 'nobody' AND id <=
     (SELECT id FROM rw_audit WHERE kind = 'nobody' ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  )
  return {
    add: (entry) => Number(add.run(entry).lastInsertRowid),
    repeat: (id, times) => repeat.run({ id, times }).changes > 0,
    list({ who = null, action = null, target = null, outcome = null, from = null, to = null, before, limit = 100 }) {
      const values = { who, action, target, outcome, from, to }
      const items = list.all({ ...values, below: before ?? null, limit })
      return { items, total: total.get(values) ?? 0 }
    },
    actions: () => actions.all(),
    trim(limit, strangers) {
      trimStrangers.run(strangers)
      trim.run(limit)
    },
  }
}
