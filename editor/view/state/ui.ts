import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Type } from '../../../engine/types/index.ts'
import type { End, Point, WireEntry } from '../../core/document.ts'
import type { PortKind } from '../../core/ports.ts'
import type { Language } from '../text/languages.ts'

/** Which part of the canvas is seen: how far it is moved, pixels, and its zoom. */
export interface Viewport extends Point {
  zoom: number
}

export type LeftPanel = 'palette' | 'topics' | 'outline'
export type DrawerPanel = 'deploys' | 'problems' | 'letters' | 'alarms' | 'try' | 'trace' | 'tests' | 'backtest'
export type Theme = 'system' | 'light' | 'dark'

/** What stands on the screen besides the flows themselves. */
export interface UiState {
  left: LeftPanel | undefined
  drawer: DrawerPanel | undefined
  inspector: boolean
  inspectorWidth: number
  /** Pixels. */
  drawerHeight: number
  minimap: boolean
  theme: Theme
  language: Language
  paused: boolean
  /** Ids of chosen nodes and wires of the current flow. */
  nodes: ReadonlySet<string>
  wires: ReadonlySet<string>
  /** The node that Tab leads to. */
  focus: string | undefined
  /** Where one was in each flow; `height` is that of the canvas then, whose middle was seen. */
  viewports: Readonly<Record<string, Viewport & { height?: number }>>
  connecting: Connecting | undefined
  picker: PickerState | undefined
  refusal: Refusal | undefined
  menu: MenuState | undefined
  dialog: DialogState | undefined
  /** Modal windows that are open. */
  modals: number
  toasts: readonly Toast[]
  /** What a screen reader says next. */
  spoken: string
  /** Where the message of a trace or a test run came by. */
  traced: Traced | undefined
  /** What rule tests found. */
  marks: TestMarks | undefined
  /** Messages over each wire (`from>to`) in a backtest, and in the version that it is compared with. */
  counts: ReadonlyMap<string, { count: number; other?: number }> | undefined
  /** Messages that were pinned to nodes for test runs, as JSON text, by `flow/node`. */
  pinned: Readonly<Record<string, string>>
  filters: readonly string[]
  topicBroker: string | undefined
}

/** Ids of nodes and output ports (`node.port`). */
export interface Traced {
  nodes: ReadonlySet<string>
  ports: ReadonlySet<string>
}

/** What rule tests found, by node id and output port (`node.port`). */
export interface TestMarks {
  nodes: ReadonlyMap<string, 'failed' | 'missed'>
  ports: ReadonlyMap<string, FailedPort | 'missed'>
}

/** A port whose messages were not as expected; texts are short. */
export interface FailedPort {
  text: string
  expected: string | undefined
  found: string | undefined
}

/** A wire that is being drawn. */
export interface Connecting {
  end: End
  side: 'input' | 'output'
  type: Type
  kind: PortKind
}

/** A list with a field to type in, that floats over the canvas. `at` is the place of a new node on the canvas. */
export type PickerState =
  | { kind: 'add'; screen: Point; at: Point; wire?: WireEntry; from?: End; to?: End }
  | { kind: 'wire'; screen: Point; node: string }

/** A wire that cannot be, and why. */
export interface Refusal {
  screen: Point
  wire: WireEntry
  reason: 'type' | 'self' | 'same'
  from?: Type
  to?: Type
  /** Node type that could stand between. */
  converter?: string
}

export interface MenuState {
  screen: Point
  kind: 'canvas' | 'node' | 'wire' | 'flow'
  /** Place on the canvas, or id of the node, wire or flow. */
  at: Point
  id: string
}

/** Parts of the administration. */
export type AdminTab = 'account' | 'tokens' | 'users' | 'secrets' | 'broker' | 'audit'

export type DialogState =
  | { kind: 'deploy' }
  | { kind: 'newFlow' }
  | { kind: 'renameFlow'; flow: string }
  | { kind: 'deleteFlow'; flow: string }
  | { kind: 'import'; text: string }
  | { kind: 'publish'; topic: string; payload: string }
  | { kind: 'commands' }
  | { kind: 'search' }
  | { kind: 'keys' }
  | { kind: 'conflicts'; flow: string }
  | { kind: 'admin'; tab: AdminTab }

export interface Toast {
  id: number
  tone: 'info' | 'ok' | 'error'
  text: string
  hint?: string
  action?: { label: string; run: () => void }
}

export type UiStore = StoreApi<UiState>

/** What of this is kept over a reload. */
export type KeptUi = Pick<
  UiState,
  'left' | 'inspectorWidth' | 'drawerHeight' | 'minimap' | 'theme' | 'language' | 'viewports' | 'filters' | 'pinned'
>

export function createUiStore(kept: Partial<KeptUi>, language: Language): UiStore {
  return createStore<UiState>(() => ({
    left: 'palette',
    drawer: undefined,
    inspector: true,
    inspectorWidth: 360,
    drawerHeight: 220,
    minimap: false,
    theme: 'system',
    paused: false,
    nodes: new Set(),
    wires: new Set(),
    focus: undefined,
    viewports: {},
    connecting: undefined,
    picker: undefined,
    refusal: undefined,
    menu: undefined,
    dialog: undefined,
    modals: 0,
    toasts: [],
    spoken: '',
    traced: undefined,
    marks: undefined,
    counts: undefined,
    pinned: {},
    filters: [],
    topicBroker: undefined,
    ...kept,
    language: kept.language ?? language,
  }))
}
