import {
  BOOLEAN,
  closedObject,
  defineNode,
  duration,
  expression,
  type Message,
  NUMBER,
  port,
  STRING,
  TIME,
  type Type,
  z,
} from '../engine/node.ts'
import { keyField, keyReader, measured } from './lib/keyed.ts'
import { asSummand } from './lib/numbers.ts'
import { emptySum, plus, type Sum, total } from './lib/sum.ts'
import { withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

/** What is kept for a key. Times are UTC milliseconds, `runtime` is milliseconds. */
type Kept = {
  /** When it began to count. */
  readonly since: number
  /** When the latest message was measured. */
  readonly time: number
  readonly count: number
  readonly total: Sum
  readonly meter: number | null
  readonly on: boolean
  readonly runtime: number
  readonly cycles: number
}

/** Counts messages, amounts, running time and starts. */
export default defineNode({
  type: 'counter',
  title: 'Counter',
  category: 'state',
  summary: 'Counts messages, adds up amounts, and measures running time and starts of a machine.',
  icon: 'calculator',
  docs: `Counts for each **key**, and sends the counts with each message, until it is reset:

- \`count\`: messages; with a **condition** those for which it is \`true\` (the others change no count and no total);
- \`total\`: with **add**, the sum of what it gives for the messages that count; with **meter**, how far the reading of a meter went on. A reading
  below the one before means that the meter started anew at 0;
- \`runtime\` and \`cycles\`: with **running**, the milliseconds during which it was \`true\`, and how often it became so. The time from one message to
  the next counts when the machine was running at the first of them; with a **longest gap**, no more than that of it: when a device was away,
  nobody knows.

A message at the port \`reset\` sends the counts of its key so far to the port \`closed\` (running time up to that moment included) and starts again at
0. A machine that runs goes on running: that is no new start. With **key** the message at \`reset\` has to give the key, too.

**Time**: running time is by when messages were measured; a time in the future counts as now. A message that was measured before the latest one is late: it
counts, and its amount is added, but running time and the meter do not see it.

**What is kept**: the counts of each key. Sums lose nothing to rounding: ten times 0.1 is 1.

**Bad input**: an amount or a reading that is no number or is beyond 1e150, or a **running** that is neither true nor false, goes to the port \`error\` (WRONG_RESULT) and changes nothing.`,
  config: z
    .strictObject({
      key: keyField('counts of its own'),
      when: expression('boolean')
        .optional()
        .meta({
          title: 'Condition',
          description: 'JSONata: which messages count. Without it: all.',
          examples: ['payload.event = "part-done"'],
        }),
      add: expression('number')
        .optional()
        .meta({ title: 'Add', description: 'JSONata for an amount to add up.', examples: ['payload.litres'] }),
      meter: expression('number')
        .optional()
        .meta({
          title: 'Meter',
          description: 'JSONata for the reading of a meter that only goes up.',
          examples: ['payload.kwh'],
        }),
      running: expression('boolean')
        .optional()
        .meta({
          title: 'Running',
          description: 'JSONata: whether the machine runs now.',
          examples: ['payload.power > 50'],
        }),
      longestGap: duration()
        .refine((milliseconds) => milliseconds > 0, 'no running time would count; write 5m, for example')
        .optional()
        .meta({
          title: 'Longest gap',
          description: 'The most that counts as running time between two messages.',
          examples: ['5m'],
        }),
    })
    .refine((config) => config.add === undefined || config.meter === undefined, {
      message: '"add" and "meter" are both there; keep one of them',
      path: ['meter'],
    }),
  inputs: { in: port('any', 'Messages to count'), reset: port('any', 'Starts the counts of a key anew') },
  outputs: { out: port('any', 'The counts, with each message'), closed: port('any', 'The counts at a reset') },
  examples: [
    {
      title: 'Parts made by each machine, with a reset',
      config: { key: 'params.machine', when: 'payload.ok', add: 'payload.parts' },
      steps: [
        {
          send: { in: { params: { machine: 'm1' }, payload: { ok: true, parts: 3 } } },
          expect: { out: [{ key: 'm1', payload: { key: 'm1', since: 1767225600000, count: 1, total: 3 } }] },
        },
        {
          send: { in: { params: { machine: 'm1' }, payload: { ok: false, parts: 2 } } },
          expect: { out: [{ payload: { key: 'm1', since: 1767225600000, count: 1, total: 3 } }] },
        },
        { advance: '8h' },
        {
          send: { reset: { params: { machine: 'm1' } } },
          expect: { closed: [{ payload: { key: 'm1', since: 1767225600000, count: 1, total: 3 } }] },
        },
        {
          send: { in: { params: { machine: 'm1' }, payload: { ok: true, parts: 1 } } },
          expect: { out: [{ payload: { key: 'm1', since: 1767254400000, count: 1, total: 1 } }] },
        },
      ],
    },
    {
      title: 'Running time and starts of a pump',
      config: { running: 'payload > 50' },
      steps: [
        {
          send: { in: { topic: 'pump', payload: 900 } },
          expect: {
            out: [{ payload: { key: 'pump', since: 1767225600000, count: 1, running: true, runtime: 0, cycles: 1 } }],
          },
        },
        { advance: '10m' },
        {
          send: { in: { topic: 'pump', payload: 0 } },
          expect: {
            out: [
              { payload: { key: 'pump', since: 1767225600000, count: 2, running: false, runtime: 600000, cycles: 1 } },
            ],
          },
        },
      ],
    },
    {
      title: 'A meter that starts anew',
      config: { meter: 'payload' },
      steps: [
        {
          send: { in: { topic: 'm', payload: 100 } },
          expect: { out: [{ payload: { key: 'm', since: 1767225600000, count: 1, total: 0 } }] },
        },
        {
          send: { in: { topic: 'm', payload: 104 } },
          expect: { out: [{ payload: { key: 'm', since: 1767225600000, count: 2, total: 4 } }] },
        },
        {
          send: { in: { topic: 'm', payload: 3 } },
          expect: { out: [{ payload: { key: 'm', since: 1767225600000, count: 3, total: 7 } }] },
        },
        { send: { in: { payload: 'broken' } }, expect: { error: [{ payload: 'broken' }] } },
      ],
    },
  ],
  // A reset only has to have a key.
  sees: ({ inputs, path: [field] }) => (field === 'key' ? undefined : inputs.in),
  infer: ({ config, inputs }) => {
    const fields: Record<string, Type> = { key: STRING, since: TIME, count: NUMBER }
    if (config.add !== undefined || config.meter !== undefined) fields.total = NUMBER
    if (config.running !== undefined) Object.assign(fields, { running: BOOLEAN, runtime: NUMBER, cycles: NUMBER })
    const payload = closedObject(fields)
    return {
      out: withFields(inputs.in, { payload, key: STRING }),
      closed: withFields(inputs.reset, { payload, key: STRING }),
    }
  },
  create: ({ config, out, state, now }) => {
    const { when, add, meter, running, longestGap = Number.POSITIVE_INFINITY } = config
    const keyOf = keyReader(config.key)

    const told = (message: Message, key: string, kept: Kept): Message => {
      const { since, count } = kept
      const amount = add === undefined && meter === undefined ? {} : { total: total(kept.total) }
      const machine = running === undefined ? {} : { running: kept.on, runtime: kept.runtime, cycles: kept.cycles }
      return { ...message, key, payload: { key, since, count, ...amount, ...machine } }
    }

    /** The running time with what came since the latest message. */
    const runtimeAt = (kept: Kept, time: number): number =>
      kept.on && time > kept.time ? kept.runtime + Math.min(time - kept.time, longestGap) : kept.runtime

    return {
      in: (message) => {
        const key = keyOf(message)
        const time = measured(message, now())
        const before = readKept(state.get(key)) ?? newCount(time)
        const late = time < before.time
        const counts = when === undefined || when(message) === true
        const amount = add === undefined || !counts ? 0 : asSummand(add(message), add.text)
        const reading = meter === undefined ? null : asSummand(meter(message), meter.text)
        const on = running === undefined ? false : asBoolean(running(message), running.text)
        const risen = reading === null || late ? 0 : advanceOf(before.meter, reading)
        const kept: Kept = {
          since: before.since,
          time: late ? before.time : time,
          count: before.count + (counts ? 1 : 0),
          total: plus(before.total, amount + risen),
          meter: late ? before.meter : reading,
          on: late ? before.on : on,
          runtime: runtimeAt(before, time),
          cycles: before.cycles + (!late && on && !before.on ? 1 : 0),
        }
        state.set(key, kept)
        out.out(told(message, key, kept))
      },
      reset: (message) => {
        const key = keyOf(message)
        const kept = readKept(state.get(key))
        const time = Math.max(measured(message, now()), kept?.time ?? 0)
        const { meter: reading, on } = kept ?? newCount(time)
        state.set(key, { ...newCount(time), meter: reading, on })
        out.closed(
          told(message, key, kept === undefined ? newCount(time) : { ...kept, runtime: runtimeAt(kept, time) }),
        )
      },
    }
  },
})

function newCount(time: number): Kept {
  return { since: time, time, count: 0, total: emptySum, meter: null, on: false, runtime: 0, cycles: 0 }
}

/** How far a meter went on; from 0 when it shows less than before. */
function advanceOf(before: number | null, reading: number): number {
  if (before === null) return 0
  return reading >= before ? reading - before : reading
}

function asBoolean(value: unknown, text: string): boolean {
  if (typeof value === 'boolean') return value
  throw wrongResult(text, value, 'true or false')
}

/** What this node wrote for a key. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
