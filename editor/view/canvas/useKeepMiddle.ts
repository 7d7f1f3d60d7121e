import { useReactFlow } from '@xyflow/react'
import { type RefObject, useEffect } from 'react'

/** Keeps the middle of what is seen in the middle when a drawer takes height from the canvas, or gives it back. */
export function useKeepMiddle(frame: RefObject<HTMLElement | null>): void {
  const { getViewport, setViewport } = useReactFlow()
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    let height = element.clientHeight
    const observer = new ResizeObserver(() => {
      const gained = element.clientHeight - height
      if (gained === 0) return
      height += gained
      const view = getViewport()
      void setViewport({ ...view, y: view.y + gained / 2 })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [frame, getViewport, setViewport])
}
