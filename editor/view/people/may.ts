import type { Role, SessionAnswer } from '../../../engine/server/protocol-auth.ts'
import { useServer, useText } from '../context.ts'
import type { Editor } from '../state/editor.ts'
import type { Translate } from '../text/languages.ts'

export const roles: readonly Role[] = ['viewer', 'operator', 'editor', 'admin']

/** Why who is logged in may not do what needs a role, as a sentence; undefined when they may. */
export function whyNot(editor: Editor, needed: Role): string | undefined {
  return reasonOf(editor.server.getState().session, needed, editor.t)
}

/** The same for a component: it is drawn again when somebody else logs in. */
export function useWhyNot(needed: Role): string | undefined {
  const t = useText()
  return reasonOf(
    useServer((state) => state.session),
    needed,
    t,
  )
}

/** Properties of a button for what needs a role: disabled with the reason, where it is not allowed. */
export function useNeeds(needed: Role): { disabled?: true; title?: string } {
  const reason = useWhyNot(needed)
  return reason === undefined ? {} : { disabled: true, title: reason }
}

/** Whether the flows may only be looked at. */
export function useReadOnly(): boolean {
  return useServer((state) => !isEnough(state.session, 'editor'))
}

export function isEnough(session: SessionAnswer | undefined, needed: Role): boolean {
  const role = session?.who?.role
  // Until the engine has told, and while nobody is logged in, the engine itself refuses.
  return role === undefined || roles.indexOf(role) >= roles.indexOf(needed)
}

function reasonOf(session: SessionAnswer | undefined, needed: Role, t: Translate): string | undefined {
  if (isEnough(session, needed)) return undefined
  return t('may.needs', { needed: t(`role.${needed}`), role: t(`role.${session?.who?.role ?? 'viewer'}`) })
}
