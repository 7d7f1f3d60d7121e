import { z } from 'zod'
import { idText, topicText } from './problems.ts'
import { type Route, route } from './route.ts'

const params = z.strictObject({ flow: idText() })
const testText = () => z.string().max(900_000)

/** Routes for rule tests. Part of the one table of routes. */
export function testRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/flows/:flow/tests`,
      summary: 'The rule tests of a flow: the text of its NAME.test.json.',
      access: 'viewer',
      params,
      handle: ({ engine, params: { flow } }) => engine.ruleTests.get(flow),
    }),
    route({
      method: 'PUT',
      path: `${apiRoot}/flows/:flow/tests`,
      summary: 'Checks and writes { text, hash? } as the rule tests of a flow.',
      access: 'editor',
      params,
      body: z.strictObject({ text: testText(), hash: z.string().max(128).optional() }),
      audit: { action: 'tests.put' },
      handle: ({ engine, params: { flow }, body }) => engine.ruleTests.put(flow, body.text, body.hash),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/flows/:flow/tests/run`,
      summary: 'Runs rule tests on the draft { document, text?, tests? } in virtual time; nothing leaves.',
      access: 'editor',
      params,
      body: z.strictObject({
        document: z.unknown(),
        text: testText().optional(),
        tests: z.array(z.int().min(0)).max(10_000).optional(),
      }),
      audit: false,
      handle: ({ engine, params: { flow }, body }) => engine.ruleTests.run(flow, body),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/flows/:flow/tests/record`,
      summary:
        'Makes a rule test from { document, name, messages, advance?, disable? }: runs them and notes what comes.',
      access: 'editor',
      params,
      body: z.strictObject({
        document: z.unknown(),
        name: z.string().min(1).max(200),
        messages: z
          .array(
            z.strictObject({
              after: z.number().min(0),
              topic: topicText(),
              payload: z.unknown(),
              retain: z.boolean().optional(),
              to: z.array(z.string().max(200)).max(100).optional(),
            }),
          )
          .min(1)
          .max(200),
        advance: z.string().max(64).optional(),
        disable: z.array(z.string().max(64)).max(10_000).optional(),
      }),
      audit: false,
      handle: ({ engine, params: { flow }, body }) => engine.ruleTests.record(flow, body),
    }),
  ]
}
