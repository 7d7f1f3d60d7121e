import type { AdviseRequest, BacktestJob, BacktestRequest } from '../../../engine/server/protocol-backtest.ts'
import type { HistoryMessages, HistoryOverview } from '../../../engine/server/protocol-history.ts'
import { type Call, queryOf } from './call.ts'

/** Recorded history, backtests over it, and the adviser of thresholds. */
export interface BacktestClient {
  history(): Promise<HistoryOverview>
  messages(query: {
    connection?: string
    filter: string
    from?: number | undefined
    to?: number | undefined
    limit?: number
  }): Promise<HistoryMessages>
  start(request: BacktestRequest): Promise<BacktestJob>
  advise(request: AdviseRequest): Promise<BacktestJob>
  job(id: string): Promise<BacktestJob>
  end(id: string): Promise<BacktestJob>
}

export function backtestClient(call: Call): BacktestClient {
  const path = (id: string) => `backtests/${encodeURIComponent(id)}`
  return {
    history: () => call('GET', 'history'),
    messages: (query) => call('GET', `history/messages${queryOf(query)}`),
    start: (request) => call('POST', 'backtest', request),
    advise: (request) => call('POST', 'advise', request),
    job: (id) => call('GET', path(id)),
    end: (id) => call('DELETE', path(id)),
  }
}
