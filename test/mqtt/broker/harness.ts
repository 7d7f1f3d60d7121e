import type Database from 'better-sqlite3'
import { type BrokerOptions, type EmbeddedBroker, startBroker } from '../../../engine/mqtt/broker/broker.ts'
import { type BrokerStore, createBrokerStore } from '../../../engine/store/broker.ts'
import { newDatabaseFile, openTestDatabase } from './database.ts'

export interface TestBroker {
  readonly broker: EmbeddedBroker
  readonly store: BrokerStore
  readonly database: Database.Database
  readonly file: string
  readonly url: string
  /** What it logged, `level text`. */
  readonly lines: string[]
  stop(): Promise<void>
}

export type TestBrokerOptions = Partial<Omit<BrokerOptions, 'store' | 'log'>> & { file?: string }

/** The embedded broker on a free port, with a database file of its own. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { file = newDatabaseFile(), ...rest } = options
  const database = openTestDatabase(file)
  const lines: string[] = []
  const store = createBrokerStore(database, {
    onFault: (error) => lines.push(`error ${error.message}`),
    onHealed: () => lines.push('info healed'),
  })
  const broker = await startBroker({
    port: 0,
    store,
    now: Date.now,
    log: (level, text) => lines.push(`${level} ${text}`),
    ...rest,
  })
  return {
    broker,
    store,
    database,
    file,
    url: `mqtt://127.0.0.1:${broker.port}`,
    lines,
    async stop() {
      await broker.close()
      database.close()
    },
  }
}
