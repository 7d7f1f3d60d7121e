import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { timeTicks } from './timeTicks.ts'
import 'uplot/dist/uPlot.min.css'
import { resolvedColour } from './colour.ts'

/** A line of numbers over time. */
export default function Chart({ points, label }: { points: readonly [number, number][]; label: string }) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  useEffect(() => {
    const element = host.current
    if (element === null) return
    const colour = (name: string) => resolvedColour(element, name)
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--border'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui',
    }
    const made = new uPlot(
      {
        width: element.clientWidth || 240,
        height: 126,
        legend: { show: false },
        cursor: { y: false },
        series: [{}, { label, stroke: colour('--accent'), width: 1.5, points: { size: 4 } }],
        axes: [
          { ...axis, size: 40, values: (_plot, marks, _axis, _space, step) => timeTicks(marks, step) },
          { ...axis, size: 40 },
        ],
      },
      [[], []],
      element,
    )
    plot.current = made
    return () => made.destroy()
  }, [label])
  useEffect(() => {
    plot.current?.setData([points.map(([time]) => time / 1000), points.map(([, value]) => value)])
  }, [points])
  const last = points.at(-1)
  return <div ref={host} role="img" aria-label={`${label}: ${last?.[1] ?? ''}`} />
}
