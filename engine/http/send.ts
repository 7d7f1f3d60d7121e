import { type Problem, RulewireError, reasonOf } from '../errors.ts'
import type { RequestEffect } from '../spec/context.ts'
import { isDeeperThan, maxJsonDepth } from '../spec/decode.ts'
import { redirected, redirectLimit } from './redirect.ts'
import { HopelessRequest, type IncomingAnswer, type OutgoingRequest, type Transport } from './transport.ts'

/** `again`: another attempt may succeed. `failed`: it will not. */
export type Answer =
  | { kind: 'response'; status: number; headers: Record<string, string>; body: unknown }
  | {
      kind: 'again' | 'failed'
      detail: string
      status?: number
      retryAfter?: number
      /** An error of the table that says it better. */
      error?: Problem
    }

export interface SendOptions {
  readonly transport: Transport
  /** Value of a secret; throws when it cannot be read. */
  secret(name: string): string | undefined
}

/** Statuses after which a repeat makes sense, beside all from 500 on. */
const passing = new Set([408, 425, 429])

/** Makes one attempt. Never rejects: what went wrong is in the answer. No answer holds the value of a secret. */
export async function sendRequest(
  effect: RequestEffect,
  idempotencyKey: string,
  signal: AbortSignal,
  options: SendOptions,
): Promise<Answer> {
  const { timeout } = effect
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
    const { request, secrets } = requestOf(effect, idempotencyKey, options.secret)
    return answerOf(await follow(request, secrets, limited, options.transport))
  } catch (thrown) {
    return faultOf(thrown, timeout)
  }
}

async function follow(
  first: OutgoingRequest,
  secrets: ReadonlySet<string>,
  signal: AbortSignal,
  transport: Transport,
): Promise<IncomingAnswer> {
  let request = first
  for (let hops = 0; ; hops++) {
    const answer = await transport.send(request, signal)
    const next = redirected(request, answer, secrets)
    if (next === undefined) return answer
    if (hops === redirectLimit) throw new HopelessRequest(`it was redirected more than ${redirectLimit} times`)
    request = next
  }
}

function requestOf(
  effect: RequestEffect,
  idempotencyKey: string,
  secretOf: SendOptions['secret'],
): { request: OutgoingRequest; secrets: ReadonlySet<string> } {
  const url = URL.parse(effect.url)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new HopelessRequest('the URL is none of http or https')
  if (url.username !== '' || url.password !== '') {
    throw new HopelessRequest('a name and password do not belong into a URL; use a header with a secret')
  }
  const secrets = new Set<string>()
  const headers: Record<string, string> = { 'idempotency-key': idempotencyKey }
  for (const [name, given] of Object.entries(effect.headers)) {
    const lower = name.toLowerCase()
    if (typeof given === 'string') headers[lower] = given
    else {
      secrets.add(lower)
      headers[lower] = headerSecret(given.$secret, secretOf)
    }
  }
  return {
    request: { method: effect.method, url, headers, body: effect.body, written: effect.computed !== true },
    secrets,
  }
}

/** A secret that is missing may come back: the request waits for that as for a server. */
function headerSecret(name: string, secretOf: SendOptions['secret']): string {
  const value = secretOf(name)
  if (value === undefined) throw new Error(`the secret "${name}" is not set`)
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value
  throw new HopelessRequest(
    `the secret "${name}" cannot stand in a header: it holds a line break or another sign that may not`,
  )
}

function answerOf({ status, reason, headers, body }: IncomingAnswer): Answer {
  if (status >= 200 && status < 300)
    return { kind: 'response', status, headers: { ...headers }, body: bodyOf(headers['content-type'] ?? '', body) }
  const detail = `the answer was ${status} ${reason}`.trimEnd()
  if (status < 500 && !passing.has(status)) return { kind: 'failed', detail, status }
  const retryAfter = retryAfterOf(headers['retry-after'])
  return { kind: 'again', detail, status, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

/** JSON where the answer says so and it is, and not too deep to be kept and sent again (C32), else text. */
function bodyOf(type: string, bytes: Buffer): unknown {
  const text = bytes.toString('utf8')
  if (!/[/+]json\b/.test(type) || isDeeperThan(text, maxJsonDepth)) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The server calls it JSON and it is not: the text is what there is.
    return text
  }
}

/** Milliseconds that the server asks us to wait: seconds or a date. */
function retryAfterOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}

function faultOf(thrown: unknown, timeout: number): Answer {
  if (thrown instanceof RulewireError && thrown.code === 'EGRESS_DENIED') {
    const { code, message: text, hint } = thrown
    return { kind: 'failed', detail: text, error: { code, severity: 'error', text, hint } }
  }
  if (thrown instanceof HopelessRequest) return { kind: 'failed', detail: thrown.message }
  if (thrown instanceof Error && thrown.name === 'TimeoutError')
    return { kind: 'again', detail: `there was no answer within ${timeout} ms` }
  return { kind: 'again', detail: detailOf(thrown) }
}

function detailOf(thrown: unknown): string {
  const first = thrown instanceof AggregateError ? thrown.errors[0] : thrown
  if (!(first instanceof Error) || !('code' in first) || typeof first.code !== 'string') return reasonOf(first)
  return first.message.includes(first.code) ? first.message : `${first.code} ${first.message}`.trimEnd()
}
