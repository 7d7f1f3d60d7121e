import type Database from 'better-sqlite3'
import { reasonOf, rulewireError } from '../errors.ts'
import { BoundedCache } from '../spec/cache.ts'
import type { Packet } from '../spec/message.ts'
import { filtersIntersect } from '../spec/topics.ts'
import { type Block, decodeBlock, decodeTopics, decompress } from './history-codec.ts'

/** What to read; everything unless said. */
export interface HistoryQuery {
  /** Name of a connection. */
  connection?: string | undefined
  /** Topic filters with + and #; a message comes once, however many match. */
  filters?: readonly string[] | undefined
  /** Time of receipt, UTC milliseconds, itself included. */
  from?: number | undefined
  /** UTC milliseconds, itself not included. */
  to?: number | undefined
}

/** Some messages of the history that lie together. */
export interface HistoryPart {
  /** Times of receipt of the first and the last of them, UTC milliseconds. */
  readonly first: number
  readonly last: number
  /** How many of them lie in the time of the query, about. */
  readonly count: number
  /** Those that the query wants, in order of receipt; none when retention has deleted them. Throws DATA_CORRUPT. */
  load(): Packet[]
}

interface Row {
  id: number
  recording: number
  first: number
  last: number
  count: number
}

/** Topics whose answer is kept. */
const cachedTopics = 16_384
/** Longer topics are not kept. */
const longestCached = 512

/**
 * The parts of the history that may hold what a query wants, as the history is at this moment, in the order of writing. The
 * list is made in one transaction; later each part is read by itself.
 */
export function historyParts(database: Database.Database, query: HistoryQuery): HistoryPart[] {
  const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = query
  const wanted = topicTest(query.filters)
  const topicsOf = (topics: Uint8Array) => decodeTopics(topics).map((topic) => (wanted(topic) ? topic : undefined))
  const load = chunkLoader(database, topicsOf)
  const part = (row: Row, packets: (row: Row) => Packet[]): HistoryPart => ({
    first: row.first,
    last: row.last,
    count: shareOf(row, from, to),
    load() {
      const found = inOrder(packets(row))
      return row.first >= from && row.last < to
        ? found
        : found.filter(({ received }) => received >= from && received < to)
    },
  })
  const range = 'WHERE recording = :recording AND last >= :from AND first < :to ORDER BY id'
  const list = database.transaction(() =>
    recordingsOf(database, query.connection).flatMap(({ id: recording, connection }) => {
      const values = { recording, from, to }
      const chunks = database
        .prepare<[object], Row>(`SELECT id, recording, first, last, count FROM rw_history_chunks ${range}`)
        .all(values)
      const staged = database
        .prepare<[object], Row & Block>(
          `SELECT id, recording, first, last, count, topics, data FROM rw_history_staged ${range}`,
        )
        .all(values)
      return [
        ...chunks.map((row) => part(row, ({ id, count }) => load(id, count, connection))),
        ...staged.map((row) => part(row, () => decodeBlock(row, topicsOf(row.topics), connection))),
      ]
    }),
  )
  return list.deferred()
}

function recordingsOf(database: Database.Database, connection: string | undefined) {
  const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'rw_history_recordings'")
  // A database of before there was a history.
  if (tables.get() === undefined) return []
  return database
    .prepare<[object], { id: number; connection: string }>(
      'SELECT id, connection FROM rw_history_recordings WHERE :connection IS NULL OR connection = :connection ORDER BY id',
    )
    .all({ connection: connection ?? null })
}

/** Reads chunks by their id. The topics come first, because most chunks need no more than that. */
function chunkLoader(database: Database.Database, topicsOf: (topics: Uint8Array) => (string | undefined)[]) {
  let statements:
    | { topics: Database.Statement<[number], Buffer>; data: Database.Statement<[number], Buffer> }
    | undefined
  return (id: number, count: number, connection: string): Packet[] => {
    statements ??= {
      topics: database.prepare<[number], Buffer>('SELECT topics FROM rw_history_chunks WHERE id = ?').pluck(),
      data: database.prepare<[number], Buffer>('SELECT data FROM rw_history_chunks WHERE id = ?').pluck(),
    }
    const packed = statements.topics.get(id)
    if (packed === undefined) return []
    try {
      const topics = topicsOf(decompress(packed))
      if (topics.every((topic) => topic === undefined)) return []
      const data = statements.data.get(id)
      return data === undefined ? [] : decodeBlock({ count, data: decompress(data) }, topics, connection)
    } catch (cause) {
      const detail = `chunk ${id} of the history cannot be read, ${reasonOf(cause)}`
      throw rulewireError('DATA_CORRUPT', { file: database.name, detail }, { cause })
    }
  }
}

/** Whether one of the filters matches a topic; without filters every topic is wanted. */
function topicTest(filters: readonly string[] | undefined): (topic: string) => boolean {
  if (filters === undefined || filters.includes('#')) return () => true
  const known = new BoundedCache<string, boolean>(cachedTopics)
  return (topic) => {
    const found = known.get(topic) ?? filters.some((filter) => filtersIntersect(filter, topic))
    if (topic.length <= longestCached) known.set(topic, found)
    return found
  }
}

/** The part of a row's messages that lies in a time, if they came evenly. */
function shareOf({ first, last, count }: Row, from: number, to: number): number {
  const length = last - first + 1
  const inside = Math.min(last + 1, to) - Math.max(first, from)
  return Math.round((count * inside) / length)
}

/** By time of receipt: the clock may have been set back meanwhile. */
function inOrder(packets: Packet[]): Packet[] {
  for (let index = 1; index < packets.length; index++) {
    if ((packets[index] as Packet).received < (packets[index - 1] as Packet).received)
      // within the list
      return packets.sort((one, other) => one.received - other.received)
  }
  return packets
}
