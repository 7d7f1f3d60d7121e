import { z } from 'zod'
import { isUserName, nobody, type Principal, passwordLength } from '../auth/index.ts'
import type { BegunSession } from './api-auth.ts'
import { secretText } from './problems.ts'
import type { SessionAnswer, Who } from './protocol-auth.ts'
import { Answer, type Route, type RouteInput, route } from './route.ts'

/** As it is typed: a name that cannot be one is just wrong. */
const typedName = () => z.string().max(256)

/** Routes by which somebody comes in and goes out. Part of the one table of routes. */
export function authRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/session`,
      summary: 'Whether a login is needed, and who is logged in.',
      access: 'anyone',
      handle: (input) => sessionAnswer(input, input.who),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/setup`,
      summary: 'Makes the first admin of { token, name, password } with the setup token, and logs in.',
      access: 'anyone',
      body: z.strictObject({ token: secretText('token'), name: typedName(), password: secretText('password') }),
      audit: { action: 'setup', target: ({ body }) => (isUserName(body.name) ? body.name : '') },
      handle: async (input) => {
        const { engine, body, address } = input
        return begun(input, await engine.auth.setup({ ...body, address }))
      },
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/login`,
      summary: 'Logs { name, password } in; the session is in a cookie.',
      access: 'anyone',
      body: z.strictObject({ name: typedName(), password: secretText('password') }),
      // A name that nobody has is not written down: it may be a password in the wrong field.
      audit: { action: 'login', target: ({ engine, body }) => (engine.auth.users.has(body.name) ? body.name : '?') },
      handle: async (input) => {
        const { engine, body, address } = input
        return begun(input, await engine.auth.login({ ...body, address }))
      },
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/logout`,
      summary: 'Ends this session; with { everywhere: true } all sessions of the user.',
      access: 'anyone',
      body: z.strictObject({ everywhere: z.boolean().optional() }),
      audit: { action: 'logout', target: ({ body }) => (body.everywhere === true ? 'everywhere' : '') },
      handle: (input) => {
        const { engine, who, body, door } = input
        // Not for a token: who has one of a user must not put that user out.
        if (who.kind === 'user') engine.auth.logout(who, body.everywhere === true)
        const left = who.kind === 'user' ? nobody : who
        return new Answer(200, sessionAnswer(input, left), 'application/json', {
          headers: { 'Set-Cookie': door.cookie.end() },
        })
      },
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/password`,
      summary: 'Changes the own password, { current, password }; other sessions end.',
      access: 'viewer',
      body: z.strictObject({
        current: secretText('current'),
        password: secretText('password', 1, passwordLength.most * 4),
      }),
      audit: { action: 'password.change', target: ({ who }) => who.name },
      handle: async (input) => {
        const { engine, who, body, address } = input
        return begun(input, await engine.auth.changePassword(who, { ...body, address }))
      },
    }),
  ]
}

function begun(input: RouteInput, { id, who }: BegunSession): Answer {
  const answer = sessionAnswer(input, who)
  const seconds = Math.max(1, Math.floor(((answer.expires ?? 0) - Date.now()) / 1000))
  const headers = { 'Set-Cookie': input.door.cookie.begin(id, seconds) }
  return new Answer(200, answer, 'application/json', { headers, who })
}

function sessionAnswer({ engine, door }: RouteInput, who: Principal): SessionAnswer {
  const mode = door.mode()
  return {
    mode,
    who: shownWho(who),
    ...engine.auth.ends(who),
    ...(mode === 'single-user' && door.entrance.exposed ? { open: true } : {}),
    passwordLength,
  }
}

function shownWho({ name, role, kind }: Principal): Who | null {
  return role === 'nobody' || kind === 'nobody' || kind === 'console' ? null : { name, role, kind }
}
