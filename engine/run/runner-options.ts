import type { Effect } from '../spec/context.ts'
import type { Batch, Pending } from './batch.ts'
import type { NodeRuntime } from './node-runtime.ts'
import type { Clock, FaultPoint, Store } from './ports.ts'

/** What the runner asks of the rest of the engine. */
export interface RunnerOptions {
  store: Store
  clock: Clock
  /** Turns an effect into what is committed; throws when it cannot be taken. */
  take(effect: Effect, node: NodeRuntime): Pending
  /** After a commit, or at once when a batch had nothing to commit: send, settle, wake. */
  committed(batch: Batch): void
  /** The store fails (a sentence) or works again (undefined). Nothing may be handed over meanwhile. */
  onFault(reason: string | undefined): void
  /** Measures commits. */
  meter?: CommitMeter
  /** Tests end the process there. */
  faultPoint?: ((point: FaultPoint) => void) | undefined
  log(level: 'info' | 'warn' | 'error', text: string): void
}

/** Is told of each commit: two calls, whatever it holds. */
export interface CommitMeter {
  /** Milliseconds of a clock that only goes up. */
  begin(): number
  /** @param began what {@link begin} gave; runs: of messages in the batch */
  done(began: number, runs: number): void
  /** The store refused it; it is tried again. */
  failed(): void
}
