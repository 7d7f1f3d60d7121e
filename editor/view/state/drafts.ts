import type { CheckAnswer } from '../../../engine/server/protocol.ts'
import { type FlowDocument, sameJson } from '../../core/document.ts'
import { placeProblems } from '../../core/problems.ts'
import { dropDraft, saveDraft } from '../../core/storage.ts'
import { ApiError, type Client } from '../api/client.ts'
import type { Translate } from '../text/languages.ts'
import { type CheckState, type FlowsStore, noCheck, patchFlow } from './flows.ts'
import type { Toast } from './ui.ts'

/** Milliseconds of quiet before a draft is checked and kept. */
const checkAfter = 250

/** Keeps drafts in the browser and has the engine check them. */
export interface Drafts {
  keep(flow: string): void
  /** Checks and keeps a draft after a time of quiet, milliseconds. */
  check(flow: string, delay?: number): void
}

export function createDrafts(parts: {
  client: Client
  flows: FlowsStore
  storage: Storage
  toast: (toast: Omit<Toast, 'id'>) => void
  t: Translate
}): Drafts {
  const { client, flows, storage, toast, t } = parts
  const checks = new Map<string, { timer: number; abort?: AbortController }>()

  const keep = (flow: string) => {
    const open = flows.getState().flows[flow]
    if (open === undefined) return
    if (open.base !== undefined && sameJson(open.history.document, open.base)) return dropDraft(storage, flow)
    const { base, hash } = open
    const fault = saveDraft(storage, flow, {
      draft: open.history.document,
      saved: Date.now(),
      ...(base === undefined ? {} : { base }),
      ...(hash === undefined ? {} : { hash }),
    })
    if (fault !== undefined) toast({ tone: 'error', text: t('draft.notKept', { detail: fault }) })
  }
  const check = async (flow: string) => {
    const open = flows.getState().flows[flow]
    if (open === undefined) return
    keep(flow)
    const document = open.history.document
    const abort = new AbortController()
    checks.set(flow, { timer: 0, abort })
    patchFlow(flows, flow, { check: { ...open.check, state: 'waiting' } })
    try {
      const answer = await client.check(document, abort.signal)
      if (flows.getState().flows[flow]?.history.document !== document) return
      patchFlow(flows, flow, { check: checkedAs(document, answer, open.check) })
    } catch (thrown) {
      if (abort.signal.aborted) return
      const known = flows.getState().flows[flow]?.check ?? noCheck
      const answer = thrown instanceof ApiError ? thrown.answer : undefined
      const problems = answer?.problems === undefined ? known.problems : placeProblems(document, answer.problems)
      patchFlow(flows, flow, { check: { ...known, problems, state: 'failed', detail: answer?.text ?? String(thrown) } })
    }
  }
  return {
    keep,
    check(flow, delay = checkAfter) {
      const running = checks.get(flow)
      window.clearTimeout(running?.timer)
      running?.abort?.abort()
      const timer = window.setTimeout(() => void check(flow), delay)
      checks.set(flow, { timer })
    },
  }
}

/** What an answer of the engine says about a document. Ports of a node whose config cannot be read stay as they were. */
export function checkedAs(document: FlowDocument, answer: CheckAnswer, before: CheckState = noCheck): CheckState {
  return {
    state: 'done',
    problems: placeProblems(document, answer.problems),
    types: answer.types,
    ports: { ...before.ports, ...answer.ports },
    detail: '',
  }
}
