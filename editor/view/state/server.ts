import { createStore, type StoreApi } from 'zustand/vanilla'
import type { AlarmCounts, BrokerDescription, EngineDescription } from '../../../engine/server/protocol.ts'
import type { SessionAnswer } from '../../../engine/server/protocol-auth.ts'
import type { Specs } from '../../core/ports.ts'
import type { Connection } from '../api/socket.ts'

/** What the engine says about itself. */
export interface ServerState {
  connection: Connection
  specs: Specs
  brokers: readonly BrokerDescription[]
  engine: EngineDescription | undefined
  /** Undefined until the engine told it: an engine without alarms never does. */
  alarms: AlarmCounts | undefined
  /** Who is logged in, or what is to be done about it; undefined until the engine told it. */
  session: SessionAnswer | undefined
  /** Why the first load failed, as a sentence. */
  failure: string | undefined
}

export type ServerStore = StoreApi<ServerState>

export function createServerStore(): ServerStore {
  return createStore<ServerState>(() => ({
    connection: 'connecting',
    specs: new Map(),
    brokers: [],
    engine: undefined,
    alarms: undefined,
    session: undefined,
    failure: undefined,
  }))
}
