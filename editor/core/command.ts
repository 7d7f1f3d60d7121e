import type { FlowDocument } from './document.ts'

/**
 * One edit of a flow, as data and with a name for the undo list. `edit` may change the draft that it is given and nothing else.
 * Edits with the same `join` that follow each other quickly (typing into one field) are undone together.
 */
export interface Command {
  readonly name: CommandName
  readonly values: Readonly<Record<string, string | number>>
  readonly join?: string
  readonly edit: (draft: FlowDocument) => void
}

/** Every kind of edit; the view has a text for each. */
export const commandNames = [
  'addNode',
  'addNodes',
  'deleteNode',
  'deleteNodes',
  'addWire',
  'deleteWire',
  'insertNode',
  'moveNodes',
  'changeConfig',
  'renameNode',
  'titleNode',
  'disableNode',
  'enableNode',
  'changeFlow',
  'disableFlow',
  'enableFlow',
  'tidy',
  'paste',
  'merge',
  'restore',
  'replace',
] as const

export type CommandName = (typeof commandNames)[number]
