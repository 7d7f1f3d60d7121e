import {
  ANY,
  arrayOf,
  defineNode,
  derive,
  duration,
  expression,
  type Json,
  port,
  STRING,
  type Type,
  z,
} from '../engine/node.ts'
import { keep, recall, recallMessage } from './lib/keep.ts'
import { keyField, keyReader, partOf } from './lib/keyed.ts'
import { present, withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

const mostItems = 1000

/** Gathers items into lists. */
export default defineNode({
  type: 'batch',
  title: 'Batch',
  category: 'state',
  summary: 'Gathers messages into one with a list, by number or time.',
  icon: 'group',
  docs: `Gathers the **values** of the messages of a **key**, and sends them as one list: when **count** are there, or the time **within** has passed since the first of
them, whatever comes first. Without a count a batch is sent when it has ${mostItems} items, at the latest.

The message has the topic, params, time and further fields of the latest one, the \`key\`, and the list as its payload, in the order of arrival.

**Time**: "within" runs on the clock of the engine, from when the first message of a batch arrives here. Messages are taken whatever time they were measured.

**What is kept**: the items of the open batch of each key, one by one. They outlast a restart or a deploy; a batch whose time was over meanwhile is sent at the start.

**Bad input**: a message without the value goes to the port \`error\` (WRONG_RESULT), and the batch goes on without it.`,
  config: z
    .strictObject({
      key: keyField('a batch of its own'),
      value: expression()
        .optional()
        .meta({
          title: 'Value',
          description: 'JSONata for the item. Without it: the payload.',
          examples: ['{ "time": time, "value": payload.celsius }'],
        }),
      count: z
        .int()
        .min(1)
        .max(mostItems)
        .optional()
        .meta({ title: 'Count', description: 'Items of a batch.', examples: [10] }),
      within: duration()
        .refine((milliseconds) => milliseconds > 0, 'a batch takes some time; write 10s, for example')
        .optional()
        .meta({ title: 'Within', description: 'The longest time from the first item on.', examples: ['10s'] }),
    })
    .refine((config) => config.count !== undefined || config.within !== undefined, {
      message: 'neither "count" nor "within" is there; give at least one of them',
      path: ['count'],
    }),
  inputs: { in: port('any', 'Messages to gather') },
  outputs: { out: port('any', 'The lists') },
  examples: [
    {
      title: 'Three at a time, or what came within ten seconds',
      config: { value: 'payload.v', count: 3, within: '10s' },
      steps: [
        { send: { in: { payload: { v: 1 } } }, expect: {} },
        { send: { in: { payload: { v: 2 } } }, expect: {} },
        { send: { in: { payload: { v: 3 } } }, expect: { out: [{ payload: [1, 2, 3] }] } },
        { send: { in: { payload: { v: 4 } } }, advance: '9s', expect: {} },
        { advance: '1s', expect: { out: [{ payload: [4] }] } },
        { advance: '1m', expect: {} },
      ],
    },
    {
      title: 'Without the value',
      config: { value: 'payload.v', count: 1 },
      steps: [{ send: { in: { payload: {} } }, expect: { error: [{ payload: {} }] } }],
    },
  ],
  infer: ({ config: { value }, inputs, typeOf }) => {
    const payload = inputs.in?.kind === 'object' ? (inputs.in.fields.payload ?? ANY) : ANY
    const item: Type = value === undefined || inputs.in === undefined ? payload : present(typeOf(value, inputs.in))
    return { out: withFields(inputs.in, { payload: arrayOf(item), key: STRING }) }
  },
  create: ({ config: { key: keyExpression, value, count = mostItems, within }, out, state, timers, now }) => {
    const keyOf = keyReader(keyExpression)

    /** The items so far, which are then forgotten. */
    const take = (key: string, items: number): unknown[] => {
      state.delete(key)
      return Array.from({ length: items }, (_, index) => {
        const part = partOf(key, index)
        const item: Json = state.get(part) ?? null
        state.delete(part)
        return recall(item)
      })
    }

    return {
      in: (message) => {
        const key = keyOf(message)
        const found = value === undefined ? message.payload : value(message)
        if (found === undefined) throw wrongResult(value?.text ?? 'payload', found, 'a value')
        const items = readCount(state.get(key))
        if (items + 1 >= count) {
          const payload = [...take(key, items), found]
          state.delete(partOf(key, 'message'))
          if (within !== undefined) timers.cancel(key, 'within')
          return out.out(derive(message, { payload, key }))
        }
        state.set(partOf(key, items), keep(found))
        state.set(key, items + 1)
        if (within === undefined) return
        // the list is sent later, with what else the latest message has
        state.set(partOf(key, 'message'), keep(derive(message, { payload: null })))
        if (items === 0) timers.set(key, 'within', now() + within)
      },
      onTimer: ({ key }) => {
        const items = readCount(state.get(key))
        const part = partOf(key, 'message')
        const message = state.get(part)
        if (items === 0 || message === undefined) return
        state.delete(part)
        out.out(derive(recallMessage(message), { payload: take(key, items), key }))
      },
    }
  },
})

/** How many items the open batch of a key has. */
function readCount(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
