import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react'
import { memo, useEffect, useRef } from 'react'
import { useEditor, useText, useUi } from '../context.ts'
import type { FailedPort } from '../state/ui.ts'
import type { CanvasWire } from './mapping.ts'
import styles from './WireView.module.css'

const brightFor = 150
const brightEvery = 500

/** A wire in the colour of its type. A message brightens it shortly, at most twice a second, past React. */
export const WireView = memo(function WireView(props: EdgeProps<CanvasWire>) {
  const { live } = useEditor()
  const group = useRef<SVGGElement>(null)
  const traced = useUi((state) => state.traced?.ports.has(`${props.source}.${props.sourceHandleId}`) ?? false)
  const key = props.data?.key ?? ''
  const mark = useUi((state) => state.marks?.ports.get(`${props.source}.${props.sourceHandleId}`))
  const counts = useUi((state) => state.counts?.get(props.id))
  const [path, x, y] = getBezierPath(props)
  useEffect(() => {
    let last = 0
    return live.bind(key, () => {
      const now = performance.now()
      if (now - last < brightEvery || matchMedia('(prefers-reduced-motion: reduce)').matches) return
      last = now
      group.current
        ?.querySelector('path')
        ?.animate([{ strokeWidth: 3 }, { strokeWidth: 1.5 }], { duration: brightFor, easing: 'ease-out' })
    })
  }, [live, key])
  const failed = typeof mark === 'object' ? mark : undefined
  return (
    <g
      ref={group}
      className={styles.wire}
      data-kind={props.data?.kind ?? 'any'}
      data-selected={props.selected || traced || undefined}
      data-failed={failed !== undefined || undefined}
    >
      <BaseEdge path={path} interactionWidth={20} />
      {counts && <CountLabel counts={counts} x={x} y={y} />}
      {failed && props.data?.first && <FailureLabel failed={failed} x={props.sourceX} y={props.sourceY} />}
    </g>
  )
})

/** What a rule test expected on the wire, and what came. */
function FailureLabel({ failed, x, y }: { failed: FailedPort; x: number; y: number }) {
  const t = useText()
  return (
    <EdgeLabelRenderer>
      <div className={styles.failure} style={{ transform: `translate(${x + 14}px, ${y + 10}px)` }} data-failed-wire>
        <span>
          {t('tests.expected')} <code>{failed.expected ?? t('tests.nothing')}</code>
        </span>
        <span>
          {t('tests.found')} <code>{failed.found ?? t('tests.nothing')}</code>
        </span>
      </div>
    </EdgeLabelRenderer>
  )
}

/** How many messages went over the wire in a backtest. */
function CountLabel({ counts, x, y }: { counts: { count: number; other?: number }; x: number; y: number }) {
  const t = useText()
  const { count, other } = counts
  const differs = other !== undefined && other !== count
  return (
    <EdgeLabelRenderer>
      <div
        className={styles.count}
        style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        data-differs={differs || undefined}
        data-wire-count={count}
        title={differs ? t('backtest.countBoth', { count, other }) : t('backtest.count', { count })}
      >
        {count}
        {differs && <del>{other}</del>}
      </div>
    </EdgeLabelRenderer>
  )
}
