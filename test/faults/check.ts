import { join } from 'node:path'
import Database from 'better-sqlite3'
import { rowsOrNone } from '../engine/rows.ts'
import { pause } from '../tools/wait.ts'
import type { Publisher } from './publisher.ts'
import { type Hook, type Listener, lanes, type Path } from './workload.ts'

/** How one way of messages did. */
export interface PathResult {
  /** As the guarantee table names it. */
  path: string
  messages: number
  lost: number
  repeated: number
  /** What is allowed; a number above it is a broken promise. */
  allowed: { lost: number; repeated: number }
  /** First few ids that were lost or repeated, or what else was wrong. */
  notes: string[]
}

export interface Outcome {
  /** What was done to it, in words and numbers. */
  faults: string
  paths: PathResult[]
  /** Broken promises that are not about a path. */
  broken: string[]
}

const none = { lost: 0, repeated: 0 }
const any = Number.POSITIVE_INFINITY

/** Compares what a list holds with what it must hold. */
export function compare(
  path: string,
  wanted: Iterable<number>,
  found: readonly number[],
  allowed: PathResult['allowed'] = none,
): PathResult {
  const counts = new Map<number, number>()
  for (const n of found) counts.set(n, (counts.get(n) ?? 0) + 1)
  const all = [...wanted]
  const lost = all.filter((n) => !counts.has(n))
  const repeated = [...counts].filter(([, count]) => count > 1).map(([n]) => n)
  const notes = []
  if (lost.length > allowed.lost) notes.push(`lost: ${few(lost)}`)
  if (repeated.length > allowed.repeated) notes.push(`repeated: ${few(repeated)}`)
  return { path, messages: all.length, lost: lost.length, repeated: repeated.length, allowed, notes }
}

/** Ids whose first delivery came after that of a later one of the same lane (I6). */
export function outOfOrder(found: readonly number[]): number[] {
  const highest = new Map<number, number>()
  const seen = new Set<number>()
  return found.filter((n) => {
    if (seen.has(n)) return false
    seen.add(n)
    const before = highest.get(n % lanes) ?? -1
    highest.set(n % lanes, Math.max(before, n))
    return n < before
  })
}

export interface Watched {
  data: string
  publisher: Publisher
  listener?: Listener
  hook?: Hook
}

/** Waits until everything that was acked has arrived and every queue of the engine is empty (I7), or nothing has moved for that long (milliseconds). */
export async function drained({ data, publisher, listener, hook }: Watched, deadline = 10_000): Promise<string[]> {
  const left = () => {
    const found: string[] = []
    const dead = deadLetters(data)
    const missing = (what: string, path: Path, count: number, have: () => readonly number[]) => {
      const acked = publisher.acked.get(path) ?? new Set()
      const least = acked.size - (dead.get(path)?.size ?? 0)
      // Counting is cheap, comparing is not.
      if (count < least) {
        found.push(`${least - count} of ${what}`)
        return
      }
      const set = new Set(have())
      const left = [...acked].filter((n) => !set.has(n) && dead.get(path)?.has(n) !== true)
      if (left.length > 0) found.push(`${left.length} of ${what}`)
    }
    const rows = (path: Path, table: string) =>
      missing(`table ${table}`, path, countOf(data, table), () => numbers(data, table))
    const heard = (path: 'q1' | 'q2', list: readonly number[]) =>
      missing(`the listener of ${path}`, path, list.length, () => list)
    for (const [path, table] of tables) rows(path, table)
    if (listener !== undefined) {
      heard('q1', listener.heard.q1)
      heard('q2', listener.heard.q2)
    }
    if (hook !== undefined) rows('http', 'answers')
    return [...found, ...queues(data)]
  }
  let before = ''
  let since = performance.now()
  for (;;) {
    const start = performance.now()
    const found = left()
    const cost = performance.now() - start
    if (found.length === 0) return []
    // A slow machine may take its time as long as it goes on.
    if (found.join() !== before) since = performance.now()
    before = found.join()
    if (performance.now() - since > deadline)
      return found.map((what) => `stands still for ${deadline / 1000} s with ${what}`)
    // With many messages the look itself takes long, and the listener lives in this process.
    await pause(20 + 5 * cost)
  }
}

