import { problem, RulewireError, reasonOf, rulewireError } from '../errors.ts'
import type { ErrorAnswer } from '../server/protocol.ts'

/** Milliseconds that an engine may take for an answer. */
const patience = 30_000

/** Where an engine answers, and the API token to show it. The values of `engineOptions` are one. */
export interface EngineTarget {
  readonly url: string
  readonly token?: string | undefined
}

/**
 * Asks a running engine. Throws ENGINE_UNREACHABLE, or what the engine answered as an error.
 *
 * @param path below `/api/v1`
 * @param body sent as JSON with POST; without it the request is a GET
 * @param method another method than that
 */
export async function askEngine<Answer>(
  { url, token }: EngineTarget,
  path: string,
  body?: unknown,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' = body === undefined ? 'GET' : 'POST',
): Promise<Answer> {
  const target = `${url.replace(/\/+$/, '')}/api/v1${path}`
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  const signal = AbortSignal.timeout(patience)
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    // A redirect would take the token to somebody else.
    const response = await fetch(target, { method, headers, redirect: 'error', signal, ...sent })
    const answer: unknown = await response.json()
    if (response.ok) return answer as Answer // the shape that protocol.ts declares for this path
    throw errorOf(answer, response.status)
  } catch (cause) {
    if (cause instanceof RulewireError) throw cause
    const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
    throw rulewireError('ENGINE_UNREACHABLE', { url, detail: detailOf(inner) }, { cause })
  }
}

function errorOf(answer: unknown, status: number): Error {
  const { code, text, hint, problems = [] } = answer as Partial<ErrorAnswer> // checked in the next line
  if (code === undefined || text === undefined || hint === undefined)
    return new Error(`it answered with status ${status}`)
  const known = problem('BAD_REQUEST', { detail: text, wanted: hintOf(code, hint) })
  return new RulewireError({ ...known, code: code as typeof known.code }, { problems }) // a code of the engine's own table
}

/** What helps in a browser does not help here. */
function hintOf(code: string, hint: string): string {
  if (code !== 'LOGIN_NEEDED') return hint
  return 'Give an API token with RULEWIRE_TOKEN or --token; "rulewire tokens create --data DIR" makes one while the engine is stopped.'
}

function detailOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join(', ')
  if (cause instanceof SyntaxError) return 'what answers there is no Rulewire'
  // Node adds advice of its own behind a semicolon.
  const reason = reasonOf(cause).replace(/; if the root CA.*$/, '')
  return /certificate/.test(reason) ? `${reason}; name its authority with NODE_EXTRA_CA_CERTS=FILE` : reason
}
