import type { AlarmName } from '../../../engine/server/protocol.ts'
import { goToNode } from '../actions/go.ts'
import { useEditor } from '../context.ts'
import styles from './Drawer.module.css'

/** The name of an alarm, which leads to its node. */
export function AlarmLink({ alarm: { flow, node, key, title } }: { alarm: AlarmName }) {
  const editor = useEditor()
  return (
    <button type="button" className={styles.link} onClick={() => goToNode(editor, { flow, node })}>
      {title}: {key}
    </button>
  )
}
