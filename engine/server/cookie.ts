import type { IncomingMessage } from 'node:http'

/** The cookie of one server. Cookies know no ports, so each server on a machine has a name of its own. */
export interface SessionCookie {
  /** The session id that a request carries. */
  read(request: IncomingMessage): string | undefined
  /** A Set-Cookie header that begins a session. @param seconds until it ends at the latest */
  begin(id: string, seconds: number): string
  /** A Set-Cookie header that takes it away. */
  end(): string
}

/**
 * No script can read it and no other site sends it (C7). With HTTPS its name begins with `__Host-`, so that only this host can
 * set it, over HTTPS, for all paths.
 */
export function sessionCookie(secure: boolean, port: () => number): SessionCookie {
  const nameNow = () => `${secure ? '__Host-' : ''}rulewire-${port()}`
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return {
    read: ({ headers }) => {
      const name = nameNow()
      for (const part of (headers.cookie ?? '').split(';')) {
        const at = part.indexOf('=')
        const value = part.slice(at + 1).trim()
        if (at > 0 && part.slice(0, at).trim() === name && /^[0-9A-Za-z]{20,64}$/.test(value)) return value
      }
      return undefined
    },
    begin: (id, seconds) => `${nameNow()}=${id}; ${attributes}; Max-Age=${seconds}`,
    end: () => `${nameNow()}=; ${attributes}; Max-Age=0`,
  }
}
