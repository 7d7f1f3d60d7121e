import { z } from 'zod'
import { isAllowed } from '../auth/index.ts'
import { rulewireError, suggestion } from '../errors.ts'
import { describeNode } from '../flow/index.ts'
import { defaultConnection } from '../spec/connection.ts'
import { auditHash } from './audit.ts'
import { countText, idText, topicText } from './problems.ts'
import type { DeployAnswer, NodeTypeDescription, RouteList } from './protocol.ts'
import { Answer, type Route, route } from './route.ts'
import { alarmRoutes } from './routes-alarms.ts'
import { authRoutes } from './routes-auth.ts'
import { backtestRoutes } from './routes-backtest.ts'
import { brokerUserRoutes } from './routes-broker-users.ts'
import { deployComment, deployRoutes } from './routes-deploys.ts'
import { historyRoutes } from './routes-history.ts'
import { healthRoutes, metricsRoute, operationRoutes } from './routes-operations.ts'
import { secretRoutes } from './routes-secrets.ts'
import { testRoutes } from './routes-tests.ts'
import { toolRoutes } from './routes-tools.ts'
import { userRoutes } from './routes-users.ts'
import { welcomePage } from './welcome.ts'

export const apiRoot = '/api/v1'
export const livePath = `${apiRoot}/live`

const flowParams = z.strictObject({ flow: idText() })
/** A topic filter as it stands in a flow. */
const filterText = () => z.string().min(1).max(65_535)
const letterIds = z.array(z.int().positive()).min(1).max(1000)

