import type { AdviseRequest, BacktestJob, BacktestRequest } from './protocol-backtest.ts'

/** Runs over history, each a job in a thread of its own. */
export interface BacktestApi {
  /** Throws CHECK_FAILED, BAD_REQUEST and BACKTESTS_BUSY. */
  backtest(request: BacktestRequest): BacktestJob
  /** Throws BAD_REQUEST, TOPIC_FILTER, EXPRESSION_SYNTAX and BACKTESTS_BUSY. */
  advise(request: AdviseRequest): BacktestJob
  /** Without results, newest first. */
  list(): BacktestJob[]
  /** Throws NOT_FOUND. */
  get(id: string): BacktestJob
  /** Ends one that runs, and forgets one that does not. Throws NOT_FOUND. */
  end(id: string): Promise<BacktestJob>
}
