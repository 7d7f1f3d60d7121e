import { BaseEdge, type EdgeProps, getBezierPath } from '@xyflow/react'
import { memo, useEffect, useRef } from 'react'
import { useEditor, useUi } from '../context.ts'
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
  const [path] = getBezierPath(props)
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
  return (
    <g
      ref={group}
      className={styles.wire}
      data-kind={props.data?.kind ?? 'any'}
      data-selected={props.selected || traced || undefined}
    >
      <BaseEdge path={path} interactionWidth={20} />
    </g>
  )
})