/** Everything that the server answers, besides the files of the editor. What is not here is refused. */
export const routes: readonly Route[] = [
  ...healthRoutes,
  metricsRoute(false),
  route({
    method: 'GET',
    path: apiRoot,
    summary: 'The list of routes.',
    access: 'viewer',
    handle: (): RouteList => ({
      routes: routes.map(({ method, path, summary }) => ({ method, path, summary })),
    }),
  }),
  route({
    method: 'GET',
    path: livePath,
    summary: 'A WebSocket with node statistics, last values and topics, at most 5 times a second.',
    access: 'viewer',
    handle: () => {
      throw rulewireError('UPGRADE_NEEDED', { path: livePath })
    },
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/engine`,
    summary: 'Version, directories, rates and health.',
    access: 'viewer',
    handle: ({ engine }) => engine.describe(),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/flows`,
    summary: 'All flows with their status and problems.',
    access: 'viewer',
    handle: ({ engine }) => engine.flows.list(),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/flows/:flow`,
    summary: 'A flow with its document, the types at its ports and its hash.',
    access: 'viewer',
    params: flowParams,
    handle: ({ engine, params }) => engine.flows.get(params.flow),
  }),
  route({
    method: 'PUT',
    path: `${apiRoot}/flows/:flow`,
    summary:
      'Checks and deploys { document, hash?, comment? } and writes the file; "hash" is the one that was fetched.',
    access: 'editor',
    params: flowParams,
    body: z.strictObject({
      document: z.unknown(),
      hash: z.string().max(128).optional(),
      comment: deployComment().optional(),
    }),
    audit: {
      action: 'flow.put',
      before: ({ engine, params }) => engine.flows.get(params.flow).hash,
      after: (_, result) => (result as DeployAnswer).hash, // what the handler gives
    },
    handle: ({ engine, who, params, body: { document, hash, comment } }) =>
      engine.flows.put(params.flow, document, hash, { by: who.name, comment }),
  }),
  route({
    method: 'DELETE',
    path: `${apiRoot}/flows/:flow`,
    summary: 'Ends a flow and removes its file.',
    access: 'editor',
    params: flowParams,
    audit: { action: 'flow.delete', before: ({ engine, params }) => engine.flows.get(params.flow).hash },
    handle: async ({ engine, params }) => {
      await engine.flows.delete(params.flow)
      return { deleted: params.flow }
    },
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/flows/:flow/values`,
    summary: 'The last message at each output port of a flow.',
    access: 'viewer',
    params: flowParams,
    handle: ({ engine, params }) => engine.values(params.flow),
  }),
  route({
    method: 'POST',
    path: `${apiRoot}/check`,
    summary: 'Checks { document } without a deploy: problems, types at the ports, difference to what runs.',
    access: 'viewer',
    body: z.strictObject({ document: z.unknown() }),
    audit: false,
    handle: ({ engine, body }) => {
      const { problems, types, ports, diff } = engine.flows.check(body.document)
      return { problems, types, diff, ...(ports === undefined ? {} : { ports }) }
    },
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/nodes`,
    summary: 'All node types with their config schema, ports, docs and examples.',
    access: 'viewer',
    handle: ({ engine }): NodeTypeDescription[] => [...engine.specs.values()].map(describeNode),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/nodes/:type`,
    summary: 'One node type.',
    access: 'viewer',
    params: z.strictObject({ type: idText() }),
    handle: ({ engine, params }) => {
      const spec = engine.specs.get(params.type)
      if (spec !== undefined) return describeNode(spec)
      const near = suggestion(params.type, engine.specs.keys())
      throw rulewireError('NOT_FOUND', {
        what: 'node type',
        name: params.type,
        suggestion: near,
        list: `${apiRoot}/nodes`,
      })
    },
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/brokers`,
    summary: 'Broker connections and their state.',
    access: 'viewer',
    handle: ({ engine }) => engine.brokers(),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/statistics`,
    summary: 'Counters and status by flow/node.',
    access: 'viewer',
    handle: ({ engine }) => engine.statistics(),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/dead-letters`,
    summary: 'Messages that failed, newest first; ?flow= &node= &code= &limit= &before= (an id).',
    access: 'viewer',
    query: z.strictObject({
      flow: idText().optional(),
      node: idText().optional(),
      code: z
        .string()
        .regex(/^[A-Z0-9_]{1,64}$/)
        .optional(),
      before: countText().optional(),
      limit: countText(1, 1000).optional(),
    }),
    handle: ({ engine, query }) => engine.deadLetters.list({ ...query, limit: query.limit ?? 100 }),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/dead-letters/:id`,
    summary: 'One dead letter with its message.',
    access: 'viewer',
    params: z.strictObject({ id: countText() }),
    handle: ({ engine, params }) => engine.deadLetters.get(params.id),
  }),
  route({
    method: 'POST',
    path: `${apiRoot}/dead-letters/retry`,
    summary: 'Runs { ids, payload? } again from the node that failed, with another payload if one is given.',
    access: 'operator',
    body: z.strictObject({ ids: letterIds, payload: z.unknown().optional() }),
    audit: {
      action: 'dead-letter.retry',
      target: ({ body }) => body.ids.join(' '),
      after: ({ body }) => (body.payload === undefined ? undefined : auditHash(body.payload)),
    },
    handle: ({ engine, body }) =>
      body.payload === undefined
        ? engine.deadLetters.retry(body.ids)
        : engine.deadLetters.retry(body.ids, { payload: body.payload }),
  }),
  route({
    method: 'POST',
    path: `${apiRoot}/dead-letters/drop`,
    summary: 'Throws { ids } away.',
    access: 'operator',
    body: z.strictObject({ ids: letterIds }),
    audit: { action: 'dead-letter.drop', target: ({ body }) => body.ids.join(' ') },
    handle: ({ engine, body }) => engine.deadLetters.drop(body.ids),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/learned`,
    summary: 'What devices send on the topic filters in use, learned from samples, with drift.',
    access: 'viewer',
    handle: ({ engine }) => engine.learned.list(),
  }),
  route({
    method: 'GET',
    path: `${apiRoot}/learned/one`,
    summary: 'One of them with type, JSON Schema and summary: ?filter= &connection= (default).',
    access: 'viewer',
    query: z.strictObject({ filter: filterText(), connection: idText().optional() }),
    handle: ({ engine, query }) => engine.learned.get(query.connection ?? defaultConnection, query.filter),
  }),
  route({
    method: 'POST',
    path: `${apiRoot}/learned/accept`,
    summary: 'Writes the learned schema into the source { flow, node } and deploys the flow.',
    access: 'editor',
    body: z.strictObject({ flow: idText(), node: idText() }),
    audit: {
      action: 'learned.accept',
      target: ({ body }) => `${body.flow}/${body.node}`,
      before: ({ engine, body }) => engine.flows.get(body.flow).hash,
      after: (_, result) => (result as DeployAnswer).hash, // what the handler gives
    },
    handle: ({ engine, who, body }) => engine.learned.accept(body.flow, body.node, { by: who.name }),
  }),
  route({
    method: 'POST',
    path: `${apiRoot}/learned/reset`,
    summary: 'Forgets what was learned of { filter, connection? }.',
    access: 'editor',
    body: z.strictObject({ filter: filterText(), connection: idText().optional() }),
    audit: { action: 'learned.reset', target: ({ body }) => `${body.connection ?? defaultConnection} ${body.filter}` },
    handle: ({ engine, body }) => {
      engine.learned.reset(body.connection ?? defaultConnection, body.filter)
      return { reset: body.filter }
    },
  }),
  route({
    method: 'POST',
    path: `${apiRoot}/publish`,
    summary: 'Publishes { topic, payload, qos?, retain?, broker? } by hand.',
    access: 'operator',
    body: z.strictObject({
      broker: idText().optional(),
      topic: topicText(),
      payload: z.string(),
      qos: z.literal([0, 1, 2]).default(0),
      retain: z.boolean().default(false),
    }),
    audit: {
      action: 'publish',
      target: ({ body }) => `${body.broker === undefined ? '' : `${body.broker} `}${body.topic}`,
      after: ({ body }) => auditHash([body.payload, body.qos, body.retain]),
    },
    handle: async ({ engine, body }) => {
      await engine.publish(body)
      return { published: body.topic }
    },
  }),
  ...toolRoutes(apiRoot),
  ...secretRoutes(apiRoot),
  ...brokerUserRoutes(apiRoot),
  ...alarmRoutes(apiRoot),
  ...deployRoutes(apiRoot),
  ...historyRoutes(apiRoot),
  ...authRoutes(apiRoot),
  ...userRoutes(apiRoot),
  ...testRoutes(apiRoot),
  ...backtestRoutes(apiRoot),
  ...operationRoutes(apiRoot),
]

/** The page at `/` while there are no editor files. */
export const welcomeRoute: Route = route({
  method: 'GET',
  path: '/',
  summary: 'A page that says where things are.',
  access: 'anyone',
  handle: ({ engine, who }) => {
    const shown = isAllowed(who.role, 'viewer') ? engine.describe() : undefined
    return new Answer(200, welcomePage(shown, routes), 'text/html')
  },
})

/** Why it is not well names brokers and files: for this machine and for who is logged in. */
