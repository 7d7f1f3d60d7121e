import type { Access, Principal } from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import type { Door } from './door.ts'
import type { LiveRequest } from './protocol.ts'

/** What clients of the live stream may send, and the least role for it: one line for each message. */
export const liveMessages: Readonly<Record<LiveRequest['type'], { summary: string; access: Access }>> = {
  watch: { summary: 'Chooses the flows and topics whose numbers and values are sent.', access: 'viewer' },
}

/** What one client of the live stream may do, asked anew each time. */
export interface LivePass {
  /** Throws LOGIN_NEEDED when the session has ended, and NOT_ALLOWED. */
  check(message: LiveRequest['type']): void
  /** Whether the client may be here at all. */
  isValid(): boolean
}

/** The pass of somebody who was let in. */
export function livePass(door: Door, who: Principal): LivePass {
  const allowed = (access: Access) => {
    const now = door.current(who)
    if (now === undefined) throw rulewireError('LOGIN_NEEDED', {})
    door.admit(now, access)
  }
  return {
    check: (message) => allowed(liveMessages[message].access),
    isValid: () => door.current(who) !== undefined,
  }
}
