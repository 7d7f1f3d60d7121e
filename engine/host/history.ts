import type { Plan } from '../flow/model.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { HistoryRequest } from '../server/api-history.ts'
import type {
  HistoryClear,
  HistoryCleared,
  HistoryMessages,
  HistoryOverview,
  HistoryRecording,
} from '../server/protocol.ts'
import { defaultConnection } from '../spec/connection.ts'
import { type HistorySettings, historyDefaults } from '../spec/history.ts'
import { compileFilter } from '../spec/topics.ts'
import type { Recording } from '../store/history.ts'
import { historyOverview } from '../store/history-overview.ts'
import type { EngineStore } from '../store/index.ts'
import { HistoryKeeper } from './history-keeper.ts'
import { newestMessages } from './history-newest.ts'
import { ConnectionRecorder } from './history-recorder.ts'
import { HistoryStaging } from './history-staging.ts'

/** What is recorded of a connection, as options say it. */
export type HistoryOption = Pick<HistorySettings, 'filters'> & Partial<HistorySettings>

export interface HistoryOptions {
  store: EngineStore
  runner: Runner
  clock: Clock
  /** What is recorded of connections, by name. */
  connections: Readonly<Record<string, HistoryOption | undefined>> | undefined
  /** What runs. */
  plans(): ReadonlyMap<string, Plan>
  log: Log
}

/** Something that is to be recorded: see {@link Recording}. */
type Wanted = Omit<Recording, 'id' | 'dropped'> & Pick<HistorySettings, 'qos'>

/** What the engine remembers of the messages that came in: who wants what, and the way from the connections to the disk. */
export class History {
  readonly #options: HistoryOptions
  readonly #staging: HistoryStaging
  readonly #keeper: HistoryKeeper
  readonly #recorders = new Map<string, ConnectionRecorder>()
  /** Ids of the recordings that are added to. */
  #active: ReadonlySet<number> = new Set()
  #wanted = ''

  constructor(options: HistoryOptions) {
    const { runner, clock, log } = options
    const store = options.store.history
    this.#options = options
    this.#keeper = new HistoryKeeper({ store, runner, clock, log })
    this.#staging = new HistoryStaging({
      store,
      runner,
      clock,
      staged: (recording, block) => this.#keeper.added(recording, block),
      pack: (recording, block) => this.#keeper.pack(recording, block),
    })
  }

  /** Why nothing is recorded, as a sentence; undefined while it is. */
  get stopped(): string | undefined {
    return this.#staging.stopped
  }

  set stopped(reason: string | undefined) {
    this.#staging.stopped = reason
  }

  /** Who records what comes over a connection. */
  recorder(connection: string): ConnectionRecorder {
    const known = this.#recorders.get(connection) ?? new ConnectionRecorder(this.#staging)
    this.#recorders.set(connection, known)
    return known
  }

  /** Looks up what is wanted now; to be called before subscriptions are told to the brokers. Throws StoreFault. */
  configure(): void {
    const wanted = this.#wantedNow()
    const text = JSON.stringify(wanted)
    if (text === this.#wanted) return
    const { history, transaction } = this.#options.store
    const before = history.recordings()
    const changed = wanted.filter((one) => !before.some((other) => isSame(one, other)))
    if (changed.length > 0) {
      transaction(() => {
        for (const one of changed) history.putRecording(one)
      })
    }
    this.#wanted = text
    const recordings = history.recordings()
    this.#keeper.recordings = recordings
    const idOf = new Map(recordings.map(({ id, connection, owner }) => [`${connection} ${owner}`, id]))
    const found = wanted.map((one) => ({ ...one, recording: idOf.get(`${one.connection} ${one.owner}`) ?? 0 }))
    this.#active = new Set(found.map(({ recording }) => recording))
    const names = new Set([...this.#recorders.keys(), ...wanted.map(({ connection }) => connection)])
    for (const name of names) {
      const own = found.filter(({ connection }) => connection === name)
      this.recorder(name).filters = own.flatMap(({ filters, recording, qos }) =>
        filters.map((filter) => ({ filter, recording, qos })),
      )
    }
  }

  /** Looks after what is there, from now on. */
  start(): void {
    this.#keeper.start()
  }

  /** Brings what waits to the disk. */
  async close(): Promise<void> {
    this.#staging.flush()
    await this.#keeper.close()
  }

  /** Ends when what is due has been compressed and deleted. */
  settled(): Promise<unknown> {
    return this.#keeper.settled()
  }

  list(): HistoryOverview {
    const items = historyOverview(this.#options.store.database).map(
      ({ id, owner, filters, oldest, newest, ...rest }): HistoryRecording => ({
        ...rest,
        ...(owner === '' ? {} : { flow: owner }),
        filters: [...filters],
        active: this.#active.has(id),
        ...(oldest === undefined ? {} : { oldest }),
        ...(newest === undefined ? {} : { newest }),
      }),
    )
    const { stopped, missed } = this.#staging
    return { items, ...(stopped === undefined ? {} : { stopped }), missed }
  }

  /** Throws TOPIC_FILTER. */
  async messages(request: HistoryRequest): Promise<HistoryMessages> {
    this.#staging.flush()
    const { filter, ...rest } = request
    const filters = filter === undefined ? undefined : [compileFilter(filter).filter]
    return newestMessages(this.#options.store.database, { ...rest, filters }, (then) => this.#options.clock.soon(then))
  }

  async clear({ connection, flow, before }: HistoryClear): Promise<HistoryCleared> {
    const { history, transaction } = this.#options.store
    const meant = history
      .recordings()
      .filter((one) => (connection ?? one.connection) === one.connection && (flow ?? one.owner) === one.owner)
    this.#staging.flush()
    let messages = 0
    for (const recording of meant) messages += await this.#keeper.clear({ recording, before })
    transaction(() => {
      for (const { id } of meant) {
        const { staged, chunks } = history.totals(id)
        if (staged.rows + chunks.rows === 0 && !this.#active.has(id)) history.deleteRecording(id)
      }
    })
    this.#keeper.recordings = history.recordings()
    return { messages }
  }

  /** What is recorded of each connection, that which is kept longest first: of several that want a message, it is in the first. */
  #wantedNow(): Wanted[] {
    const wanted = new Map<string, Wanted>()
    const { connections = {}, plans } = this.#options
    for (const [connection, option] of Object.entries(connections)) {
      if (option === undefined) continue
      const filters = option.filters.map((text) => compileFilter(text).filter)
      wanted.set(connection, { ...historyDefaults, ...option, filters, connection, owner: '' })
    }
    for (const { flow, disabled, history = [] } of plans().values()) {
      if (disabled) continue
      for (const { connection = defaultConnection, filters, keep, size, qos } of history) {
        const name = `${connection} ${flow}`
        const known = wanted.get(name)?.filters ?? []
        const all = [...new Set([...known, ...filters])]
        wanted.set(name, { connection, owner: flow, filters: all, keep, size, qos })
      }
    }
    return [...wanted.values()].sort(
      (one, other) => other.keep - one.keep || other.size - one.size || (one.owner < other.owner ? -1 : 1),
    )
  }
}

function isSame(wanted: Wanted, { connection, owner, filters, keep, size }: Recording): boolean {
  const same =
    wanted.connection === connection && wanted.owner === owner && wanted.keep === keep && wanted.size === size
  return same && JSON.stringify(wanted.filters) === JSON.stringify(filters)
}
