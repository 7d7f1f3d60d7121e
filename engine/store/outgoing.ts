import type { Database } from 'better-sqlite3'
import type { OutboxStore, RequestStore, StoredPublish, StoredRequest } from '../run/ports.ts'
import type { RequestEffect } from '../spec/context.ts'
import { fromText, toText } from './json.ts'

interface OutboxRecord {
  sequence: number
  node: string
  topic: string
  payload: string | Buffer
  qos: 1 | 2
  retain: number
  props: string | null
  released: number
}

/** Committed messages for brokers. */
export function createOutboxStore(database: Database): OutboxStore {
  const columns = 'sequence, node, topic, payload, qos, retain, props, released'
  const bounds = database.prepare<[string], { last: number | null; count: number }>(
    'SELECT max(sequence) AS last, count(*) AS count FROM rw_outbox WHERE connection = ?',
  )
  const mark = database.prepare<[string], string>('SELECT value FROM rw_meta WHERE name = ?').pluck()
  const setMark = database.prepare(
    'INSERT INTO rw_meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const read = database.prepare<[string, number, number], OutboxRecord>(
    `SELECT ${columns} FROM rw_outbox WHERE connection = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
  )
  const get = database.prepare<[string, number], OutboxRecord>(
    `SELECT ${columns} FROM rw_outbox WHERE connection = ? AND sequence = ?`,
  )
  const insert = database.prepare(`INSERT INTO rw_outbox (connection, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const release = database.prepare('UPDATE rw_outbox SET released = 1 WHERE connection = ? AND sequence = ?')
  const remove = database.prepare('DELETE FROM rw_outbox WHERE connection = ? AND sequence BETWEEN ? AND ?')
  /** Highest sequence that was deleted, by connection. */
  const marks = new Map<string, number>()
  return {
    open(connection) {
      const found = bounds.get(connection)
      marks.set(connection, Number(mark.get(markName(connection)) ?? 0))
      return { last: Math.max(found?.last ?? 0, marks.get(connection) ?? 0), count: found?.count ?? 0 }
    },
    read: (connection, after, limit) => read.all(connection, after, limit).map(publishOf),
    get(connection, sequence) {
      const record = get.get(connection, sequence)
      return record === undefined ? undefined : publishOf(record)
    },
    insert(connection, row) {
      const props = row.props === undefined ? null : JSON.stringify(row.props)
      insert.run(
        connection,
        row.sequence,
        row.node,
        row.topic,
        row.payload,
        row.qos,
        row.retain ? 1 : 0,
        props,
        row.released ? 1 : 0,
      )
    },
    release: (connection, sequence) => void release.run(connection, sequence),
    delete(connection, first, last) {
      remove.run(connection, first, last)
      // An emptied outbox must not start from 1 again: a packet id that QoS 2 still holds would come back too early.
      if (last <= (marks.get(connection) ?? 0)) return
      marks.set(connection, last)
      setMark.run(markName(connection), String(last))
    },
  }
}

function markName(connection: string): string {
  return `outbox ${connection}`
}

function publishOf(record: OutboxRecord): StoredPublish {
  return {
    sequence: record.sequence,
    node: record.node,
    topic: record.topic,
    payload: record.payload,
    qos: record.qos,
    retain: record.retain === 1,
    // What insert wrote is JSON.
    props: record.props === null ? undefined : (JSON.parse(record.props) as NonNullable<StoredPublish['props']>),
    released: record.released === 1,
  }
}

interface RequestRecord {
  id: number
  node: string
  order_key: string
  attempts: number
  due: number
  effect: string
  body: string | Buffer | null
}

/** Committed HTTP requests. */
export function createRequestStore(database: Database): RequestStore {
  const all = database.prepare<[], RequestRecord>(
    'SELECT id, node, order_key, attempts, due FROM rw_requests ORDER BY id',
  )
  const get = database.prepare<[number], RequestRecord>('SELECT * FROM rw_requests WHERE id = ?')
  const insert = database.prepare(
    'INSERT INTO rw_requests (id, node, order_key, attempts, due, effect, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const postpone = database.prepare('UPDATE rw_requests SET attempts = ?, due = ? WHERE id = ?')
  const remove = database.prepare('DELETE FROM rw_requests WHERE id = ?')
  const last = database.prepare<[], string>("SELECT value FROM rw_meta WHERE name = 'requests'").pluck()
  const setLast = database.prepare(
    "INSERT INTO rw_meta (name, value) VALUES ('requests', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  )
  return {
    all: () =>
      all.all().map((record) => ({
        id: record.id,
        node: record.node,
        order: record.order_key,
        attempts: record.attempts,
        due: record.due,
      })),
    get(id) {
      const record = get.get(id)
      return record === undefined ? undefined : requestOf(record)
    },
    insert(request) {
      const { body, ...effect } = request.effect
      insert.run(request.id, request.node, effect.order, request.attempts, request.due, toText(effect), body ?? null)
      // An id is an Idempotency-Key: it must never come back, even when the table was empty for a while.
      setLast.run(String(request.id))
    },
    postpone: (id, attempts, due) => void postpone.run(attempts, due, id),
    delete: (id) => void remove.run(id),
    last: () => Number(last.get() ?? 0),
  }
}

function requestOf(record: RequestRecord): StoredRequest {
  // What insert wrote is JSON of an effect without its body.
  const effect = fromText(record.effect) as Omit<RequestEffect, 'body'>
  return {
    id: record.id,
    node: record.node,
    attempts: record.attempts,
    due: record.due,
    effect: record.body === null ? effect : { ...effect, body: record.body },
  }
}
