import {
  Bell,
  BellRing,
  ChartLine,
  CircleUser,
  Ellipsis,
  FlaskConical,
  ListChecks,
  Lock,
  MailX,
  Moon,
  Pause,
  Play,
  Plus,
  Redo2,
  Rocket,
  Sun,
  TriangleAlert,
  Undo2,
} from 'lucide-react'
import { useEffect, useRef } from 'react'
import { changesOf } from '../../core/diff.ts'
import { isDark } from '../actions/acts.ts'
import { actionOf, perform, reasonAgainst } from '../actions/registry.ts'
import { useCurrent, useEditor, useFlows, useServer, useText, useUi } from '../context.ts'
import { useReadOnly, useWhyNot } from '../people/may.ts'
import { commandText, hasOwnChanges } from '../state/editor.ts'
import type { OpenFlow } from '../state/flows.ts'
import styles from './Header.module.css'

/** The bar at the top: tabs of flows, undo, live or pause, problems, deploy. */
export function Header() {
  return (
    <header className={styles.header}>
      <h1 className={styles.brand}>Rulewire</h1>
      <Tabs />
      <Tools />
    </header>
  )
}

function Tabs() {
  const editor = useEditor()
  const t = useText()
  const flows = useFlows((state) => state.flows)
  const order = useFlows((state) => state.order)
  const current = useFlows((state) => state.current)
  const list = useRef<HTMLDivElement>(null)
  const noNew = useWhyNot('editor')
  const go = (flow: string | undefined) => {
    if (flow === undefined) return
    editor.open(flow)
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  }
  return (
    <div className={styles.tabs}>
      {order.length > 0 && (
        <div
          ref={list}
          className={styles.tablist}
          role="tablist"
          aria-label={t('flows.label')}
          tabIndex={-1}
          onKeyDown={(event) => {
            const at = order.indexOf(current ?? '')
            if (event.key === 'ArrowRight') go(order[(at + 1) % order.length])
            else if (event.key === 'ArrowLeft') go(order[(at - 1 + order.length) % order.length])
            else return
            event.preventDefault()
          }}
        >
          {order.map((id) => {
            const open = flows[id]
            return open && <Tab key={id} open={open} selected={id === current} />
          })}
        </div>
      )}
      <button
        type="button"
        className="button"
        data-tone="quiet"
        data-icon
        aria-label={t('action.newFlow')}
        title={noNew === undefined ? t('action.newFlow') : `${t('action.newFlow')}: ${noNew}`}
        disabled={noNew !== undefined}
        onClick={() => perform(editor, 'newFlow')}
      >
        <Plus size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="button"
        data-tone="quiet"
        data-icon
        aria-label={t('flows.menu')}
        title={t('flows.menu')}
        aria-haspopup="menu"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const screen = { x: box.left, y: box.bottom + 4 }
          editor.ui.setState({ menu: { screen, kind: 'flow', at: screen, id: current ?? '' } })
        }}
      >
        <Ellipsis size={16} aria-hidden />
      </button>
    </div>
  )
}

function Tab({ open, selected }: { open: OpenFlow; selected: boolean }) {
  const editor = useEditor()
  const t = useText()
  const { document } = open.history
  const changed = hasOwnChanges(open)
  const held = open.summary?.status === 'held' || open.summary?.status === 'failed'
  const title = document.title ?? open.flow
  const tab = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (selected) tab.current?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [selected])
  const notes = [
    changed ? t('flows.changed') : '',
    document.disabled ? t('flows.disabled') : '',
    held ? t(open.summary?.status === 'held' ? 'flows.held' : 'flows.failed') : '',
  ].filter(Boolean)
  return (
    <button
      ref={tab}
      type="button"
      role="tab"
      className={styles.tab}
      aria-selected={selected}
      tabIndex={selected ? 0 : -1}
      data-flow={open.flow}
      data-disabled={document.disabled || undefined}
      title={[title, ...notes].join(' – ')}
      onClick={() => editor.open(open.flow)}
      onDoubleClick={() => perform(editor, 'renameFlow')}
      onContextMenu={(event) => {
        event.preventDefault()
        editor.open(open.flow)
        const screen = { x: event.clientX, y: event.clientY }
        editor.ui.setState({ menu: { screen, kind: 'flow', at: screen, id: open.flow } })
      }}
    >
      <span className={styles.tabTitle}>{title}</span>
      {held && <TriangleAlert size={12} className={styles.held} aria-hidden />}
      {changed && <span className={styles.dot} aria-hidden />}
      {notes.length > 0 && <span className="hidden">({notes.join(', ')})</span>}
    </button>
  )
}

