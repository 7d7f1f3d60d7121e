import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { reasonOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { TlsFiles } from '../net/tls-files.ts'

/** Milliseconds for a TLS handshake. */
const handshakeTimeout = 10_000
/** Seconds for which browsers insist on TLS: a year. */
const insistence = 31_536_000

/** A server for HTTP, or for HTTPS with certificates that follow their files (C19). */
export function createWebServer(options: ServerOptions, tls: TlsFiles | undefined, log: Log): Server {
  if (tls === undefined) return createServer(options)
  const server = createSecureServer({ ...options, ...tls.texts, handshakeTimeout })
  tls.attach(server)
  server.on('tlsClientError', (error) => log('debug', `TLS handshake: ${reasonOf(error)}`))
  return server
}

/**
 * Tells browsers to come by HTTPS only. Not for the name localhost: there it would hold for every other program of this machine
 * too, since it counts for all ports.
 */
export function insistOnTls(request: IncomingMessage, response: ServerResponse): void {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (name !== 'localhost') response.setHeader('Strict-Transport-Security', `max-age=${insistence}`)
}
