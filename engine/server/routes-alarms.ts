import { z } from 'zod'
import { auditHash } from './audit.ts'
import { countText, idText } from './problems.ts'
import type { AlarmCommand } from './protocol.ts'
import { type Route, type RouteInput, route } from './route.ts'

const keyText = () => z.string().min(1).max(65_535)
const command = {
  flow: idText(),
  node: idText(),
  key: keyText(),
  note: z.string().max(2000).optional(),
}
const filter = { flow: idText().optional(), node: idText().optional(), limit: countText(1, 1000).optional() }

/** Routes for alarms. Part of the one table of routes. */
export function alarmRoutes(apiRoot: string): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${apiRoot}/alarms`,
      summary:
        'Alarms that are not plain normal, and those cleared within a day, worst first; ?flow= &node= &limit= &all=true (all keys of the node).',
      access: 'viewer',
      query: z.strictObject({ ...filter, all: z.enum(['true', 'false']).optional() }),
      handle: ({ engine, query: { all, ...query } }) =>
        engine.alarms.list(all === 'true' ? { ...query, all: true } : query),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/alarms/history`,
      summary: 'Transitions of alarms, newest first; ?flow= &node= &key= &limit= &before= (an id).',
      access: 'viewer',
      query: z.strictObject({ ...filter, key: keyText().optional(), before: countText().optional() }),
      handle: ({ engine, query }) => engine.alarms.history({ ...query, limit: query.limit ?? 100 }),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/alarms/why`,
      summary: 'Why an alarm fired, or did not: ?flow= &node= &key=.',
      access: 'viewer',
      query: z.strictObject({ flow: idText(), node: idText(), key: keyText() }),
      handle: ({ engine, query }) => engine.alarms.why(query.flow, query.node, query.key),
    }),
    route({
      method: 'GET',
      path: `${apiRoot}/alarms/health`,
      summary:
        'Alarms per hour, the most frequent, chattering, stale, time to acknowledge: ?from= &to= (UTC milliseconds) &top=.',
      access: 'viewer',
      query: z.strictObject({
        flow: filter.flow,
        node: filter.node,
        from: countText().optional(),
        to: countText().optional(),
        top: countText(1, 100).optional(),
      }),
      handle: ({ engine, query }) => engine.alarms.health(query),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/ack`,
      summary: 'Acknowledges the alarm { flow, node, key, note? }.',
      access: 'operator',
      body: z.strictObject(command),
      audit: acts('ack'),
      handle: ({ engine, who, body }) => engine.alarms.command('acknowledge', { ...body, by: who.name }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/note`,
      summary: 'Keeps a note in the history of the alarm { flow, node, key, note }; nothing else changes.',
      access: 'operator',
      body: z.strictObject({ ...command, note: z.string().min(1).max(2000) }),
      audit: acts('note'),
      handle: ({ engine, who, body }) => engine.alarms.command('note', { ...body, by: who.name }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/shelve`,
      summary: 'Hides the alarm { flow, node, key, until | oneShot, note? } until a time, or until it clears.',
      access: 'operator',
      body: z.strictObject({ ...command, until: z.int().positive().optional(), oneShot: z.boolean().optional() }),
      audit: acts('shelve'),
      handle: ({ engine, who, body }) => engine.alarms.command('shelve', { ...body, by: who.name }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/unshelve`,
      summary: 'Shows the alarm { flow, node, key, note? } again.',
      access: 'operator',
      body: z.strictObject(command),
      audit: acts('unshelve'),
      handle: ({ engine, who, body }) => engine.alarms.command('unshelve', { ...body, by: who.name }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/reset`,
      summary: 'Resets the latched alarm { flow, node, key, note? }.',
      access: 'operator',
      body: z.strictObject(command),
      audit: acts('reset'),
      handle: ({ engine, who, body }) => engine.alarms.command('reset', { ...body, by: who.name }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/out-of-service`,
      summary: 'Takes the alarm { flow, node, key, note? } out of service: nobody is told until it is put back.',
      access: 'operator',
      body: z.strictObject(command),
      audit: acts('out-of-service'),
      handle: ({ engine, who, body }) => engine.alarms.command('out-of-service', { ...body, by: who.name }),
    }),
    route({
      method: 'POST',
      path: `${apiRoot}/alarms/in-service`,
      summary: 'Puts the alarm { flow, node, key, note? } back into service.',
      access: 'operator',
      body: z.strictObject(command),
      audit: acts('in-service'),
      handle: ({ engine, who, body }) => engine.alarms.command('in-service', { ...body, by: who.name }),
    }),
  ]
}

/** What the audit log says of a command to an alarm. */
function acts(name: string) {
  const alarm = ({ body }: RouteInput) => body as unknown as AlarmCommand // each of them takes this body
  return {
    action: `alarm.${name}`,
    target: (input: RouteInput) => `${alarm(input).flow}/${alarm(input).node} ${alarm(input).key}`,
    before: (input: RouteInput) => {
      const { flow, node, key } = alarm(input)
      return auditHash(input.engine.alarms.why(flow, node, key).alarm)
    },
    after: (_: RouteInput, result: unknown) => auditHash(result),
  }
}
