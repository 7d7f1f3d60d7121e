import type { Database } from 'better-sqlite3'
import type { Packet } from '../spec/message.ts'
import { type Block, decodeBlock, decodeTopics } from './history-codec.ts'

/**
 * The tables of the history. A message lies in `rw_history_staged`, as it was written with its batch, until it is compressed
 * together with many others into `rw_history_chunks`. `first` and `last`: times of receipt, UTC milliseconds; `bytes`: of topics
 * and payloads; `stored`: of the compressed ones; `keep`: milliseconds; `size`: bytes. `owner` is a flow, or nothing for the
 * connection itself.
 */
export const historySchema = `
CREATE TABLE IF NOT EXISTS rw_history_recordings (
  id INTEGER PRIMARY KEY, connection TEXT NOT NULL, owner TEXT NOT NULL, filters TEXT NOT NULL, keep INTEGER NOT NULL,
  size INTEGER NOT NULL, dropped INTEGER NOT NULL DEFAULT 0, UNIQUE (connection, owner));
CREATE TABLE IF NOT EXISTS rw_history_staged (
  id INTEGER PRIMARY KEY AUTOINCREMENT, recording INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  count INTEGER NOT NULL, bytes INTEGER NOT NULL, topics BLOB NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS rw_history_chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, recording INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  count INTEGER NOT NULL, bytes INTEGER NOT NULL, stored INTEGER NOT NULL, topics BLOB NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS rw_history_chunks_last ON rw_history_chunks (recording, last, first, count, bytes, stored);
`

/** Something that is recorded, or was: its messages stay when nobody records any more. */
export interface Recording {
  readonly id: number
  readonly connection: string
  /** A flow; empty for the connection itself. */
  readonly owner: string
  readonly filters: readonly string[]
  /** Milliseconds after which messages go. */
  readonly keep: number
  /** Bytes on the disk above which the oldest go. */
  readonly size: number
  /** Messages that went because of `size`. */
  readonly dropped: number
}

/** What lies in one of the two tables. */
export interface HistoryTotals {
  rows: number
  messages: number
  /** Of topics and payloads. */
  bytes: number
  /** On the disk. */
  stored: number
  /** UTC milliseconds; null when there is nothing. */
  first: number | null
  last: number | null
}

export interface StagedRows {
  packets: Packet[]
  rows: number
  /** Ids of the first and the last row. */
  from: number
  to: number
}

/** A chunk without its messages. */
export type ChunkRow = Omit<Block, 'topics' | 'data'> & { id: number; stored: number }

/** The rows of the history. Writing methods belong into a transaction. */
export interface HistoryStore {
  recordings(): Recording[]
  /** Makes it, or changes what it has. */
  putRecording(recording: Omit<Recording, 'id' | 'dropped'>): void
  countDropped(recording: number, messages: number): void
  deleteRecording(recording: number): void
  totals(recording: number): { staged: HistoryTotals; chunks: HistoryTotals }
  addStaged(recording: number, block: Block): void
  /**
   * The oldest rows, until they hold so many messages or bytes or so much time (milliseconds); at least one. Undefined when
   * there is none.
   */
  staged(recording: Recording, limit: { messages: number; bytes: number; time: number }): StagedRows | undefined
  /** Deletes rows by their id, both ends included; returns how many went. */
  deleteStaged(recording: number, from: number, to: number): number
  /** Deletes the rows whose messages are all older; returns how many went. */
  deleteStagedBefore(recording: number, time: number): number
  /** @param chunk compressed */
  addChunk(recording: number, chunk: Block): void
  /** Those whose messages end first. */
  oldestChunks(recording: number, limit: number): ChunkRow[]
  deleteChunk(id: number): void
}

