import type { Database } from 'better-sqlite3'
import type { RulewireError } from '../errors.ts'
import { type CommitOptions, GroupCommit, type Sweep } from './broker-commit.ts'

/** What a broker keeps of a PUBLISH. `extra` are further fields that come back as they were. */
export interface StoredPacket {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/** A message that waits for a session. */
export interface QueuedPacket extends StoredPacket {
  /** Ascending within a session. */
  readonly sequence: number
  /** QoS 2: the receiver has it, so only PUBREL is left. */
  readonly released: boolean
}

export interface StoredSubscription {
  readonly filter: string
  readonly qos: 0 | 1 | 2
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/** A session as it was when the process ended. */
export interface StoredSession {
  readonly number: number
  readonly clientId: string
  readonly subscriptions: StoredSubscription[]
  /** Packet ids of QoS 2 messages that it sent and has not released. */
  readonly incoming: number[]
  readonly queued: number
  /** Highest sequence in its queue; -1 when that is empty. */
  readonly last: number
  /** Highest sequence that may have been sent to it; -1 when none was. */
  readonly sent: number
}

export interface StoredWill extends StoredPacket {
  readonly clientId: string
  /** The run of the broker that took it. */
  readonly brokerId: string
}

/**
 * What the embedded broker keeps in SQLite. Writes return at once and are done in order, many in one transaction;
 * {@link BrokerStore.whenCommitted} tells when. Reads see what is committed.
 */
export interface BrokerStore {
  /** Why nothing can be written at the moment. */
  readonly fault: RulewireError | undefined
  /** Writes and calls that wait for a commit. */
  readonly waiting: number
  whenCommitted(committed: () => void): void
  /** Commits what is left. False when that was not possible. */
  close(): boolean

  sessions(): StoredSession[]
  addSession(number: number, clientId: string): void
  /** Removes it with its subscriptions, its queue and its packet ids. */
  dropSession(number: number): void
  /** `undefined` while it is connected: then nobody knows after a crash, and all that is queued counts as sent. */
  setSent(number: number, sent: number | undefined): void
  putSubscription(number: number, subscription: StoredSubscription): void
  dropSubscription(number: number, filter: string): void

  putIncoming(number: number, packetId: number, packet?: StoredPacket): void
  incoming(number: number, packetId: number): StoredPacket | undefined
  dropIncoming(number: number, packetId: number): void
  dropAllIncoming(number: number): void

  enqueue(number: number, sequence: number, packet: StoredPacket): void
  /** In order, above a sequence, at most so many, and none after those that have so many bytes of topics and payloads. */
  queue(number: number, after: number, limit: number, bytes?: number): QueuedPacket[]
  release(number: number, sequence: number): void
  setExtra(number: number, sequence: number, extra: Readonly<Record<string, unknown>>): void
  /** Nobody waits for it: after a crash some of it may be sent again, which QoS 1 allows and QoS 2 ignores. */
  dropQueuedUpTo(number: number, sequence: number): void
  dropQueued(number: number, sequence: number): void
  /** The oldest one above a sequence gives way. */
  dropOldest(number: number, after: number): void

  /** An empty payload removes it. Several for one topic become one write. */
  retain(packet: StoredPacket): void
  /** What was retained last, committed or not. */
  retained(topic: string): StoredPacket | undefined
  /** Topics that start with `prefix`, in order, above `after` unless that is empty, at most so many. */
  retainedTopics(prefix: string, after: string, limit: number): string[]

