import type { BrokerDescription, FlowSummary, LiveFrame } from '../../../engine/server/protocol.ts'
import type { SessionAnswer } from '../../../engine/server/protocol-auth.ts'
import type { Command, CommandName } from '../../core/command.ts'
import { replaceBy } from '../../core/commands.ts'
import { type FlowDocument, type Point, sameJson } from '../../core/document.ts'
import { redo, run, undo } from '../../core/history.ts'
import { placeProblems } from '../../core/problems.ts'
import { dropDraft } from '../../core/storage.ts'
import { saysNobody } from '../api/call.ts'
import { ApiError, type Client } from '../api/client.ts'
import type { LiveSocket } from '../api/socket.ts'
import type { Evaluator } from '../forms/evaluate.ts'
import { whyNot } from '../people/may.ts'
import type { Texts, Translate } from '../text/languages.ts'
import type { BacktestStore } from './backtest.ts'
import { checkedAs, createDrafts } from './drafts.ts'
import { currentFlow, type FlowsStore, noCheck, type OpenFlow, patchFlow } from './flows.ts'
import { createIncoming, hasOwnChanges } from './incoming.ts'
import type { Live } from './live.ts'
import type { ServerStore } from './server.ts'
import type { TestsStore } from './tests.ts'
import type { Toast, UiStore } from './ui.ts'

export interface EditorParts {
  client: Client
  flows: FlowsStore
  ui: UiStore
  server: ServerStore
  tests: TestsStore
  backtests: BacktestStore
  live: Live
  storage: Storage
  /** Opens the live stream; it is called once. */
  openSocket(handlers: {
    onFrame(frame: LiveFrame): void
    onConnection(connection: 'online' | 'offline'): void
  }): LiveSocket
  texts: { current: Texts; t: Translate }
  evaluator: Evaluator
  /** Set while the canvas is shown. */
  canvas: { current: CanvasApi | undefined }
}

/** What others may ask of the canvas. */
export interface CanvasApi {
  /** Middle of what is seen, on the canvas. */
  center(): Point
  toCanvas(screen: Point): Point
  toScreen(place: Point): Point
  /** Brings a node into view, if it is not; with `near` also when it is too small to be read. */
  reveal(node: string, options?: { focus?: boolean; near?: boolean }): void
  fit(): void
  /** Moves the view to some nodes, so that all of them are seen. */
  showNodes(ids: readonly string[]): void
  zoomBy(factor: number): void
  focus(): void
}

/** What the whole editor can do with flows. All edits go through `run`. */
export interface Editor extends Omit<EditorParts, 'openSocket'> {
  /** Asks who is logged in, and goes on when somebody is or nobody needs to be. */
  start(): Promise<void>
  /** Asks the engine who is logged in; when nobody is, the page shows the login. */
  askSession(): Promise<void>
  /** Somebody has logged in, or out: what is shown is theirs from now on. */
  signedIn(session: SessionAnswer): Promise<void>
  t: Translate
  open(flow: string | undefined): void
  run(command: Command): void
  undo(): void
  redo(): void
  /** Makes a new flow from a document; it is a draft until it is deployed. */
  create(document: FlowDocument): void
  /** Deploys the draft of a flow; false when the engine refused. */
  deploy(flow: string, comment?: string): Promise<boolean>
  /** Drops the draft's changes (undo brings them back). */
  restore(flow: string): void
  remove(flow: string): Promise<void>
  rename(flow: string, id: string, title: string): Promise<void>
  /** Tells the live stream which flows and topics are wanted. */
  watch(): void
  toast(toast: Omit<Toast, 'id'>): void
  dismiss(id: number): void
  /** Says a sentence to screen readers. */
  say(text: string): void
  fail(thrown: unknown): void
  current(): OpenFlow | undefined
}

