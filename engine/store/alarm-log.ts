import type { Database } from 'better-sqlite3'
import type { AlarmLogStore } from '../run/ports.ts'
import type { AlarmEntry } from '../spec/alarm.ts'

export interface AlarmLogRecord extends AlarmEntry {
  id: number
  flow: string
  node: string
}

export interface AlarmLogFilter {
  flow?: string | undefined
  node?: string | undefined
  key?: string | undefined
  /** Only ids below this one: for paging, newest first. */
  before?: number | undefined
  limit?: number | undefined
}

/** What reports are made of. */
export type AlarmTransition = Pick<AlarmLogRecord, 'flow' | 'node' | 'key' | 'transition' | 'time' | 'level'>

export interface AlarmPeriod {
  flow?: string | undefined
  node?: string | undefined
  /** UTC milliseconds; `to` is not part of it. */
  from: number
  to: number
}

/** Transitions of alarms, for people to look back. */
export interface AlarmLog extends AlarmLogStore {
  list(filter: AlarmLogFilter): { items: AlarmLogRecord[]; total: number }
  /** Those of a period, in the order in which they happened. It has to be read to its end before anything else is asked. */
  during(period: AlarmPeriod): Iterable<AlarmTransition>
  /** When the oldest one happened. */
  oldest(): number | undefined
  /** Deletes the oldest ones so that at most `limit` are kept; returns how many went. */
  trim(limit: number): number
}

export function createAlarmLog(database: Database): AlarmLog {
  const columns = 'key, seq, transition, time, condition, level, value, "limit", "by", note'
  const insert = database.prepare(
    `INSERT INTO rw_alarm_log (flow, node, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const where = '(:flow IS NULL OR flow = :flow) AND (:node IS NULL OR node = :node) AND (:key IS NULL OR key = :key)'
  const list = database.prepare<[Record<string, unknown>], AlarmLogRecord>(
    `SELECT id, flow, node, ${columns} FROM rw_alarm_log WHERE ${where} AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :count`,
  )
  const total = database
    .prepare<[Record<string, unknown>], number>(`SELECT count(*) FROM rw_alarm_log WHERE ${where}`)
    .pluck()
  const during = database.prepare<[Record<string, unknown>], AlarmTransition>(
    `SELECT flow, node, key, transition, time, level FROM rw_alarm_log
     WHERE time >= :from AND time < :to AND (:flow IS NULL OR flow = :flow) AND (:node IS NULL OR node = :node) ORDER BY time, id`,
  )
  const oldest = database.prepare<[], number>('SELECT time FROM rw_alarm_log ORDER BY id LIMIT 1').pluck()
  const trim = database.prepare(
    'DELETE FROM rw_alarm_log WHERE id <= (SELECT id FROM rw_alarm_log ORDER BY id DESC LIMIT 1 OFFSET ?)',
  )
  return {
    insert(node, entry) {
      const slash = node.indexOf('/')
      const { key, seq, transition, time, condition, level, value, limit, by, note } = entry
      insert.run(
        node.slice(0, slash),
        node.slice(slash + 1),
        key,
        seq,
        transition,
        time,
        condition,
        level,
        value,
        limit,
        by,
        note,
      )
    },
    list({ flow = null, node = null, key = null, before = null, limit = 100 }) {
      const items = list.all({ flow, node, key, before, count: limit })
      return { items, total: total.get({ flow, node, key }) ?? 0 }
    },
    during: ({ flow = null, node = null, from, to }) => during.iterate({ flow, node, from, to }),
    oldest: () => oldest.get(),
    trim: (limit) => trim.run(limit).changes,
  }
}
