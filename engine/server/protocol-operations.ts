/** What operators and their tools ask: types only. */
import type { LogLevel } from '../log.ts'

/** Why an engine is not well, for programs. */
export type HealthCode =
  | 'STOPPING'
  | 'DATABASE_FAULT'
  | 'DISK_LOW'
  | 'HISTORY_STOPPED'
  | 'BROKER_AWAY'
  | 'BROKER_REFUSED'
  | 'EVENT_LOOP_STALLED'
  | 'SETUP_NEEDED'

export interface HealthReason {
  code: HealthCode
  /** A sentence. */
  text: string
}

/** GET /livez and /readyz: 200 when it is, 503 when it is not. */
export interface HealthAnswer {
  ok: boolean
  /** Why it is not. */
  reasons: HealthReason[]
  /** What an operator should know although it is. */
  notices?: HealthReason[]
}

/** GET and PUT /api/v1/log-level */
export interface LogLevelAnswer {
  level: LogLevel
}
