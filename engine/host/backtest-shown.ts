import type { BacktestAlarms, BacktestResult, BacktestSeries } from '../backtest/result.ts'

/** What an answer holds at most, so that a browser can show it: alarms, transitions, differences, series. */
const most = { spans: 5000, events: 5000, differences: 1000, series: 12 }

/** A result as it goes to a client: cut where a person would not read on. What is left out is counted. */
export function shownResult(result: BacktestResult): BacktestResult {
  const { alarms, series, seriesLeft, against } = result
  const shown = { ...result, alarms: shownAlarms(alarms), ...shownSeries(series, seriesLeft) }
  if (against === undefined) return shown
  const differences = against.differences.slice(0, most.differences)
  return {
    ...shown,
    against: {
      ...against,
      differences,
      left: against.left + against.differences.length - differences.length,
      alarms: shownAlarms(against.alarms),
      series: against.series.slice(0, most.series),
    },
  }
}

function shownAlarms({ spans, events, ...counts }: BacktestAlarms): BacktestAlarms {
  return { ...counts, spans: spans.slice(0, most.spans), events: events.slice(0, most.events) }
}

function shownSeries(series: BacktestSeries[], seriesLeft: number) {
  const shown = series.slice(0, most.series)
  return { series: shown, seriesLeft: seriesLeft + series.length - shown.length }
}
