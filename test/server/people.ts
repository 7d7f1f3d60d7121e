import type { Role } from '../../engine/auth/index.ts'
import type { AuthApi } from '../../engine/server/api-auth.ts'
import { ask, type Question, type Reply } from './ask.ts'

export const password = 'correct horse battery'

/** Makes a user of each role, named after it: viewer, operator, editor, admin. */
export async function addPeople(auth: AuthApi): Promise<void> {
  for (const role of ['admin', 'editor', 'operator', 'viewer'] as const)
    await auth.users.add({ name: role, role, password })
}

/** The cookie of an answer, as a browser sends it back. */
export function cookieOf(reply: Reply): string {
  const [header = ''] = reply.headers['set-cookie'] ?? []
  return header.split(';', 1)[0] ?? ''
}

/** Logs in and gives the header with the cookie. */
export async function logIn(port: number, name: string, headers = {}): Promise<{ cookie: string }> {
  const reply = await ask(port, 'POST', '/api/v1/login', { body: { name, password }, headers })
  if (reply.status !== 200) throw new Error(`The login of ${name} failed: ${reply.text}`)
  return { cookie: cookieOf(reply) }
}

/** Asks as somebody who is logged in. */
export function asking(port: number, headers: Readonly<Record<string, string>>) {
  return (method: string, path: string, question: Question = {}) =>
    ask(port, method, `/api/v1${path}`, { ...question, headers: { ...headers, ...question.headers } })
}

/** An API token of a role that belongs to no user. */
export function tokenOf(auth: AuthApi, role: Role): { authorization: string } {
  const who = { name: 'console', role: 'admin', kind: 'console' } as const
  return { authorization: `Bearer ${auth.tokens.make(who, { title: `a ${role}`, role }).token}` }
}
