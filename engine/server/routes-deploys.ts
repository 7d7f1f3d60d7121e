import { z } from 'zod'
import { countText, idText } from './problems.ts'
import type { DeployAnswer } from './protocol.ts'
import { type Route, route } from './route.ts'

const ofFlow = z.strictObject({ flow: idText() })
const ofDeploy = z.strictObject({ flow: idText(), id: countText(1) })

/** What people say about a deploy. */
export const deployComment = () => z.string().min(1).max(500)

/** Routes for the versions of flows. Part of the one table of routes. */
export function deployRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/flows/:flow/deploys`,
      summary: 'The versions of a flow that were deployed, newest first: who, when, why, and what became of them.',
      access: 'viewer',
      params: ofFlow,
      handle: ({ engine, params }) => engine.deploys.list(params.flow),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/flows/:flow/deploys/:id`,
      summary: 'One version with its document, and what restoring it would change.',
      access: 'viewer',
      params: ofDeploy,
      handle: ({ engine, params }) => engine.deploys.get(params.flow, params.id),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/flows/:flow/deploys/:id/restore`,
      summary: 'Deploys this version again and writes the file; { comment? }.',
      access: 'editor',
      params: ofDeploy,
      body: z.strictObject({ comment: deployComment().optional() }),
      audit: {
        action: 'flow.restore',
        before: ({ engine, params }) => engine.flows.get(params.flow).hash,
        after: (_, result) => (result as DeployAnswer).hash, // what the handler gives
      },
      handle: ({ engine, who, params, body }) =>
        engine.deploys.restore(params.flow, params.id, { ...body, by: who.name }),
    }),
  ]
}
