import type { IncomingMessage } from 'node:http'
import { type Access, isAllowed, localAdmin, nobody, type Principal } from '../auth/index.ts'
import { type RulewireError, rulewireError } from '../errors.ts'
import type { AuthApi } from './api-auth.ts'
import { type SessionCookie, sessionCookie } from './cookie.ts'
import { addressOf, bearerOf, refuseProxy, refuseQueryToken } from './credentials.ts'
import { type Entrance, type Mode, modeOf } from './entrance.ts'

/** Tells who asks and what they may: one place for routes and sockets, which lets in nobody that it does not know (C9). */
export interface Door {
  readonly entrance: Entrance
  readonly cookie: SessionCookie
  mode(): Mode
  /**
   * Who asks; {@link nobody} when that is not known. Throws TOKEN_INVALID, TOKEN_IN_QUERY, and PROXY_UNDECLARED.
   */
  identify(request: IncomingMessage): Principal
  /** IP address of who asks. */
  address(request: IncomingMessage): string
  /** Throws LOGIN_NEEDED, SETUP_NEEDED or NOT_ALLOWED unless that role is enough. */
  admit(who: Principal, access: Access): void
  /** The same one as of now, or undefined when what let them in has ended. */
  current(who: Principal): Principal | undefined
}

export interface DoorOptions {
  auth: AuthApi
  entrance: Entrance
  /** Where the server listens; asked when it does. */
  port(): number
}

export function createDoor({ auth, entrance, port }: DoorOptions): Door {
  const cookie = sessionCookie(entrance.secure, port)
  const mode = () => modeOf(entrance, auth.hasUsers())

  return {
    entrance,
    cookie,
    mode,
    identify: (request) => {
      refuseQueryToken(request)
      const token = bearerOf(request)
      if (token !== undefined) return auth.ofToken(token)
      if (mode() === 'single-user') {
        if (!entrance.withoutLogin) refuseProxy(request)
        return localAdmin
      }
      const session = cookie.read(request)
      return (session === undefined ? undefined : auth.ofSession(session)) ?? nobody
    },
    address: (request) => addressOf(request, entrance),
    admit: (who, access) => {
      if (!isAllowed(who.role, access)) throw refusal(who, access, mode())
    },
    current: (who) => {
      if (who.kind === 'local') return mode() === 'single-user' ? who : undefined
      return auth.current(who)
    },
  }
}

function refusal({ name, role, kind }: Principal, needed: Access, mode: Mode): RulewireError {
  if (kind === 'nobody') return mode === 'setup' ? rulewireError('SETUP_NEEDED', {}) : rulewireError('LOGIN_NEEDED', {})
  return rulewireError('NOT_ALLOWED', { needed, name, role })
}
