/** What running needs of the outside, as interfaces: `engine/store` and `engine/engine.ts` implement them. */
import type { ErrorCode } from '../errors.ts'
import type { OutboxRow } from '../mqtt/contract.ts'
import type { AlarmEntry } from '../spec/alarm.ts'
import type { RequestEffect, SqlValue } from '../spec/context.ts'
import type { Json } from '../spec/message.ts'

/** Moments at which an engine can end, in the order in which a batch passes them. `in-commit`: all is written, COMMIT is not. */
export type FaultPoint =
  | 'before-commit'
  | 'in-commit'
  | 'after-commit'
  | 'before-settle'
  | 'after-settle'
  | 'after-batch'
  | 'request-answered'

/** The engine's only source of time and of "later". */
export interface Clock {
  /** UTC milliseconds. */
  now(): number
  /** Calls back at a time (UTC milliseconds), or soon after when it has passed. Returns how to call it off. */
  at(time: number, run: () => void): () => void
  /** Calls back once what is waiting to be read now has been read: the end of a batch. */
  soon(run: () => void): void
}

/** Writes of a batch. All methods of the parts below may throw only inside `transaction`. */
export interface Store {
  /**
   * Runs `write` between BEGIN IMMEDIATE and COMMIT. Throws {@link StoreFault} when the database cannot be written now
   * (full, locked, I/O error): then nothing was.
   */
  transaction(write: () => void): void
  readonly state: StateStore
  readonly timers: TimerStore
  readonly outbox: OutboxStore
  readonly requests: RequestStore
  readonly deadLetters: DeadLetterStore
  readonly alarmLog: AlarmLogStore
  readonly seen: SeenStore
  readonly tables: TableStore
}

/** The database cannot be written now; the same write may succeed later. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
}

/** A row of a user's table was refused for a reason of its own (a constraint, a wrong type): the batch goes on without it. */
export class RowRefused extends Error {
  override readonly name = 'RowRefused'
}

/** State by node (`flow/node`) and key. */
export interface StateStore {
  get(node: string, key: string): Json | undefined
  put(node: string, key: string, value: Json): void
  delete(node: string, key: string): void
  deleteNode(node: string): void
  /** Keys of a node with their values, in order, those after a key; at most `limit`. */
  page(node: string, after: string, limit: number): { key: string; value: Json }[]
}

export interface StoredTimer {
  node: string
  key: string
  name: string
  /** UTC milliseconds. */
  at: number
}

export interface TimerStore {
  all(): StoredTimer[]
  put(timer: StoredTimer): void
  delete(node: string, key: string, name: string): void
  deleteNode(node: string): void
}

/** A row of the outbox with what is needed to make a dead letter of it. */
export interface StoredPublish extends Omit<OutboxRow, 'sentBefore'> {
  /** `flow/node` that published it. */
  readonly node: string
}

/** Committed messages for brokers at QoS 1 and 2, by connection and ascending sequence. */
export interface OutboxStore {
  /** Highest sequence that was ever used, and how many rows there are. */
  open(connection: string): { last: number; count: number }
  read(connection: string, after: number, limit: number): StoredPublish[]
  get(connection: string, sequence: number): StoredPublish | undefined
  insert(connection: string, row: StoredPublish): void
  release(connection: string, sequence: number): void
  /** Deletes the rows from `first` to `last`, both included. */
  delete(connection: string, first: number, last: number): void
}

export interface StoredRequest {
  readonly id: number
  readonly node: string
  readonly effect: RequestEffect
  attempts: number
  /** UTC milliseconds before which it is not tried again. */
  due: number
}

/** Committed HTTP requests that have no answer yet. */
export interface RequestStore {
  all(): { id: number; node: string; order: string; due: number; attempts: number }[]
  get(id: number): StoredRequest | undefined
  insert(request: StoredRequest): void
  postpone(id: number, attempts: number, due: number): void
  delete(id: number): void
  last(): number
}

export interface DeadLetterEntry {
  node: string
  port: string
  time: number
  code: ErrorCode | string
  text: string
  hint: string
  /** The message as it reached the node. */
  message: unknown
  attempts: number
}

export interface DeadLetterStore {
  insert(entry: DeadLetterEntry): void
  delete(id: number): void
}

/** Transitions of alarms; `node` is `flow/node`. */
export interface AlarmLogStore {
  insert(node: string, entry: AlarmEntry): void
}

/** What was received and is settled, so that a repeat is known. */
export interface SeenStore {
  /** QoS 2 packet ids between PUBREC and PUBCOMP. */
  received(connection: string): number[]
  addReceived(connection: string, packetId: number): void
  deleteReceived(connection: string, packetId: number): void
  clearReceived(connection: string): void
  /** Tries of packets that were delivered before an unclean end. */
  attempts(connection: string): { packetId: number; hash: number; count: number }[]
  /** Counts one more. */
  attempt(connection: string, packetId: number, hash: number): void
  clearAttempts(connection: string): void
  /** QoS 1: entries of one commit, pairs of packet id and hash. */
  batches(connection: string): { batch: number; entries: Uint32Array }[]
  addBatch(connection: string, batch: number, entries: Uint32Array): void
  /** Forgets the batches up to this one. */
  deleteBatches(connection: string, upTo: number): void
}

export interface TableStore {
  /** Throws {@link RowRefused}. */
  insert(table: string, row: Readonly<Record<string, SqlValue>>): void
  /** Throws {@link RowRefused}. */
  create(table: string, columns: readonly string[]): void
  deleteBelow(table: string, column: string, limit: number): void
  query(sql: string, parameters: Readonly<Record<string, SqlValue>>): Record<string, SqlValue>[]
}
