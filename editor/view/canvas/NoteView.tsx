import type { NodeProps } from '@xyflow/react'
import { useReactFlow } from '@xyflow/react'
import { memo, type PointerEvent, useState } from 'react'
import { setConfig } from '../../core/commands.ts'
import { type FrameSize, frameOf, leastFrame, noteSize } from '../../core/notes.ts'
import { useEditor, useText, useUi } from '../context.ts'
import { useReadOnly } from '../people/may.ts'
import type { CanvasNote } from './mapping.ts'
import styles from './NoteView.module.css'

/** A note on the canvas: a text, or a frame around nodes with its text above them. */
export const NoteView = memo(function NoteView({ id, data, selected }: NodeProps<CanvasNote>) {
  const editor = useEditor()
  const t = useText()
  const api = useReactFlow()
  const readOnly = useReadOnly()
  const focusable = useUi((state) => state.focus === id)
  const [dragged, setDragged] = useState<FrameSize>()
  const { entry } = data
  const frame = frameOf(entry)
  const text = String(entry.config.text ?? '')
  const size = dragged ?? noteSize(entry)
  const sizeAt = (event: PointerEvent<HTMLElement>): FrameSize => {
    const box = event.currentTarget.closest('[data-node]')?.getBoundingClientRect()
    const zoom = api.getZoom()
    return {
      width: Math.max(leastFrame.width, Math.round((event.clientX - (box?.left ?? 0)) / zoom / 8) * 8),
      height: Math.max(leastFrame.height, Math.round((event.clientY - (box?.top ?? 0)) / zoom / 8) * 8),
    }
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this is a note among nodes
    <div
      className={styles.note}
      role="group"
      aria-roledescription={t(frame ? 'note.frame' : 'note.note')}
      aria-label={text === '' ? t('note.empty') : text.slice(0, 200)}
      tabIndex={focusable ? 0 : -1}
      style={size}
      data-node={id}
      data-frame={frame !== undefined || undefined}
      data-selected={selected || undefined}
    >
      <p className={styles.text}>{text === '' ? t('note.empty') : text}</p>
      {frame !== undefined && !readOnly && (
        <span
          className={`nodrag nopan ${styles.corner}`}
          title={t('note.resize')}
          data-resize={id}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId)
            setDragged(sizeAt(event))
          }}
          onPointerMove={(event) => dragged && setDragged(sizeAt(event))}
          onPointerUp={(event) => {
            editor.run(setConfig(entry, ['frame'], sizeAt(event)))
            setDragged(undefined)
          }}
        />
      )}
    </div>
  )
})
