import { defineNode, duration, expression, port, rulewireError, z } from '../engine/node.ts'
import { exactlyOne } from './lib/config.ts'
import { keep, recallMessage } from './lib/keep.ts'
import { keyField, keyReader, partOf } from './lib/keyed.ts'
import { asTime } from './lib/values.ts'

/** Sends messages on later. */
export default defineNode({
  type: 'delay',
  title: 'Delay',
  category: 'rules',
  summary: 'Holds each message for a while, or until a time, and then sends it on.',
  icon: 'clock',
  docs: `Holds every message and sends it on, unchanged: **for** a duration, or **until** a time that an expression gives (UTC milliseconds, or ISO
8601 text). Messages of a **key** that are due at the same millisecond keep their order. A time that has passed is now.

**Time**: the delay runs on the clock of the engine, from when the message arrives here.

**What is kept**: the messages that wait, each until it is due. They outlast a restart or a deploy; what was due meanwhile goes on at the
start. When **limit** messages of a key wait, a further one goes to the port \`error\` (TOO_LARGE): nothing is dropped in silence.

**Bad input**: an expression that gives no time is a WRONG_RESULT.`,
  config: z
    .strictObject({
      key: keyField('a limit of its own'),
      for: duration()
        .refine((milliseconds) => milliseconds > 0, 'a delay takes some time; write 5s, for example')
        .optional()
        .meta({ title: 'For', description: 'How long each message is held.', examples: ['5s', '1h'] }),
      until: expression()
        .optional()
        .meta({
          title: 'Until',
          description: 'JSONata for the time when it goes on: UTC milliseconds or ISO 8601 text.',
          examples: ['payload.startAt', 'time + 60000'],
        }),
      limit: z
        .int()
        .min(1)
        .max(100_000)
        .default(1000)
        .meta({ title: 'Limit', description: 'Messages of a key that may wait.', examples: [100] }),
    })
    .superRefine(exactlyOne('for', 'until')),
  inputs: { in: port('any', 'Messages to hold') },
  outputs: { out: port('same:in', 'The same messages, later', { later: true }) },
  examples: [
    {
      title: 'Ten seconds later',
      config: { for: '10s' },
      steps: [
        { send: { in: { payload: 1 } }, expect: {} },
        { advance: '4s' },
        { send: { in: { payload: 2 } }, expect: {} },
        { advance: '6s', expect: { out: [{ payload: 1 }] } },
        { advance: '4s', expect: { out: [{ payload: 2 }] } },
      ],
    },
    {
      title: 'Until a time that the message tells',
      config: { until: 'payload.startAt' },
      steps: [
        { send: { in: { payload: { startAt: '2026-01-01T00:30:00Z' } } }, expect: {} },
        {
          send: { in: { payload: { startAt: '2025-12-31' } } },
          expect: { out: [{ payload: { startAt: '2025-12-31' } }] },
        },
        { send: { in: { payload: { startAt: 'soon' } } }, expect: { error: [{ payload: { startAt: 'soon' } }] } },
        { advance: '30m', expect: { out: [{ payload: { startAt: '2026-01-01T00:30:00Z' } }] } },
      ],
    },
  ],
  create: ({ config, out, state, timers, now }) => {
    const { until, limit } = config
    const keyOf = keyReader(config.key)
    return {
      in: (message) => {
        const key = keyOf(message)
        const at = until === undefined ? now() + (config.for ?? 0) : asTime(until(message), until.text)
        if (at <= now()) return out.out(message)
        const waiting = readCount(state.get(key))
        if (waiting >= limit) {
          throw rulewireError('TOO_LARGE', { what: `What waits for "${key}"`, found: waiting + 1, limit })
        }
        // each message has a cell of its own: many may wait for one time, such as midnight
        const due = readCount(state.get(partOf(key, at)))
        state.set(partOf(key, `${at}.${due}`), keep(message))
        state.set(partOf(key, at), due + 1)
        state.set(key, waiting + 1)
        timers.set(key, String(at), at)
      },
      onTimer: ({ key, name }) => {
        const due = readCount(state.get(partOf(key, name)))
        const left = readCount(state.get(key)) - due
        state.delete(partOf(key, name))
        if (left > 0) state.set(key, left)
        else state.delete(key)
        for (let index = 0; index < due; index++) {
          const part = partOf(key, `${name}.${index}`)
          const message = state.get(part)
          state.delete(part)
          if (message !== undefined) out.out(recallMessage(message))
        }
      },
    }
  },
})

/** How many messages wait, of a key or for one time. */
function readCount(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