function countOf(data: string, table: string): number {
  return Number(rowsOrNone(data, `SELECT count(*) AS n FROM ${table}`)[0]?.n ?? 0)
}

/** What is on its way in an engine: outbox, requests, and ids that may come again. */
export function queues(data: string): string[] {
  const found: string[] = []
  for (const table of ['rw_outbox', 'rw_requests', 'rw_received', 'rw_seen']) {
    const rows = countOf(data, table)
    if (rows > 0) found.push(`${rows} rows of ${table}`)
  }
  return found
}

const tables = [
  ['q1', 'q1'],
  ['q2', 'q2'],
  ['key', 'keyed'],
  ['state', 'counted'],
] as const

export interface Allowances {
  /** What goes out at QoS 2 may repeat, because the broker forgets ids. */
  forgetful?: boolean | undefined
  /** Ids at QoS 2 that the broker itself delivered as new messages again. */
  again?: ReadonlyMap<Path, ReadonlySet<number>>
}

/** All paths of the fault flow. */
export function checkPaths({ data, publisher, listener, hook }: Watched, allowances: Allowances = {}): PathResult[] {
  const { forgetful = false, again = new Map() } = allowances
  const dead = deadLetters(data)
  const acked = (path: Path) => [...(publisher.acked.get(path) ?? [])].filter((n) => dead.get(path)?.has(n) !== true)
  const found = [
    compare('QoS 0 in -> SQLite', range(publisher.sent.get('q0') ?? 0), numbers(data, 'q0'), {
      lost: any,
      repeated: 0,
    }),
    compare('QoS 1 in -> SQLite', acked('q1'), once(numbers(data, 'q1'), publisher.again.get('q1'))),
    compare('QoS 1 in, key -> SQLite', acked('key'), numbers(data, 'keyed')),
    compare('QoS 2 in -> SQLite', acked('q2'), once(numbers(data, 'q2'), again.get('q2'))),
    checkState(data, acked('state'), again.get('state')),
  ]
  if (listener !== undefined) {
    found.push(compare('-> MQTT out QoS 1', numbers(data, 'q1'), listener.heard.q1, { lost: 0, repeated: any }))
    found.push(
      compare('-> MQTT out QoS 2', numbers(data, 'q2'), listener.heard.q2, {
        lost: 0,
        repeated: forgetful ? any : 0,
      }),
    )
    for (const path of ['q1', 'q2'] as const) {
      const late = outOfOrder(listener.heard[path])
      if (late.length > 0) found.at(path === 'q1' ? -2 : -1)?.notes.push(`out of order: ${few(late)}`)
    }
  }
  if (hook !== undefined) found.push(...checkHook(data, acked('http'), publisher, hook))
  return found.filter(({ messages }) => messages > 0)
}

/** A result is bad when it has more than it may have, or a note. */
export function brokenPromises({ paths, broken }: Outcome): string[] {
  const wrong = paths.filter(
    ({ lost, repeated, allowed, notes }) => lost > allowed.lost || repeated > allowed.repeated || notes.length > 0,
  )
  return [
    ...wrong.map(
      ({ path, lost, repeated, notes }) => `${path}: ${lost} lost, ${repeated} repeated; ${notes.join('; ')}`,
    ),
    ...broken,
  ]
}

/** Every message of a lane has the next count, so a change of state that was lost or made twice shows in all that follow (I3). */
function checkState(data: string, acked: readonly number[], again: ReadonlySet<number> | undefined): PathResult {
  const rows = rowsOrNone(data, 'SELECT n, lane, count FROM counted ORDER BY rowid')
  const result = compare(
    'QoS 2 in -> state',
    acked,
    once(
      rows.map(({ n }) => Number(n)),
      again,
    ),
  )
  for (let lane = 0; lane < lanes; lane++) {
    const mine = rows.filter((row) => Number(row.lane) === lane)
    const wrong = mine.findIndex(({ count }, index) => count !== index + 1)
    if (wrong >= 0) result.notes.push(`lane ${lane}: row ${wrong + 1} is ${JSON.stringify(mine[wrong])}`)
  }
  return result
}

