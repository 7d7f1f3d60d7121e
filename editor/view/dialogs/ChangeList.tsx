import type { Changes, FieldChange } from '../../core/diff.ts'
import { type NodeEntry, titleOf } from '../../core/document.ts'
import { shortText } from '../../core/samples.ts'
import { useServer, useText } from '../context.ts'
import styles from './Deploy.module.css'

/** The changes from one version of a flow to another, down to the field. */
export function ChangeList({ changes }: { changes: Changes }) {
  const t = useText()
  const specs = useServer((state) => state.specs)
  const states = (node: NodeEntry) => specs.get(node.type)?.category === 'state'
  return (
    <>
      <Section title={t('deploy.added')} tone="add" count={changes.added.length}>
        {changes.added.map((node) => (
          <li key={node.id}>
            <NodeName node={node} />
          </li>
        ))}
      </Section>
      <Section title={t('deploy.changed')} tone="change" count={changes.changed.length}>
        {changes.changed.map(({ id, node, fields }) => (
          <li key={id}>
            <NodeName node={node} />
            {states(node) && fields.some((field) => field.path.startsWith('config')) && (
              <span className="muted"> {t('deploy.keepsState')}</span>
            )}
            <FieldList fields={fields} />
          </li>
        ))}
      </Section>
      <Section title={t('deploy.removed')} tone="remove" count={changes.removed.length}>
        {changes.removed.map((node) => (
          <li key={node.id}>
            <NodeName node={node} /> {states(node) && <span className="muted">{t('deploy.losesState')}</span>}
          </li>
        ))}
      </Section>
      <Section title={t('deploy.wires')} tone="change" count={changes.wiresAdded.length + changes.wiresRemoved.length}>
        {changes.wiresAdded.map((wire) => (
          <li key={`+${wire.from}${wire.to}`}>
            + <code>{`${wire.from} → ${wire.to}`}</code>
          </li>
        ))}
        {changes.wiresRemoved.map((wire) => (
          <li key={`-${wire.from}${wire.to}`}>
            − <code>{`${wire.from} → ${wire.to}`}</code>
          </li>
        ))}
      </Section>
      <Section title={t('deploy.flow')} tone="change" count={changes.properties.length}>
        <li>
          <FieldList fields={changes.properties} />
        </li>
      </Section>
      <Section title={t('deploy.moved')} tone="move" count={changes.moved.length}>
        <li>
          <code>{changes.moved.slice(0, 12).join(', ')}</code> {changes.moved.length > 12 && '…'}
        </li>
      </Section>
    </>
  )
}

function Section(props: { title: string; tone: string; count: number; children: React.ReactNode }) {
  if (props.count === 0) return null
  return (
    <section className={styles.section} data-tone={props.tone} data-change={props.tone}>
      <h3>
        {props.title} <span className="muted">{props.count}</span>
      </h3>
      <ul>{props.children}</ul>
    </section>
  )
}

function NodeName({ node }: { node: NodeEntry }) {
  return (
    <>
      {titleOf(node)}{' '}
      <code className="muted">
        {[...new Set([node.id, node.type])].filter((text) => text !== titleOf(node)).join(' · ')}
      </code>
    </>
  )
}

function FieldList({ fields }: { fields: readonly FieldChange[] }) {
  return (
    <dl className={styles.fields}>
      {fields.map((field) => (
        <div key={field.path}>
          <dt>
            <code>{field.path.replace(/^config\./, '')}</code>
          </dt>
          <dd>
            <del>{shortText(field.before, 120)}</del> <ins>{shortText(field.after, 120)}</ins>
          </dd>
        </div>
      ))}
    </dl>
  )
}
