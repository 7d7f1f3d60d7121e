import { reasonOf } from '../errors.ts'
import type { RequestEffect } from '../spec/context.ts'

/** Bytes of an answer's body that are read; the rest is an error. */
const bodyLimit = 1_000_000

/** `again`: another attempt may succeed. `failed`: it will not. */
export type Answer =
  | { kind: 'response'; status: number; headers: Record<string, string>; body: unknown }
  | { kind: 'again' | 'failed'; detail: string; status?: number; retryAfter?: number }

/** Statuses after which a repeat makes sense, beside all from 500 on. */
const passing = new Set([408, 425, 429])

/** Makes one attempt. Never rejects: what went wrong is in the answer. */
export async function sendRequest(effect: RequestEffect, idempotencyKey: string, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body, timeout } = effect
  try {
    const response = await fetch(url, {
      method,
      headers: { 'idempotency-key': idempotencyKey, ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      // The cast is about ArrayBuffer or SharedArrayBuffer behind the bytes: fetch takes both.
      ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    })
    return await answerOf(response)
  } catch (thrown) {
    if (thrown instanceof TypeError && thrown.cause === undefined) return { kind: 'failed', detail: thrown.message }
    return { kind: 'again', detail: detailOf(thrown, timeout) }
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const { status } = response
  const bytes = await readBody(response)
  if (response.ok)
    return { kind: 'response', status, headers: Object.fromEntries(response.headers), body: bodyOf(response, bytes) }
  const detail = `the answer was ${status} ${response.statusText}`.trimEnd()
  if (status < 500 && !passing.has(status)) return { kind: 'failed', detail, status }
  const retryAfter = retryAfterOf(response)
  return { kind: 'again', detail, status, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

async function readBody(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > bodyLimit) throw new Error(`the answer is longer than ${bodyLimit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** JSON where the answer says so and it is, else text. */
function bodyOf(response: Response, bytes: Buffer): unknown {
  const text = bytes.toString('utf8')
  if (!/[/+]json\b/.test(response.headers.get('content-type') ?? '')) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The server calls it JSON and it is not: the text is what there is.
    return text
  }
}

/** Milliseconds that the server asks us to wait: seconds or a date. */
function retryAfterOf(response: Response): number | undefined {
  const value = response.headers.get('retry-after')
  if (value === null) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined
}

function detailOf(thrown: unknown, timeout: number): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return `there was no answer within ${timeout} ms`
  const cause = thrown instanceof Error ? thrown.cause : undefined
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
    return `${cause.code} ${cause.message}`.trimEnd()
  return reasonOf(cause ?? thrown)
}
