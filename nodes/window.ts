import {
  ANY,
  BOOLEAN,
  closedObject,
  defineNode,
  derive,
  type Json,
  type Message,
  MISSING,
  NUMBER,
  port,
  STRING,
  TIME,
  type Type,
  union,
} from '../engine/node.ts'
import { percentOf } from './lib/aggregate.ts'
import { type Arrival, type Bucket, bucketOf, gather, resultsOf } from './lib/bucket.ts'
import { keep, recall } from './lib/keep.ts'
import { keyReader, measured, partOf } from './lib/keyed.ts'
import { asSummand, numberPort } from './lib/numbers.ts'
import { present, withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'
import { usualResults, windowConfig } from './lib/window-config.ts'

/** Gathers messages in windows. */
export default defineNode<typeof windowConfig, 'in', 'out' | 'late'>({
  type: 'window',
  title: 'Window',
  category: 'state',
  summary: 'Gathers values in windows of time or number, and sends mean, sum, percentiles and more of each.',
  icon: 'chart-no-axes-column',
  docs: `Gathers the **values** of each **key** in windows and sends a message for each of them.

| kind | holds | sends |
|---|---|---|
| \`tumbling\` with **length** | one after the other, from multiples of the length since 1970-01-01 UTC on: \`1h\` begins on the hour | at its end, if anything was in it |
| \`tumbling\` with **count** | so many items, then the next ones | when it is full |
| \`sliding\` with **length** | what was measured in the time up to the newest item | at each message |
| \`sliding\` with **count** | the last so many items | at each message |
| \`session\` | items that are no more than **gap** apart | when the gap is over |

The payload has \`key\`, \`from\`, \`to\` and the **results**: \`count\`, \`sum\`, \`mean\`, \`min\`, \`max\`, \`first\` and \`last\` (by when they were measured), \`range\`, \`stddev\` (of a sample, so
by n - 1; 0 for one item), \`median\`, and percentiles such as \`p95\` (between two items by proportion). A tumbling window of time goes from \`from\` up to, but not
including, \`to\`; a sliding one from after \`from\` up to \`to\`; all others from their first to their last item. With **compute** the payload is what the expression gives, over
\`$items\`, \`$times\` (when each was measured), \`$from\`, \`$to\` and \`$key\`; then items may be any value. The message has the \`topic\` and \`params\` of the latest one, the \`key\`, and \`to\` as \`time\`.

**Time** is when messages were measured (a time in the future counts as now). Windows of time and sessions end by the clock of the engine, **wait** after their end, so that messages which are under
way still come in. What comes later than that is late: it goes to the port \`late\`, unchanged, and to no window. A sliding window takes a late message that lies in it, and sends anew. Windows of
a count go by arrival, and know no late messages.

**What is kept**: for each open window of a key its sums, and for percentiles, **compute** and sliding windows the items, up to **limit**; beyond it the oldest items are left out of
these (not out of the count, sum, mean, min, max, first, last and stddev of tumbling windows and sessions), and the payload says so: \`truncated\` is true. Each message writes what is kept
of its window anew, so keep long windows with percentiles few. A window that ended while the engine was down is sent at the start.

**Bad input**: without **compute**, a value that is no number, or one beyond 1e150, goes to the port \`error\` (WRONG_RESULT), and so does a missing value with it.
A window that ends and whose **compute** fails becomes a dead letter; it is kept until that is tried again, and later windows go on.`,
  config: windowConfig,
  inputs: ({ value, compute }) => ({
    in: numberPort(value ?? compute, 'Messages with the values'),
  }),
  outputs: {
    out: port('any', 'A message for each window'),
    late: port('same:in', 'Messages that came after their window was closed'),
  },
  examples: [
    {
      title: 'Mean and 95th percentile of each quarter of an hour',
      config: { key: 'params.room', value: 'payload.celsius', length: '15m', results: ['count', 'mean', 'p95'] },
      steps: [
        { send: { in: { params: { room: 'a' }, payload: { celsius: 20 } } }, advance: '5m', expect: {} },
        { send: { in: { params: { room: 'a' }, payload: { celsius: 22 } } }, advance: '10m', expect: {} },
        {
          advance: '1s',
          expect: {
            out: [
              {
                key: 'a',
                params: { room: 'a' },
                time: 1767226500000,
                payload: { key: 'a', from: 1767225600000, to: 1767226500000, count: 2, mean: 21, p95: 21.9 },
              },
            ],
          },
        },
        {
          send: { in: { params: { room: 'a' }, time: 1767226499999, payload: { celsius: 99 } } },
          expect: { late: [{ payload: { celsius: 99 } }] },
        },
      ],
    },
    {
      title: 'The mean of the last three values',
      config: { kind: 'sliding', count: 3, results: ['mean'] },
      steps: [
        {
          send: { in: { topic: 's', time: 1, payload: 1 } },
          expect: { out: [{ payload: { key: 's', from: 1, to: 1, mean: 1 } }] },
        },
        {
          send: { in: { topic: 's', time: 2, payload: 2 } },
          expect: { out: [{ payload: { key: 's', from: 1, to: 2, mean: 1.5 } }] },
        },
        {
          send: { in: { topic: 's', time: 3, payload: 3 } },
          expect: { out: [{ payload: { key: 's', from: 1, to: 3, mean: 2 } }] },
        },
        {
          send: { in: { topic: 's', time: 4, payload: 4 } },
          expect: { out: [{ payload: { key: 's', from: 2, to: 4, mean: 3 } }] },
        },
      ],
    },
    {
      title: 'How long a machine was used, by sessions',
      config: {
        kind: 'session',
        gap: '5m',
        compute: '{ "minutes": ($to - $from) / 60000, "steps": $items }',
        value: 'payload.step',
      },
      steps: [
        { send: { in: { payload: { step: 'drill' } } }, advance: '4m' },
        { send: { in: { payload: { step: 'cut' } } }, advance: '4m' },
        { advance: '1m', expect: {} },
        { advance: '1s', expect: { out: [{ payload: { minutes: 4, steps: ['drill', 'cut'] } }] } },
      ],
    },
    {
      title: 'What is no number is an error',
      config: { count: 2, results: ['sum'] },
      steps: [
        { send: { in: { payload: 1 } }, expect: {} },
        { send: { in: { payload: 'high' } }, expect: { error: [{ payload: 'high' }] } },
        { send: { in: { topic: 's', payload: 2 } }, expect: {} },
      ],
    },
  ],
  infer: ({ config: { results = usualResults, compute, kind }, inputs, typeOf }) => {
    const numbers: Record<string, Type> = Object.fromEntries(results.map((name) => [name, NUMBER]))
    const items = kind === 'sliding' || results.some((name) => percentOf(name) !== undefined)
    const cut: Record<string, Type> = items ? { truncated: union(BOOLEAN, MISSING) } : {}
    const record = closedObject({ key: STRING, from: TIME, to: TIME, ...numbers, ...cut })
    const payload = compute === undefined ? record : present(typeOf(compute, ANY))
    return { out: withFields(inputs.in, { payload, key: STRING, time: TIME }) }
  },
  create: ({ config: settings, out, state, timers, now, message }) => {
    const { kind, value, length = 0, count, gap = 0, wait, results = usualResults, compute, limit } = settings
    const keyOf = keyReader(settings.key)
    const text = value?.text ?? 'payload'
    const numbers = compute === undefined
    const needsItems = kind === 'sliding' || !numbers || results.some((name) => percentOf(name) !== undefined)
    const gathering = { limit: needsItems ? limit : 0, numbers }

    const send = (key: string, bucket: Bucket, from: number, to: number) => {
      const { topic, params, items, cut } = bucket
      const made = message({ topic, params, key, time: to })
      if (compute === undefined) {
        const truncated = cut === null ? {} : { truncated: true }
        return out.out(derive(made, { payload: { key, from, to, ...resultsOf(bucket, results), ...truncated } }))
      }
      const bound = { items: items.map(([, item]) => recall(item)), times: items.map(([time]) => time), from, to, key }
      const payload = compute(made, bound)
      if (payload === undefined) throw wrongResult(compute.text, payload, 'a payload')
      out.out(derive(made, { payload }))
    }

    /** Sends a window that is over. An expression may fail, so it gets a run of its own: the message that ended it must go on. */
    const close = (key: string, name: string, bucket: Bucket) => {
      if (numbers) return send(key, bucket, bucket.first, bucket.last)
      state.set(partOf(key, name), bucket)
      timers.set(key, name, now())
    }

    const inTumbling = (key: string, arrival: Arrival, incoming: Message) => {
      const from = Math.floor(arrival.time / length) * length
      const due = from + length + wait
      if (due <= now()) return out.late(incoming)
      const name = `${from}..${from + length}`
      const part = partOf(key, name)
      state.set(part, gather(readBucket(state.get(part)), arrival, gathering))
      timers.set(key, name, due)
    }

    const inCounted = (key: string, arrival: Arrival, incoming: Message) => {
      const bucket = gather(readBucket(state.get(key)), arrival, gathering)
      const size = numbers ? (bucket.stats?.count ?? 0) : bucket.items.length
      if (size < (count ?? 1)) return state.set(key, bucket)
      state.delete(key)
      close(key, `full ${incoming.id}`, bucket)
    }

    const inSliding = (key: string, arrival: Arrival, incoming: Message) => {
      const before = readBucket(state.get(key))
      if (count === undefined && before !== undefined && arrival.time <= before.last - length) return out.late(incoming)
      const bucket = count === undefined ? slideByTime(before, arrival) : slideByCount(before, arrival, count)
      if (bucket === undefined) return
      state.set(key, bucket)
      if (count === undefined) send(key, bucket, bucket.last - length, bucket.last)
      else send(key, bucket, bucket.first, bucket.last)
    }

    const slideByTime = (before: Bucket | undefined, arrival: Arrival): Bucket | undefined => {
      const all = gather(before, arrival, gathering)
      const after = all.last - length
      const cut = all.cut !== null && all.cut > after ? all.cut : null
      return bucketOf(
        all.items.filter(([time]) => time > after),
        { ...all, cut },
        numbers,
      )
    }

    /** Items in order of arrival. */
    const slideByCount = (before: Bucket | undefined, arrival: Arrival, most: number): Bucket | undefined => {
      const items = [...(before?.items ?? []), [arrival.time, arrival.value] as const].slice(-most)
      const bucket = bucketOf(items, gather(undefined, arrival, gathering), numbers)
      const times = items.map(([time]) => time)
      return bucket === undefined ? undefined : { ...bucket, first: Math.min(...times), last: Math.max(...times) }
    }

    const inSession = (key: string, arrival: Arrival, incoming: Message) => {
      const { time } = arrival
      const open = readBucket(state.get(key))
      if (open === undefined ? time + gap + wait <= now() : time < open.first - gap) return out.late(incoming)
      const ended = open !== undefined && time > open.last + gap
      const bucket = gather(ended ? undefined : open, arrival, gathering)
      state.set(key, bucket)
      timers.set(key, 'end', bucket.last + gap + wait)
      if (ended) close(key, `ended ${open.first}`, open)
    }

    const take =
      kind === 'session' ? inSession : kind === 'sliding' ? inSliding : count === undefined ? inTumbling : inCounted

    return {
      in: (incoming) => {
        const key = keyOf(incoming)
        const found = value === undefined ? incoming.payload : value(incoming)
        if (found === undefined) throw wrongResult(text, found, numbers ? 'a number' : 'a value')
        const item: Json = numbers ? asSummand(found, text) : keep(found)
        const { topic, params } = incoming
        take(key, { time: measured(incoming, now()), value: item, topic, params }, incoming)
      },
      onTimer: ({ key, name }) => {
        const part = name === 'end' ? key : partOf(key, name)
        const bucket = readBucket(state.get(part))
        if (bucket === undefined) return
        state.delete(part)
        if (name === 'end') return close(key, `ended ${bucket.first}`, bucket)
        const [from = bucket.first, to = bucket.last] = /^-?\d+\.\.-?\d+$/.test(name)
          ? name.split('..').map(Number)
          : []
        send(key, bucket, from, to)
      },
    }
  },
})

/** What this node wrote for a window. */
function readBucket(value: unknown): Bucket | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Bucket | undefined
}
