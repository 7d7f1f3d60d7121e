import { ANY, defineNode, derive, expression, port, z } from '../engine/node.ts'
import { sameJson } from './lib/change.ts'
import { keep, recall } from './lib/keep.ts'
import { keyField, keyReader } from './lib/keyed.ts'
import { present, withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

const reserved = ['topic', 'time', 'received', 'params', 'retain', 'qos', 'props', 'key', 'id', 'error']

/** Remembers a value. */
export default defineNode({
  type: 'state',
  title: 'State',
  category: 'state',
  summary: 'Remembers a value, to be read by other messages.',
  icon: 'variable',
  docs: `Remembers one **value** for each **key**.

- A message at \`set\` computes the value, and goes on to \`changed\` with it, if it is another one than before.
- A message at \`get\` goes on to \`out\` with the value as the field **name**; later expressions find it there. Where nothing was set yet it goes to \`none\`, unchanged.
- A message at \`clear\` forgets the value.

The expression sees the value so far as \`$old\` (nothing at first), so it can gather: \`($old ?? 0) + payload.count\`, \`$max([$old, payload])\`, \`$append($old, payload)[[-10..-1]]\`.

**Time** does not count: the message that arrived last has set the value, whatever time it was measured.

**What is kept**: the value of each key, over restarts and deploys. Keep it small: it is written anew whenever it changes.

**Bad input**: an expression that gives nothing is a WRONG_RESULT; the value stays.`,
  config: z.strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'that cannot name a field; use a letter and then letters, digits or "_"')
      .refine((name) => !reserved.includes(name), `that name is taken; choose another than ${reserved.join(', ')}`)
      .meta({
        title: 'Name',
        description: 'Field of the message that holds the value.',
        examples: ['setpoint', 'mode'],
      }),
    key: keyField('a value of its own', 'one value for all messages'),
    value: expression('any', ['old'])
      .optional()
      .meta({
        title: 'Value',
        description: 'JSONata for the value; $old is the one before. Without it: the payload.',
        examples: ['payload.setpoint', '($old ?? 0) + 1'],
      }),
  }),
  inputs: {
    set: port('any', 'Messages that set the value'),
    get: port('any', 'Messages that want it'),
    clear: port('any', 'Messages that have it forgotten'),
  },
  outputs: {
    out: port('any', 'The messages of "get", with the value'),
    none: port('same:get', 'Those for which there is no value'),
    changed: port('any', 'The messages of "set" that changed it, with the value'),
  },
  examples: [
    {
      title: 'A setpoint for each room',
      config: { name: 'setpoint', key: 'params.room', value: 'payload' },
      steps: [
        { send: { get: { params: { room: 'a' }, payload: 19 } }, expect: { none: [{ payload: 19 }] } },
        { send: { set: { params: { room: 'a' }, payload: 21 } }, expect: { changed: [{ setpoint: 21 }] } },
        { send: { get: { params: { room: 'a' }, payload: 20 } }, expect: { out: [{ payload: 20, setpoint: 21 }] } },
        { send: { set: { params: { room: 'a' }, payload: 21 } }, expect: {} },
        { send: { get: { params: { room: 'b' }, payload: 20 } }, expect: { none: [{}] } },
      ],
    },
    {
      title: 'A count that is read and cleared',
      config: { name: 'visitors', value: '($old ?? 0) + payload.count' },
      steps: [
        { send: { set: { payload: { count: 2 } } }, expect: { changed: [{ visitors: 2 }] } },
        { send: { set: { payload: { count: 3 } } }, expect: { changed: [{ visitors: 5 }] } },
        { send: { set: { payload: { count: 'x' } } }, expect: { error: [{ payload: { count: 'x' } }] } },
        { send: { get: {} }, expect: { out: [{ visitors: 5 }] } },
        { send: { clear: {} }, expect: {} },
        { send: { get: {} }, expect: { none: [{}] } },
      ],
    },
  ],
  infer: ({ config: { name, value }, inputs, typeOf }) => {
    const { set, get } = inputs
    const payload = set?.kind === 'object' ? (set.fields.payload ?? ANY) : ANY
    const found = value === undefined || set === undefined ? payload : present(typeOf(value, set))
    return { out: withFields(get, { [name]: found }), changed: withFields(set, { [name]: found }) }
  },
  create: ({ config: { name, key: keyExpression, value }, out, state }) => {
    const read = keyReader(keyExpression)
    const keyOf: typeof read = keyExpression === undefined ? () => '' : read
    return {
      set: (message) => {
        const key = keyOf(message)
        const before = state.get(key)
        const old = before === undefined ? undefined : recall(before)
        const found = value === undefined ? message.payload : value(message, { old })
        if (found === undefined) throw wrongResult(value?.text ?? 'payload', found, 'a value')
        const kept = keep(found)
        if (before !== undefined && sameJson(before, kept)) return
        state.set(key, kept)
        out.changed(derive(message, { [name]: recall(kept) }))
      },
      get: (message) => {
        const kept = state.get(keyOf(message))
        if (kept === undefined) return out.none(message)
        out.out(derive(message, { [name]: recall(kept) }))
      },
      clear: (message) => state.delete(keyOf(message)),
    }
  },
})
