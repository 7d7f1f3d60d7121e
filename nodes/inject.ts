import { defineNode, derive, duration, expression, messageType, port, TIME, withPayload, z } from '../engine/node.ts'
import { compileSchedule, cronFault, isTimeZone, type NextTime } from './lib/schedule.ts'
import { present, withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

/** What is kept: the schedule that `at` belongs to, its next time, and how many messages were made. */
type Kept = { readonly schedule: string; readonly at: number; readonly count: number }

const shortestInterval = 10
const longestInterval = 366 * 86_400_000

/** Makes messages by the clock. */
export default defineNode({
  type: 'inject',
  title: 'Inject',
  category: 'sources',
  summary: 'Makes messages at the start, at intervals, or by a cron schedule.',
  icon: 'timer',
  docs: `Makes messages by itself:

- **once**: one after each start of the engine, and after each deploy that adds or changes this node;
- **every**: one after each interval. The first comes one interval after the node was deployed (with **once** there is one at once, too);
- **cron**: at the times of a cron pattern in a **time zone**: minute, hour, day, month, weekday (5 parts), with seconds in front 6.

The schedule goes on over a restart: it does not start anew. After a downtime the node makes one message for all the times that
it missed, not one for each. Intervals keep their beat: a late one does not move those after it.

When clocks are set forward, a fixed time in the gap (\`30 2 * * *\`) happens as soon as the gap is over, and \`*/20 2 * * *\` has no times on
that day. When they are set back, a fixed time happens once and a repeated one in both hours.

The **payload** is JSONata; \`$random()\` and \`$millis()\` are the engine's, and \`$n\` counts the messages of this node, from 1. Without
it the payload is the time in UTC milliseconds. The message has \`time\` (now) and \`scheduled\` (when it should have been made). An
expression that fails or gives nothing is kept as a dead letter, and the schedule goes on.`,
  config: z
    .strictObject({
      once: z
        .boolean()
        .default(false)
        .meta({
          title: 'Once',
          description: 'A message after each start and after each deploy of this node.',
          examples: [true],
        }),
      every: duration()
        .refine(
          (milliseconds) => milliseconds >= shortestInterval,
          `that is too short; write at least ${shortestInterval}ms`,
        )
        .refine((milliseconds) => milliseconds <= longestInterval, 'that is too long; write at most 366d')
        .optional()
        .meta({ title: 'Every', description: 'A message after each interval.', examples: ['5s', '1h'] }),
      cron: z
        .string()
        .superRefine((pattern, context) => {
          const fault = cronFault(pattern)
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
        })
        .optional()
        .meta({
          title: 'Cron',
          description: 'Minute, hour, day, month, weekday.',
          examples: ['0 7 * * 1-5', '*/15 * * * *'],
          format: 'cron',
        }),
      timeZone: z
        .string()
        .refine(isTimeZone, 'there is no such time zone; write one such as UTC or Europe/Paris')
        .default('UTC')
        .meta({ title: 'Time zone', description: 'For cron.', examples: ['Europe/Paris'], format: 'time-zone' }),
      topic: z
        .string()
        .min(1)
        .optional()
        .meta({
          title: 'Topic',
          description: 'Topic of the messages. Without it: the flow and the id of this node.',
          examples: ['reports/hourly'],
        }),
      payload: expression('any', ['n'])
        .optional()
        .meta({
          title: 'Payload',
          description: 'JSONata. Without it: the time in UTC milliseconds.',
          examples: ['{ "value": 20 + $random() }', '"go"'],
        }),
    })
    .refine((config) => config.once || config.every !== undefined || config.cron !== undefined, {
      message: 'it would never make a message; give "every" or "cron", or set "once"',
      path: ['every'],
    })
    .refine((config) => config.every === undefined || config.cron === undefined, {
      message: '"every" and "cron" are both there; keep one of them',
      path: ['cron'],
    }),
  inputs: {},
  outputs: { out: port('any', 'The messages') },
  examples: [
    {
      title: 'Every ten seconds',
      config: { every: '10s', topic: 'tick', payload: '{ "n": $n }' },
      steps: [
        { advance: '9s', expect: {} },
        {
          advance: '21s',
          expect: { out: [{ topic: 'tick', payload: { n: 1 } }, { payload: { n: 2 } }, { payload: { n: 3 } }] },
        },
      ],
    },
    {
      title: 'Once, at the start',
      config: { once: true, payload: '"hello"' },
      steps: [{ advance: '1m', expect: { out: [{ payload: 'hello' }] } }],
    },
    {
      title: 'Every minute by cron',
      config: { cron: '* * * * *', timeZone: 'Europe/Paris', payload: '"go"' },
      steps: [{ advance: '3m', expect: { out: [{ payload: 'go' }, { payload: 'go' }, { payload: 'go' }] } }],
    },
    {
      title: 'An expression that fails does not end the schedule',
      config: { every: '1s', payload: '$n = 1 ? $error("not yet") : $n' },
      steps: [
        { advance: '1s', expect: {} },
        { advance: '1s', expect: { out: [{ payload: 2 }] } },
      ],
    },
  ],
  infer: ({ config, typeOf }) => {
    const made = messageType({ params: [], payload: TIME, fields: { scheduled: TIME } })
    if (config.payload === undefined) return { out: made }
    return { out: withFields(made, { payload: present(typeOf(config.payload, made)) }) }
  },
  create: ({ config, flow, node, out, state, timers, now, message, status }) => {
    const { once, payload } = config
    const topic = config.topic ?? `${flow}/${node}`
    const { schedule, nextTime } = readSchedule(config)

    /** Asks for a message; it is made in a run of its own, so that an expression that fails does not end the schedule. */
    const plan = (scheduled: number, next: number | undefined) => {
      const kept = readKept(state.get(''))
      state.set('', { schedule, at: next ?? 0, count: (kept?.count ?? 0) + 1 })
      timers.set('', 'fire', scheduled)
    }

    const fire = (scheduled: number) => {
      const made = derive(message({ topic, payload: now() }), { scheduled })
      if (payload === undefined) return out.out(made)
      const value = payload(made, { n: readKept(state.get(''))?.count ?? 0 })
      if (value === undefined) throw wrongResult(payload.text, value, 'a payload')
      out.out(withPayload(made, value))
    }

    return {
      onStart: () => {
        const kept = readKept(state.get(''))
        const first = nextTime?.(now(), now())
        // A time that was kept and has passed was missed: the timer is due at once.
        const next = first !== undefined && kept?.schedule === schedule ? Math.min(kept.at, first) : first
        if (next === undefined) timers.cancel('', 'next')
        else timers.set('', 'next', next)
        if (once) plan(now(), next)
        else state.set('', { schedule, at: next ?? 0, count: kept?.count ?? 0 })
      },
      onTimer: (timer) => {
        if (timer.name === 'fire') return fire(timer.at)
        const next = nextTime?.(now(), timer.at)
        if (next === undefined) status('no further time')
        else timers.set('', 'next', next)
        plan(timer.at, next)
      },
    }
  },
})

function readSchedule(config: { every?: number | undefined; cron?: string | undefined; timeZone: string }): {
  schedule: string
  nextTime: NextTime | undefined
} {
  const { every, cron, timeZone } = config
  if (every !== undefined) {
    return { schedule: `every ${every}`, nextTime: compileSchedule({ kind: 'every', milliseconds: every }) }
  }
  if (cron === undefined) return { schedule: '', nextTime: undefined }
  return { schedule: `cron ${cron} ${timeZone}`, nextTime: compileSchedule({ kind: 'cron', pattern: cron, timeZone }) }
}

/** What this node wrote. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
