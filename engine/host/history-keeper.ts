import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { ChunkRow, HistoryStore, Recording } from '../store/history.ts'
import { type Block, BlockBuilder, compressBlock } from '../store/history-codec.ts'
import { blockSize } from './history-staging.ts'

/** Rows that one commit deletes at most. */
const deletedTogether = 16
/** Time between two looks at what is too old, milliseconds. */
const lookPause = 60_000
/** Rows that lie uncompressed for longer than this part of what they are kept for, or than a day, are compressed however few. */
const oldestPart = 20
const day = 86_400_000
/** Blocks that wait at most to be compressed or written without having been staged. */
const mostUnstaged = 32
/** Milliseconds for the last work at the end. */
const closePatience = 2000
/** Milliseconds that such a block waits for others before it is written: each commit waits for the disk. */
const packPatience = 250

export interface HistoryKeeperOptions {
  store: HistoryStore
  runner: Runner
  clock: Clock
  log: Log
}

/** A recording, and how much of it there is. */
interface Kept {
  recording: Recording
  staged: { messages: number; bytes: number; first: number | null }
  /** Bytes of the chunks on the disk. */
  stored: number
}

/** What is deleted on request. */
export interface HistoryRange {
  recording: Recording
  /** Only what was received before, UTC milliseconds, in whole chunks; everything unless said. */
  before: number | undefined
}

/**
 * Compresses what was recorded and deletes what is too old or too much, in small pieces that join the commits of the batches.
 * One piece of work runs at a time, and the next one begins when the last is committed, so each sees what those before it did.
 */
