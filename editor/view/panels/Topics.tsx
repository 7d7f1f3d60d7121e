import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, Plus, Send, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { ageText, lineText } from '../../core/samples.ts'
import { filterFault, type TopicRow, topicRows } from '../../core/topics.ts'
import { placeTopic } from '../actions/topic.ts'
import { dragTopic } from '../canvas/useDrop.ts'
import { useEditor, useServer, useText, useUi } from '../context.ts'
import styles from './Left.module.css'
import { TopicDetail } from './TopicDetail.tsx'

const rowHeight = 26

/** The topics of a broker: those that fit the chosen filters, as a tree with the last value of each. */
export default function Topics() {
  const editor = useEditor()
  const t = useText()
  const filters = useUi((state) => state.filters)
  const broker = useUi((state) => state.topicBroker)
  const brokers = useServer((state) => state.brokers)
  const [chosen, setChosen] = useState<string>()
  const setFilters = (next: readonly string[]) => {
    editor.ui.setState({ filters: next })
    editor.live.clearTopics()
    editor.watch()
  }
  return (
    <>
      <div className={styles.top}>
        {brokers.length > 1 && (
          <select
            className="input"
            aria-label={t('topics.broker')}
            value={broker ?? ''}
            onChange={(event) => {
              editor.ui.setState({ topicBroker: event.target.value === '' ? undefined : event.target.value })
              editor.live.clearTopics()
              editor.watch()
            }}
          >
            {brokers.map((one) => (
              <option key={one.name} value={one.name === 'default' ? '' : one.name}>
                {one.name}
              </option>
            ))}
          </select>
        )}
        <FilterInput add={(filter) => setFilters([...filters, filter])} taken={filters} />
        {filters.length > 0 && (
          <ul className={styles.chips} aria-label={t('topics.filters')}>
            {filters.map((filter) => (
              <li key={filter} className={styles.chip}>
                {filter}
                <button
                  type="button"
                  aria-label={t('topics.unwatch', { filter })}
                  onClick={() => setFilters(filters.filter((other) => other !== filter))}
                >
                  <X size={12} aria-hidden />
                </button>
              </li>
            ))}
          </ul>
        )}
        <div className={styles.line}>
          <button
            type="button"
            className="button"
            onClick={() => editor.ui.setState({ dialog: { kind: 'publish', topic: chosen ?? '', payload: '' } })}
          >
            <Send size={14} aria-hidden /> {t('action.publish')}
          </button>
        </div>
      </div>
      {filters.length === 0 ? (
        <div className={styles.note}>
          <p>{t('topics.empty')}</p>
          <p>{t('topics.emptyHow')}</p>
        </div>
      ) : (
        <Tree chosen={chosen} choose={setChosen} />
      )}
      {chosen !== undefined && <TopicDetail key={chosen} topic={chosen} close={() => setChosen(undefined)} />}
    </>
  )
}

function FilterInput({ add, taken }: { add: (filter: string) => void; taken: readonly string[] }) {
  const t = useText()
  const [typed, setTyped] = useState('')
  const fault = typed === '' ? undefined : filterFault(typed)
  return (
    <form
      className={styles.line}
      onSubmit={(event) => {
        event.preventDefault()
        if (typed === '' || fault !== undefined || taken.includes(typed)) return
        add(typed)
        setTyped('')
      }}
    >
      <div style={{ flex: 1 }}>
        <input
          className="input mono"
          value={typed}
          aria-label={t('topics.filter')}
          placeholder="plant/+/climate"
          aria-invalid={fault !== undefined}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        {fault && fault !== 'empty' && <p className={styles.fault}>{t(`filter.${fault}`)}</p>}
      </div>
      <button type="submit" className="button" data-icon aria-label={t('topics.watch')} title={t('topics.watch')}>
        <Plus size={16} aria-hidden />
      </button>
    </form>
  )
}