function Tools() {
  const editor = useEditor()
  const t = useText()
  const paused = useUi((state) => state.paused)
  const theme = useUi((state) => state.theme)
  const drawer = useUi((state) => state.drawer)
  const past = useCurrent((open) => open.history.past.at(-1))
  const future = useCurrent((open) => open.history.future.at(-1))
  const problems = useCurrent((open) => open.check.problems)
  const draft = useCurrent((open) => open.history.document)
  const base = useCurrent((open) => open.base)
  const count = draft ? changesOf(base, draft).count : 0
  const errors = problems?.filter((problem) => problem.severity === 'error').length ?? 0
  const undoText = past ? t('undo.what', { command: commandText(t, past) }) : t('action.undo')
  const redoText = future ? t('redo.what', { command: commandText(t, future) }) : t('action.redo')
  useServer((state) => state.session?.who?.role)
  const icon = (id: string, label: string, glyph: React.ReactNode, rest: Record<string, unknown> = {}) => {
    const reason = reasonAgainst(editor, actionOf(id))
    return (
      <button
        type="button"
        className="button"
        data-tone="quiet"
        data-icon
        aria-label={label}
        title={reason === undefined ? label : `${label}: ${reason}`}
        onClick={() => perform(editor, id)}
        {...rest}
        disabled={rest.disabled === true || reason !== undefined}
      >
        {glyph}
      </button>
    )
  }
  const noDeploy = reasonAgainst(editor, actionOf('deploy'))
  return (
    <div className={styles.tools}>
      {icon('undo', undoText, <Undo2 size={16} aria-hidden />, { disabled: past === undefined })}
      {icon('redo', redoText, <Redo2 size={16} aria-hidden />, { disabled: future === undefined })}
      {icon(
        'pause',
        t(paused ? 'live.resume' : 'live.pause'),
        paused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />,
        { 'aria-pressed': paused },
      )}
      <button
        type="button"
        className="button"
        data-tone="quiet"
        aria-pressed={drawer === 'problems'}
        data-problems={problems?.length ?? 0}
        onClick={() => perform(editor, 'problems')}
        title={t('action.problems')}
        aria-label={t('problems.count', { count: problems?.length ?? 0 })}
      >
        <TriangleAlert size={16} className={errors > 0 ? styles.bad : undefined} aria-hidden />
        <span className={styles.long}>{t('problems.count', { count: problems?.length ?? 0 })}</span>
        <span className={styles.brief}>{problems?.length ?? 0}</span>
      </button>
      {icon('letters', t('action.letters'), <MailX size={16} aria-hidden />, { 'aria-pressed': drawer === 'letters' })}
      <AlarmButton />
      {icon('try', t('action.try'), <FlaskConical size={16} aria-hidden />, { 'aria-pressed': drawer === 'try' })}
      {icon('tests', t('action.tests'), <ListChecks size={16} aria-hidden />, { 'aria-pressed': drawer === 'tests' })}
      {icon('backtest', t('action.backtest'), <ChartLine size={16} aria-hidden />, {
        'aria-pressed': drawer === 'backtest',
      })}
      {icon('theme', t('action.theme'), isDark(theme) ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />)}
      <AccountButton />
      <button
        type="button"
        className="button"
        data-tone="main"
        data-deploy
        aria-label={count === 0 ? t('deploy.nothing') : t('deploy.button', { count })}
        disabled={draft === undefined || count === 0 || noDeploy !== undefined}
        title={noDeploy ?? `${t('action.deploy')} (Ctrl Enter)`}
        onClick={() => perform(editor, 'deploy')}
      >
        <Rocket size={14} aria-hidden />
        <span className={styles.long}>{count === 0 ? t('deploy.nothing') : t('deploy.button', { count })}</span>
        <span className={styles.brief}>{count === 0 ? '✓' : count}</span>
      </button>
    </div>
  )
}

/** How many alarms there are; unacknowledged ones are told by the glyph and in words, nothing blinks. */
function AlarmButton() {
  const editor = useEditor()
  const t = useText()
  const counts = useServer((state) => state.alarms)
  const pressed = useUi((state) => state.drawer === 'alarms')
  const waiting = counts?.unacknowledged ?? 0
  return (
    <button
      type="button"
      className="button"
      data-tone="quiet"
      data-alarms={counts?.active ?? 0}
      aria-pressed={pressed}
      title={t('action.alarms')}
      onClick={() => perform(editor, 'alarms')}
    >
      {waiting > 0 ? <BellRing size={16} className={styles.bad} aria-hidden /> : <Bell size={16} aria-hidden />}
      <span className={styles.long}>{t('alarms.count', { count: counts?.active ?? 0 })}</span>
      <span className={styles.brief}>{counts?.active ?? 0}</span>
      <span className="hidden">
        {t('action.alarms')} {waiting > 0 && t('alarms.waiting', { count: waiting })}
      </span>
    </button>
  )
}

/** Who is logged in, and what they may do; opens the account and the administration. */
function AccountButton() {
  const editor = useEditor()
  const t = useText()
  const who = useServer((state) => state.session?.who)
  const readOnly = useReadOnly()
  if (!who) return null
  const role = t(`role.${who.role}`)
  return (
    <>
      {readOnly && (
        <span className={styles.readOnly} title={t('may.readOnlyWhy', { role })}>
          <Lock size={12} aria-hidden /> {t('may.readOnly')}
        </span>
      )}
      <button
        type="button"
        className="button"
        data-tone="quiet"
        data-account={who.name}
        aria-label={t('account.label', { name: who.name, role })}
        title={who.kind === 'local' ? t('account.local') : t('account.label', { name: who.name, role })}
        onClick={() => perform(editor, 'account')}
      >
        <CircleUser size={16} aria-hidden />
        {who.kind !== 'local' && <span className={styles.who}>{who.name}</span>}
      </button>
    </>
  )
}
