import { MiniMap } from '@xyflow/react'
import { useText } from '../context.ts'
import styles from './Canvas.module.css'
import type { CanvasNode } from './mapping.ts'

/** The whole flow in small, to move about in a large one. Loaded when it is first shown. */
export default function Minimap() {
  const t = useText()
  return (
    <MiniMap<CanvasNode>
      className={styles.minimap ?? ''}
      ariaLabel={t('canvas.minimap')}
      pannable
      zoomable
      nodeBorderRadius={6}
      nodeClassName={(node) => `minimap-${node.data.spec?.category ?? 'more'}${node.selected ? ' minimap-chosen' : ''}`}
    />
  )
}
