import type { SessionAnswer } from './protocol-auth.ts'

/** How a server is reached: it decides who needs a login. */
export interface Entrance {
  /** Others than this machine reach it. */
  readonly exposed: boolean
  /** The operator said that everybody who reaches it may do everything. */
  readonly withoutLogin: boolean
  /** Browsers reach it by HTTPS, by its own or a proxy's. */
  readonly secure: boolean
  /** A proxy stands in front: it tells the address of who asks in X-Forwarded-For. */
  readonly behindProxy: boolean
}

export type Mode = SessionAnswer['mode']

/**
 * Who may come in how. Without users, an engine that only its own machine reaches asks for no login (C4); any other one waits for
 * its first admin. As soon as there are users, everybody logs in.
 */
export function modeOf({ exposed, withoutLogin }: Entrance, hasUsers: boolean): Mode {
  if (withoutLogin) return 'single-user'
  if (hasUsers) return 'login'
  return exposed ? 'setup' : 'single-user'
}
