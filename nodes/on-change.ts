import { defineNode, duration, expression, type Json, port, z } from '../engine/node.ts'
import { type Deadband, isChange } from './lib/change.ts'
import { keep } from './lib/keep.ts'
import { keyField, keyReader, measured } from './lib/keyed.ts'
import { asNumber } from './lib/numbers.ts'
import { wrongResult } from './lib/values.ts'

/** What is kept for a key: the value that was reported last, when it was measured, and when it was reported. */
type Kept = { readonly value: Json; readonly time: number; readonly at: number }

/** Reports by exception. */
export default defineNode({
  type: 'on-change',
  title: 'On change',
  category: 'rules',
  summary: 'Passes a message on only when its value has changed.',
  icon: 'activity',
  docs: `Reports by exception: compares the **value** of each message with the value that was reported last for its **key**. A message whose
value has changed goes, unchanged, to \`out\`; any other one to \`rest\`. The first message of a key is always reported.

Without a deadband every difference counts; objects and lists are compared by their contents, whatever the order of fields. With a
**deadband** the value must be a number, and counts as changed when it differs by *more* than that from the value that was
reported last (not from the one before), so a slow drift is reported, too. **Deadband in percent** is measured on the value that was
reported last; after a 0 every other value is reported. Differences are taken to 12 digits: 20.3 is 0.2 away from 20.1, and not a little more.

**At least every** reports a message without a change when that long has passed since the last report of the key. It needs a message: this
node makes none by itself (\`no-data\` tells when none comes).

**Time**: a message that was measured before the one that was reported last is late; it goes to \`rest\` and changes nothing. A time in the future counts as now. "At least
every" counts on the clock of the engine.

**What is kept**: for each key the value that was reported last. It is written only when something is reported, so messages
without a change cost no write.

**Bad input**: a message without a value, or with a deadband one whose value is no number, goes to the port \`error\` (WRONG_RESULT).`,
  config: z
    .strictObject({
      key: keyField('a value of its own to compare with'),
      value: expression()
        .optional()
        .meta({
          title: 'Value',
          description: 'JSONata for what is compared. Without it: the payload.',
          examples: ['payload.temperature', 'payload.door'],
        }),
      deadband: z
        .number()
        .min(0)
        .optional()
        .meta({
          title: 'Deadband',
          description: 'A difference up to this is no change.',
          examples: [0.5],
        }),
      percent: z
        .number()
        .min(0)
        .max(1000)
        .optional()
        .meta({
          title: 'Deadband in percent',
          description: 'A difference up to this share of the value that was reported last is no change.',
          examples: [2],
        }),
      atLeastEvery: duration()
        .refine((milliseconds) => milliseconds > 0, 'every message would be reported; write 15m, for example')
        .optional()
        .meta({
          title: 'At least every',
          description: 'Report a message without a change, too, when the last report is this long ago.',
          examples: ['15m'],
        }),
    })
    .refine((config) => config.deadband === undefined || config.percent === undefined, {
      message: '"deadband" and "percent" are both there; keep one of them',
      path: ['percent'],
    }),
  inputs: { in: port('any', 'Messages to compare') },
  outputs: { out: port('same:in', 'The value has changed'), rest: port('same:in', 'It has not, or came late') },
  examples: [
    {
      title: 'Changes of more than half a degree, for each fridge',
      config: { key: 'params.fridge', value: 'payload.celsius', deadband: 0.5 },
      steps: [
        { send: { in: { params: { fridge: 'a' }, payload: { celsius: 4 } } }, expect: { out: [{}] } },
        { send: { in: { params: { fridge: 'a' }, payload: { celsius: 4.5 } } }, expect: { rest: [{}] } },
        { send: { in: { params: { fridge: 'b' }, payload: { celsius: 4.5 } } }, expect: { out: [{}] } },
        {
          send: { in: { params: { fridge: 'a' }, payload: { celsius: 4.6 } } },
          expect: { out: [{ payload: { celsius: 4.6 } }] },
        },
      ],
    },
    {
      title: 'A door, and its state every hour',
      config: { atLeastEvery: '1h' },
      steps: [
        { send: { in: { payload: { open: false } } }, expect: { out: [{}] } },
        { advance: '59m' },
        { send: { in: { payload: { open: false } } }, expect: { rest: [{}] } },
        { send: { in: { payload: { open: true } } }, expect: { out: [{ payload: { open: true } }] } },
        { advance: '1h' },
        { send: { in: { payload: { open: true } } }, expect: { out: [{}] } },
      ],
    },
    {
      title: 'With a deadband, what is no number is an error',
      config: { percent: 10 },
      steps: [
        { send: { in: { payload: 100 } }, expect: { out: [{}] } },
        { send: { in: { payload: 'high' } }, expect: { error: [{ payload: 'high' }] } },
        { send: { in: { payload: 110 } }, expect: { rest: [{}] } },
        { send: { in: { payload: 89 } }, expect: { out: [{ payload: 89 }] } },
      ],
    },
  ],
  create: ({ config, out, state, now }) => {
    const { value: measure, atLeastEvery } = config
    const keyOf = keyReader(config.key)
    const band = deadbandOf(config)
    const text = measure?.text ?? 'payload'
    return {
      in: (message) => {
        const key = keyOf(message)
        const found = measure === undefined ? message.payload : measure(message)
        if (found === undefined) throw wrongResult(text, found, 'a value')
        const value = band === undefined ? keep(found) : asNumber(found, text)
        const kept = readKept(state.get(key))
        const time = measured(message, now())
        const reported =
          kept === undefined ||
          (time >= kept.time &&
            (isChange(kept.value, value, band) || (atLeastEvery !== undefined && now() - kept.at >= atLeastEvery)))
        if (!reported) return out.rest(message)
        state.set(key, { value, time, at: now() })
        out.out(message)
      },
    }
  },
})

function deadbandOf(config: { deadband?: number | undefined; percent?: number | undefined }): Deadband | undefined {
  if (config.deadband !== undefined) return { kind: 'absolute', size: config.deadband }
  return config.percent === undefined ? undefined : { kind: 'percent', size: config.percent }
}

/** What this node wrote for a key. */
function readKept(value: unknown): Kept | undefined {
  // State comes back as it was set, by this node type alone.
  return value as Kept | undefined
}
