import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { rulewireError } from '../errors.ts'

/** Which names this server may be asked by, and which pages may change something. */
export interface HostRules {
  /** `name:port` in lower case. */
  readonly exact: ReadonlySet<string>
  /** Names that are right with any port: what the operator allowed without one. */
  readonly names: ReadonlySet<string>
  /** For people, in error texts. */
  readonly shown: string
}

/**
 * The rules for a server on an address: loopback names with its port, its own addresses if it listens on them, and what the
 * operator allowed. An address as such cannot be bent to this machine by a foreign name server, so listening on all of them
 * allows each by its number.
 *
 * @param allowed names such as `rulewire.example` or `rulewire.example:8443`
 */
export function hostRules(host: string, port: number, allowed: readonly string[] = []): HostRules {
  const names = new Set<string>()
  const exact = new Set<string>()
  const own = isEveryAddress(host) ? ownAddresses() : [host]
  for (const name of ['127.0.0.1', 'localhost', '[::1]', ...own.map(bracketed)]) {
    exact.add(`${name}:${port}`.toLowerCase())
    if (port === 80) exact.add(name.toLowerCase())
  }
  const shown = [...exact]
  for (const entry of allowed.map((text) => text.toLowerCase())) {
    const target = /:\d+$/.test(entry) && !isIP(entry) ? exact : names
    target.add(bracketed(entry))
    shown.push(entry)
  }
  return { exact, names, shown: shown.join(', ') }
}

/** Throws WRONG_HOST unless the Host header is one of ours: a page under a foreign name that points here gets nothing. */
export function checkHost(rules: HostRules, request: IncomingMessage): void {
  const host = (request.headers.host ?? '').toLowerCase()
  if (rules.exact.has(host) || rules.names.has(withoutPort(host))) return
  throw rulewireError('WRONG_HOST', { host, hosts: rules.shown })
}

/**
 * Throws WRONG_ORIGIN when a page of another origin sent this. Call it for everything that changes something and for
 * WebSockets. Programs that are no browsers send neither header and pass.
 */
export function checkOrigin(rules: HostRules, request: IncomingMessage): void {
  const { origin, host = '' } = request.headers
  if (origin !== undefined && !isOwnOrigin(rules, origin, host.toLowerCase())) {
    throw rulewireError('WRONG_ORIGIN', { origin })
  }
  const site = request.headers['sec-fetch-site']
  // "same-site" is another port of this machine: a page of somebody else.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw rulewireError('WRONG_ORIGIN', { origin: origin ?? `another origin (${String(site)})` })
  }
}

/** Whether others than this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
}

function isOwnOrigin(rules: HostRules, origin: string, host: string): boolean {
  const found = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1]
  // A proxy may have changed Host: then the page's own name counts, if the operator allowed it.
  return found !== undefined && (found === host || rules.exact.has(found) || rules.names.has(found))
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '')
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === ''
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address))
}