export function createHistoryStore(database: Database): HistoryStore {
  const recordings = database.prepare<[], Omit<Recording, 'filters'> & { filters: string }>(
    'SELECT * FROM rw_history_recordings ORDER BY id',
  )
  const putRecording = database.prepare(
    `INSERT INTO rw_history_recordings (connection, owner, filters, keep, size) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET filters = excluded.filters, keep = excluded.keep, size = excluded.size`,
  )
  const countDropped = database.prepare('UPDATE rw_history_recordings SET dropped = dropped + ? WHERE id = ?')
  const deleteRecording = database.prepare('DELETE FROM rw_history_recordings WHERE id = ?')
  const sums = (table: string, stored: string) =>
    database.prepare<[number], HistoryTotals>(
      `SELECT count(*) AS rows, total(count) AS messages, total(bytes) AS bytes, total(${stored}) AS stored,
         min(first) AS first, max(last) AS last FROM ${table} WHERE recording = ?`,
    )
  const stagedSums = sums('rw_history_staged', 'length(topics) + length(data)')
  const chunkSums = sums('rw_history_chunks', 'stored')
  const addStaged = database.prepare(
    'INSERT INTO rw_history_staged (recording, first, last, count, bytes, topics, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const staged = database.prepare<[number], Block & { id: number }>(
    'SELECT * FROM rw_history_staged WHERE recording = ? ORDER BY id',
  )
  const deleteStaged = database.prepare('DELETE FROM rw_history_staged WHERE recording = ? AND id >= ? AND id <= ?')
  const deleteStagedBefore = database.prepare('DELETE FROM rw_history_staged WHERE recording = ? AND last < ?')
  const addChunk = database.prepare(
    `INSERT INTO rw_history_chunks (recording, first, last, count, bytes, stored, topics, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const oldestChunks = database.prepare<[number, number], ChunkRow>(
    'SELECT id, first, last, count, bytes, stored FROM rw_history_chunks WHERE recording = ? ORDER BY last, id LIMIT ?',
  )
  const deleteChunk = database.prepare('DELETE FROM rw_history_chunks WHERE id = ?')
  return {
    recordings: () => recordings.all().map((row) => ({ ...row, filters: JSON.parse(row.filters) as string[] })), // putRecording wrote it
    putRecording: ({ connection, owner, filters, keep, size }) =>
      void putRecording.run(connection, owner, JSON.stringify(filters), keep, size),
    countDropped: (recording, messages) => void countDropped.run(messages, recording),
    deleteRecording: (recording) => void deleteRecording.run(recording),
    totals: (recording) => ({
      staged: stagedSums.get(recording) ?? emptyTotals(),
      chunks: chunkSums.get(recording) ?? emptyTotals(),
    }),
    addStaged: (recording, { first, last, count, bytes, topics, data }) =>
      void addStaged.run(recording, first, last, count, bytes, topics, data),
    staged({ id, connection }, limit) {
      const found: StagedRows = { packets: [], rows: 0, from: 0, to: 0 }
      let bytes = 0
      let first = 0
      for (const row of staged.iterate(id)) {
        const large = found.packets.length + row.count > limit.messages || bytes + row.bytes > limit.bytes
        if (found.rows > 0 && (large || row.last - first > limit.time)) break
        if (found.rows === 0) {
          found.from = row.id
          first = row.first
        }
        found.to = row.id
        found.rows++
        bytes += row.bytes
        for (const packet of decodeBlock(row, decodeTopics(row.topics), connection)) found.packets.push(packet)
      }
      return found.rows === 0 ? undefined : found
    },
    deleteStaged: (recording, from, to) => deleteStaged.run(recording, from, to).changes,
    deleteStagedBefore: (recording, time) => deleteStagedBefore.run(recording, time).changes,
    addChunk: (recording, { first, last, count, bytes, topics, data }) =>
      void addChunk.run(recording, first, last, count, bytes, topics.length + data.length, topics, data),
    oldestChunks: (recording, limit) => oldestChunks.all(recording, limit),
    deleteChunk: (id) => void deleteChunk.run(id),
  }
}

function emptyTotals(): HistoryTotals {
  return { rows: 0, messages: 0, bytes: 0, stored: 0, first: null, last: null }
}
