import { rulewireError } from '../errors.ts'
import type { Outbox, OutboxRow } from '../mqtt/contract.ts'
import type { PublishEffect } from '../spec/context.ts'
import type { Batch, Pending } from './batch.ts'
import type { OutboxStore, StoredPublish } from './ports.ts'
import type { Runner } from './runner.ts'

/** What happens to a message for a broker when the outbox is full. */
export type OutboxPolicy = 'block' | 'drop-oldest' | 'dead-letter'

export interface OutboxLimits {
  /** Rows of one outbox. */
  rows: number
  policy: OutboxPolicy
}

/** Committed rows kept in memory beside the store, so that a link that keeps up never reads the disk: rows, and characters or bytes. */
const tailLimit = { rows: 8192, size: 16_000_000 }

/**
 * The durable queue to one broker: rows are written with the message that caused them, and go with a commit after the broker
 * has confirmed them. Sequences are given here, so that a link knows the packet id of each row before it is written.
 */
export class BrokerOutbox implements Outbox {
  /** Rows of the store that are not confirmed. */
  count: number
  /** Messages that went to make room, by policy drop-oldest. */
  dropped = 0

  readonly #connection: string
  readonly #store: OutboxStore
  readonly #runner: Runner
  readonly #limits: OutboxLimits
  /** Rows up to this sequence were there before this start, and may have been sent. */
  readonly #sentUpTo: number
  #last: number
  /** The highest committed sequence: rows above it are not given out yet. */
  #committed: number
  #tail: StoredPublish[] = []
  #tailSize = 0
  /** Rows that go with the next commit. */
  #removed: number[] = []
  /** The batch that deletes them. */
  #removing: Batch | undefined
  /** The highest sequence that the link was given: up to there rows are on their way, and are not dropped. */
  #given = 0
  #lastDropped = 0

  constructor(connection: string, store: OutboxStore, runner: Runner, limits: OutboxLimits) {
    const { last, count } = store.open(connection)
    this.#connection = connection
    this.#store = store
    this.#runner = runner
    this.#limits = limits
    this.#sentUpTo = last
    this.#last = last
    this.#committed = last
    this.count = count
  }

  /** True while the policy is `block` and there is no room: intake should wait. */
  get full(): boolean {
    return this.#limits.policy === 'block' && this.count >= this.#limits.rows
  }

  /** Makes a row of an effect. Throws OUTBOX_FULL under the policy `dead-letter`. */
  take(effect: PublishEffect, qos: 1 | 2, node: string): Pending {
    if (this.#limits.policy === 'dead-letter' && this.count >= this.#limits.rows) {
      throw rulewireError('OUTBOX_FULL', { sink: `broker ${this.#connection}`, count: this.count })
    }
    const { topic, payload, retain, props } = effect
    const row: StoredPublish = { sequence: ++this.#last, node, topic, payload, qos, retain, props, released: false }
    return { kind: 'publish', connection: this.#connection, row }
  }

  /** To be called when rows are committed. */
  committed(rows: readonly StoredPublish[]): void {
    for (const row of rows) {
      this.#tail.push(row)
      this.#tailSize += row.payload.length
    }
    this.count += rows.length
    this.#committed = rows.at(-1)?.sequence ?? this.#committed
    if (this.#tail.length > tailLimit.rows || this.#tailSize > tailLimit.size) this.#forgetTail()
    if (this.#limits.policy === 'drop-oldest' && this.count > this.#limits.rows) this.#dropOldest()
  }

  read(from: number, limit: number): OutboxRow[] {
    const after = Math.max(from, this.#lastDropped)
    if (after >= this.#committed) return []
    const start = this.#tail.findIndex((row) => row.sequence > after)
    // What was read is held by the link, and read from the store should it be wanted again.
    if (start > 0) for (const row of this.#tail.splice(0, start)) this.#tailSize -= row.payload.length
    const inTail = (this.#tail[0]?.sequence ?? Number.POSITIVE_INFINITY) <= after + 1
    const rows = inTail ? this.#tail.slice(0, limit) : this.#store.read(this.#connection, after, limit)
    if (this.#tail.length === 0) this.#forgetTail()
    const given = rows.filter((row) => row.sequence <= this.#committed)
    this.#given = given.at(-1)?.sequence ?? this.#given
    return given.map((row) => ({ ...row, sentBefore: row.sequence <= this.#sentUpTo }))
  }

  release(sequence: number, committed: () => void): void {
    this.#runner.add({ kind: 'write', write: () => this.#store.release(this.#connection, sequence) })
    this.#runner.batch.after.push(committed)
    this.#runner.finish()
  }

  remove(sequence: number): void {
    this.count--
    if (this.#removing === this.#runner.batch) {
      this.#removed.push(sequence)
      return
    }
    // A batch that is committed writes nothing more, so the next one has a list of its own.
    const removed = [sequence]
    this.#removed = removed
    this.#removing = this.#runner.batch
    this.#runner.add({ kind: 'write', write: () => this.#deleteRows(removed) })
    this.#runner.finish()
  }

  refuse(sequence: number, detail: string): void {
    const row = this.#store.get(this.#connection, sequence)
    if (row !== undefined) {
      const error = rulewireError('PUBLISH_REFUSED', { broker: this.#connection, topic: row.topic, detail })
      this.#runner.deadLetter(row.node, ':publish', { ...row, broker: this.#connection }, error)
    }
    this.remove(sequence)
  }

  #forgetTail(): void {
    this.#tail = []
    this.#tailSize = 0
  }

  /** Confirmed rows mostly lie side by side, so they go in a few statements. */
  #deleteRows(sequences: number[]): void {
    const sorted = sequences.toSorted((left, right) => left - right)
    let first = sorted[0]
    for (const [index, sequence] of sorted.entries()) {
      if (sorted[index + 1] === sequence + 1) continue
      this.#store.delete(this.#connection, first ?? sequence, sequence)
      first = sorted[index + 1]
    }
  }

  /** Rows on their way are not touched: they may have arrived. So a full outbox has at most those above its limit. */
  #dropOldest(): void {
    const after = Math.max(this.#lastDropped, this.#given)
    const oldest = this.#store.read(this.#connection, after, this.count - this.#limits.rows)
    for (const { sequence } of oldest) {
      this.dropped++
      this.#lastDropped = sequence
      this.remove(sequence)
    }
  }
}
