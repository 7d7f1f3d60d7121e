import type { ErrorAnswer } from '../../../engine/server/protocol.ts'
import { isObject } from '../../core/path.ts'

/** An answer of the engine that is not what was asked for, or no answer at all (status 0). */
export class ApiError extends Error {
  readonly status: number
  readonly answer: ErrorAnswer

  constructor(status: number, answer: ErrorAnswer, cause?: unknown) {
    super(answer.text, cause === undefined ? {} : { cause })
    this.name = 'ApiError'
    this.status = status
    this.answer = answer
  }
}

/** Asks the engine, with JSON both ways. Throws {@link ApiError}. */
export type Call = <Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal) => Promise<Answer>

/**
 * Calls of the API below a path.
 *
 * @param refused hears of every answer that says that nobody is logged in, or that the role does not allow it (any more)
 */
export function createCall(base: string, refused: (code: string) => void): Call {
  return async <Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal) => {
    try {
      return await request<Answer>(method, base + path, body, signal)
    } catch (thrown) {
      if (thrown instanceof ApiError && (saysNobody(thrown) || thrown.answer.code === 'NOT_ALLOWED'))
        refused(thrown.answer.code)
      throw thrown
    }
  }
}

/** A query string of what is given; empty when nothing is. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** Whether an answer says that nobody is logged in (any more). */
export function saysNobody({ status, answer }: ApiError): boolean {
  return status === 401 && nobody.has(answer.code)
}

const nobody: ReadonlySet<string> = new Set(['LOGIN_NEEDED', 'SETUP_NEEDED'])

async function request<Answer>(
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new ApiError(0, { code: 'OFFLINE', text, hint: '' }, cause)
  }
  const text = await response.text()
  const answer: unknown = text === '' ? undefined : parse(text)
  if (response.ok) return answer as Answer // the engine's own answer; protocol.ts says its shape
  const { code, text: said, hint } = isObject(answer) ? answer : {}
  throw new ApiError(response.status, {
    ...(isObject(answer) ? answer : {}),
    code: typeof code === 'string' ? code : 'INTERNAL',
    text: typeof said === 'string' ? said : `${response.status} ${response.statusText}`,
    hint: typeof hint === 'string' ? hint : '',
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError(0, { code: 'INTERNAL', text: 'The answer is not JSON.', hint: '' }, cause)
  }
}
