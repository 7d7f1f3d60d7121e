import { defineNode, duration, type Json, port, z } from '../engine/node.ts'
import { keep, recallMessage } from './lib/keep.ts'
import { keyField, keyReader, partOf } from './lib/keyed.ts'

/** What is kept for a key: when messages went on, from old to new, and the numbers of the first that waits and of the next one. */
type Kept = { readonly sent: readonly number[]; readonly first: number; readonly next: number }

/** Lets only so many messages through. */
export default defineNode({
  type: 'rate-limit',
  title: 'Rate limit',
  category: 'rules',
  summary: 'Lets a number of messages through in a span of time, and drops or holds the others.',
  icon: 'gauge',
  docs: `Lets at most **count** messages of a **key** go to \`out\` in any span of the length **per**: whatever span one looks at, there are never more. What happens with
one that is too many is told by **over**:

- \`drop\`: it goes to the port \`over\`;
- \`queue\`: it waits, and goes to \`out\` in its turn. When **limit** messages wait, a further one goes to the port \`over\`;
- \`latest\`: it waits, and takes the place of the one that waited before, which goes to the port \`over\`. So the last word is always
  heard, and what it says is never older than need be.

**Time**: spans run on the clock of the engine, and messages keep the order in which they arrive, whatever time they were measured.

**What is kept**: for each key when the last **count** messages went on, and what waits. Both go on over a restart or a deploy.`,
  config: z.strictObject({
    key: keyField('a limit of its own'),
    count: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .meta({
        title: 'Count',
        description: 'Messages in each span.',
        examples: [10],
      }),
    per: duration()
      .refine((milliseconds) => milliseconds > 0, 'a span has some length; write 1s, for example')
      .meta({ title: 'Per', description: 'Length of the span.', examples: ['1s', '1h'] }),
    over: z
      .enum(['drop', 'queue', 'latest'])
      .default('drop')
      .meta({
        title: 'Over',
        description: 'What happens with a message that is too many.',
        examples: ['queue', 'latest'],
      }),
    limit: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .meta({
        title: 'Limit',
        description: 'Messages of a key that may wait in a queue.',
        examples: [100],
      }),
  }),
  inputs: { in: port('any', 'Messages, as many as come') },
  outputs: { out: port('same:in', 'As many as may pass'), over: port('same:in', 'Those that were too many') },
  examples: [
    {
      title: 'One message a minute for each device; the others are dropped',
      config: { key: 'params.device', per: '1m' },
      steps: [
        { send: { in: { params: { device: 'a' }, payload: 1 } }, expect: { out: [{ payload: 1 }] } },
        { send: { in: { params: { device: 'a' }, payload: 2 } }, expect: { over: [{ payload: 2 }] } },
        { send: { in: { params: { device: 'b' }, payload: 3 } }, expect: { out: [{ payload: 3 }] } },
        { advance: '1m' },
        { send: { in: { params: { device: 'a' }, payload: 4 } }, expect: { out: [{ payload: 4 }] } },
      ],
    },
    {
      title: 'Two a second, the others wait',
      config: { count: 2, per: '1s', over: 'queue' },
      steps: [
        { send: { in: { payload: 1 } }, expect: { out: [{ payload: 1 }] } },
        { send: { in: { payload: 2 } }, expect: { out: [{ payload: 2 }] } },
        { send: { in: { payload: 3 } }, expect: {} },
        { advance: '999ms', expect: {} },
        { advance: '1ms', expect: { out: [{ payload: 3 }] } },
      ],
    },
    {
      title: 'The last word is heard',
      config: { per: '10s', over: 'latest' },
      steps: [
        { send: { in: { payload: 'a' } }, expect: { out: [{ payload: 'a' }] } },
        { send: { in: { payload: 'b' } }, expect: {} },
        { send: { in: { payload: 'c' } }, expect: { over: [{ payload: 'b' }] } },
        { advance: '10s', expect: { out: [{ payload: 'c' }] } },
      ],
    },
  ],
  create: ({ config, out, state, timers, now }) => {
    const { count, per, over } = config
    const limit = over === 'queue' ? config.limit : 1
    const keyOf = keyReader(config.key)

    /** Sends on what may go now, and gives what is left. */
    const release = (key: string, kept: Kept): Kept => {
      let { first } = kept
      // a clock that was set back must not make it wait for more than one span
      const sent = kept.sent.map((at) => Math.min(at, now())).filter((at) => at > now() - per)
      for (; first < kept.next && sent.length < count; first++) {
        const part = partOf(key, first)
        const message = state.get(part)
        state.delete(part)
        sent.push(now())
        if (message !== undefined) out.out(recallMessage(message))
      }
      return first === kept.next ? { sent, first: 0, next: 0 } : { sent, first, next: kept.next }
    }

    const settle = (key: string, kept: Kept) => {
      state.set(key, kept)
      const [oldest] = kept.sent
      if (kept.first < kept.next && oldest !== undefined) timers.set(key, 'next', oldest + per)
    }

    const hold = (key: string, kept: Kept, message: Json): Kept => {
      if (kept.next - kept.first < limit) {
        state.set(partOf(key, kept.next), message)
        return { ...kept, next: kept.next + 1 }
      }
      const part = partOf(key, kept.first)
      const replaced = state.get(part)
      state.set(part, message)
      if (replaced !== undefined) out.over(recallMessage(replaced))
      return kept
    }

    return {
      in: (message) => {
        const key = keyOf(message)
        const before = readKept(state.get(key))
        const kept = release(key, before)
        if (kept.first === kept.next && kept.sent.length < count) {
          settle(key, { ...kept, sent: [...kept.sent, now()] })
          out.out(message)
        } else if (over === 'drop' || (over === 'queue' && kept.next - kept.first >= limit)) {
          // Otherwise nothing has changed that would have to be written.
          if (before.first < before.next || before.sent.some((at) => at > now())) settle(key, kept)
          out.over(message)
        } else settle(key, hold(key, kept, keep(message)))
      },
      onTimer: ({ key }) => settle(key, release(key, readKept(state.get(key)))),
    }
  },
})

/** What this node wrote for a key. */
function readKept(value: unknown): Kept {
  // State comes back as it was set, by this node type alone.
  return (value as Kept | undefined) ?? { sent: [], first: 0, next: 0 }
}
