import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import TinyQueue from 'tinyqueue'
import { reasonOf, rulewireError } from '../errors.ts'
import type { Packet } from '../spec/message.ts'
import { type HistoryPart, type HistoryQuery, historyParts } from './history-parts.ts'
import { databaseFile } from './open.ts'

export type { HistoryQuery } from './history-parts.ts'

/**
 * Recorded messages, oldest first. Those of one recording with equal times come as they were written; those of several
 * recordings with the same millisecond in the order of the recordings.
 */
export interface HistoryReader extends Iterable<Packet> {
  /**
   * What there is to go through, for progress: messages in the time and of the connection that were asked for, of all topics,
   * about. `first` and `last`: UTC milliseconds, undefined when there is nothing.
   */
  readonly estimate: {
    readonly messages: number
    readonly first: number | undefined
    readonly last: number | undefined
  }
  /** How much of `estimate.messages` the last iteration has gone through; it grows in steps of some thousands. */
  readonly done: number
  /** To be called when nothing more is read. */
  close(): void
}

/**
 * Reads the history as it is at this moment, from the data directory of an engine that may run meanwhile, or from an open
 * database. It holds no transaction while it is iterated, so it may take as long as it likes; what retention deletes meanwhile
 * does not come. Payloads are views of larger buffers: who keeps one for long copies it. Iterating may throw DATA_CORRUPT.
 *
 * Throws NO_DATABASE, and FILE_UNREADABLE when it cannot be read.
 */
export function readHistory(source: Database.Database | string, query: HistoryQuery = {}): HistoryReader {
  const own = typeof source === 'string' ? openReader(source) : undefined
  const parts = historyParts(own ?? (source as Database.Database), query) // a text was opened just before
  const sorted = parts.map((part, order) => ({ part, order })).sort((one, other) => one.part.first - other.part.first)
  const progress = { done: 0 }
  return {
    estimate: {
      messages: parts.reduce((sum, { count }) => sum + count, 0),
      first: sorted[0]?.part.first,
      last:
        parts.length === 0
          ? undefined
          : parts.reduce((latest, { last }) => Math.max(latest, last), parts[0]?.last ?? 0),
    },
    get done() {
      return progress.done
    },
    [Symbol.iterator]: () => merge(sorted, progress),
    close: () => own?.close(),
  }
}

interface PlacedPart {
  readonly part: HistoryPart
  readonly order: number
}

/** A part that is being read. */
interface Cursor {
  readonly packets: readonly Packet[]
  at: number
  /** Time of the message at `at`. */
  time: number
  /** Place in the order of writing. */
  readonly order: number
  readonly count: number
}

/** Messages of all parts by time. A part is loaded when its first message may be next, so few lie in memory at a time. */
function* merge(parts: readonly PlacedPart[], progress: { done: number }): Generator<Packet> {
  progress.done = 0
  const open = new TinyQueue<Cursor>([], (one, other) => one.time - other.time || one.order - other.order)
  let next = 0
  for (;;) {
    for (let placed = parts[next]; placed !== undefined; placed = parts[next]) {
      const { part, order } = placed
      const head = open.peek()
      if (head !== undefined && part.first > head.time) break
      const packets = part.load()
      const first = packets[0]
      if (first === undefined) progress.done += part.count
      else open.push({ packets, at: 0, time: first.received, order, count: part.count })
      next++
    }
    const cursor = open.pop()
    if (cursor === undefined) return
    // Up to here no other part can have a say.
    const limit = Math.min(
      open.peek()?.time ?? Number.POSITIVE_INFINITY,
      parts[next]?.part.first ?? Number.POSITIVE_INFINITY,
    )
    const { packets } = cursor
    let { at } = cursor
    let packet: Packet | undefined = packets[at]
    do {
      if (packet !== undefined) yield packet
      packet = packets[++at]
    } while (packet !== undefined && packet.received < limit)
    if (packet === undefined) progress.done += cursor.count
    else {
      cursor.at = at
      cursor.time = packet.received
      open.push(cursor)
    }
  }
}

/** The database of a data directory, only for reading, also while its engine runs. Throws NO_DATABASE and FILE_UNREADABLE. */
export function openReader(directory: string): Database.Database {
  const file = join(directory, databaseFile)
  if (!existsSync(file)) throw rulewireError('NO_DATABASE', { directory })
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 2000 })
    database.pragma('query_only = ON')
    return database
  } catch (cause) {
    throw rulewireError('FILE_UNREADABLE', { file, detail: reasonOf(cause) }, { cause })
  }
}
