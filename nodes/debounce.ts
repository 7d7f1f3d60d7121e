import { defineNode, duration, type Json, port, z } from '../engine/node.ts'
import { keep, recallMessage } from './lib/keep.ts'
import { keyField, keyReader, measured } from './lib/keyed.ts'

/** What is kept for a key while it is not quiet: the latest message, its time, when the first one came, and when it is over. */
type Kept = { readonly message: Json; readonly time: number; readonly since: number; readonly due: number }

/** Waits for quiet. */
export default defineNode({
  type: 'debounce',
  title: 'Debounce',
  category: 'rules',
  summary: 'Waits until no more messages come, then sends the latest one.',
  icon: 'hourglass',
  docs: `Waits for **quiet**: each message of a **key** starts the wait anew, and when it is over the latest message goes, unchanged, to \`out\`. The others
are dropped. A contact that bounces, or a person who turns a dial, gives one message in the end.

A source that never rests would never be heard: **at most** ends the wait that long after the first message, whatever comes.

**Time**: the wait runs on the clock of the engine, from when a message arrives here. A message that was measured before the one that
is held is late: it starts the wait anew but does not take the other's place.

**What is kept**: for each key the message that is held, and when the wait is over. The wait goes on over a restart or a deploy; one
that was over meanwhile ends at the start.`,
  config: z
    .strictObject({
      key: keyField('a wait of its own'),
      quiet: duration()
        .refine((milliseconds) => milliseconds > 0, 'there must be some quiet to wait for; write 500ms, for example')
        .meta({ title: 'Quiet', description: 'How long no message may come.', examples: ['500ms', '10s'] }),
      atMost: duration()
        .optional()
        .meta({
          title: 'At most',
          description: 'The longest wait after the first message. Without it the wait may go on for ever.',
          examples: ['30s'],
        }),
    })
    .refine((config) => config.atMost === undefined || config.atMost >= config.quiet, {
      message: '"atMost" is shorter than "quiet", so there would never be quiet; make it longer',
      path: ['atMost'],
    }),
  inputs: { in: port('any', 'Messages that may come in bursts') },
  outputs: { out: port('same:in', 'The latest message of each burst', { later: true }) },
  examples: [
    {
      title: 'A contact that bounces',
      config: { quiet: '500ms' },
      steps: [
        { send: { in: { topic: 'door', payload: 'open' } }, expect: {} },
        { advance: '100ms' },
        { send: { in: { topic: 'door', payload: 'closed' } }, expect: {} },
        { advance: '499ms', expect: {} },
        { advance: '1ms', expect: { out: [{ topic: 'door', payload: 'closed' }] } },
        { advance: '1m', expect: {} },
      ],
    },
    {
      title: 'A source that never rests',
      config: { quiet: '2s', atMost: '3s' },
      steps: [
        { send: { in: { payload: 1 } } },
        { advance: '1s', send: { in: { payload: 2 } } },
        { advance: '1s', send: { in: { payload: 3 } } },
        { advance: '1s', expect: { out: [{ payload: 3 }] } },
      ],
    },
  ],
  create: ({ config, out, state, timers, now }) => {
    const { quiet, atMost = Number.POSITIVE_INFINITY } = config
    const keyOf = keyReader(config.key)
    return {
      in: (message) => {
        const key = keyOf(message)
        let kept = readKept(state.get(key))
        // the wait is over, only its timer has not come up yet
        if (kept !== undefined && kept.due <= now()) {
          out.out(recallMessage(kept.message))
          kept = undefined
        }
        const since = kept?.since ?? now()
        const due = Math.min(now() + quiet, since + atMost)
        const time = measured(message, now())
        const held = kept !== undefined && time < kept.time ? kept : { message: keep(message), time }
        state.set(key, { message: held.message, time: held.time, since, due })
        timers.set(key, 'quiet', due)
      },
      onTimer: ({ key }) => {
        const kept = readKept(state.get(key))
        if (kept === undefined) return
        state.delete(key)
        out.out(recallMessage(kept.message))
      },
    }
  },
})

/** What this node wrote for a key. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
