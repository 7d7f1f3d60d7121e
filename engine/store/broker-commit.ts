import type { Database, Statement } from 'better-sqlite3'
import { type RulewireError, reasonOf, rulewireError } from '../errors.ts'

export interface CommitOptions {
  /** Runs a commit soon; `setImmediate` unless said. Everything asked for until then is in it. */
  schedule?(run: () => void): void
  /** Runs something after that many milliseconds; a timer that does not keep the process alive unless said. */
  delay?(milliseconds: number, run: () => void): void
  /** The database cannot be written: nothing is reported as committed until `onHealed`. */
  onFault?(error: RulewireError): void
  onHealed?(): void
}

/** What is written with every commit, collapsed to its last state. */
export interface Sweep {
  pending(): boolean
  /** Frees space; tried alone when the disk is full. */
  remove(): void
  /** The rest. */
  write(): void
  /** What ran is on the disk; `all` is false when it was `remove` alone. */
  done(all: boolean): void
}

/** Statements and calls of one transaction, so that it does not hold the event loop for long; a few more where they belong together. */
const largestGroup = 1024
/** How long a write that nobody waits for may lie about, milliseconds. */
const linger = 20
/** Waits between tries after a fault, milliseconds. */
const shortestWait = 20
const longestWait = 1000

type Entry = { statement: Statement; values: unknown[] } | { committed: () => void }

/**
 * Group commit: writes are queued in order and go to the disk in one transaction, then those who waited are called, in order.
 * When a commit fails nobody is called, the writes stay and are tried again, with longer and longer waits.
 */
export class GroupCommit {
  readonly #database: Database
  readonly #sweep: Sweep
  readonly #options: CommitOptions
  readonly #begin: Statement
  readonly #commit: Statement
  #entries: Entry[] = []
  #scheduled = false
  #lingering = false
  #fault: RulewireError | undefined
  #wait = shortestWait
  #closed = false

  constructor(database: Database, sweep: Sweep, options: CommitOptions) {
    this.#database = database
    this.#sweep = sweep
    this.#options = options
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
  }

  /** Why the last commit failed; undefined while all is well. */
  get fault(): RulewireError | undefined {
    return this.#fault
  }

  /** Writes and calls that wait for a commit. */
  get length(): number {
    return this.#entries.length
  }

  /** Queues a statement. Nobody waits for it unless {@link GroupCommit.whenCommitted} follows. */
  add(statement: Statement, ...values: unknown[]): void {
    this.#entries.push({ statement, values })
    this.touch()
  }

  /** Calls back when everything that was queued before is on the disk. Never synchronously. */
  whenCommitted(committed: () => void): void {
    this.#entries.push({ committed })
    if (this.#scheduled || this.#fault !== undefined) return
    this.#scheduled = true
    this.#soon(() => this.#run())
  }

  /** There is something to write, and it has time. */
  touch(): void {
    if (this.#lingering || this.#scheduled || this.#fault !== undefined) return
    this.#lingering = true
    this.#later(linger, () => {
      this.#lingering = false
      if (!this.#scheduled && this.#fault === undefined) this.#run()
    })
  }

  /** Writes all that is left at once, and takes no more. False when the database did not let us. */
  close(): boolean {
    while (!this.#closed && (this.#entries.length > 0 || this.#sweep.pending())) if (!this.#flush()) break
    this.#closed = true
    return this.#entries.length === 0 && !this.#sweep.pending()
  }

  #run(): void {
    this.#scheduled = false
    if (this.#closed || !this.#flush()) return
    if (this.#entries.length === 0 || this.#scheduled || this.#fault !== undefined) return
    this.#scheduled = true
    this.#soon(() => this.#run())
  }

  /** One transaction, then the calls. False when it failed. */
  #flush(): boolean {
    const group = this.#nextGroup()
    if (this.#sweep.pending() || group.some((entry) => 'statement' in entry)) {
      try {
        this.#transact(() => {
          this.#sweep.remove()
          this.#sweep.write()
          for (const entry of group) if ('statement' in entry) entry.statement.run(...entry.values)
        })
      } catch (cause) {
        this.#failed(cause)
        return false
      }
      this.#sweep.done(true)
    }
    this.#entries = group === this.#entries ? [] : this.#entries.slice(group.length)
    this.#heal()
    callAll(group, 0)
    return true
  }

  /**
   * Ends behind a call where there is one within reach: what somebody waits for together stays together, such as a message and
   * the packet id that makes its repeat known.
   */
  #nextGroup(): Entry[] {
    const entries = this.#entries
    if (entries.length <= largestGroup) return entries
    const furthest = Math.min(entries.length, 2 * largestGroup)
    for (let end = largestGroup; end <= furthest; end++) {
      const last = entries[end - 1]
      if (last !== undefined && 'committed' in last) return end < entries.length ? entries.slice(0, end) : entries
    }
    return entries.slice(0, largestGroup)
  }

  #transact(run: () => void): void {
    this.#begin.run()
    try {
      run()
      this.#commit.run()
    } catch (error) {
      // SQLite has ended the transaction itself when the disk was full.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #failed(cause: unknown): void {
    if (this.#sweep.pending()) this.#makeRoom()
    const first = this.#fault === undefined
    this.#fault = rulewireError('STORE_FAULT', { detail: reasonOf(cause) }, { cause })
    if (first) this.#options.onFault?.(this.#fault)
    if (this.#closed) return
    this.#later(this.#wait, () => {
      if (!this.#closed) this.#run()
    })
    this.#wait = Math.min(this.#wait * 2, longestWait)
  }

  /** What was delivered need not be kept: removing it can end a full disk by itself. */
  #makeRoom(): void {
    try {
      this.#transact(() => this.#sweep.remove())
      this.#sweep.done(false)
    } catch (error) {
      // The same fault as before, which is reported; the rows are removed with the commit that heals.
      if (!(error instanceof Error)) throw error
    }
  }

  #heal(): void {
    if (this.#fault === undefined) return
    this.#fault = undefined
    this.#wait = shortestWait
    this.#options.onHealed?.()
  }

  #soon(run: () => void): void {
    if (this.#options.schedule) this.#options.schedule(run)
    else setImmediate(run)
  }

  #later(milliseconds: number, run: () => void): void {
    if (this.#options.delay) this.#options.delay(milliseconds, run)
    else setTimeout(run, milliseconds).unref()
  }
}

/** Calls those who waited; one that throws does not keep the others from being called. */
function callAll(group: readonly Entry[], from: number): void {
  let index = from
  try {
    for (; index < group.length; index++) {
      const entry = group[index]
      if (entry !== undefined && 'committed' in entry) entry.committed()
    }
  } finally {
    if (index < group.length) setImmediate(() => callAll(group, index + 1))
  }
}
