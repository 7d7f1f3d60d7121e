import { HopelessRequest, type IncomingAnswer, type OutgoingRequest } from './transport.ts'

/** Redirects that are followed for one request. */
export const redirectLimit = 5

/** Headers that are meant for one server. */
const personal: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])
const bodyHeaders: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'content-language'])

/**
 * The request that an answer asks for with a redirect, as browsers make it; undefined when it is none. Another server gets
 * neither logins nor what came from a secret, and is judged as one that no flow names. Throws {@link HopelessRequest}.
 *
 * @param secrets names of headers that hold secrets, in lower case
 */
export function redirected(
  request: OutgoingRequest,
  answer: IncomingAnswer,
  secrets: ReadonlySet<string>,
): OutgoingRequest | undefined {
  const { status, headers } = answer
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined
  const url = URL.parse(headers.location, request.url.href)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new HopelessRequest(`it redirects to no address of HTTP`)
  if (url.username !== '' || url.password !== '') throw new HopelessRequest('it redirects to an address with a login')
  if (request.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new HopelessRequest(`it redirects from https to ${url.host} without TLS, which is not followed`)
  }
  const { method, body } = request
  const toGet = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST'
  const other = url.origin !== request.url.origin
  const kept = Object.entries(request.headers).filter(([given]) => {
    const name = given.toLowerCase()
    return !(other && (personal.has(name) || secrets.has(name))) && !(toGet && bodyHeaders.has(name))
  })
  return {
    method: toGet ? 'GET' : method,
    url,
    headers: Object.fromEntries(kept),
    body: toGet ? undefined : body,
    written: request.written && !other,
  }
}
