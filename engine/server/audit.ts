import { createHash } from 'node:crypto'
import type { Principal } from '../auth/index.ts'
import { RulewireError } from '../errors.ts'
import type { AuditApi } from './api-auth.ts'
import { Answer, type Route, type RouteInput } from './route.ts'

/** A short hash of anything, for the audit log: tells that something is the same as then, and nothing of what it is. */
export function auditHash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex')
    .slice(0, 16)
}

/** Whether what a route does is written into the audit log: everything that is not a GET, unless the route says that it changes nothing. */
export function isAudited(route: Route): boolean {
  return route.method !== 'GET' && route.audit !== false
}

/** What an act is called: as the route says, else made from its path, so that a route cannot be forgotten. */
export function actionOf(route: Route): string {
  if (route.audit !== undefined && route.audit !== false) return route.audit.action
  const words = route.path
    .split('/')
    .filter((word) => word !== '' && word !== 'api' && word !== 'v1' && !word.startsWith(':'))
  return [...words, route.method.toLowerCase()].join('.')
}

/** Runs the handler of a route and writes down who did it and what came of it (C26). */
export async function audited(route: Route, input: RouteInput, audit: AuditApi): Promise<unknown> {
  if (!isAudited(route)) return route.handle(input)
  const rules = route.audit === false ? undefined : route.audit
  const target = rules?.target === undefined ? Object.values(input.params).join(' ') : rules.target(input)
  const act = { who: input.who, address: input.address, action: actionOf(route), target }
  const before = hashIfAny(() => rules?.before?.(input))
  try {
    const result = await route.handle(input)
    const after = rules?.after?.(input, result instanceof Answer ? result.body : result)
    const who = (result instanceof Answer ? result.who : undefined) ?? input.who
    audit.note({ ...act, who, outcome: 'done', before, after })
    return result
  } catch (thrown) {
    audit.note({ ...act, ...outcomeOf(thrown), before })
    throw thrown
  }
}

/** Writes down that somebody who is logged in was not allowed something. */
export function noteRefusal(
  route: Route,
  place: { who: Principal; address: string; path: string },
  thrown: unknown,
  audit: AuditApi,
): void {
  const { who, address, path } = place
  if (!isAudited(route) || who.kind === 'nobody') return
  audit.note({ who, address, action: actionOf(route), target: path, ...outcomeOf(thrown) })
}

function outcomeOf(thrown: unknown): { outcome: 'refused' | 'failed'; code: string } {
  if (!(thrown instanceof RulewireError)) return { outcome: 'failed', code: 'INTERNAL' }
  return { outcome: thrown.status < 500 ? 'refused' : 'failed', code: thrown.code }
}

/** What is not there yet has no hash. */
function hashIfAny(read: () => string | undefined): string | undefined {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof RulewireError && thrown.code === 'NOT_FOUND') return undefined
    throw thrown
  }
}
