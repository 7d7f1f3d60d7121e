import type { Received } from '../mqtt/contract.ts'
import type { AlarmEntry } from '../spec/alarm.ts'
import type { PublishEffect, SqlValue } from '../spec/context.ts'
import type { AnswerEffect } from '../spec/hook.ts'
import type { Json } from '../spec/message.ts'
import type { Cell } from './cell.ts'
import type { DeadLetterEntry, StoredPublish, StoredRequest } from './ports.ts'
import type { TimerCell } from './timers.ts'

/** What a handler asked for, in order. It is dropped again if the handler throws, and done with the commit otherwise. */
export type Pending =
  | { kind: 'send'; connection: string; effect: PublishEffect }
  | { kind: 'publish'; connection: string; row: StoredPublish }
  | { kind: 'request'; request: StoredRequest }
  | { kind: 'answer'; effect: AnswerEffect }
  | {
      kind: 'row'
      node: string
      port: string
      argument: unknown
      table: string
      row: Readonly<Record<string, SqlValue>>
    }
  | { kind: 'table'; table: string; columns: readonly string[] }
  | { kind: 'trim'; table: string; column: string; limit: number }
  | { kind: 'dead'; entry: DeadLetterEntry }
  | { kind: 'alarm'; node: string; entry: AlarmEntry }
  | { kind: 'write'; write: () => void }

/** What one connection has to hear, and to remember, once the batch is committed. */
export interface ConnectionBatch {
  /** Packets to settle, in order of receipt. */
  settle: Received[]
  /** Ascending number of this batch on the connection, under which `seen` is stored. */
  batch: number
  /** QoS 1 packets that caused writes: packet id and hash in turn. */
  seen: number[]
  /** QoS 2 packet ids to remember, and to forget. */
  received: number[]
  released: number[]
  /** The broker lost its session: nothing of before can come again. */
  clear: boolean
}

/** Everything that is committed in one transaction. */
export interface Batch {
  state: Cell<Json>[]
  timers: TimerCell[]
  pending: Pending[]
  connections: Map<string, ConnectionBatch>
  /** Called when the commit is done. */
  after: (() => void)[]
  /** Counts what has to be written; 0 means that there is nothing to commit. */
  writes: number
  /** Runs in it. */
  runs: number
}

export function emptyBatch(): Batch {
  return { state: [], timers: [], pending: [], connections: new Map(), after: [], writes: 0, runs: 0 }
}

/** The HTTP requests in it. */
export function requestsOf(batch: Batch): readonly StoredRequest[] {
  let made: StoredRequest[] | undefined
  for (const item of batch.pending) {
    if (item.kind !== 'request') continue
    made ??= []
    made.push(item.request)
  }
  return made ?? none
}

const none: readonly StoredRequest[] = []

/** The part of a batch that belongs to a connection. */
export function connectionBatch(batch: Batch, connection: string): ConnectionBatch {
  let part = batch.connections.get(connection)
  if (part === undefined) {
    part = { batch: 0, settle: [], seen: [], received: [], released: [], clear: false }
    batch.connections.set(connection, part)
  }
  return part
}
