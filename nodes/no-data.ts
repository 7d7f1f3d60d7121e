import {
  closedObject,
  defineNode,
  duration,
  NULL,
  NUMBER,
  port,
  STRING,
  stringOf,
  TIME,
  union,
  z,
} from '../engine/node.ts'
import { keyField, keyReader } from './lib/keyed.ts'
import { withFields } from './lib/types.ts'

/** What is kept for a key. Times are UTC milliseconds; `period` is the usual milliseconds between two messages. */
type Kept = {
  /** When the latest message came; null when none has come. */
  readonly last: number | null
  readonly silent: boolean
  readonly period: number
  /** Pauses that the period was learned from, up to `memory`. */
  readonly learned: number
  /** What its timer is set for; null when there is none. */
  readonly due: number | null
  readonly topic: string
  readonly params: Readonly<Record<string, string>>
}

/** Pauses that are needed before a learned period counts. */
const enough = 5
/** How many pauses the period is a mean of: newer ones weigh 1/8. */
const memory = 8
/** A learned wait is never shorter, milliseconds. */
const shortestLearned = 1000

/** Tells when nothing comes any more. */
export default defineNode({
  type: 'no-data',
  title: 'No data',
  category: 'rules',
  summary: 'Tells when a device has been silent for too long, and when it is back.',
  icon: 'heart-pulse',
  docs: `Watches that messages come. When none has come for a **key** for the duration **after**, a record goes to the port \`missing\`, once; with the next message of
the key one goes to \`back\`. Both have \`key\`, \`transition\` (MISSING or BACK), \`last\` (when the last message came before the silence; null when none ever
came), \`silence\` (milliseconds since then) and \`after\` (the wait that was used).

Instead of a duration, or with one as the shortest wait, the wait can be **learned**: it is **factor** times the usual pause between two messages of the
key, a mean in which each new pause weighs 1/${memory}. It counts after ${enough} pauses, and is at least one second. The pause that ended a silence is not learned from.

A key is watched from its first message on. Those that are named in **expected** are watched from the start, so that a device which never reports is found, too.

**Time**: everything is by when messages arrive here, on the clock of the engine: a device that sends old values is alive.

**What is kept**: for each key when its last message came, and the learned period. While the engine was down nobody could hear the devices, so a wait that ended
meanwhile starts anew at the start. A key that was told missing stays so over a restart, and is not told again.`,
  config: z
    .strictObject({
      key: keyField('a wait of its own'),
      after: duration()
        .refine((milliseconds) => milliseconds > 0, 'nothing is missing so soon; write 5m, for example')
        .optional()
        .meta({ title: 'After', description: 'How long a key may be silent.', examples: ['5m', '26h'] }),
      learn: z
        .boolean()
        .default(false)
        .meta({ title: 'Learn', description: 'Learn how often each key sends.', examples: [true] }),
      factor: z
        .number()
        .min(1.1)
        .max(1000)
        .default(3)
        .meta({
          title: 'Factor',
          description: 'Usual pauses that a key may be silent, when it is learned.',
          examples: [5],
        }),
      expected: z
        .array(z.string().min(1))
        .max(10_000)
        .default([])
        .meta({
          title: 'Expected',
          description: 'Keys that are watched from the start, by "after".',
          examples: [['kitchen', 'bar']],
        }),
    })
    .refine((config) => config.after !== undefined || config.learn, {
      message: 'it would wait for ever; give "after", or set "learn"',
      path: ['after'],
    })
    .refine((config) => config.after !== undefined || config.expected.length === 0, {
      message: 'how long they may be silent cannot be learned before they have sent; give "after"',
      path: ['expected'],
    }),
  inputs: { in: port('any', 'Messages that ought to come') },
  outputs: {
    missing: port('any', 'A key is silent', { later: true }),
    back: port('any', 'It has sent again'),
  },
  examples: [
    {
      title: 'A fridge that is silent for five minutes',
      config: { key: 'params.fridge', after: '5m' },
      steps: [
        { send: { in: { params: { fridge: 'a' } } }, expect: {} },
        { advance: '4m' },
        { send: { in: { params: { fridge: 'a' } } }, expect: {} },
        { advance: '299s', expect: {} },
        {
          advance: '1s',
          expect: {
            missing: [
              {
                key: 'a',
                params: { fridge: 'a' },
                payload: { key: 'a', transition: 'MISSING', last: 1767225840000, silence: 300000, after: 300000 },
              },
            ],
          },
        },
        { advance: '55m', expect: {} },
        {
          send: { in: { params: { fridge: 'a' } } },
          expect: {
            back: [{ payload: { key: 'a', transition: 'BACK', last: 1767225840000, silence: 3600000, after: 300000 } }],
          },
        },
      ],
    },
    {
      title: 'A device that never reports',
      config: { after: '10m', expected: ['devices/a'] },
      steps: [
        {
          advance: '10m',
          expect: {
            missing: [
              {
                topic: 'devices/a',
                payload: { key: 'devices/a', transition: 'MISSING', last: null, silence: null, after: 600000 },
              },
            ],
          },
        },
      ],
    },
    {
      title: 'How often it sends is learned',
      config: { learn: true, factor: 3 },
      steps: [
        { send: { in: {} }, advance: '10s' },
        { send: { in: {} }, advance: '10s' },
        { send: { in: {} }, advance: '10s' },
        { send: { in: {} }, advance: '10s' },
        { send: { in: {} }, advance: '10s' },
        { send: { in: {} }, advance: '10s' },
        { advance: '19s', expect: {} },
        { advance: '1s', expect: { missing: [{}] } },
      ],
    },
  ],
  infer: ({ inputs }) => {
    const record = (transition: string) =>
      closedObject({
        key: STRING,
        transition: stringOf(transition),
        last: union(TIME, NULL),
        silence: union(NUMBER, NULL),
        after: NUMBER,
      })
    return {
      missing: withFields(inputs.in, { payload: record('MISSING'), key: STRING, time: TIME }),
      back: withFields(inputs.in, { payload: record('BACK'), key: STRING, time: TIME }),
    }
  },
  create: ({ config, out, state, timers, now, message, status }) => {
    const { after, learn, factor, expected } = config
    const keyOf = keyReader(config.key)
    // When the engine, or this form of the node, began to listen: what was due before could not be heard.
    let listening = 0

    /** How long a key may be silent; undefined when that is not known yet. */
    const waitOf = ({ period, learned }: Kept): number | undefined => {
      if (!learn || learned < enough) return after
      return Math.max(after ?? shortestLearned, Math.ceil(period * factor))
    }

    /** Sees to it that the timer comes up in time. It may come up too early; then it is set again, which costs fewer writes. */
    const watch = (key: string, kept: Kept, from: number): Kept => {
      const wait = waitOf(kept)
      if (wait === undefined || (kept.due !== null && kept.due <= from + wait)) return kept
      timers.set(key, 'silence', from + wait)
      return { ...kept, due: from + wait }
    }

    const record = (transition: string, key: string, kept: Kept) =>
      message({
        topic: kept.topic,
        params: kept.params,
        key,
        payload: {
          key,
          transition,
          last: kept.last,
          silence: kept.last === null ? null : now() - kept.last,
          after: waitOf(kept) ?? 0,
        },
      })

    return {
      onStart: () => {
        listening = now()
        for (const key of expected) {
          if (state.get(key) !== undefined) continue
          state.set(key, watch(key, { ...unknown, topic: key }, now()))
        }
      },
      in: (incoming) => {
        const key = keyOf(incoming)
        const at = now()
        const before = readKept(state.get(key)) ?? unknown
        const { topic, params } = incoming
        if (before.silent) out.back(record('BACK', key, { ...before, topic, params }))
        const pause = before.last === null || before.silent ? undefined : at - before.last
        state.set(key, watch(key, { ...learnFrom(before, pause), last: at, silent: false, topic, params }, at))
      },
      onTimer: ({ key, at }) => {
        const kept = readKept(state.get(key))
        if (kept === undefined) return
        const idle = { ...kept, due: null }
        const wait = waitOf(kept)
        if (kept.silent || wait === undefined) return state.set(key, idle)
        const over = kept.last === null ? at : kept.last + wait
        if (over > now()) return state.set(key, watch(key, idle, over - wait))
        if (at < listening) return state.set(key, watch(key, idle, listening))
        state.set(key, { ...idle, silent: true })
        status(`${key} is silent`)
        out.missing(record('MISSING', key, kept))
      },
    }
  },
})

/** A key of which nothing is known. */
const unknown: Kept = { last: null, silent: false, period: 0, learned: 0, due: null, topic: '', params: {} }

function learnFrom(kept: Kept, pause: number | undefined): Kept {
  if (pause === undefined) return kept
  const learned = Math.min(kept.learned + 1, memory)
  return { ...kept, learned, period: kept.period + (pause - kept.period) / learned }
}

/** What this node wrote for a key. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