function Tree({ chosen, choose }: { chosen: string | undefined; choose: (topic: string | undefined) => void }) {
  const editor = useEditor()
  const t = useText()
  const { live } = editor
  const [version, grown] = useReducer((count: number) => count + 1, 0)
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [wanted, setWanted] = useState('')
  const [at, setAt] = useState(0)
  const scroll = useRef<HTMLDivElement>(null)
  const count = useRef<HTMLParagraphElement>(null)
  useEffect(() => live.bind('*tree', grown), [live])
  useEffect(() => {
    const update = () => {
      if (count.current)
        count.current.textContent = live.watch.left > 0 ? t('topics.left', { count: live.watch.left }) : ''
    }
    return live.bind('*topics', update)
  }, [live, t])
  // Small trees are open by themselves; what one closed stays closed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tree itself is changed in place; `version` says so
  const rows = useMemo(() => {
    const standard = live.tree.topics <= 40 ? everyBranch(live.tree, closed) : open
    return topicRows(live.tree, standard, wanted)
  }, [version, open, closed, wanted])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  })
  const toggle = (row: TopicRow) => {
    const { topic } = row.node
    const flip = (before: ReadonlySet<string>, on: boolean) =>
      new Set(on ? [...before, topic] : [...before].filter((other) => other !== topic))
    setOpen((before) => flip(before, !row.open))
    setClosed((before) => flip(before, row.open))
  }
  const current = Math.min(at, rows.length - 1)
  const go = (index: number) => {
    setAt(index)
    virtual.scrollToIndex(index)
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current]
    if (row === undefined) return
    if (event.key === 'ArrowDown') go(Math.min(rows.length - 1, current + 1))
    else if (event.key === 'ArrowUp') go(Math.max(0, current - 1))
    else if ((event.key === 'ArrowRight' && !row.open) || (event.key === 'ArrowLeft' && row.open)) toggle(row)
    else if (event.key === 'Enter' || event.key === ' ') choose(row.node.topic)
    else if (event.key === 'a') placeTopic(editor, topicOf(row))
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <>
      <div className={styles.top}>
        <input
          className="input"
          type="search"
          placeholder={t('topics.search')}
          aria-label={t('topics.search')}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
        <p ref={count} className={styles.fault} />
      </div>
      <div
        ref={scroll}
        className={styles.scroll}
        role="tree"
        tabIndex={-1}
        aria-label={t('action.topics')}
        onKeyDown={onKeyDown}
      >
        {rows.length === 0 && <p className={styles.note}>{t('topics.waiting')}</p>}
        <div role="none" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]
            return (
              row && (
                <Row
                  key={row.node.topic}
                  row={row}
                  index={item.index}
                  top={item.start}
                  focusable={item.index === current}
                  chosen={row.node.topic === chosen}
                  toggle={() => toggle(row)}
                  choose={() => {
                    setAt(item.index)
                    if (row.node.own) choose(row.node.topic)
                    else toggle(row)
                  }}
                />
              )
            )
          })}
        </div>
      </div>
    </>
  )
}

function Row(props: {
  row: TopicRow
  index: number
  top: number
  focusable: boolean
  chosen: boolean
  toggle: () => void
  choose: () => void
}) {
  const { live } = useEditor()
  const t = useText()
  const value = useRef<HTMLSpanElement>(null)
  const { node, depth } = props.row
  useEffect(() => {
    const update = () => {
      const seen = live.topics.get(node.topic)
      if (value.current === null) return
      const retained = seen?.retain ? `${t('topics.retained')} ` : ''
      value.current.textContent = seen
        ? `${retained}${lineText(seen.text, 28)} · ${ageText(Date.now() - seen.time)}`
        : node.own
          ? ''
          : String(node.topics)
    }
    update()
    const end = live.bind(`topic:${node.topic}`, update)
    const timer = window.setInterval(update, 5000)
    return () => {
      end()
      window.clearInterval(timer)
    }
  }, [live, node, t])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={node.children.size > 0 ? props.row.open : undefined}
      aria-selected={props.chosen}
      tabIndex={props.focusable ? 0 : -1}
      data-index={props.index}
      data-topic={node.topic}
      className={styles.treeRow}
      draggable
      style={{ position: 'absolute', top: props.top, left: 0, right: 0, paddingLeft: depth * 12 + 8 }}
      title={node.topic}
      onClick={props.choose}
      onDragStart={(event) => {
        event.dataTransfer.setData(dragTopic, topicOf(props.row))
        event.dataTransfer.effectAllowed = 'copy'
      }}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: arrows do the same */}
      <span
        className={styles.twisty}
        onClick={(event) => {
          event.stopPropagation()
          props.toggle()
        }}
      >
        {node.children.size > 0 &&
          (props.row.open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />)}
      </span>
      <span className={styles.treeName}>{node.level === '' ? '""' : node.level}</span>
      <span ref={value} className={styles.treeValue} />
    </div>
  )
}

/** A branch stands for all below it. */
function topicOf(row: TopicRow): string {
  return row.node.own ? row.node.topic : `${row.node.topic}/#`
}

function everyBranch(root: TopicRow['node'], without: ReadonlySet<string>): Set<string> {
  const found = new Set<string>()
  const visit = (node: TopicRow['node']) => {
    if (node.children.size > 0 && !without.has(node.topic)) found.add(node.topic)
    for (const child of node.children.values()) visit(child)
  }
  visit(root)
  return found
}
