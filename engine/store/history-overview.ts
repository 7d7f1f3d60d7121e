import type Database from 'better-sqlite3'
import { createHistoryStore, type Recording } from './history.ts'

/** A recording with what there is of it. Times of receipt: UTC milliseconds, undefined when there is nothing. */
export interface RecordingTotals extends Recording {
  readonly messages: number
  /** Of topics and payloads. */
  readonly bytes: number
  /** On the disk. */
  readonly stored: number
  readonly oldest: number | undefined
  readonly newest: number | undefined
}

/** What a history holds; nothing for a database of before there was one. */
export function historyOverview(database: Database.Database): RecordingTotals[] {
  const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'rw_history_recordings'")
  if (tables.get() === undefined) return []
  const history = createHistoryStore(database)
  return history.recordings().map((recording) => {
    const { staged, chunks } = history.totals(recording.id)
    return {
      ...recording,
      messages: staged.messages + chunks.messages,
      bytes: staged.bytes + chunks.bytes,
      stored: staged.stored + chunks.stored,
      oldest: outer(Math.min, staged.first, chunks.first),
      newest: outer(Math.max, staged.last, chunks.last),
    }
  })
}

function outer(choose: (...values: number[]) => number, ...times: (number | null)[]): number | undefined {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? undefined : choose(...known)
}