export function createEditor(parts: EditorParts): Editor {
  const { client, flows, ui, server, live, storage, texts } = parts
  let socket: LiveSocket | undefined
  let toasts = 0
  const t: Translate = (key, ...values) => texts.t(key, ...values)
  const current = () => currentFlow(flows.getState())

  const toast = (given: Omit<Toast, 'id'>) => {
    const id = ++toasts
    ui.setState((state) => ({
      toasts: [...state.toasts.slice(-3), { ...given, id }],
      // An error is an alert, which says itself.
      spoken: given.tone === 'error' ? state.spoken : given.text,
    }))
    if (given.tone !== 'error') window.setTimeout(() => dismiss(id), given.action ? 12_000 : 5000)
  }
  const dismiss = (id: number) => ui.setState((state) => ({ toasts: state.toasts.filter((other) => other.id !== id) }))
  const fail = (thrown: unknown) => {
    // The page shows the login by itself.
    if (thrown instanceof ApiError && saysNobody(thrown)) return
    if (thrown instanceof ApiError && thrown.status === 0) toast({ tone: 'error', text: t('offline.failed') })
    else if (thrown instanceof ApiError) toast({ tone: 'error', text: thrown.answer.text, hint: thrown.answer.hint })
    else toast({ tone: 'error', text: thrown instanceof Error ? thrown.message : String(thrown) })
  }

  const drafts = createDrafts({ client, flows, storage, toast, t })
  const incoming = createIncoming({ client, flows, ui, storage, drafts, toast, fail, t })
  const takeAll = async (summaries: readonly FlowSummary[]) => {
    const before = flows.getState().current
    await incoming.takeAll(summaries)
    if (flows.getState().current !== before) editor.watch()
  }

  const takeBrokers = (brokers: readonly BrokerDescription[]) => {
    // Their counters run; what is shown of them changes seldom.
    const shown = (list: readonly BrokerDescription[]) =>
      list.map(({ name, incoming }) => [name, incoming.status, incoming.url, incoming.detail])
    if (!sameJson(shown(brokers), shown(server.getState().brokers))) server.setState({ brokers })
  }
  const onFrame = (frame: LiveFrame) => {
    if (frame.type === 'live' || frame.type === 'topics') live.take(frame)
    else if (frame.type === 'flows') void takeAll(frame.flows)
    else if (frame.type === 'brokers') takeBrokers(frame.brokers)
    else if (frame.type === 'alarms') server.setState({ alarms: frame.counts })
    else if (frame.type === 'error') toast({ tone: 'error', text: frame.error.text, hint: frame.error.hint })
  }
  const load = async () => {
    const [types, brokers, engine, list] = await Promise.all([
      client.nodeTypes(),
      client.brokers(),
      client.engine(),
      client.flows(),
    ])
    server.setState({ specs: new Map(types.map((spec) => [spec.type, spec])), brokers, engine, failure: undefined })
    await takeAll(list)
    incoming.restoreDrafts(new Set(list.map((summary) => summary.flow)))
    if (current() === undefined) flows.setState((state) => ({ current: state.order[0] }))
    editor.watch()
  }
  const onConnection = (connection: 'online' | 'offline') => {
    const before = server.getState().connection
    server.setState({ connection })
    // It may be that the session has ended.
    if (connection === 'offline') void editor.askSession()
    if (before === 'offline' && connection === 'online') {
      load().then(() => {
        for (const flow of flows.getState().order) drafts.check(flow, 0)
        toast({ tone: 'ok', text: t('online.again') })
      }, fail)
    }
  }

  const step = (move: typeof undo, spoken: 'undo.done' | 'redo.done') => {
    const open = current()
    if (open === undefined) return
    const next = move(open.history)
    if (next === open.history) return
    const entry = move === undo ? open.history.past.at(-1) : open.history.future.at(-1)
    patchFlow(flows, open.flow, { history: next })
    drafts.check(open.flow)
    if (entry) ui.setState({ spoken: t(spoken, { command: commandText(t, entry) }) })
  }

  const begin = async () => {
    try {
      await load()
    } catch (thrown) {
      flows.setState({ loaded: true })
      incoming.restoreDrafts(new Set())
      flows.setState((state) => ({ current: state.current ?? state.order[0] }))
      const text = thrown instanceof ApiError ? thrown.answer.text : String(thrown)
      server.setState({ failure: text })
    }
    socket = parts.openSocket({ onFrame, onConnection })
    editor.watch()
  }
  let refused = 0
  /** Said once for a row of edits: dragging or typing makes many. */
  const refuse = (reason: string) => {
    if (Date.now() - refused > 5000) toast({ tone: 'info', text: reason })
    refused = Date.now()
  }

  const editor: Editor = {
    ...parts,
    t,
    toast,
    dismiss,
    fail,
    current,
    say: (text) => ui.setState({ spoken: text }),
    async start() {
      await editor.askSession()
      // The page shows the login; it goes on from there.
      if (server.getState().session?.who !== null) await begin()
    },
    async askSession() {
      try {
        server.setState({ session: await client.people.session() })
      } catch (thrown) {
        // An engine that is away says nothing about sessions; that it is away is shown.
        if (!(thrown instanceof ApiError)) throw thrown
      }
    },
    async signedIn(session) {
      server.setState({ session, connection: 'connecting' })
      if (session.who === null) return
      if (socket === undefined) return begin()
      socket.retry()
      await load()
      for (const flow of flows.getState().order) drafts.check(flow, 0)
    },
    open(flow) {
      flows.setState({ current: flow })
      ui.setState({
        nodes: new Set(),
        wires: new Set(),
        focus: undefined,
        picker: undefined,
        menu: undefined,
        refusal: undefined,
      })
      editor.watch()
    },
    run(command) {
      const open = current()
      if (open === undefined) return
      const reason = whyNot(editor, 'editor')
      if (reason !== undefined) return refuse(reason)
      const history = run(open.history, command, Date.now())
      if (history === open.history) return
      patchFlow(flows, open.flow, { history })
      drafts.check(open.flow)
    },
    undo: () => step(undo, 'undo.done'),
    redo: () => step(redo, 'redo.done'),
    create(document) {
      incoming.addDraft(document)
      editor.open(document.flow)
    },
    async deploy(flow, comment = '') {
      const open = flows.getState().flows[flow]
      if (open === undefined) return false
      const document = open.history.document
      try {
        const answer = await client.deploy(document, open.hash, comment)
        const now = flows.getState().flows[flow]
        if (now === undefined) return true
        patchFlow(flows, flow, {
          base: document,
          hash: answer.hash,
          conflicts: [],
          ...(now.history.document === document ? { check: checkedAs(document, answer, open.check) } : {}),
        })
        drafts.keep(flow)
        toast({ tone: 'ok', text: t('deploy.done', { flow: document.title ?? flow }) })
        return true
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.answer.code === 'CHANGED_MEANWHILE') {
          toast({ tone: 'info', text: t('deploy.changedMeanwhile') })
          await takeAll(await client.flows())
        } else if (thrown instanceof ApiError && thrown.answer.problems !== undefined) {
          const known = flows.getState().flows[flow]?.check ?? noCheck
          patchFlow(flows, flow, {
            check: { ...known, state: 'done', problems: placeProblems(document, thrown.answer.problems) },
          })
          toast({ tone: 'error', text: thrown.answer.text, hint: thrown.answer.hint })
          ui.setState({ drawer: 'problems' })
        } else fail(thrown)
        return false
      }
    },
    restore(flow) {
      const open = flows.getState().flows[flow]
      if (open?.base === undefined) return
      patchFlow(flows, flow, { history: run(open.history, replaceBy(open.base, 'restore'), Date.now()) })
      drafts.check(flow)
    },
    async remove(flow) {
      const open = flows.getState().flows[flow]
      if (open === undefined) return
      if (open.base !== undefined) await client.remove(flow)
      dropDraft(storage, flow)
      dropFlow(flow)
      const document = open.history.document
      toast({
        tone: 'info',
        text: t('flow.deleted', { flow: document.title ?? flow }),
        action: { label: t('action.undo'), run: () => editor.create(document) },
      })
    },
    async rename(flow, id, title) {
      const open = flows.getState().flows[flow]
      if (open === undefined) return
      const document = { ...open.history.document, flow: id, title }
      if (id === flow) return
      if (open.base !== undefined) {
        await client.deploy({ ...open.base, flow: id, title }, undefined)
        await client.remove(flow)
      }
      dropDraft(storage, flow)
      dropFlow(flow)
      incoming.addDraft(document)
      await takeAll(await client.flows())
      editor.open(id)
    },
    watch() {
      const state = ui.getState()
      const flow = flows.getState().current
      socket?.watch({
        flows: flow === undefined ? [] : [flow],
        topics: state.left === 'topics' ? [...state.filters] : [],
        ...(state.topicBroker === undefined ? {} : { broker: state.topicBroker }),
      })
    },
  }
  const dropFlow = (flow: string) => {
    flows.setState((state) => {
      const order = state.order.filter((other) => other !== flow)
      const at = Math.max(0, state.order.indexOf(flow) - 1)
      const { [flow]: _gone, ...rest } = state.flows
      return {
        flows: rest,
        order,
        current: state.current === flow ? order[Math.min(at, order.length - 1)] : state.current,
      }
    })
    editor.watch()
  }
  return editor
}

/** A command in words, such as "Add node too-warm". */
export function commandText(
  t: Translate,
  command: { name: CommandName; values: Readonly<Record<string, string | number>> },
): string {
  // The texts of all commands take the values that the command gives; which those are differs by name.
  const any = t as (key: `command.${CommandName}`, values: Readonly<Record<string, string | number>>) => string
  return any(`command.${command.name}`, command.values)
}

export { hasOwnChanges }
