import type { Batch } from '../run/batch.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { Packet } from '../spec/message.ts'
import type { HistoryStore } from '../store/history.ts'
import { type Block, BlockBuilder } from '../store/history-codec.ts'

/** Milliseconds that messages at QoS 0 wait until they are written together. */
const patience = 1000
/** A block that is so large is complete. */
export const blockSize = { messages: 4096, bytes: 1_000_000 }

export interface HistoryStagingOptions {
  store: HistoryStore
  runner: Runner
  clock: Clock
  /** A block is committed, not compressed. */
  staged(recording: number, block: Block): void
  /** Takes a block whose messages need not wait for a commit; false when there are too many already. */
  pack(recording: number, block: Block): boolean
}

/** What a batch writes. */
interface Planned {
  readonly batch: Batch
  readonly blocks: { recording: number; block: Block }[]
}

/**
 * Gathers what is recorded and writes it with a batch: a message at QoS 1 or 2 with its own, before it is acked. One at QoS 0 is
 * promised nothing, so it waits up to a second for others, and goes compressed to the disk when they are many: a flow that
 * writes nothing else stays fast.
 */
export class HistoryStaging {
  /** Why nothing is taken, as a sentence. */
  stopped: string | undefined
  /** Messages that were not taken because of that. */
  missed = 0
  readonly #options: HistoryStagingOptions
  readonly #builders = new Map<number, BlockBuilder>()
  #planned: Planned | undefined
  #stopTimer: (() => void) | undefined

  constructor(options: HistoryStagingOptions) {
    this.#options = options
  }

  /** Takes a packet that the runner's current batch settles. */
  take(recording: number, packet: Packet): void {
    if (this.stopped !== undefined) {
      this.missed++
      return
    }
    const { runner, clock } = this.#options
    const builder = this.#builders.get(recording) ?? this.#newBuilder(recording)
    builder.add(packet)
    if (packet.qos > 0) {
      this.#plan()
      // Counted for each, so that each is remembered as a cause of writes and its repeat is known.
      runner.mustWrite()
    } else if (!this.#isPlanned()) {
      this.#stopTimer ??= clock.at(clock.now() + patience, () => this.flush())
    }
    if (builder.count >= blockSize.messages || builder.bytes >= blockSize.bytes) this.#complete(recording, builder)
  }

  /** Asks for a commit that brings what waits to the disk. */
  flush(): void {
    this.#endWait()
    if (this.#isPlanned() || [...this.#builders.values()].every(({ count }) => count === 0)) return
    this.#plan()
    this.#options.runner.finish()
  }

  #newBuilder(recording: number): BlockBuilder {
    const builder = new BlockBuilder()
    this.#builders.set(recording, builder)
    return builder
  }

  #complete(recording: number, builder: BlockBuilder): void {
    const block = builder.finish()
    if (!this.#isPlanned() && this.#options.pack(recording, block)) return
    this.#plan().blocks.push({ recording, block })
  }

  #isPlanned(): boolean {
    return this.#planned?.batch === this.#options.runner.batch
  }

  /** Lets the current batch write what was taken and is taken until its commit. */
  #plan(): Planned {
    const { runner, staged } = this.#options
    if (this.#planned?.batch === runner.batch) return this.#planned
    this.#endWait()
    const planned: Planned = { batch: runner.batch, blocks: [] }
    this.#planned = planned
    runner.batch.after.push(() => {
      for (const { recording, block } of planned.blocks) staged(recording, block)
    })
    runner.add({ kind: 'write', write: () => this.#write(planned) })
    return planned
  }

  /** A commit that failed writes the same once more. */
  #write({ blocks }: Planned): void {
    for (const [recording, builder] of this.#builders) {
      if (builder.count > 0) blocks.push({ recording, block: builder.finish() })
    }
    for (const { recording, block } of blocks) this.#options.store.addStaged(recording, block)
  }

  #endWait(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }
}
