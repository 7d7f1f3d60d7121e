import { z } from 'zod'
import { idText } from './problems.ts'
import { type Route, route } from './route.ts'

const time = () => z.union([z.number(), z.string().max(64)]).optional()

const input = z
  .strictObject({
    text: z.string(),
    format: z.enum(['csv', 'jsonl']).optional(),
    topic: z.string().min(1).max(65_535).optional(),
    time: z.string().min(1).max(256).optional(),
    tz: z.string().min(1).max(64).optional(),
    map: z.record(z.string().max(256), z.string().max(256)).optional(),
  })
  .optional()

const params = z.strictObject({ id: z.string().max(64) })

/** Routes for backtests and for the adviser of thresholds. Part of the one table of routes. */
export function backtestRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: `${apiRoot}/backtest`,
      summary:
        'Runs { document, from?, to?, against?, input?, disable?, tolerance?, width?, seed? } over history: a job.',
      access: 'editor',
      body: z.strictObject({
        document: z.unknown(),
        from: time(),
        to: time(),
        against: z
          .union([
            z.literal('deployed'),
            z.strictObject({ label: z.string().max(256).optional(), document: z.unknown() }),
          ])
          .optional(),
        input,
        disable: z.array(idText()).max(1000).optional(),
        tolerance: z.string().max(64).optional(),
        width: z.int().min(50).max(4000).optional(),
        seed: z.int().min(0).optional(),
      }),
      handle: ({ engine, body }) => engine.backtests.backtest(body),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/advise`,
      summary:
        'Suggests thresholds for { topic, value?, key?, side?, perDay?, from?, to?, input? } from history: a job.',
      access: 'editor',
      body: z.strictObject({
        topic: z.string().min(1).max(65_535),
        value: z.string().min(1).max(100_000).optional(),
        key: z.string().min(1).max(100_000).optional(),
        side: z.enum(['above', 'below']).optional(),
        perDay: z.number().positive().optional(),
        from: time(),
        to: time(),
        input,
      }),
      handle: ({ engine, body }) => engine.backtests.advise(body),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/backtests`,
      summary: 'Backtests and advice of the last hour, without results.',
      access: 'viewer',
      handle: ({ engine }) => engine.backtests.list(),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/backtests/:id`,
      summary: 'A backtest or advice: how far it is, and its result when it is done.',
      access: 'viewer',
      params,
      handle: ({ engine, params: { id } }) => engine.backtests.get(id),
    }),
    route({
      method: 'DELETE',
      path: `${apiRoot}/backtests/:id`,
      summary: 'Ends a backtest that runs, and forgets one that does not.',
      access: 'editor',
      params,
      handle: ({ engine, params: { id } }) => engine.backtests.end(id),
    }),
  ]
}