export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions
  readonly #kept = new Map<number, Kept>()
  #work: Promise<unknown> = Promise.resolve()
  #tidying = false
  /** Blocks that were never staged and are not written yet. */
  #unstaged: { recording: number; chunk: Promise<Block> }[] = []
  #writing = 0
  #stopLook: () => void = () => undefined
  #stopPack: (() => void) | undefined
  #stopped = false

  constructor(options: HistoryKeeperOptions) {
    this.#options = options
  }

  /** Sets which recordings there are, also those that nobody adds to any more. */
  set recordings(recordings: readonly Recording[]) {
    const { store } = this.#options
    const ids = new Set(recordings.map(({ id }) => id))
    for (const id of this.#kept.keys()) if (!ids.has(id)) this.#kept.delete(id)
    for (const recording of recordings) {
      const known = this.#kept.get(recording.id)
      if (known !== undefined) {
        known.recording = recording
        continue
      }
      const { staged, chunks } = store.totals(recording.id)
      this.#kept.set(recording.id, { recording, staged, stored: chunks.stored })
    }
    this.#tidy()
  }

  /** Looks now and from time to time at what is too old. */
  start(): void {
    const { clock } = this.#options
    this.#tidy()
    this.#stopLook = clock.at(clock.now() + lookPause, () => this.start())
  }

  /** Brings what waits to the disk and ends what runs; what a store that fails does not take is not waited for. */
  async close(): Promise<void> {
    const { runner, clock } = this.#options
    this.#stopped = true
    this.#stopLook()
    this.writeUnstaged()
    if (runner.faulted) return
    let stopWaiting: () => void = () => undefined
    const late = new Promise<void>((resolve) => {
      stopWaiting = clock.at(clock.now() + closePatience, resolve)
    })
    await Promise.race([this.#work, late])
    stopWaiting()
  }

  /** A block is committed and not compressed. */
  added(recording: number, { count, bytes, first }: Block): void {
    const kept = this.#kept.get(recording)
    if (kept === undefined) return
    kept.staged.messages += count
    kept.staged.bytes += bytes
    kept.staged.first ??= first
    if (isDue(kept, this.#options.clock.now())) this.#tidy()
  }

  /** Compresses and writes a block that needs no commit of its own. False when too many wait already. */
  pack(recording: number, block: Block): boolean {
    if (this.#unstaged.length + this.#writing >= mostUnstaged) return false
    const { clock } = this.#options
    const chunk = compressBlock(block)
    // It is awaited later, and told there.
    chunk.catch(() => undefined)
    this.#unstaged.push({ recording, chunk })
    if (this.#unstaged.length >= deletedTogether) this.writeUnstaged()
    else this.#stopPack ??= clock.at(clock.now() + packPatience, () => this.writeUnstaged())
    return true
  }

  /** Lets the blocks that were never staged be written with the next commit. */
  writeUnstaged(): void {
    this.#stopPack?.()
    this.#stopPack = undefined
    const blocks = this.#unstaged
    if (blocks.length === 0) return
    this.#unstaged = []
    this.#writing += blocks.length
    this.#start(async () => {
      const chunks: { recording: number; chunk: Block }[] = []
      try {
        for (const { recording, chunk } of blocks) chunks.push({ recording, chunk: await chunk })
        await this.#commit(() => {
          for (const { recording, chunk } of chunks) this.#options.store.addChunk(recording, chunk)
        })
      } finally {
        this.#writing -= blocks.length
      }
      for (const { recording, chunk } of chunks) {
        const kept = this.#kept.get(recording)
        if (kept !== undefined) kept.stored += sizeOf(chunk)
      }
      for (const kept of this.#kept.values()) await this.#trim(kept)
    })
  }

  /** Deletes messages; returns how many, once that is committed. */
  clear({ recording, before }: HistoryRange): Promise<number> {
    this.writeUnstaged()
    return this.#inTurn(async () => {
      const kept = this.#kept.get(recording.id)
      if (kept === undefined) return 0
      let messages = await this.#deleteStaged(kept, before)
      messages += await this.#deleteChunks(kept, (chunk) => before === undefined || chunk.last < before)
      return messages
    })
  }

  /** Ends when all that is due now is done. */
  settled(): Promise<unknown> {
    return this.#work
  }

  #tidy(): void {
    if (this.#tidying || this.#stopped) return
    this.#tidying = true
    this.#start(async () => {
      this.#tidying = false
      for (const kept of this.#kept.values()) {
        while (isDue(kept, this.#options.clock.now()) && !this.#stopped) await this.#compress(kept)
        await this.#trim(kept)
      }
    })
  }

  /** Deletes what is too old or too much. */
  async #trim(kept: Kept): Promise<void> {
    const { clock, store } = this.#options
    const { keep, size, id } = kept.recording
    const oldest = clock.now() - keep
    if (kept.staged.first !== null && kept.staged.first < oldest) await this.#deleteStaged(kept, oldest)
    await this.#deleteChunks(kept, (chunk) => chunk.last < oldest)
    const dropped = await this.#deleteChunks(kept, () => kept.stored + kept.staged.bytes > size)
    if (dropped > 0) await this.#commit(() => store.countDropped(id, dropped))
  }

  /** Turns the oldest staged rows into a chunk. */
  async #compress(kept: Kept): Promise<void> {
    const { store } = this.#options
    const { recording } = kept
    const rows = store.staged(recording, { ...blockSize, time: longestOf(recording) })
    if (rows === undefined) {
      kept.staged = { messages: 0, bytes: 0, first: null }
      return
    }
    const builder = new BlockBuilder()
    for (const packet of rows.packets) builder.add(packet)
    const chunk = await compressBlock(builder.finish())
    await this.#commit(() => {
      store.deleteStaged(recording.id, rows.from, rows.to)
      store.addChunk(recording.id, chunk)
    })
    kept.staged.messages -= chunk.count
    kept.staged.bytes -= chunk.bytes
    kept.staged.first = kept.staged.messages > 0 ? chunk.last : null
    kept.stored += sizeOf(chunk)
  }

  async #deleteStaged(kept: Kept, before = Number.MAX_SAFE_INTEGER): Promise<number> {
    const { store } = this.#options
    const { id } = kept.recording
    const { messages } = kept.staged
    await this.#commit(() => store.deleteStagedBefore(id, before))
    // Others may have been written meanwhile.
    kept.staged = store.totals(id).staged
    return Math.max(0, messages - kept.staged.messages)
  }

  /** Deletes chunks from the oldest on, as long as they are to go. Returns how many messages that were. */
  async #deleteChunks(kept: Kept, goes: (chunk: ChunkRow) => boolean): Promise<number> {
    const { store } = this.#options
    let messages = 0
    while (!this.#stopped) {
      const chunks: ChunkRow[] = []
      for (const chunk of store.oldestChunks(kept.recording.id, deletedTogether)) {
        if (!goes(chunk)) break
        chunks.push(chunk)
        kept.stored -= chunk.stored
        messages += chunk.count
      }
      if (chunks.length === 0) break
      await this.#commit(() => {
        for (const { id } of chunks) store.deleteChunk(id)
      })
    }
    return messages
  }

  /** Writes with the next batch; resolves when it is committed. */
  #commit(write: () => void): Promise<void> {
    const { runner } = this.#options
    return new Promise((resolve) => {
      runner.batch.after.push(resolve)
      runner.add({ kind: 'write', write })
      runner.finish()
    })
  }

  #start(work: () => Promise<void>): void {
    this.#inTurn(work).catch((thrown) => {
      if (!this.#stopped) this.#options.log('error', `the history cannot be kept: ${reasonOf(thrown)}`, thrown)
    })
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }
}

/** Whether staged rows are to be compressed: they are many, large or old. */
function isDue({ recording, staged }: Kept, now: number): boolean {
  if (staged.messages >= blockSize.messages || staged.bytes >= blockSize.bytes) return true
  return staged.first !== null && staged.messages > 0 && now - staged.first > longestOf(recording)
}

/** Milliseconds that lie in one chunk at most, because all of it goes at once. */
function longestOf({ keep }: Recording): number {
  return Math.min(day, keep / oldestPart)
}

function sizeOf({ topics, data }: Block): number {
  return topics.length + data.length
}
