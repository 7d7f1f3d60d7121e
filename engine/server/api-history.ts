import type { HistoryClear, HistoryCleared, HistoryMessages, HistoryOverview } from './protocol.ts'

/** Which recorded messages are wanted. */
export interface HistoryRequest {
  connection?: string | undefined
  filter?: string | undefined
  /** Times of receipt, UTC milliseconds: from the first on, before the second. */
  from?: number | undefined
  to?: number | undefined
  limit: number
}

/** What was recorded of the messages that came in. */
export interface HistoryApi {
  list(): HistoryOverview
  /** Throws TOPIC_FILTER. */
  messages(request: HistoryRequest): Promise<HistoryMessages>
  clear(what: HistoryClear): Promise<HistoryCleared>
}
