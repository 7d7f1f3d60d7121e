import type { LogLevel } from '../log.ts'
import type { HealthReason } from './protocol-operations.ts'

/** What operators and their tools need of an engine. */
export interface OperationsApi {
  /** `ready`: flows run and brokers are connected. The reasons say why it is not; notices are what else an operator should know. */
  health(): { live: boolean; ready: boolean; reasons: HealthReason[]; notices: HealthReason[] }
  readonly operations: {
    logLevel(): LogLevel
    /** Until the next start. */
    setLogLevel(level: LogLevel): void
    /** All metrics in Prometheus' text format, with its media type. */
    metrics(): Promise<{ type: string; text: string }>
  }
}
