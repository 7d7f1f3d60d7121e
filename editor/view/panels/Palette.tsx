import { useState } from 'react'
import type { NodeTypeDescription } from '../../../engine/server/protocol.ts'
import { fuzzyFilter } from '../../core/fuzzy.ts'
import { placeNode } from '../actions/place.ts'
import { dragNode } from '../canvas/useDrop.ts'
import { useEditor, useServer, useText } from '../context.ts'
import { NodeIcon } from '../parts/Icon.tsx'
import { useWhyNot } from '../people/may.ts'
import styles from './Left.module.css'

const categories = ['sources', 'rules', 'state', 'sinks', 'more'] as const

/** All node types, to drag to the canvas; a click or Enter puts one in the middle. */
export function Palette() {
  const t = useText()
  const specs = useServer((state) => state.specs)
  const [typed, setTyped] = useState('')
  const found = fuzzyFilter(typed, [...specs.values()], (spec) => [spec.title, spec.type, spec.summary])
  const groups = categories.map((category) => ({
    category,
    list: found.filter((spec) => categoryOf(spec) === category),
  }))
  return (
    <>
      <div className={styles.top}>
        <input
          className="input"
          type="search"
          placeholder={t('palette.search')}
          aria-label={t('palette.search')}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className={styles.scroll} tabIndex={0} aria-label={t('action.palette')}>
        {groups.map(
          ({ category, list }) =>
            list.length > 0 && (
              <section key={category}>
                <h2 className={styles.heading}>{t(`category.${category}`)}</h2>
                {list.map((spec) => (
                  <Entry key={spec.type} spec={spec} />
                ))}
              </section>
            ),
        )}
        {found.length === 0 && <p className={styles.note}>{t('add.none')}</p>}
      </section>
    </>
  )
}

function Entry({ spec }: { spec: NodeTypeDescription }) {
  const editor = useEditor()
  const reason = useWhyNot('editor')
  return (
    <button
      type="button"
      className={styles.entry}
      draggable={reason === undefined}
      disabled={reason !== undefined}
      title={reason ?? spec.summary}
      data-type={spec.type}
      onDragStart={(event) => {
        event.dataTransfer.setData(dragNode, spec.type)
        event.dataTransfer.effectAllowed = 'copy'
      }}
      onClick={() => placeNode(editor, spec, {})}
    >
      <NodeIcon name={spec.icon} />
      <span className={styles.entryText}>
        {spec.title}
        <small>{spec.summary}</small>
      </span>
    </button>
  )
}

function categoryOf(spec: NodeTypeDescription): (typeof categories)[number] {
  return categories.find((category) => category === spec.category) ?? 'more'
}
