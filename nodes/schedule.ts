import { BOOLEAN, closedObject, defineNode, derive, messageType, NULL, port, TIME, union, z } from '../engine/node.ts'
import {
  type Boundary,
  boundaryForms,
  compileBoundary,
  lookUp,
  type NextBoundary,
  parseBoundary,
} from './lib/boundary.ts'
import { isTimeZone } from './lib/schedule.ts'

/** What is kept: whether the schedule is on, since when, and when that may change; null when never. UTC milliseconds. */
type Kept = { readonly on: boolean; readonly since: number; readonly next: number | null }

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

function boundaryField() {
  return z.string().transform((text, context): Boundary => {
    const found = parseBoundary(text)
    if (!('fault' in found)) return found
    context.addIssue({ code: 'custom', message: found.fault })
    return z.NEVER
  })
}

const config = z
  .strictObject({
    spans: z
      .array(
        z.strictObject({
          from: boundaryField().meta({
            title: 'From',
            description: `When it begins: ${boundaryForms}.`,
            examples: ['08:00', 'sunset', '0 8 1 * *'],
          }),
          to: boundaryField().meta({
            title: 'To',
            description: `When it ends: ${boundaryForms}.`,
            examples: ['18:00', 'sunrise+15m'],
          }),
          days: z
            .array(z.enum(weekdays))
            .min(1)
            .optional()
            .meta({
              title: 'Days',
              description: 'Days on which it begins. Without it: all.',
              examples: [['mon', 'tue', 'wed', 'thu', 'fri']],
            }),
        }),
      )
      .min(1)
      .max(32)
      .meta({
        title: 'Spans',
        description: 'The schedule is on during any of them.',
        examples: [[{ from: '08:00', to: '18:00' }]],
      }),
    timeZone: z
      .string()
      .refine(isTimeZone, 'there is no such time zone; write one such as UTC or Europe/Paris')
      .default('UTC')
      .meta({
        title: 'Time zone',
        description: 'For times, cron patterns and days.',
        examples: ['Europe/Paris'],
        format: 'time-zone',
      }),
    latitude: z
      .number()
      .min(-90)
      .max(90)
      .optional()
      .meta({ title: 'Latitude', description: 'Degrees north, for sunrise and sunset.', examples: [48.85] }),
    longitude: z
      .number()
      .min(-180)
      .max(180)
      .optional()
      .meta({ title: 'Longitude', description: 'Degrees east, for sunrise and sunset.', examples: [2.35] }),
  })
  .refine(
    ({ spans, latitude, longitude }) =>
      (latitude !== undefined && longitude !== undefined) ||
      spans.every(({ from, to }) => from.kind === 'cron' && to.kind === 'cron'),
    { message: 'the sun rises at another time everywhere; give "latitude" and "longitude"', path: ['latitude'] },
  )

