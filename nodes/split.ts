import {
  ANY,
  arrayOf,
  closedObject,
  defineNode,
  expression,
  messageType,
  NUMBER,
  port,
  rulewireError,
  STRING,
  type Type,
  z,
} from '../engine/node.ts'
import { withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

/** More would not get far: a message may reach 10,000 handlers in all. */
const mostItems = 1000

const config = z.strictObject({
  items: expression()
    .optional()
    .meta({
      title: 'Items',
      description: 'JSONata for the list. Without it: the payload.',
      examples: ['payload.readings', 'payload.{ "sensor": id, "value": v }'],
    }),
})

/** Makes one message of each item of a list. */
export default defineNode<typeof config, 'in', 'out'>({
  type: 'split',
  title: 'Split',
  category: 'rules',
  summary: 'Sends each item of a list as a message of its own.',
  icon: 'ungroup',
  docs: `Sends a message for each item of a list, in order. Its payload is the item; topic, params, time, key and further fields are those of the message that came in, and
\`part\` tells its place: \`{ "index": 0, "count": 3, "of": id }\`, where \`of\` is the id of the message that was split.

Without **items** the payload must be a list. With an expression, nothing found is an empty list, and a single value is a list of one: that is how JSONata
gives \`payload.readings[value > 3]\` when only one is found. An empty list sends nothing.

All items are sent in one unit: what they cause is committed together, or not at all. A list may have up to ${mostItems} items; a longer one goes to the port \`error\`
(TOO_LARGE), and so does a payload that is no list (WRONG_RESULT). Nothing is kept.`,
  config,
  inputs: ({ items }) => ({
    in: port(items === undefined ? messageType({ payload: arrayOf(ANY) }) : 'any', 'Messages with a list'),
  }),
  outputs: { out: port('any', 'A message for each item') },
  examples: [
    {
      title: 'Readings that came together',
      config: { items: 'payload.readings' },
      steps: [
        {
          send: { in: { id: 'm7', topic: 'gateway', payload: { readings: [{ t: 20 }, { t: 21 }] } } },
          expect: {
            out: [
              { topic: 'gateway', payload: { t: 20 }, part: { index: 0, count: 2, of: 'm7' } },
              { topic: 'gateway', payload: { t: 21 }, part: { index: 1, count: 2, of: 'm7' } },
            ],
          },
        },
      ],
    },
    {
      title: 'Those that an expression finds',
      config: { items: 'payload[value > 3]' },
      steps: [
        { send: { in: { payload: [{ value: 5 }, { value: 1 }] } }, expect: { out: [{ payload: { value: 5 } }] } },
        { send: { in: { payload: [{ value: 1 }] } }, expect: {} },
      ],
    },
    {
      title: 'A payload that is no list',
      config: {},
      steps: [
        { send: { in: { payload: [1, [2, 3]] } }, expect: { out: [{ payload: 1 }, { payload: [2, 3] }] } },
        { send: { in: { payload: { a: 1 } } }, expect: { error: [{ payload: { a: 1 } }] } },
      ],
    },
  ],
  infer: ({ config: { items }, inputs, typeOf }) => {
    const payload = inputs.in?.kind === 'object' ? (inputs.in.fields.payload ?? ANY) : ANY
    const list = items === undefined || inputs.in === undefined ? payload : typeOf(items, inputs.in)
    const part = closedObject({ index: NUMBER, count: NUMBER, of: STRING })
    return { out: withFields(inputs.in, { payload: itemOf(list), part }) }
  },
  create: ({ config: { items }, out }) => ({
    in: (message) => {
      const found = items === undefined ? message.payload : items(message)
      if (items === undefined && !Array.isArray(found)) throw wrongResult('payload', found, 'a list')
      const list: readonly unknown[] = Array.isArray(found) ? found : found === undefined ? [] : [found]
      const count = list.length
      if (count > mostItems) {
        throw rulewireError('TOO_LARGE', { what: 'The number of items', found: count, limit: mostItems })
      }
      for (let index = 0; index < count; index++) {
        out.out({ ...message, payload: list[index], part: { index, count, of: message.id } })
      }
    },
  }),
})

/** The type of one item; of anything that is no list, nothing is known. */
function itemOf(list: Type): Type {
  return list.kind === 'array' ? list.item : ANY
}
