import { z } from 'zod'
import { secretText } from './problems.ts'
import { type Route, route } from './route.ts'

const params = z.strictObject({ name: z.string().min(1).max(64) })

/** Routes for secrets: names come out, values only go in. Part of the one table of routes. */
export function secretRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/secrets`,
      summary: 'Names of secrets, when each was set and who uses it; never a value.',
      access: 'admin',
      handle: ({ engine }) => engine.secrets.list(),
    }),
    route({
      method: 'PUT',
      path: `${apiRoot}/secrets/:name`,
      summary: 'Sets a secret to { value }; it is used from the next request or connection on.',
      access: 'admin',
      params,
      body: z.strictObject({ value: secretText('value', 0, 65_536) }),
      audit: { action: 'secret.set' },
      handle: ({ engine, params: { name }, body }) => engine.secrets.set(name, body.value),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/secrets/:name/remove`,
      summary: 'Removes a secret { force? } that nobody uses, or with "force" one that is used.',
      access: 'admin',
      params,
      body: z.strictObject({ force: z.boolean().default(false) }),
      audit: { action: 'secret.remove' },
      handle: ({ engine, params: { name }, body }) => {
        engine.secrets.remove(name, body.force)
        return { removed: name }
      },
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/secrets/rotate-key`,
      summary: 'Encrypts all secrets with a new key {}; tells how many.',
      access: 'admin',
      body: z.strictObject({}),
      audit: { action: 'secret.rotate-key' },
      handle: ({ engine }) => engine.secrets.rotate(),
    }),
  ]
}
