import { z } from 'zod'
import { countText, idText } from './problems.ts'
import { type Route, route } from './route.ts'

/** Routes of the history. Part of the one table of routes. */
export function historyRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/history`,
      summary: 'What is recorded: topic filters, messages, bytes, oldest and newest.',
      access: 'viewer',
      handle: ({ engine }) => engine.history.list(),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/history/messages`,
      summary:
        'Recorded messages, the newest, oldest first; ?connection= &filter= &from= &to= (UTC milliseconds) &limit=.',
      access: 'viewer',
      query: z.strictObject({
        connection: idText().optional(),
        filter: z.string().min(1).max(65_535).optional(),
        from: countText().optional(),
        to: countText().optional(),
        limit: countText(1, 1000).optional(),
      }),
      handle: ({ engine, query }) => engine.history.messages({ ...query, limit: query.limit ?? 100 }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/history/clear`,
      summary: 'Deletes recorded messages: { connection?, flow?, before? }, all of them unless said.',
      access: 'admin',
      body: z.strictObject({
        connection: idText().optional(),
        flow: idText().optional(),
        before: z.int().min(0).optional(),
      }),
      handle: ({ engine, body }) => engine.history.clear(body),
    }),
  ]
}
