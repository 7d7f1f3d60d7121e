import { z } from 'zod'
import { secretText } from './problems.ts'
import { type Route, route } from './route.ts'

const params = z.strictObject({ name: z.string().min(1).max(64) })
const rule = z.strictObject({ action: z.enum(['publish', 'subscribe', 'both']), filter: z.string().min(1).max(1024) })

/** Routes for users of the embedded broker. Part of the one table of routes. */
export function brokerUserRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/broker-users`,
      summary: 'Users of the embedded broker with their rules; never a password.',
      access: 'admin',
      handle: ({ engine }) => engine.brokerUsers.list(),
    }),
    route({
      method: 'PUT',
      path: `${apiRoot}/broker-users/:name`,
      summary: 'Adds or changes a user { password?, disabled?, rules? }; its connections end and begin anew.',
      access: 'admin',
      params,
      body: z.strictObject({
        password: secretText('password', 0).nullable().optional(),
        disabled: z.boolean().optional(),
        rules: z.array(rule).max(1000).optional(),
      }),
      audit: { action: 'broker-user.put' },
      handle: ({ engine, params: { name }, body }) => engine.brokerUsers.put(name, body),
    }),
    route({
      method: 'DELETE',
      path: `${apiRoot}/broker-users/:name`,
      summary: 'Removes a user: its connections end, its sessions go with what waits in them.',
      access: 'admin',
      params,
      audit: { action: 'broker-user.remove' },
      handle: ({ engine, params: { name } }) => {
        engine.brokerUsers.remove(name)
        return { removed: name }
      },
    }),
  ]
}
