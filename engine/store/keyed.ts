import type { Database } from 'better-sqlite3'
import type { StateStore, StoredTimer, TimerStore } from '../run/ports.ts'
import type { Json } from '../spec/message.ts'

/** State by node and key. */
export function createStateStore(database: Database): StateStore {
  const get = database
    .prepare<[string, string], string>('SELECT value FROM rw_state WHERE node = ? AND key = ?')
    .pluck()
  const put = database.prepare(
    'INSERT INTO rw_state (node, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const remove = database.prepare('DELETE FROM rw_state WHERE node = ? AND key = ?')
  const removeNode = database.prepare('DELETE FROM rw_state WHERE node = ?')
  const page = database.prepare<[string, string, number], { key: string; value: string }>(
    'SELECT key, value FROM rw_state WHERE node = ? AND key > ? ORDER BY key LIMIT ?',
  )
  return {
    get(node, key) {
      const text = get.get(node, key)
      // What put wrote is JSON.
      return text === undefined ? undefined : (JSON.parse(text) as Json)
    },
    put: (node, key, value) => void put.run(node, key, JSON.stringify(value)),
    delete: (node, key) => void remove.run(node, key),
    deleteNode: (node) => void removeNode.run(node),
    page: (node, after, limit) =>
      page.all(node, after, limit).map(({ key, value }) => ({ key, value: JSON.parse(value) as Json })), // put wrote it
  }
}

/** Durable timers. */
export function createTimerStore(database: Database): TimerStore {
  const all = database.prepare<[], StoredTimer>('SELECT node, key, name, at FROM rw_timers')
  const put = database.prepare(
    'INSERT INTO rw_timers (node, key, name, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at',
  )
  const remove = database.prepare('DELETE FROM rw_timers WHERE node = ? AND key = ? AND name = ?')
  const removeNode = database.prepare('DELETE FROM rw_timers WHERE node = ?')
  return {
    all: () => all.all(),
    put: (timer) => void put.run(timer.node, timer.key, timer.name, timer.at),
    delete: (node, key, name) => void remove.run(node, key, name),
    deleteNode: (node) => void removeNode.run(node),
  }
}
