import { useMemo } from 'react'
import type { NodeTypeDescription } from '../../../engine/server/protocol.ts'
import { setConfig } from '../../core/commands.ts'
import type { NodeEntry } from '../../core/document.ts'
import { fieldsOf } from '../../core/form.ts'
import { getAt } from '../../core/path.ts'
import type { PlacedProblem } from '../../core/problems.ts'
import { useEditor } from '../context.ts'
import { FieldView } from './FieldView.tsx'
import styles from './Form.module.css'

/** The form of a node's config, drawn from the schema of its spec. Every change is a command. */
export function ConfigForm(props: { node: NodeEntry; spec: NodeTypeDescription; problems: readonly PlacedProblem[] }) {
  const editor = useEditor()
  const { node, spec } = props
  const fields = useMemo(() => fieldsOf(spec.config), [spec])
  return (
    <div className={styles.form} data-form>
      {fields.map((field) => (
        <FieldView
          key={field.path.join('.')}
          field={field}
          node={node.id}
          value={getAt(node.config, field.path)}
          problems={props.problems}
          change={(path, value) => editor.run(setConfig(node, path, value))}
        />
      ))}
    </div>
  )
}
