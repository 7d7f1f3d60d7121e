import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { holdsToken } from '../auth/index.ts'
import { rulewireError } from '../errors.ts'
import type { Entrance } from './entrance.ts'

/** Headers by which a proxy tells that it passed something on. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip']

/** The API token of a request, from its header only; undefined when there is none. Another scheme is a proxy's matter. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
}

/** Throws TOKEN_IN_QUERY: what stands in an address stands in logs, in histories and in the Referer (C8). */
export function refuseQueryToken(request: IncomingMessage): void {
  const url = request.url ?? ''
  const at = url.indexOf('?')
  if (at < 0) return
  for (const [name, value] of new URLSearchParams(url.slice(at))) {
    const named = /^(access_?|api_?|setup_?)?token$/i.test(name)
    if (named || holdsToken(value) || holdsToken(name)) {
      throw rulewireError('TOKEN_IN_QUERY', { field: named ? name : '...' })
    }
  }
}

/** Throws PROXY_UNDECLARED when a request to an engine without logins came over a proxy: then it is not from this machine. */
export function refuseProxy(request: IncomingMessage): void {
  const header = proxyHeaders.find((name) => request.headers[name] !== undefined)
  if (header !== undefined) throw rulewireError('PROXY_UNDECLARED', { header })
}

/** The address of who asks; behind a proxy the last one that the proxy tells, which it has seen itself. */
export function addressOf(request: IncomingMessage, { behindProxy }: Entrance): string {
  const told = behindProxy ? String(request.headers['x-forwarded-for'] ?? '') : ''
  const last = told.split(',').at(-1)?.trim() ?? ''
  return plain(isIP(last) === 0 ? (request.socket.remoteAddress ?? 'unknown') : last)
}

/** An IPv4 address that came over an IPv6 socket is the IPv4 one. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
