import type { FlowSummary } from '../../../engine/server/protocol.ts'
import { replaceBy } from '../../core/commands.ts'
import { type FlowDocument, sameJson } from '../../core/document.ts'
import { historyOf, run } from '../../core/history.ts'
import { merge } from '../../core/merge.ts'
import { placeProblems } from '../../core/problems.ts'
import { storedDrafts } from '../../core/storage.ts'
import type { Client } from '../api/client.ts'
import type { Translate } from '../text/languages.ts'
import type { Drafts } from './drafts.ts'
import { type FlowsStore, noCheck, type OpenFlow, patchFlow } from './flows.ts'
import type { Toast, UiStore } from './ui.ts'

/** Brings flows in as the engine has them now: new ones, changed ones (merged with what was drafted), and those that are gone. */
export interface Incoming {
  takeAll(summaries: readonly FlowSummary[]): Promise<void>
  /** Opens drafts of flows that the engine does not have. */
  restoreDrafts(there: ReadonlySet<string>): void
  addDraft(document: FlowDocument): void
}

export function createIncoming(parts: {
  client: Client
  flows: FlowsStore
  ui: UiStore
  storage: Storage
  drafts: Drafts
  toast: (toast: Omit<Toast, 'id'>) => void
  fail: (thrown: unknown) => void
  t: Translate
}): Incoming {
  const { client, flows, ui, storage, drafts, toast, fail, t } = parts

  const take = async (summary: FlowSummary) => {
    const before = flows.getState().flows[summary.flow]
    if (
      before?.summary !== undefined &&
      summary.returned !== undefined &&
      before.summary.returned?.id !== summary.returned.id
    ) {
      const values = { flow: summary.title, reason: summary.returned.reason }
      const show = { label: t('merge.show'), run: () => ui.setState({ drawer: 'deploys' as const }) }
      toast({ tone: 'error', text: t('deploys.cameBack', values), action: show })
    }
    if (before !== undefined && before.hash === summary.hash) {
      patchFlow(flows, summary.flow, { summary })
      // The engine has found out more, for example by what devices send; so it may about the draft.
      if (!sameJson(before.summary?.problems, summary.problems)) drafts.check(summary.flow)
      return
    }
    const detail = await client.flow(summary.flow)
    // What was typed while the engine answered counts, too.
    const known = flows.getState().flows[summary.flow]
    const theirs = detail.document
    const stored = known === undefined ? storedDrafts(storage).get(summary.flow) : undefined
    const base = known?.base ?? stored?.base
    const mine = known?.history.document ?? stored?.draft
    const merged = mine === undefined || sameJson(mine, theirs) ? undefined : merge(base ?? theirs, mine, theirs)
    const history = known?.history ?? historyOf(mine ?? theirs)
    const document = merged?.document ?? theirs
    const open: OpenFlow = {
      flow: summary.flow,
      history: sameJson(history.document, document)
        ? { ...history, document: sameJson(document, theirs) ? theirs : history.document }
        : run(history, replaceBy(document, 'merge'), Date.now()),
      base: theirs,
      hash: detail.hash,
      summary,
      check: known?.check ?? { ...noCheck, types: detail.types, problems: placeProblems(theirs, detail.problems) },
      conflicts: merged?.conflicts ?? [],
    }
    flows.setState((state) => ({ flows: { ...state.flows, [summary.flow]: open } }))
    tell(open, { wasOpen: known !== undefined, mine, document })
    drafts.check(summary.flow, 0)
  }
  const tell = (
    open: OpenFlow,
    { wasOpen, mine, document }: { wasOpen: boolean; mine: FlowDocument | undefined; document: FlowDocument },
  ) => {
    const flow = document.title ?? document.flow
    if (open.conflicts.length > 0)
      toast({
        tone: 'error',
        text: t('merge.conflicts', { count: open.conflicts.length }),
        action: { label: t('merge.show'), run: () => ui.setState({ dialog: { kind: 'conflicts', flow: open.flow } }) },
      })
    else if (wasOpen && mine !== undefined && !sameJson(mine, document))
      toast({ tone: 'info', text: t('merge.done', { flow }) })
    else if (!wasOpen && mine !== undefined && !sameJson(document, open.base))
      toast({ tone: 'info', text: t('draft.found', { flow }) })
  }
  const addDraft = (document: FlowDocument) => {
    const open: OpenFlow = {
      flow: document.flow,
      history: historyOf(document),
      base: undefined,
      hash: undefined,
      summary: undefined,
      check: noCheck,
      conflicts: [],
    }
    flows.setState((state) => ({
      flows: { ...state.flows, [document.flow]: open },
      order: state.order.includes(document.flow) ? state.order : [...state.order, document.flow],
    }))
    drafts.keep(document.flow)
    drafts.check(document.flow, 0)
  }
  return {
    addDraft,
    async takeAll(summaries) {
      const { loaded, flows: known } = flows.getState()
      if (loaded && isOldNews(summaries, known)) return
      await Promise.all(summaries.map((summary) => take(summary).catch(fail)))
      const there = new Set(summaries.map((summary) => summary.flow))
      flows.setState((state) => {
        const kept = Object.values(state.flows).filter((open) => there.has(open.flow) || hasOwnChanges(open))
        const order = state.order.filter((flow) => kept.some((open) => open.flow === flow))
        // New ones come as the engine lists them, whichever of their documents arrived first.
        const listed = [...there].filter((flow) => kept.some((open) => open.flow === flow))
        for (const flow of [...listed, ...kept.map((open) => open.flow)]) if (!order.includes(flow)) order.push(flow)
        // A flow whose file is gone, but which has changes of ours, goes on as a draft.
        const now = kept.map((open) =>
          there.has(open.flow) ? open : { ...open, base: undefined, hash: undefined, summary: undefined },
        )
        const current = state.current !== undefined && order.includes(state.current) ? state.current : order[0]
        return { flows: Object.fromEntries(now.map((open) => [open.flow, open])), order, current, loaded: true }
      })
    },
    restoreDrafts(there) {
      for (const [flow, stored] of storedDrafts(storage)) {
        if (!there.has(flow) && flows.getState().flows[flow] === undefined) addDraft(stored.draft)
      }
    },
  }
}

/** The engine tells all flows whenever something about one changes, which may be often: what is known already draws nothing again. */
function isOldNews(summaries: readonly FlowSummary[], known: Readonly<Record<string, OpenFlow>>): boolean {
  const deployed = Object.values(known).filter((open) => open.base !== undefined)
  return (
    deployed.length === summaries.length &&
    summaries.every((summary) => {
      const open = known[summary.flow]
      return open?.hash === summary.hash && sameJson(open.summary, summary)
    })
  )
}

/** Whether a flow has changes that are nowhere but here. */
export function hasOwnChanges(open: OpenFlow): boolean {
  return open.base === undefined || !sameJson(open.base, open.history.document)
}