  putWill(will: StoredWill): void
  dropWill(clientId: string): void
  will(clientId: string): StoredWill | undefined
  wills(): StoredWill[]
}

/** The tables of {@link BrokerStore}. `sequence` and `packet_id` count within a session; `extra` is JSON. */
export const brokerSchema = `
CREATE TABLE IF NOT EXISTS rw_broker_sessions (number INTEGER PRIMARY KEY, client TEXT NOT NULL UNIQUE, sent INTEGER);
CREATE TABLE IF NOT EXISTS rw_broker_subscriptions (
  session INTEGER NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, extra TEXT,
  PRIMARY KEY (session, filter)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_broker_queue (
  session INTEGER NOT NULL, sequence INTEGER NOT NULL, topic TEXT NOT NULL, payload NOT NULL, qos INTEGER NOT NULL,
  retain INTEGER NOT NULL, extra TEXT, released INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (session, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_broker_incoming (
  session INTEGER NOT NULL, packet_id INTEGER NOT NULL, topic TEXT, payload, qos INTEGER, retain INTEGER, extra TEXT,
  PRIMARY KEY (session, packet_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_broker_retained (
  topic TEXT PRIMARY KEY, payload NOT NULL, qos INTEGER NOT NULL, retain INTEGER NOT NULL, extra TEXT);
CREATE TABLE IF NOT EXISTS rw_broker_wills (
  client TEXT PRIMARY KEY, broker TEXT NOT NULL, topic TEXT NOT NULL, payload NOT NULL, qos INTEGER NOT NULL,
  retain INTEGER NOT NULL, extra TEXT);
`

/** Opens the broker's tables in a database whose connection others use too, each in short synchronous transactions. */
export function createBrokerStore(database: Database, options: CommitOptions = {}): BrokerStore {
  database.exec(brokerSchema)
  const statements = prepareAll(database)
  const retained = new Map<string, StoredPacket>()
  const delivered = new Map<number, number>()
  const sweep: Sweep = {
    pending: () => retained.size > 0 || delivered.size > 0,
    remove() {
      for (const [number, sequence] of delivered) statements.dropQueuedUpTo.run(number, sequence)
    },
    write() {
      for (const packet of retained.values()) {
        if (packet.payload.length === 0) statements.dropRetained.run(packet.topic)
        else statements.putRetained.run(...columns(packet))
      }
    },
    done(all) {
      delivered.clear()
      if (all) retained.clear()
    },
  }
  const group = new GroupCommit(database, sweep, options)

  return {
    get fault() {
      return group.fault
    },
    get waiting() {
      return group.length
    },
    whenCommitted: (committed) => group.whenCommitted(committed),
    close: () => group.close(),

    sessions: () => readSessions(statements),
    addSession: (number, clientId) => group.add(statements.addSession, number, clientId),
    dropSession(number) {
      delivered.delete(number)
      for (const statement of statements.dropSession) group.add(statement, number)
    },
    setSent: (number, sent) => group.add(statements.setSent, sent ?? null, number),
    putSubscription: (number, { filter, qos, extra }) =>
      group.add(statements.putSubscription, number, filter, qos, toJson(extra)),
    dropSubscription: (number, filter) => group.add(statements.dropSubscription, number, filter),

    putIncoming: (number, packetId, packet) =>
      group.add(statements.putIncoming, number, packetId, ...(packet === undefined ? noColumns : columns(packet))),
    incoming(number, packetId) {
      const row = statements.incoming.get(number, packetId)
      return row === undefined ? undefined : toPacket(row)
    },
    dropIncoming: (number, packetId) => group.add(statements.dropIncoming, number, packetId),
    dropAllIncoming: (number) => group.add(statements.dropAllIncoming, number),

    enqueue: (number, sequence, packet) => group.add(statements.enqueue, number, sequence, ...columns(packet)),
    queue(number, after, limit, bytes = Number.POSITIVE_INFINITY) {
      const packets: QueuedPacket[] = []
      let left = bytes
      for (const row of statements.queue.iterate(number, after, limit)) {
        packets.push({ ...toPacket(row), sequence: row.sequence, released: row.released === 1 })
        left -= row.topic.length + row.payload.length
        if (left <= 0) break
      }
      return packets
    },
    release: (number, sequence) => group.add(statements.release, number, sequence),
    setExtra: (number, sequence, extra) => group.add(statements.setExtra, toJson(extra), number, sequence),
    dropQueuedUpTo(number, sequence) {
      delivered.set(number, sequence)
      group.touch()
    },
    dropQueued: (number, sequence) => group.add(statements.dropQueued, number, sequence),
    dropOldest: (number, after) => group.add(statements.dropOldest, number, number, after),

    retain(packet) {
      retained.set(packet.topic, packet)
      group.touch()
    },
    retained(topic) {
      const asked = retained.get(topic)
      if (asked !== undefined) return asked.payload.length === 0 ? undefined : asked
      const row = statements.retained.get(topic)
      return row === undefined ? undefined : toPacket(row)
    },
    retainedTopics: (prefix, after, limit) =>
      after === ''
        ? statements.firstRetained.all(prefix, endOf(prefix), limit)
        : statements.nextRetained.all(after, endOf(prefix), limit),

    putWill: (will) => group.add(statements.putWill, will.clientId, will.brokerId, ...columns(will)),
    dropWill: (clientId) => group.add(statements.dropWill, clientId),
    will(clientId) {
      const row = statements.will.get(clientId)
      return row === undefined ? undefined : toWill(row)
    },
    wills: () => statements.wills.all().map(toWill),
  }
}

interface PacketRow {
  topic: string
  payload: string | Uint8Array
  qos: 0 | 1 | 2
  retain: number
  extra: string | null
}
type QueueRow = PacketRow & { sequence: number; released: number }
type WillRow = PacketRow & { client: string; broker: string }
type SubscriptionRow = { session: number; filter: string; qos: 0 | 1 | 2; extra: string | null }
type QueueBounds = { session: number; queued: number; last: number }

function prepareAll(database: Database) {
  const run = (sql: string) => database.prepare(sql)
  const put = 'topic, payload, qos, retain, extra'
  const topics = (from: string) =>
    database
      .prepare<[string, string | Uint8Array, number], string>(
        `SELECT topic FROM rw_broker_retained WHERE ${from} AND topic < ? ORDER BY topic LIMIT ?`,
      )
      .pluck()
  return {
    sessions: database.prepare<[], { number: number; client: string; sent: number | null }>(
      'SELECT number, client, sent FROM rw_broker_sessions',
    ),
    subscriptions: database.prepare<[], SubscriptionRow>(
      'SELECT session, filter, qos, extra FROM rw_broker_subscriptions',
    ),
    packetIds: database.prepare<[], { session: number; packet_id: number }>(
      'SELECT session, packet_id FROM rw_broker_incoming',
    ),
    bounds: database.prepare<[], QueueBounds>(
      'SELECT session, count(*) AS queued, max(sequence) AS last FROM rw_broker_queue GROUP BY session',
    ),
    addSession: run('INSERT OR REPLACE INTO rw_broker_sessions (number, client) VALUES (?, ?)'),
    dropSession: [
      run('DELETE FROM rw_broker_sessions WHERE number = ?'),
      run('DELETE FROM rw_broker_subscriptions WHERE session = ?'),
      run('DELETE FROM rw_broker_queue WHERE session = ?'),
      run('DELETE FROM rw_broker_incoming WHERE session = ?'),
    ],
    setSent: run('UPDATE rw_broker_sessions SET sent = ? WHERE number = ?'),
    putSubscription: run(
      'INSERT OR REPLACE INTO rw_broker_subscriptions (session, filter, qos, extra) VALUES (?, ?, ?, ?)',
    ),
    dropSubscription: run('DELETE FROM rw_broker_subscriptions WHERE session = ? AND filter = ?'),
    putIncoming: run(
      `INSERT OR REPLACE INTO rw_broker_incoming (session, packet_id, ${put}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    incoming: database.prepare<[number, number], PacketRow>(
      `SELECT ${put} FROM rw_broker_incoming WHERE session = ? AND packet_id = ?`,
    ),
    dropIncoming: run('DELETE FROM rw_broker_incoming WHERE session = ? AND packet_id = ?'),
    dropAllIncoming: run('DELETE FROM rw_broker_incoming WHERE session = ?'),
    enqueue: run(`INSERT OR REPLACE INTO rw_broker_queue (session, sequence, ${put}) VALUES (?, ?, ?, ?, ?, ?, ?)`),
    queue: database.prepare<[number, number, number], QueueRow>(
      `SELECT sequence, released, ${put} FROM rw_broker_queue WHERE session = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
    ),
    release: run('UPDATE rw_broker_queue SET released = 1 WHERE session = ? AND sequence = ?'),
    setExtra: run('UPDATE rw_broker_queue SET extra = ? WHERE session = ? AND sequence = ?'),
    dropQueuedUpTo: run('DELETE FROM rw_broker_queue WHERE session = ? AND sequence <= ?'),
    dropQueued: run('DELETE FROM rw_broker_queue WHERE session = ? AND sequence = ?'),
    dropOldest: run(`DELETE FROM rw_broker_queue WHERE session = ? AND sequence =
      (SELECT min(sequence) FROM rw_broker_queue WHERE session = ? AND sequence > ?)`),
    putRetained: run(`INSERT INTO rw_broker_retained (${put}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      payload = excluded.payload, qos = excluded.qos, retain = excluded.retain, extra = excluded.extra`),
    dropRetained: run('DELETE FROM rw_broker_retained WHERE topic = ?'),
    retained: database.prepare<[string], PacketRow>(`SELECT ${put} FROM rw_broker_retained WHERE topic = ?`),
    firstRetained: topics('topic >= ?'),
    nextRetained: topics('topic > ?'),
    putWill: run(`INSERT OR REPLACE INTO rw_broker_wills (client, broker, ${put}) VALUES (?, ?, ?, ?, ?, ?, ?)`),
    dropWill: run('DELETE FROM rw_broker_wills WHERE client = ?'),
    will: database.prepare<[string], WillRow>(`SELECT client, broker, ${put} FROM rw_broker_wills WHERE client = ?`),
    wills: database.prepare<[], WillRow>(`SELECT client, broker, ${put} FROM rw_broker_wills`),
  }
}

function readSessions(statements: ReturnType<typeof prepareAll>): StoredSession[] {
  const bounds = new Map(statements.bounds.all().map((row) => [row.session, row]))
  const sessions = new Map<number, StoredSession>()
  for (const { number, client, sent } of statements.sessions.all()) {
    const { queued, last } = bounds.get(number) ?? { queued: 0, last: -1 }
    sessions.set(number, {
      number,
      clientId: client,
      subscriptions: [],
      incoming: [],
      queued,
      last,
      sent: sent ?? last,
    })
  }
  for (const { session, filter, qos, extra } of statements.subscriptions.all()) {
    sessions.get(session)?.subscriptions.push({ filter, qos, ...fromJson(extra) })
  }
  for (const { session, packet_id } of statements.packetIds.all()) sessions.get(session)?.incoming.push(packet_id)
  return [...sessions.values()]
}

function columns(packet: StoredPacket): [string, string | Uint8Array, number, number, string | null] {
  return [packet.topic, packet.payload, packet.qos, packet.retain ? 1 : 0, toJson(packet.extra)]
}

/** A packet id of which only the number matters. */
const noColumns = [null, null, null, null, null]

function toPacket(row: PacketRow): StoredPacket {
  return { topic: row.topic, payload: row.payload, qos: row.qos, retain: row.retain === 1, ...fromJson(row.extra) }
}

function toWill(row: WillRow): StoredWill {
  return { ...toPacket(row), clientId: row.client, brokerId: row.broker }
}

function toJson(extra: Readonly<Record<string, unknown>> | undefined): string | null {
  return extra === undefined ? null : JSON.stringify(extra)
}

function fromJson(text: string | null): { extra?: Record<string, unknown> } {
  // We wrote it ourselves, from an object.
  return text === null ? {} : { extra: JSON.parse(text) as Record<string, unknown> }
}

/** What stands after all topics that start so; a blob stands after every text. */
function endOf(prefix: string): string | Uint8Array {
  return prefix === '' ? Buffer.alloc(0) : `${prefix.slice(0, -1)}0`
}
