import { z } from 'zod'
import { idText, topicText } from './problems.ts'
import { type Route, route } from './route.ts'

/** Routes for looking into flows: traces, test runs, single expressions. Part of the one table of routes. */
export function toolRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: `${apiRoot}/trace`,
      summary: 'Records the next message that enters { flow, node?, filter? }, hop by hop; gives its id.',
      access: 'operator',
      body: z.strictObject({
        flow: idText(),
        node: idText().optional(),
        filter: z.string().min(1).max(65_535).optional(),
      }),
      audit: {
        action: 'trace.arm',
        target: ({ body }) => (body.node === undefined ? body.flow : `${body.flow}/${body.node}`),
      },
      handle: ({ engine, body }) => engine.trace.arm(body),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/trace/:id`,
      summary: 'A trace: armed, done with its hops, or expired after a minute.',
      access: 'viewer',
      params: z.strictObject({ id: z.string().max(64) }),
      handle: ({ engine, params }) => engine.trace.get(params.id),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/try`,
      summary:
        'Runs { document, node?, port?, message? | packet? | request?, advance?, withState?, seed? } beside the flows.',
      access: 'editor',
      body: z.strictObject({
        document: z.unknown(),
        node: idText().optional(),
        port: z.string().min(1).max(64).optional(),
        message: z.record(z.string(), z.unknown()).optional(),
        request: z
          .strictObject({
            method: z.string().max(16).optional(),
            path: z.string().min(1).max(1024),
            query: z.record(z.string(), z.string()).optional(),
            headers: z.record(z.string(), z.string()).optional(),
            body: z.unknown().optional(),
          })
          .optional(),
        packet: z
          .strictObject({
            topic: topicText(),
            payload: z.unknown(),
            retain: z.boolean().optional(),
            qos: z.literal([0, 1, 2]).optional(),
          })
          .optional(),
        advance: z.string().max(64).optional(),
        withState: z.boolean().optional(),
        seed: z.int().optional(),
      }),
      audit: false,
      handle: ({ engine, body }) => engine.try(body),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/evaluate`,
      summary: 'Evaluates { expression, message } once: value, inferred type, or the error with its position.',
      access: 'editor',
      body: z.strictObject({ expression: z.string().min(1).max(100_000), message: z.unknown() }),
      audit: false,
      handle: ({ engine, body }) => engine.evaluate(body.expression, body.message),
    }),
  ]
}