/** Tells by a schedule whether it is time. */
export default defineNode({
  type: 'schedule',
  title: 'Schedule',
  category: 'rules',
  summary: 'Lets messages through by times, days, sunrise and sunset, and tells when a time begins and ends.',
  icon: 'calendar-clock',
  docs: `Is on during its **spans**, and off otherwise. A span goes **from** a time **to** the next such end, on the **days** on which it begins; it may go over midnight.
Times are ${boundaryForms} (5 parts: minute, hour, day, month, weekday).

- A message at \`in\` goes, unchanged, to \`inside\` or to \`outside\`.
- When a span begins or ends, a message goes to \`change\`: \`{ "on": true, "since": time, "until": time }\`. \`until\` is when the schedule looks again: the next begin or end of any span; null
  when there is none. Spans that meet or overlap are one. There is one at the first start, too.

**Time** is the clock of the engine, in the **time zone**; when messages were measured does not count. When clocks are set forward, a time in the gap is as soon as the gap is over; when they
are set back, a time that comes twice counts once. So the hours from 22:00 to 06:00 are seven or nine on those nights.

Sunrise and sunset are computed for **latitude** and **longitude**, within a minute or two up to the polar circles. On days on which the sun does not rise or set, such a time does not come: from sunset to sunrise is on through a winter without day, and off through a summer without night.

**What is kept**: whether it is on. After a downtime in which that changed, there is one message at \`change\`.`,
  config,
  inputs: { in: port('any', 'Messages to let through or not') },
  outputs: {
    inside: port('same:in', 'Messages while it is on'),
    outside: port('same:in', 'Messages while it is off'),
    change: port(
      messageType({
        params: [],
        payload: closedObject({ on: BOOLEAN, since: TIME, until: union(TIME, NULL) }),
      }),
      'Begin and end',
      { later: true },
    ),
  },
  examples: [
    {
      title: 'Office hours in Paris',
      config: {
        spans: [{ from: '08:00', to: '18:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }],
        timeZone: 'Europe/Paris',
      },
      steps: [
        {
          send: { in: { payload: 1 } },
          expect: {
            change: [{ payload: { on: false, since: 1767225600000, until: 1767250800000 } }],
            outside: [{ payload: 1 }],
          },
        },
        {
          advance: '7h',
          expect: { change: [{ payload: { on: true, since: 1767250800000, until: 1767286800000 } }] },
        },
        { send: { in: { payload: 2 } }, expect: { inside: [{ payload: 2 }] } },
        { advance: '10h', expect: { change: [{}] } },
        { send: { in: { payload: 3 } }, expect: { outside: [{ payload: 3 }] } },
      ],
    },
    {
      title: 'From half an hour before sunset to sunrise in Berlin',
      config: { spans: [{ from: 'sunset-30m', to: 'sunrise' }], latitude: 52.52, longitude: 13.4 },
      steps: [
        { send: { in: {} }, expect: { change: [{}], inside: [{}] } },
        { advance: '12h', expect: { change: [{}] } },
        { send: { in: {} }, expect: { outside: [{}] } },
        { advance: '4h', expect: { change: [{}] } },
      ],
    },
  ],
  create: ({ config: settings, flow, node, out, state, timers, now, message, status }) => {
    const { timeZone, latitude = 0, longitude = 0 } = settings
    const place = { latitude, longitude }
    const spans = settings.spans.map(({ from, to, days }) => ({
      from: onDays(compileBoundary(from, timeZone, place), days, timeZone),
      to: compileBoundary(to, timeZone, place),
    }))

    /** How things stand now; the same as before as long as nothing can have changed. */
    const current = (): Kept => {
      const kept = readKept(state.get(''))
      if (kept !== undefined && kept.since <= now() && (kept.next === null || now() < kept.next)) return kept
      const { on, next = null } = lookUp(spans, now())
      return { on, since: kept?.on === on ? kept.since : now(), next }
    }

    const look = () => {
      const kept = readKept(state.get(''))
      const found = current()
      state.set('', found)
      if (found.next === null) timers.cancel('', 'next')
      else timers.set('', 'next', found.next)
      status(found.on ? 'on' : 'off')
      if (kept?.on === found.on) return
      const payload = { on: found.on, since: found.since, until: found.next }
      out.change(derive(message({ topic: `${flow}/${node}` }), { payload }))
    }

    return {
      onStart: () => {
        const kept = readKept(state.get(''))
        // the spans may be other ones than before
        if (kept !== undefined) state.set('', { ...kept, next: 0 })
        look()
      },
      onTimer: look,
      in: (incoming) => (current().on ? out.inside(incoming) : out.outside(incoming)),
    }
  },
})

/** The times that lie on some days of the week. */
function onDays(next: NextBoundary, days: readonly string[] | undefined, timeZone: string): NextBoundary {
  if (days === undefined) return next
  const format = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' })
  return (after) => {
    let at = next(after)
    for (let tries = 0; at !== undefined && tries < 2000; tries++) {
      if (days.includes(format.format(at).toLowerCase())) return at
      at = next(at)
    }
    return undefined
  }
}

/** What this node wrote. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
