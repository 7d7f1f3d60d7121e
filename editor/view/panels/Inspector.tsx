import { Copy, Scissors, Trash2, X } from 'lucide-react'
import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { renameNode, setFlowText, setNodesDisabled, setNodeTitle } from '../../core/commands.ts'
import { type FlowDocument, type NodeEntry, nodeOf, parseEnd } from '../../core/document.ts'
import { idShape } from '../../core/ids.ts'
import { isNote } from '../../core/notes.ts'
import type { PlacedProblem } from '../../core/problems.ts'
import { ageText, rateText } from '../../core/samples.ts'
import { actionOf, perform, reasonAgainst } from '../actions/registry.ts'
import { pretty } from '../canvas/WireCard.tsx'
import { useCurrent, useEditor, useServer, useText, useUi } from '../context.ts'
import { ConfigForm } from '../forms/ConfigForm.tsx'
import { IconButton } from '../forms/nested.tsx'
import { NodeIcon } from '../parts/Icon.tsx'
import { Markdown } from '../parts/Markdown.tsx'
import { useWhyNot } from '../people/may.ts'
import { timeText } from '../text/time.ts'
import { FlowGuard } from './FlowGuard.tsx'
import { FlowHistory } from './FlowHistory.tsx'
import styles from './Inspector.module.css'
import { NodeAlarms } from './NodeAlarms.tsx'

const [least, most] = [300, 640]

/** The settings of what is chosen, docked at the right. */
export function Inspector() {
  const editor = useEditor()
  const t = useText()
  const width = useUi((state) => state.inspectorWidth)
  const chosen = useUi((state) => state.nodes)
  const wires = useUi((state) => state.wires)
  const document = useCurrent((open) => open.history.document)
  const [only] = chosen
  const node = document && only !== undefined && chosen.size === 1 ? nodeOf(document, only) : undefined
  const drag = (event: PointerEvent<HTMLElement>) => {
    if (event.buttons !== 1) return
    editor.ui.setState({ inspectorWidth: clamp(window.innerWidth - event.clientX) })
  }
  return (
    <aside className={styles.inspector} style={{ width }} aria-label={t('inspector.label')}>
      {/* biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved */}
      <div
        className={styles.edge}
        role="separator"
        aria-orientation="vertical"
        aria-label={t('inspector.width')}
        aria-valuenow={width}
        aria-valuemin={least}
        aria-valuemax={most}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowLeft' ? 20 : event.key === 'ArrowRight' ? -20 : 0
          if (by !== 0) editor.ui.setState({ inspectorWidth: clamp(width + by) })
        }}
      />
      {node && document ? (
        <NodeSettings key={node.id} node={node} document={document} />
      ) : chosen.size > 1 ? (
        <Several count={chosen.size} />
      ) : wires.size > 0 ? (
        <div className={styles.body}>
          <h2>{t('inspector.wire')}</h2>
          {[...wires].map((id) => (
            <p key={id} className="mono">
              {id.replace('>', ' → ')}
            </p>
          ))}
          <button type="button" className="button" onClick={() => perform(editor, 'delete')}>
            <Trash2 size={14} aria-hidden /> {t('action.delete')}
          </button>
        </div>
      ) : (
        document && <FlowSettings document={document} />
      )}
    </aside>
  )
}

/** The button of an action that changes the flow; who may not is told why. */
function ActionIcon({ id, icon }: { id: 'duplicate' | 'heal' | 'delete'; icon: ReactNode }) {
  const editor = useEditor()
  const t = useText()
  const reason = useWhyNot('editor')
  const label = t(`action.${id}`)
  return (
    <IconButton
      label={label}
      icon={icon}
      disabled={reason !== undefined}
      title={reason}
      run={() => perform(editor, id)}
    />
  )
}

