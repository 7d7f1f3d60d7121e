import type { Command } from './command.ts'

/** Has the engine record what the flow's sources receive, or no longer. */
export function setRecording(on: boolean): Command {
  return {
    name: 'changeFlow',
    values: { field: 'history' },
    edit(draft) {
      if (on) draft.history = draft.history ?? {}
      else delete draft.history
    },
  }
}

/** How long and how much is kept, as it is typed; empty: the standard. */
export function setHistory(field: 'keep' | 'size', text: string): Command {
  return {
    name: 'changeFlow',
    values: { field: 'history' },
    join: `flow:history.${field}`,
    edit(draft) {
      const history = { ...draft.history }
      if (text === '') delete history[field]
      else history[field] = text
      draft.history = history
    },
  }
}

/** Which topics are recorded, one filter a line; none: those that the flow's sources subscribe to. */
export function setHistoryFilters(text: string): Command {
  return {
    name: 'changeFlow',
    values: { field: 'history' },
    join: 'flow:history.filters',
    edit(draft) {
      const filters = text.split('\n').map((line) => line.trimStart())
      const history = { ...draft.history }
      if (text.trim() === '') delete history.filters
      else history.filters = filters
      draft.history = history
    },
  }
}
