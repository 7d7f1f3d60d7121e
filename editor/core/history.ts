import { applyPatches, enablePatches, type Patch, produceWithPatches } from 'immer'
import type { Command, CommandName } from './command.ts'
import type { FlowDocument } from './document.ts'

/** A flow with what was done to it, for undo and redo. Immutable. */
export interface History {
  readonly document: FlowDocument
  /** Oldest first. */
  readonly past: readonly Entry[]
  /** Next to redo last. */
  readonly future: readonly Entry[]
}

export interface Entry {
  readonly name: CommandName
  readonly values: Readonly<Record<string, string | number>>
  readonly forward: readonly Patch[]
  readonly back: readonly Patch[]
  readonly join: string | undefined
  /** Milliseconds of the clock that {@link run} was given. */
  readonly time: number
}

/** Edits of one field closer than this are one step of undo, milliseconds. */
export const joinWithin = 1500
const maxEntries = 500

export function historyOf(document: FlowDocument): History {
  return { document, past: [], future: [] }
}

/** Does a command; the same history when it changed nothing. */
export function run(history: History, command: Command, now: number): History {
  enablePatches()
  const [document, forward, back] = produceWithPatches(history.document, (draft) => command.edit(draft))
  if (forward.length === 0) return history
  const { name, values, join } = command
  const last = history.past.at(-1)
  const joins = join !== undefined && last?.join === join && now - last.time < joinWithin && history.future.length === 0
  const entry: Entry = joins
    ? { ...last, forward: [...last.forward, ...forward], back: [...back, ...last.back], time: now }
    : { name, values, forward, back, join, time: now }
  const past = joins ? history.past.slice(0, -1) : history.past.slice(-(maxEntries - 1))
  return { document, past: [...past, entry], future: [] }
}

/** Takes the last command back; the same history when there is none. */
export function undo(history: History): History {
  const entry = history.past.at(-1)
  if (entry === undefined) return history
  return {
    document: applyPatches(history.document, entry.back),
    past: history.past.slice(0, -1),
    future: [...history.future, entry],
  }
}

/** Does the last command again that was taken back. */
export function redo(history: History): History {
  const entry = history.future.at(-1)
  if (entry === undefined) return history
  return {
    document: applyPatches(history.document, entry.forward),
    past: [...history.past, { ...entry, join: undefined }],
    future: history.future.slice(0, -1),
  }
}
