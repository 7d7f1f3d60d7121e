import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { EngineStore } from '../store/index.ts'

/** Time between two rounds, milliseconds. */
const pause = 60_000

export interface ClearingOptions {
  store: EngineStore
  runner: Pick<Runner, 'faulted'>
  /** Rows that are kept. */
  deadLetters: number
  alarmLog: number
  clock: Clock
  log: Log
}

/** Deletes what is over the limits, now and from time to time; returns how to end that. */
export function startClearing(options: ClearingOptions): () => void {
  const { store, runner, deadLetters, alarmLog, clock, log } = options
  let callOff: () => void
  const clear = () => {
    // While the database cannot be written, nothing goes either.
    const gone = runner.faulted ? 0 : store.deadLetters.trim(deadLetters)
    if (!runner.faulted) store.alarmLog.trim(alarmLog)
    if (gone > 0) log('warn', `${gone} dead letters went, because more than ${deadLetters} were kept`)
    callOff = clock.at(clock.now() + pause, clear)
  }
  clear()
  return () => callOff()
}
