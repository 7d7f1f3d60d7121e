import type { Command } from './command.ts'

/** Sets a field of the flow's guard as it is typed; without a limit for errors there is no guard. */
export function setGuard(field: 'errors' | 'within' | 'min', text: string): Command {
  return {
    name: 'changeFlow',
    values: { field: 'guard', text },
    join: `flow:guard.${field}`,
    edit(draft) {
      const guard = { ...(draft.guard ?? { errors: '' }) }
      // A number is one of messages; what cannot be read is kept as it is, so that the check can say so.
      const value = /^\d{1,9}$/.test(text) ? Number(text) : text
      if (field === 'errors') guard.errors = value
      else if (text === '') delete guard[field]
      else Object.assign(guard, { [field]: field === 'min' ? value : text })
      if (guard.errors === '') delete draft.guard
      else draft.guard = guard
    },
  }
}
