import { z } from 'zod'
import { isAllowed } from '../auth/index.ts'
import { logLevels } from '../log.ts'
import type { HealthAnswer, HealthReason, LogLevelAnswer } from './protocol-operations.ts'
import { Answer, type Route, type RouteInput, route } from './route.ts'

/** Whether the process works, and whether it does its work: for whoever starts and watches it. */
export const healthRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/livez',
    summary: 'Whether the process works; 503 means: start it again.',
    access: 'anyone',
    handle: (input) => {
      const { live, reasons } = input.engine.health()
      return healthAnswer(input, { ok: live, reasons })
    },
  }),
  route({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether flows run and brokers are connected.',
    access: 'anyone',
    handle: (input) => {
      const { engine, door } = input
      const { ready, reasons, notices } = engine.health()
      // Flows run all the same, and who stands in front must let the person through who makes the first admin.
      const text = 'Nobody can log in yet: make the first admin with the setup token.'
      const setup: HealthReason[] = door.mode() === 'setup' ? [{ code: 'SETUP_NEEDED', text }] : []
      return healthAnswer(input, { ok: ready, reasons, notices }, setup)
    },
  }),
]

/** Routes for operators. Part of the one table of routes. */
export function operationRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/log-level`,
      summary: 'The least important lines that are written to the log.',
      access: 'viewer',
      handle: ({ engine }): LogLevelAnswer => ({ level: engine.operations.logLevel() }),
    }),
    route({
      method: 'PUT',
      path: `${apiRoot}/log-level`,
      summary: 'Changes that to { level } until the next start: debug, info, warn or error.',
      access: 'admin',
      body: z.strictObject({ level: z.enum([...logLevels]) }),
      handle: ({ engine, body }): LogLevelAnswer => {
        engine.operations.setLogLevel(body.level)
        return { level: engine.operations.logLevel() }
      },
    }),
  ]
}

/** @param open for everybody, as the operator may choose; otherwise for viewers, which a token with that role is */
export function metricsRoute(open: boolean): Route {
  return route({
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics for Prometheus.',
    access: open ? 'anyone' : 'viewer',
    handle: async ({ engine }) => {
      const { type, text } = await engine.operations.metrics()
      return new Answer(200, text, 'text/plain', { headers: { 'Content-Type': type } })
    },
  })
}

/** The table with metrics for everybody. */
export function withOpenMetrics(routes: readonly Route[]): readonly Route[] {
  const open = metricsRoute(true)
  return routes.map((route) => (route.path === open.path ? open : route))
}

/** Where others reach the server, strangers learn that something is wrong, and only those who may look learn what. */
function healthAnswer(
  { who, door }: RouteInput,
  { ok, reasons, notices = [] }: HealthAnswer,
  forAll: HealthReason[] = [],
): Answer {
  const told = !door.entrance.exposed || isAllowed(who.role, 'viewer')
  const shown = [...(told ? notices : []), ...forAll]
  const body: HealthAnswer = {
    ok,
    reasons: ok || !told ? [] : reasons,
    ...(shown.length > 0 ? { notices: shown } : {}),
  }
  return new Answer(ok ? 200 : 503, body)
}
