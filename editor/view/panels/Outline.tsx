import { ChevronDown, ChevronRight } from 'lucide-react'
import { type KeyboardEvent, useRef, useState } from 'react'
import { deleteWires } from '../../core/commands.ts'
import { parseEnd, titleOf, type WireEntry } from '../../core/document.ts'
import { perform } from '../actions/registry.ts'
import { useCurrent, useEditor, useServer, useText, useUi } from '../context.ts'
import { focusForm } from '../forms/focus.ts'
import { NodeIcon } from '../parts/Icon.tsx'
import styles from './Left.module.css'

interface Row {
  key: string
  depth: 1 | 2
  node: string
  wire?: WireEntry
  text: string
  note: string
  icon?: string | undefined
  open?: boolean
}

/** The flow as a tree of nodes and wires: the same as the canvas for those who do not see it, with the same actions. */
export function Outline() {
  const editor = useEditor()
  const t = useText()
  const document = useCurrent((open) => open.history.document)
  const problems = useCurrent((open) => open.check.problems) ?? []
  const specs = useServer((state) => state.specs)
  const chosen = useUi((state) => state.nodes)
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState(0)
  const tree = useRef<HTMLDivElement>(null)
  if (document === undefined) return <p className={styles.note}>{t('flows.none')}</p>

  const rows: Row[] = document.nodes.flatMap((node) => {
    const wires = document.wires.filter((wire) => parseEnd(wire.from).node === node.id)
    const spec = specs.get(node.type)
    const own = problems.filter((problem) => problem.node === node.id).length
    const row: Row = {
      key: node.id,
      depth: 1,
      node: node.id,
      text: titleOf(node),
      note: own > 0 ? t('node.problems', { count: own }) : (spec?.title ?? node.type),
      icon: spec?.icon,
      ...(wires.length > 0 ? { open: open.has(node.id) } : {}),
    }
    const inner: Row[] = open.has(node.id)
      ? wires.map((wire) => ({
          key: `${wire.from}>${wire.to}`,
          depth: 2,
          node: node.id,
          wire,
          text: `${parseEnd(wire.from).port} → ${wire.to}`,
          note: '',
        }))
      : []
    return [row, ...inner]
  })
  const current = Math.min(at, rows.length - 1)
  const focus = (index: number) => {
    setAt(index)
    requestAnimationFrame(() => tree.current?.querySelectorAll<HTMLElement>('[role="treeitem"]')[index]?.focus())
  }
  const toggle = (row: Row, to: boolean) =>
    setOpen((before) => new Set(to ? [...before, row.node] : [...before].filter((id) => id !== row.node)))
  const choose = (row: Row) => {
    editor.ui.setState(
      row.wire
        ? { nodes: new Set(), wires: new Set([row.key]) }
        : { nodes: new Set([row.node]), wires: new Set(), focus: row.node, inspector: true },
    )
    editor.canvas.current?.reveal(row.node, { focus: false })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current]
    if (row === undefined) return
    if (event.key === 'ArrowDown') focus(Math.min(rows.length - 1, current + 1))
    else if (event.key === 'ArrowUp') focus(Math.max(0, current - 1))
    else if (event.key === 'ArrowRight' && row.open === false) toggle(row, true)
    else if (event.key === 'ArrowLeft' && row.open) toggle(row, false)
    else if (event.key === 'Enter') {
      choose(row)
      if (!row.wire) requestAnimationFrame(focusForm)
    } else if (event.key === ' ') choose(row)
    else if (event.key === 'Delete') {
      if (row.wire) editor.run(deleteWires([row.wire]))
      else {
        choose(row)
        perform(editor, 'delete')
      }
    } else if (event.key === 'c' && !row.wire) {
      choose(row)
      const box = tree.current?.getBoundingClientRect()
      editor.ui.setState({ picker: { kind: 'wire', screen: { x: (box?.right ?? 300) + 8, y: 120 }, node: row.node } })
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={tree}
      className={styles.scroll}
      role="tree"
      tabIndex={-1}
      aria-label={t('outline.label', { flow: document.title ?? document.flow })}
      onKeyDown={onKeyDown}
    >
      {rows.map((row, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
        <div
          key={row.key}
          role="treeitem"
          aria-level={row.depth}
          aria-expanded={row.open}
          aria-selected={!row.wire && chosen.has(row.node)}
          tabIndex={index === current ? 0 : -1}
          className={styles.treeRow}
          style={{ paddingLeft: row.depth * 12 - 4 }}
          onClick={() => {
            setAt(index)
            choose(row)
          }}
        >
          {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: arrows do the same */}
          <span
            className={styles.twisty}
            onClick={(event) => {
              if (row.open === undefined) return
              event.stopPropagation()
              toggle(row, !row.open)
            }}
          >
            {row.open === true && <ChevronDown size={14} aria-hidden />}
            {row.open === false && <ChevronRight size={14} aria-hidden />}
          </span>
          {!row.wire && <NodeIcon name={row.icon} size={14} />}
          <span className={styles.treeName}>{row.text}</span>
          <span className={styles.treeValue}>{row.note}</span>
        </div>
      ))}
      {rows.length === 0 && <p className={styles.note}>{t('outline.empty')}</p>}
    </div>
  )
}
