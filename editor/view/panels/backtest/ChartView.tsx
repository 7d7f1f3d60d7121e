import { useMemo, useState } from 'react'
import type { BacktestResult } from '../../../../engine/server/protocol-backtest.ts'
import { spansOf } from '../../../core/backtest.ts'
import { useText, useUi } from '../../context.ts'
import { timeText } from '../../text/time.ts'
import drawer from '../Drawer.module.css'
import styles from './Backtest.module.css'
import SeriesChart from './SeriesChart.tsx'

/** A watched value over time with its limits, and when its alarm stood, in this version and in the other one. */
export default function ChartView({ result }: { result: BacktestResult }) {
  const t = useText()
  const theme = useUi((state) => state.theme)
  const { alarms } = result
  const [at, setAt] = useState(0)
  const series = result.series[Math.min(at, result.series.length - 1)]
  const spans = useMemo(() => (series ? spansOf(result.alarms.spans, series) : []), [result, series])
  const others = useMemo(
    () => (series && result.against ? spansOf(result.against.alarms.spans, series) : undefined),
    [result, series],
  )
  if (series === undefined) return <p className={drawer.note}>{t('backtest.noSeries')}</p>
  return (
    <div className={styles.chart}>
      <div className={drawer.line}>
        <label className={styles.pick}>
          {t('backtest.series')}
          <select className="input" value={at} onChange={(event) => setAt(Number(event.target.value))}>
            {result.series.map((one, index) => (
              <option key={`${one.node}/${one.key}`} value={index}>
                {one.title}: {one.key}
              </option>
            ))}
          </select>
        </label>
        <span className={styles.legend}>
          {series.limits.map((limit) => (
            <span key={limit.level} data-legend="limit">
              {limit.level} {limit.text}
            </span>
          ))}
          <span data-legend="alarm">{t('backtest.legend.alarm')}</span>
          {others && <span data-legend="other">{t('backtest.legend.other')}</span>}
        </span>
      </div>
      <SeriesChart
        key={`${series.node}/${series.key}/${theme}`}
        series={series}
        spans={spans}
        others={others}
        hint={t('backtest.zoom')}
        label={t('backtest.chartOf', {
          title: series.title,
          key: series.key,
          alarms: spans.length,
          values: series.count,
        })}
      />
      {alarms.total > alarms.spans.length && (
        <p className="muted">
          {t('backtest.cut', {
            count: alarms.spans.length,
            total: alarms.total,
            time: timeText(alarms.spans.at(-1)?.raised),
          })}
        </p>
      )}
      {result.seriesLeft > 0 && <p className="muted">{t('backtest.seriesLeft', { count: result.seriesLeft })}</p>}
    </div>
  )
}
