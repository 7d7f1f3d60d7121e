import type { Database } from 'better-sqlite3'
import type { SeenStore } from '../run/ports.ts'

/** Packets that are settled and may come again. */
export function createSeenStore(database: Database): SeenStore {
  const received = database.prepare<[string], number>('SELECT packet_id FROM rw_received WHERE connection = ?').pluck()
  const addReceived = database.prepare('INSERT OR IGNORE INTO rw_received (connection, packet_id) VALUES (?, ?)')
  const deleteReceived = database.prepare('DELETE FROM rw_received WHERE connection = ? AND packet_id = ?')
  const clearReceived = database.prepare('DELETE FROM rw_received WHERE connection = ?')
  const batches = database.prepare<[string], { batch: number; entries: Buffer }>(
    'SELECT batch, entries FROM rw_seen WHERE connection = ? ORDER BY batch',
  )
  const addBatch = database.prepare('INSERT INTO rw_seen (connection, batch, entries) VALUES (?, ?, ?)')
  const deleteBatches = database.prepare('DELETE FROM rw_seen WHERE connection = ? AND batch <= ?')
  const attempts = database.prepare<[string], { packetId: number; hash: number; count: number }>(
    'SELECT packet_id AS packetId, hash, count FROM rw_attempts WHERE connection = ?',
  )
  const attempt = database.prepare<[string, number, number]>(
    `INSERT INTO rw_attempts (connection, packet_id, hash, count) VALUES (?, ?, ?, 1)
     ON CONFLICT DO UPDATE SET count = count + 1`,
  )
  const clearAttempts = database.prepare('DELETE FROM rw_attempts WHERE connection = ?')
  return {
    attempts: (connection) => attempts.all(connection),
    attempt: (connection, packetId, hash) => void attempt.run(connection, packetId, hash),
    clearAttempts: (connection) => void clearAttempts.run(connection),
    received: (connection) => received.all(connection),
    addReceived: (connection, packetId) => void addReceived.run(connection, packetId),
    deleteReceived: (connection, packetId) => void deleteReceived.run(connection, packetId),
    clearReceived: (connection) => void clearReceived.run(connection),
    batches: (connection) =>
      batches.all(connection).map(({ batch, entries }) => ({
        batch,
        // Copied, because a Uint32Array wants an aligned start.
        entries: new Uint32Array(new Uint8Array(entries).buffer),
      })),
    addBatch: (connection, batch, entries) =>
      void addBatch.run(connection, batch, Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength)),
    deleteBatches: (connection, upTo) => void deleteBatches.run(connection, upTo),
  }
}
