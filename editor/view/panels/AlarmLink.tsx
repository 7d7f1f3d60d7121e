import type { AlarmName } from '../../../engine/server/protocol.ts'
import { useEditor } from '../context.ts'
import styles from './Drawer.module.css'

/** The name of an alarm, which leads to its node. */
export function AlarmLink({ alarm: { flow, node, key, title } }: { alarm: AlarmName }) {
  const editor = useEditor()
  return (
    <button
      type="button"
      className={styles.link}
      onClick={() => {
        if (editor.flows.getState().current !== flow) editor.open(flow)
        editor.ui.setState({ nodes: new Set([node]), wires: new Set(), focus: node, inspector: true })
        window.setTimeout(() => editor.canvas.current?.reveal(node, { near: true }), 60)
      }}
    >
      {title}: {key}
    </button>
  )
}
