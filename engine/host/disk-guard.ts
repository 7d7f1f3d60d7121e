import { statfs } from 'node:fs/promises'
import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import type { History } from './history.ts'
import type { EngineOptions } from './options.ts'

/** Free bytes below which something stops. */
export interface DiskLimits {
  /** Nothing is recorded. */
  history: number
  /** No messages are taken from brokers; less than `history`. */
  intake: number
}

export interface DiskGuardOptions {
  /** The data directory; `:memory:` has nothing to guard. */
  directory: string
  limits: DiskLimits
  clock: Clock
  /** Bytes that are free for us; asks the system unless given. */
  free?: ((directory: string) => Promise<number>) | undefined
  /** Milliseconds between two looks; 2000 unless given. */
  every?: number | undefined
  /** History or intake stopped, or goes on. */
  changed(): void
  log: Log
}

const defaultLimits: DiskLimits = { history: 200_000_000, intake: 50_000_000 }

const defaultPause = 2000
/** What stopped goes on when so much more is free than it needs, so that it does not begin and stop all the time. */
const margin = 1.1

/** What stands still when the disk is short. */
export interface GuardedParts {
  clock: Clock
  log: Log
  history: History
  /** The broker of this process, which must not go on filling the disk either. */
  broker: { hold(reason: 'disk', on: boolean): void } | undefined
  /** Pauses the connections, or lets them go on. */
  steer(): void
}

/** The guard of an engine's data directory. */
export function createDiskGuard({ data, disk = {} }: EngineOptions, parts: GuardedParts): DiskGuard {
  const { clock, log, history, broker, steer } = parts
  const { free, every, ...limits } = disk
  const guard = new DiskGuard({
    directory: data,
    limits: { ...defaultLimits, ...limits },
    clock,
    free,
    every,
    changed() {
      history.stopped = guard.historyStopped
      broker?.hold('disk', guard.intakeStopped !== undefined)
      steer()
    },
    log,
  })
  return guard
}

/**
 * Looks at the free space of the disk. When it gets short the history stops first, because a flow does not need it; then the
 * intake does, while there is still room for what is on its way, and brokers keep what comes. Both go on by themselves.
 */
export class DiskGuard {
  readonly #options: DiskGuardOptions
  #stop: () => void = () => undefined
  #stopped = false
  #history: string | undefined
  #intake: string | undefined
  #failed = false

  constructor(options: DiskGuardOptions) {
    this.#options = options
  }

  /** Why the history stands still, as a sentence; undefined while it does not. */
  get historyStopped(): string | undefined {
    return this.#history
  }

  /** Why nothing is taken from brokers. */
  get intakeStopped(): string | undefined {
    return this.#intake
  }

  /** Looks now and from time to time. Resolves after the first look. */
  async start(): Promise<void> {
    const { directory, clock, every = defaultPause } = this.#options
    if (directory === ':memory:' || this.#stopped) return
    await this.#look()
    if (!this.#stopped) this.#stop = clock.at(clock.now() + every, () => void this.start())
  }

  close(): void {
    this.#stopped = true
    this.#stop()
  }

  async #look(): Promise<void> {
    const { directory, limits, free = freeBytes, log } = this.#options
    let bytes: number
    try {
      bytes = await free(directory)
      this.#failed = false
    } catch (thrown) {
      if (!this.#failed) log('warn', `the free space of ${directory} cannot be found out: ${reasonOf(thrown)}`)
      this.#failed = true
      return
    }
    const before = [this.#history, this.#intake].map((reason) => reason === undefined)
    const where = `Only ${megabytes(bytes)} MB are free in ${directory}`
    this.#history = isShort(bytes, limits.history, this.#history)
      ? `${where}: history is recorded again when more than ${megabytes(limits.history * margin)} MB are free.`
      : undefined
    this.#intake = isShort(bytes, limits.intake, this.#intake)
      ? `${where}: messages are taken again when more than ${megabytes(limits.intake * margin)} MB are free.`
      : undefined
    const after = [this.#history, this.#intake].map((reason) => reason === undefined)
    this.#tell(before, after, where)
  }

  #tell(before: readonly boolean[], after: readonly boolean[], where: string): void {
    const { log, changed } = this.#options
    for (const [index, what] of ['the history', 'the intake'].entries()) {
      if (before[index] === after[index]) continue
      if (after[index]) log('info', `${what} goes on: there is room on the disk again`)
      else log('error', `${what} stands still. ${where}.`)
    }
    if (before.join() !== after.join()) changed()
  }
}

function isShort(bytes: number, limit: number, stopped: string | undefined): boolean {
  return bytes < (stopped === undefined ? limit : limit * margin)
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000)
}

async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}