function NodeSettings({ node, document }: { node: NodeEntry; document: FlowDocument }) {
  const editor = useEditor()
  const t = useText()
  const spec = useServer((state) => state.specs.get(node.type))
  const problems = useCurrent((open) => open.check.problems) ?? []
  const own = problems.filter((problem) => problem.node === node.id)
  const loose = own.filter((problem) => problem.field === undefined)
  return (
    <>
      <header className={styles.header}>
        <NodeIcon name={spec?.icon} />
        <div className={styles.heading}>
          <h2>{node.title ?? node.id}</h2>
          <p className="muted">{spec?.title ?? node.type}</p>
        </div>
        <ActionIcon id="duplicate" icon={<Copy size={14} aria-hidden />} />
        <ActionIcon id="heal" icon={<Scissors size={14} aria-hidden />} />
        <ActionIcon id="delete" icon={<Trash2 size={14} aria-hidden />} />
        <IconButton
          label={t('inspector.close')}
          icon={<X size={14} aria-hidden />}
          run={() => {
            editor.ui.setState({ nodes: new Set() })
            editor.canvas.current?.focus()
          }}
        />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className={styles.body} tabIndex={0} aria-label={t('inspector.settings', { node: node.id })}>
        <div className={styles.columns}>
          <div className={styles.column}>
            <ProblemNotes problems={loose} />
            {spec ? (
              <>
                <p className="muted">{spec.summary}</p>
                {spec.alarms && <NodeAlarms flow={document.flow} node={node.id} />}
                <Editable>
                  <ConfigForm node={node} spec={spec} problems={own} />
                </Editable>
              </>
            ) : (
              <UnknownType node={node} />
            )}
            <Editable>
              <Identity node={node} document={document} />
            </Editable>
            {spec && spec.docs !== '' && (
              <details className={styles.docs}>
                <summary>{t('inspector.docs')}</summary>
                <Markdown text={spec.docs} />
              </details>
            )}
          </div>
          {!isNote(node, spec) && (
            <div className={styles.column}>
              <LastMessages node={node} document={document} />
            </div>
          )}
        </div>
      </section>
    </>
  )
}

/** A part of a form that who may only look cannot change. */
function Editable({ children }: { children: React.ReactNode }) {
  const reason = useWhyNot('editor')
  return (
    <fieldset className={styles.editable} disabled={reason !== undefined} title={reason}>
      {children}
    </fieldset>
  )
}

function ProblemNotes({ problems }: { problems: readonly PlacedProblem[] }) {
  if (problems.length === 0) return null
  return (
    <ul className={styles.problems}>
      {problems.map((problem) => (
        <li key={problem.code + problem.text} data-severity={problem.severity}>
          {problem.text} <span className="muted">{problem.hint}</span>
        </li>
      ))}
    </ul>
  )
}

/** Name, id and whether it runs: what every node has. */
function Identity({ node, document }: { node: NodeEntry; document: FlowDocument }) {
  const editor = useEditor()
  const t = useText()
  const [typed, setTyped] = useState<string>()
  const id = typed ?? node.id
  const taken = id !== node.id && nodeOf(document, id) !== undefined
  const wrong = !idShape.test(id)
  const rename = () => {
    if (typed !== undefined && typed !== node.id && !wrong && !taken) {
      editor.run(renameNode(node, typed))
      editor.ui.setState({ nodes: new Set([typed]), focus: typed })
    }
    setTyped(undefined)
  }
  return (
    <div className={styles.identity}>
      <label>
        {t('inspector.title')}
        <input
          className="input"
          value={node.title ?? ''}
          placeholder={node.id}
          onChange={(event) => editor.run(setNodeTitle(node, event.target.value))}
        />
      </label>
      <label>
        {t('inspector.id')}
        <input
          className="input mono"
          value={id}
          aria-invalid={wrong || taken}
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={rename}
          onKeyDown={(event) => event.key === 'Enter' && rename()}
        />
      </label>
      {(wrong || taken) && <p className={styles.fault}>{t(wrong ? 'inspector.badId' : 'inspector.takenId', { id })}</p>}
      <p className={styles.help}>{t('inspector.idHelp')}</p>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={node.disabled !== true}
          onChange={(event) => editor.run(setNodesDisabled(document, [node.id], !event.target.checked))}
        />
        {t('inspector.runs')}
      </label>
    </div>
  )
}

function UnknownType({ node }: { node: NodeEntry }) {
  const t = useText()
  return (
    <>
      <p>{t('inspector.unknown', { type: node.type })}</p>
      <pre className={styles.value}>{JSON.stringify(node.config, null, 2)}</pre>
    </>
  )
}

