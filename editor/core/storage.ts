import type { FlowDocument } from './document.ts'
import { isObject } from './path.ts'

/** What is kept of a flow in the browser until it is deployed. */
export interface StoredDraft {
  draft: FlowDocument
  /** What the draft was made from; absent for a flow that was never deployed. */
  base?: FlowDocument
  /** Hash of that version. */
  hash?: string
  /** UTC milliseconds. */
  saved: number
}

/** The part of localStorage that is used; tests hand in a Map. */
export interface TextStore {
  getItem(name: string): string | null
  setItem(name: string, text: string): void
  removeItem(name: string): void
  key(index: number): string | null
  readonly length: number
}

const prefix = 'rulewire:draft:'

/** Keeps a draft; says why when it could not. */
export function saveDraft(store: TextStore, flow: string, draft: StoredDraft): string | undefined {
  try {
    store.setItem(prefix + flow, JSON.stringify(draft))
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

export function dropDraft(store: TextStore, flow: string): void {
  store.removeItem(prefix + flow)
}

/** All kept drafts by flow. What cannot be read is left where it is and passed over. */
export function storedDrafts(store: TextStore): Map<string, StoredDraft> {
  const found = new Map<string, StoredDraft>()
  for (let index = 0; index < store.length; index++) {
    const name = store.key(index)
    if (name?.startsWith(prefix) !== true) continue
    const draft = readDraft(store.getItem(name))
    if (draft !== undefined) found.set(name.slice(prefix.length), draft)
  }
  return found
}

function readDraft(text: string | null): StoredDraft | undefined {
  try {
    const data: unknown = JSON.parse(text ?? '')
    if (!isObject(data) || !isFlow(data.draft) || typeof data.saved !== 'number') return undefined
    return {
      draft: data.draft,
      saved: data.saved,
      ...(isFlow(data.base) ? { base: data.base } : {}),
      ...(typeof data.hash === 'string' ? { hash: data.hash } : {}),
    }
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function isFlow(value: unknown): value is FlowDocument {
  return isObject(value) && typeof value.flow === 'string' && Array.isArray(value.nodes) && Array.isArray(value.wires)
}