/** Without the further rows of ids that came several times. */
function once(found: readonly number[], again: ReadonlySet<number> = new Set()): number[] {
  const seen = new Set<number>()
  return found.filter((n) => {
    if (again.has(n) && seen.has(n)) return false
    seen.add(n)
    return true
  })
}

function checkHook(data: string, acked: readonly number[], publisher: Publisher, hook: Hook): PathResult[] {
  const posts = compare(
    '-> HTTP out',
    acked,
    hook.requests.map(({ n }) => n),
    { lost: 0, repeated: any },
  )
  const keys = new Map<number, Set<string>>()
  for (const { n, key } of hook.requests) keys.set(n, (keys.get(n) ?? new Set()).add(key))
  const several = [...keys]
    .filter(([n, set]) => set.size > 1 && publisher.again.get('http')?.has(n) !== true)
    .map(([n]) => n)
  if (several.length > 0) posts.notes.push(`more than one Idempotency-Key: ${few(several)}`)
  const all = new Set(hook.requests.map(({ key }) => key))
  if (all.size < keys.size) posts.notes.push('one Idempotency-Key for several messages')
  const late = outOfOrder(hook.requests.map(({ n }) => n))
  if (late.length > 0) posts.notes.push(`out of order: ${few(late)}`)
  return [posts, compare('HTTP answers -> SQLite', acked, once(numbers(data, 'answers'), publisher.again.get('http')))]
}

/** Ids that became dead letters, by path. */
export function deadLetters(data: string): Map<Path, Set<number>> {
  const found = new Map<Path, Set<number>>()
  for (const { message } of rowsOrNone(data, 'SELECT message FROM rw_dead_letters')) {
    // Messages of the fault flow: a packet with bytes, or a message with JSON.
    const { topic, payload } = JSON.parse(String(message)) as {
      topic: string
      payload: { $bytes?: string; n?: number }
    }
    const path = topic.split('/')[1] as Path
    const n = payload.$bytes === undefined ? payload.n : JSON.parse(Buffer.from(payload.$bytes, 'base64').toString()).n
    found.set(path, (found.get(path) ?? new Set()).add(Number(n)))
  }
  return found
}

export function numbers(data: string, table: string): number[] {
  return rowsOrNone(data, `SELECT n FROM ${table} ORDER BY rowid`).map(({ n }) => Number(n))
}

interface Read {
  /** Rows up to this one were read. */
  rowid: number
  readonly ids: Set<number>
  readonly further: Database.Statement<[number], { rowid: number; n: number }>
}

/** Looks into a database while the engine writes it: whether a row stands there at this moment. */
export class RowLookup {
  readonly #data: string
  #database: Database.Database | undefined
  readonly #tables = new Map<string, Read>()

  constructor(data: string) {
    this.#data = data
  }

  /** Rows of these tables are never deleted, so each is read once. */
  has(table: string, n: number): boolean {
    try {
      const read = this.#tables.get(table) ?? this.#open(table)
      if (read.ids.has(n)) return true
      for (const row of read.further.iterate(read.rowid)) {
        read.rowid = row.rowid
        read.ids.add(Number(row.n))
      }
      return read.ids.has(n)
    } catch (error) {
      if (error instanceof Database.SqliteError && error.message.startsWith('no such table')) return false
      throw error
    }
  }

  close(): void {
    this.#database?.close()
  }

  #open(table: string): Read {
    this.#database ??= new Database(join(this.#data, 'rulewire.db'), { readonly: true, timeout: 2000 })
    const sql = `SELECT rowid, n FROM ${table} WHERE rowid > ? ORDER BY rowid`
    const read: Read = { rowid: 0, ids: new Set(), further: this.#database.prepare(sql) }
    this.#tables.set(table, read)
    return read
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}

function few(list: readonly number[]): string {
  return list.length > 8 ? `${list.slice(0, 8).join(', ')} and ${list.length - 8} more` : list.join(', ')
}
