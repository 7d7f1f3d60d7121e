import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { timeTicks } from '../timeTicks.ts'
import 'uplot/dist/uPlot.min.css'
import type { AlarmSpan, BacktestSeries } from '../../../../engine/server/protocol-backtest.ts'
import { chartPoints } from '../../../core/backtest.ts'
import { resolvedColour } from '../colour.ts'
import styles from './Backtest.module.css'

/** Height of the strip in which alarms of the other version stand, CSS pixels. */
const strip = 8

/** Lowest and highest values over time, limits as lines, alarms as shaded times. Dragging zooms, a double click shows all. */
export default function SeriesChart(props: {
  series: BacktestSeries
  spans: readonly AlarmSpan[]
  others: readonly AlarmSpan[] | undefined
  label: string
  hint: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const { series, spans, others } = props
  useEffect(() => {
    const element = host.current
    if (element === null) return
    const size = () => ({ width: Math.max(200, element.clientWidth), height: Math.max(120, element.clientHeight) })
    const plot = new uPlot(
      { ...size(), ...optionsFor({ element, series, spans, others }) },
      chartPoints(series),
      element,
    )
    const watch = new ResizeObserver(() => plot.setSize(size()))
    watch.observe(element)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [series, spans, others])
  return (
    <div
      ref={host}
      className={styles.plot}
      role="img"
      aria-label={props.label}
      title={props.hint}
      data-chart={props.spans.length}
    />
  )
}

function optionsFor(given: {
  element: HTMLElement
  series: BacktestSeries
  spans: readonly AlarmSpan[]
  others: readonly AlarmSpan[] | undefined
}): Omit<uPlot.Options, 'width' | 'height'> {
  const { element, series, spans, others } = given
  const colour = (name: string) => resolvedColour(element, name)
  const [accent, error, muted] = [colour('--accent'), colour('--error'), colour('--muted')]
  const axis = {
    stroke: muted,
    grid: { stroke: colour('--border'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  }
  const shade = (plot: uPlot) => {
    for (const { raised, cleared } of spans) fill(plot, { raised, cleared }, { colour: colour('--error-soft') })
    for (const { raised, cleared } of others ?? []) fill(plot, { raised, cleared }, { colour: muted, height: strip })
  }
  const limits = (plot: uPlot) => {
    for (const limit of series.limits) {
      for (const value of limit.raise) line(plot, value, error, [6, 4])
      for (const value of limit.clear) if (!limit.raise.includes(value)) line(plot, value, muted, [2, 4])
    }
  }
  const raised = series.limits.flatMap((limit) => limit.raise)
  return {
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false } },
    scales: {
      y: {
        range: (_plot, least, most) => {
          const low = Math.min(least, ...raised)
          const high = Math.max(most, ...raised)
          const edge = (high - low || 1) * 0.06
          return [low - edge, high + edge]
        },
      },
    },
    series: [
      {},
      { stroke: accent, width: 1.25, points: { show: series.time.length < 40 } },
      { stroke: accent, width: 1.25, points: { show: series.time.length < 40 } },
    ],
    bands: [{ series: [2, 1], fill: colour('--accent-soft') }],
    axes: [
      { ...axis, size: 40, values: (_plot, marks, _axis, _space, step) => timeTicks(marks, step) },
      { ...axis, size: 52 },
    ],
    hooks: { drawClear: [shade], draw: [limits] },
  }
}

/** A stretch of time, over the whole height or along the lower edge. */
function fill(
  plot: uPlot,
  span: Pick<AlarmSpan, 'raised' | 'cleared'>,
  { colour, height }: { colour: string; height?: number },
): void {
  const { ctx, bbox } = plot
  const place = (time: number) => plot.valToPos(time / 1000, 'x', true)
  const left = Math.max(bbox.left, place(span.raised))
  const right = Math.min(bbox.left + bbox.width, span.cleared === null ? bbox.left + bbox.width : place(span.cleared))
  if (right < bbox.left || left > bbox.left + bbox.width) return
  const tall = height === undefined ? bbox.height : height * devicePixelRatio
  ctx.save()
  ctx.fillStyle = colour
  ctx.fillRect(left, bbox.top + bbox.height - tall, Math.max(2 * devicePixelRatio, right - left), tall)
  ctx.restore()
}

function line(plot: uPlot, value: number, colour: string, dash: number[]): void {
  const { ctx, bbox } = plot
  const y = plot.valToPos(value, 'y', true)
  if (y < bbox.top || y > bbox.top + bbox.height) return
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio))
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}