/** The last message that came in and those that went out, written past React. */
function LastMessages({ node, document }: { node: NodeEntry; document: FlowDocument }) {
  const t = useText()
  const flow = document.flow
  const inputs = document.wires.filter((wire) => parseEnd(wire.to).node === node.id).map((wire) => wire.from)
  const known = useServer((state) => state.specs.get(node.type)?.outputs)
  const outputs = document.wires.filter((wire) => parseEnd(wire.from).node === node.id).map((wire) => wire.from)
  const all = [...new Set([...(known ?? []).map((port) => `${node.id}.${port.name}`), ...outputs, `${node.id}.error`])]
  return (
    <div className={styles.messages}>
      <h3>{t('inspector.in')}</h3>
      {inputs.length === 0 && <p className="muted">{t('inspector.noInput')}</p>}
      {[...new Set(inputs)].map((end) => (
        <LastMessage key={end} flow={flow} end={end} />
      ))}
      <h3>{t('inspector.out')}</h3>
      {all.map((end) => (
        <LastMessage key={end} flow={flow} end={end} quiet={end.endsWith('.error')} />
      ))}
      <p className={styles.help}>{t('inspector.messagesHelp')}</p>
    </div>
  )
}

function LastMessage({ flow, end, quiet }: { flow: string; end: string; quiet?: boolean }) {
  const { live } = useEditor()
  const t = useText()
  const box = useRef<HTMLDivElement>(null)
  const body = useRef<HTMLPreElement>(null)
  const note = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const key = `${flow}/${end}`
    const update = () => {
      const value = live.values.get(key)
      if (box.current) box.current.hidden = quiet === true && value === undefined
      if (body.current) body.current.textContent = value ? pretty(value.text) : t('wire.noValue')
      if (note.current) {
        const statistics = live.nodes.get(key.slice(0, key.lastIndexOf('.')))
        const rate = statistics ? rateText(statistics.rate) : ''
        note.current.textContent = value
          ? [value.topic, ageText(Date.now() - value.time), rate].filter(Boolean).join(' · ')
          : ''
      }
    }
    update()
    const unbind = live.bind(key, update)
    const timer = window.setInterval(update, 1000)
    return () => {
      unbind()
      window.clearInterval(timer)
    }
  }, [live, flow, end, quiet, t])
  return (
    <div ref={box} className={styles.message} data-last={end}>
      <p className={styles.messageHead}>
        <code>{end}</code> <span ref={note} className="muted" />
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre ref={body} className={styles.value} tabIndex={0} />
    </div>
  )
}

function Several({ count }: { count: number }) {
  const editor = useEditor()
  const t = useText()
  useWhyNot('editor')
  const button = (id: string, label: string) => {
    const reason = reasonAgainst(editor, actionOf(id))
    return (
      <button
        type="button"
        className="button"
        title={reason}
        disabled={reason !== undefined}
        onClick={() => perform(editor, id)}
      >
        {label}
      </button>
    )
  }
  return (
    <div className={styles.body}>
      <h2>{t('inspector.several', { count })}</h2>
      <div className={styles.buttons}>
        {button('copy', t('action.copy'))}
        {button('duplicate', t('action.duplicate'))}
        {button('toggle', t('action.toggle'))}
        {button('tidy', t('action.tidy'))}
        {button('delete', t('action.delete'))}
        {button('heal', t('action.heal'))}
      </div>
    </div>
  )
}

/** Nothing is chosen: the flow itself, and what one could do. */
function FlowSettings({ document }: { document: FlowDocument }) {
  const editor = useEditor()
  const t = useText()
  const summary = useCurrent((open) => open.summary)
  const tips = ['tips.add', 'tips.wire', 'tips.value', 'tips.deploy', 'tips.topics'] as const
  return (
    <div className={styles.body}>
      <h2>{t('inspector.flow')}</h2>
      <Editable>
        <label className={styles.stack}>
          {t('inspector.title')}
          <input
            className="input"
            value={document.title ?? ''}
            placeholder={document.flow}
            onChange={(event) => editor.run(setFlowText('title', event.target.value))}
          />
        </label>
        <label className={styles.stack}>
          {t('inspector.description')}
          <textarea
            className="input"
            rows={3}
            value={document.description ?? ''}
            onChange={(event) => editor.run(setFlowText('description', event.target.value))}
          />
        </label>
        <FlowGuard document={document} />
        <FlowHistory document={document} />
      </Editable>
      <p className="muted">
        {document.flow}.json · {t('inspector.nodes', { count: document.nodes.length })}
        {summary?.deployed ? ` · ${t('inspector.deployed', { when: timeText(summary.deployed) })}` : ''}
      </p>
      <h3>{t('tips.title')}</h3>
      <ul className={styles.tips}>
        {tips.map((tip) => (
          <li key={tip}>{t(tip)}</li>
        ))}
      </ul>
    </div>
  )
}

function clamp(width: number): number {
  return Math.round(Math.max(least, Math.min(most, width)))
}
