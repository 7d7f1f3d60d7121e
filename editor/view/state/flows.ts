import { createStore, type StoreApi } from 'zustand/vanilla'
import type { NodePortsDescription } from '../../../engine/flow/describe.ts'
import type { FlowSummary } from '../../../engine/server/protocol.ts'
import type { Type } from '../../../engine/types/index.ts'
import type { FlowDocument } from '../../core/document.ts'
import type { History } from '../../core/history.ts'
import type { Conflict } from '../../core/merge.ts'
import type { PlacedProblem } from '../../core/problems.ts'

/** A flow with its draft. */
export interface OpenFlow {
  flow: string
  history: History
  /** The version in the engine's file; absent for a flow that was never deployed. */
  base: FlowDocument | undefined
  /** Hash of that version. */
  hash: string | undefined
  summary: FlowSummary | undefined
  check: CheckState
  /** Where our draft and a change of the file said different things. */
  conflicts: readonly Conflict[]
}

/** What the engine found out about the draft, and whether that is about the draft as it is now. */
export interface CheckState {
  state: 'none' | 'waiting' | 'done' | 'failed'
  problems: readonly PlacedProblem[]
  types: Readonly<Record<string, Type>>
  /** Ports of nodes whose ports depend on their config. */
  ports: Readonly<Record<string, NodePortsDescription>>
  /** Why it failed, as a sentence. */
  detail: string
}

export interface FlowsState {
  flows: Readonly<Record<string, OpenFlow>>
  /** Ids in the order of the tabs. */
  order: readonly string[]
  current: string | undefined
  /** Whether the first answer of the engine came. */
  loaded: boolean
}

export type FlowsStore = StoreApi<FlowsState>

export const noCheck: CheckState = { state: 'none', problems: [], types: {}, ports: {}, detail: '' }

export function createFlowsStore(): FlowsStore {
  return createStore<FlowsState>(() => ({ flows: {}, order: [], current: undefined, loaded: false }))
}

/** The flow that is shown. */
export function currentFlow(state: FlowsState): OpenFlow | undefined {
  return state.current === undefined ? undefined : state.flows[state.current]
}

/** Changes one flow of the store. */
export function patchFlow(store: FlowsStore, flow: string, patch: Partial<OpenFlow>): void {
  store.setState((state) => {
    const open = state.flows[flow]
    return open === undefined ? state : { flows: { ...state.flows, [flow]: { ...open, ...patch } } }
  })
}
