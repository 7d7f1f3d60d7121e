import { z } from 'zod'
import { roles } from '../auth/index.ts'
import { auditHash } from './audit.ts'
import { countText, secretText } from './problems.ts'
import type { NewToken, TokenList, User, UserList } from './protocol-auth.ts'
import { type Route, route } from './route.ts'

const userParams = z.strictObject({ name: z.string().min(1).max(64) })
const roleText = () => z.enum(roles)

/** Routes for users and API tokens, and for the log of who did what. Part of the one table of routes. */
export function userRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/users`,
      summary: 'All users with their roles.',
      access: 'admin',
      handle: ({ engine }): UserList => ({ items: engine.auth.users.list() }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/users`,
      summary: 'Makes the user { name, role, password }. The first one is an admin and ends the use without a login.',
      access: 'admin',
      body: z.strictObject({ name: z.string().max(256), role: roleText(), password: secretText('password', 1, 4096) }),
      audit: { action: 'user.add', target: ({ body }) => body.name, after: (_, user) => userHash(user as User) }, // what the handler gives
      handle: ({ engine, body }) => engine.auth.users.add(body),
    }),
    route({
      method: 'PUT',
      path: `${apiRoot}/users/:name`,
      summary: 'Changes { role?, disabled?, password? } of a user; a new password ends the sessions.',
      access: 'admin',
      params: userParams,
      body: z.strictObject({
        role: roleText().optional(),
        disabled: z.boolean().optional(),
        password: secretText('password', 1, 4096).optional(),
      }),
      audit: {
        action: 'user.change',
        before: ({ engine, params }) => userHash(engine.auth.users.get(params.name)),
        after: (_, user) => userHash(user as User), // what the handler gives
      },
      handle: ({ engine, params, body }) => engine.auth.users.change(params.name, body),
    }),
    route({
      method: 'DELETE',
      path: `${apiRoot}/users/:name`,
      summary: 'Removes a user with sessions and API tokens.',
      access: 'admin',
      params: userParams,
      audit: { action: 'user.remove', before: ({ engine, params }) => userHash(engine.auth.users.get(params.name)) },
      handle: ({ engine, params }) => {
        engine.auth.users.remove(params.name)
        return { deleted: params.name }
      },
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/tokens`,
      summary: 'The own API tokens; for an admin those of all.',
      access: 'viewer',
      handle: ({ engine, who }): TokenList => ({ items: engine.auth.tokens.list(who) }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/tokens`,
      summary: 'Makes the API token { title, role, days? }, which is shown once; its role is at most the own one.',
      access: 'viewer',
      body: z.strictObject({
        title: z.string().trim().min(1).max(64),
        role: roleText(),
        days: z.int().min(1).max(3650).nullable().optional(),
      }),
      audit: {
        action: 'token.make',
        target: ({ body }) => `${body.title} (${body.role})`,
        after: (_, { token: __, ...made }) => auditHash(made),
      },
      handle: ({ engine, who, body }): NewToken => engine.auth.tokens.make(who, body),
    }),
    route({
      method: 'DELETE',
      path: `${apiRoot}/tokens/:id`,
      summary: 'Revokes an API token: an own one, or for an admin any.',
      access: 'viewer',
      params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{1,32}$/) }),
      audit: { action: 'token.revoke' },
      handle: ({ engine, who, params }) => {
        engine.auth.tokens.revoke(who, params.id)
        return { revoked: params.id }
      },
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/audit`,
      summary:
        'Who did what when, newest first; ?who= &action= &target= &outcome= &from= &to= &limit= &before= (an id).',
      access: 'admin',
      query: z.strictObject({
        who: z.string().max(256).optional(),
        action: z.string().max(64).optional(),
        target: z.string().max(300).optional(),
        outcome: z.enum(['done', 'refused', 'failed']).optional(),
        from: countText().optional(),
        to: countText().optional(),
        before: countText().optional(),
        limit: countText(1, 1000).optional(),
      }),
      handle: ({ engine, query }) => engine.audit.list({ ...query, limit: query.limit ?? 100 }),
    }),
  ]
}

/** Of what an admin can change; when the password was changed stands for the password. */
function userHash({ name, role, disabled, passwordChanged }: User): string {
  return auditHash([name, role, disabled, passwordChanged])
}
