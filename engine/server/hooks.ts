import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import { RulewireError, rulewireError } from '../errors.ts'
import type { HookAnswer, HookHead, HooksApi } from './api-hooks.ts'
import { readBody } from './body.ts'

/** Where hooks stand. */
export const hooksRoot = '/hooks/'

/**
 * Answers everything below {@link hooksRoot} for the flows that want it. A hook proves who sends in its own way, so neither login nor
 * role counts here; everything else that holds for all requests (Host, Origin, headers) was looked at before.
 */
export function hooksHandler(hooks: HooksApi, addressOf: (request: IncomingMessage) => string): RequestHandler {
  return async (request, response, next) => {
    if (!request.path.startsWith(hooksRoot)) return next()
    const head = { ...headOf(request), from: addressOf(request) }
    const call = hooks.open(head)
    response.once('close', call.close)
    try {
      const encoding = request.headers['content-encoding']
      if (encoding !== undefined && encoding !== 'identity') {
        const wanted = 'Send it without Content-Encoding.'
        throw rulewireError('BAD_REQUEST', { detail: `The body is compressed (${encoding.slice(0, 40)}).`, wanted })
      }
      send(response, head, await call.run(await readBody(request, call.bodyLimit)))
    } finally {
      call.close()
    }
  }
}

/** What an error tells beside its body: when to come back, and that the rest of a body is not read. */
export function setErrorHeaders(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  const seconds = thrown instanceof RulewireError ? waitOf(thrown) : undefined
  if (seconds !== undefined) response.setHeader('Retry-After', seconds)
  if (hasBody(request) && !request.complete) response.setHeader('Connection', 'close')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** The seconds that an error names. */
function waitOf({ code, hint, message }: RulewireError): string | undefined {
  const text = code === 'HOOK_BUSY' ? hint : code === 'LOGIN_LIMITED' ? message : ''
  return /(\d+) s\b/.exec(text)?.[1]
}

function headOf(request: IncomingMessage): Omit<HookHead, 'from'> {
  const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s)
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  )
  return {
    method: request.method ?? 'GET',
    path: path.slice(hooksRoot.length),
    query: queryOf(search),
    headers: Object.fromEntries(headers),
  }
}

/** A name that stands twice has a list. */
function queryOf(search: string): HookHead['query'] {
  const lists = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(search)) lists.set(name, [...(lists.get(name) ?? []), value])
  return Object.fromEntries(
    [...lists].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

/** What a flow answers may come from anybody, so a browser that shows it gives it nothing of this origin. */
function send(response: ServerResponse, { method }: HookHead, { status, headers, body }: HookAnswer): void {
  if (response.destroyed || response.headersSent) return
  response.statusCode = status
  try {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
    const bare = status === 204 || status === 304 || method === 'HEAD'
    if (!bare) response.setHeader('Content-Length', Buffer.byteLength(body))
    response.end(bare ? undefined : body)
  } catch (thrown) {
    // What cannot be sent must not be part of the answer that says so.
    for (const name of [...Object.keys(headers), 'Content-Length']) response.removeHeader(name)
    throw thrown
  }
}
