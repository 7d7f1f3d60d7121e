import {
  closedObject,
  defineNode,
  derive,
  duration,
  expression,
  type Json,
  type Message,
  MISSING,
  openObject,
  type Port,
  port,
  STRING,
  TIME,
  type Type,
  union,
  z,
} from '../engine/node.ts'
import { keep, recall } from './lib/keep.ts'
import { keyField, keyReader, measured } from './lib/keyed.ts'
import { present, withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

/** The latest value of a part, when it was measured, and when it came here. */
type Kept = { readonly value: Json; readonly time: number; readonly at: number }
type Parts = Readonly<Record<string, Kept>>

const reserved = ['in', 'error']

const config = z.strictObject({
  key: keyField('values of its own to join', 'all messages belong together'),
  parts: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,63}$/, 'that cannot name a part; use 1 to 64 of a-z, 0-9 and "-", a letter first')
          .refine(
            (id) => !reserved.includes(id),
            `the node has ports ${reserved.join(', ')} of its own; choose another name`,
          )
          .meta({ title: 'Name', description: 'Field of the payload, and input port.', examples: ['temperature'] }),
        when: expression('boolean')
          .optional()
          .meta({
            title: 'Condition',
            description:
              'The part is in the messages at "in" for which this is true. Without it: in those at its own port.',
            examples: ['params.kind = "temperature"'],
          }),
        value: expression()
          .optional()
          .meta({
            title: 'Value',
            description: 'JSONata for the value. Without it: the payload.',
            examples: ['payload.value'],
          }),
      }),
    )
    .min(1)
    .max(64)
    .superRefine((parts, context) => {
      const seen = new Set<string>()
      for (const [index, { id }] of parts.entries()) {
        const message = `"${id}" names two parts; give each a name of its own`
        if (seen.has(id)) context.addIssue({ code: 'custom', path: [index, 'id'], message })
        seen.add(id)
      }
    })
    .meta({
      title: 'Parts',
      description: 'What is joined.',
      examples: [[{ id: 'temperature' }, { id: 'humidity' }]],
    }),
  send: z
    .enum(['complete', 'always'])
    .default('complete')
    .meta({
      title: 'Send',
      description: 'At each new value once all parts are there, or always, with the parts that are.',
      examples: ['always'],
    }),
  maxAge: duration()
    .refine((milliseconds) => milliseconds > 0, 'a value would be too old at once; write 5m, for example')
    .optional()
    .meta({
      title: 'Maximum age',
      description: 'A value that came longer ago is taken for missing. Without it values never get too old.',
      examples: ['10m'],
    }),
})

/** Joins the latest values of several sources. */
export default defineNode<typeof config, string, 'out'>({
  type: 'latest',
  title: 'Latest',
  category: 'state',
  summary: 'Joins the latest values of several inputs or topics into one message.',
  icon: 'merge',
  docs: `Remembers the latest value of each of its **parts**, for each **key**, and sends them as one payload: \`{ "temperature": 21, "humidity": 40 }\`.

A part without a condition has an input port of its name. A part with a **condition** is found in the messages at the port \`in\` for which it is
\`true\`; so several topics can come over one wire. A message may hold several parts.

**Send** is \`complete\`: a message at each new value, once all parts are there; or \`always\`: a message at each new value, in which the parts that
are not there are left out. With a **maximum age** a value that came here longer ago is missing. That a value gets too old makes no message by itself.

The message is the one that brought the value, with the joined payload, the \`key\`, and \`times\`: when each part was measured.

**Time**: a value that was measured before the one that is kept of the same part is late; it is dropped. A time in the future counts as now. The age
counts on the clock of the engine from when the value came here.

**What is kept**: for each key one value of each part.

**Bad input**: a part without a value is a WRONG_RESULT; a message at \`in\` with no part is dropped.`,
  config,
  inputs: ({ parts }): Record<string, Port> => ({
    ...(parts.some(({ when }) => when !== undefined) ? { in: port('any', 'Messages in which parts are found') } : {}),
    ...Object.fromEntries(
      parts.flatMap(({ id, when }) =>
        when === undefined ? [[id, port('any', `Messages with the part "${id}"`)]] : [],
      ),
    ),
  }),
  outputs: { out: port('any', 'The joined values') },
  examples: [
    {
      title: 'Two wires',
      config: { parts: [{ id: 'inside' }, { id: 'outside', value: 'payload.celsius' }] },
      steps: [
        { send: { inside: { payload: 21 } }, expect: {} },
        { send: { outside: { payload: { celsius: 5 } } }, expect: { out: [{ payload: { inside: 21, outside: 5 } }] } },
        { send: { inside: { payload: 22 } }, expect: { out: [{ payload: { inside: 22, outside: 5 } }] } },
      ],
    },
    {
      title: 'Topics of one wire, for each room, not older than ten minutes',
      config: {
        key: 'params.room',
        parts: [
          { id: 'temperature', when: 'params.kind = "temperature"' },
          { id: 'humidity', when: 'params.kind = "humidity"' },
        ],
        maxAge: '10m',
      },
      steps: [
        { send: { in: { params: { room: 'a', kind: 'temperature' }, payload: 20 } }, expect: {} },
        { send: { in: { params: { room: 'b', kind: 'humidity' }, payload: 50 } }, expect: {} },
        {
          send: { in: { params: { room: 'a', kind: 'humidity' }, payload: 40 } },
          expect: { out: [{ key: 'a', payload: { temperature: 20, humidity: 40 } }] },
        },
        { advance: '10m' },
        { send: { in: { params: { room: 'a', kind: 'humidity' }, payload: 41 } }, expect: {} },
      ],
    },
    {
      title: 'What is there, always',
      config: { parts: [{ id: 'a' }, { id: 'b' }], send: 'always' },
      steps: [
        { send: { a: { payload: 1 } }, expect: { out: [{ payload: { a: 1 } }] } },
        { send: { b: { payload: 2 } }, expect: { out: [{ payload: { a: 1, b: 2 } }] } },
      ],
    },
  ],
  sees: ({ config: { parts }, inputs, narrow, path: [field, index, name] }) => {
    const part = field === 'parts' && typeof index === 'number' ? parts[index] : undefined
    if (part?.when === undefined) return part === undefined ? undefined : inputs[part.id]
    return name === 'value' && inputs.in !== undefined ? narrow(part.when, inputs.in, true) : inputs.in
  },
  infer: ({ config: { parts, send }, inputs, typeOf, narrow }) => {
    const missing = send === 'always'
    const fields = parts.map(({ id, when, value }): [string, Type] => {
      const given = (when === undefined ? inputs[id] : inputs.in) ?? openObject({})
      const message = when === undefined ? given : narrow(when, given, true)
      const found = value === undefined ? payloadOf(message) : present(typeOf(value, message))
      return [id, missing ? union(found, MISSING) : found]
    })
    const any = Object.values(inputs).reduce((one, other) => union(one, other))
    const times = closedObject(Object.fromEntries(parts.map(({ id }) => [id, missing ? union(TIME, MISSING) : TIME])))
    return { out: withFields(any, { payload: closedObject(Object.fromEntries(fields)), key: STRING, times }) }
  },
  create: ({ config: { key, parts, send, maxAge }, out, state, now }) => {
    const keyOf = keyReader(key)
    const group = key === undefined ? () => '' : keyOf
    type Part = (typeof parts)[number]

    const take = (message: Message, found: readonly Part[]) => {
      const at = now()
      const own = group(message)
      const before = readParts(state.get(own))
      const time = measured(message, at)
      const fresh = found.filter(({ id }) => time >= (before[id]?.time ?? Number.NEGATIVE_INFINITY))
      if (fresh.length === 0) return
      const next: Parts = {
        ...before,
        ...Object.fromEntries(fresh.map((part) => [part.id, { value: valueOfPart(part, message), time, at }])),
      }
      // parts that the config does not have any more are forgotten
      const usable = parts.flatMap(({ id }): [string, Kept][] => {
        const kept = next[id]
        return kept === undefined || (maxAge !== undefined && at - kept.at >= maxAge) ? [] : [[id, kept]]
      })
      state.set(own, Object.fromEntries(usable))
      if (send === 'complete' && usable.length < parts.length) return
      out.out(
        derive(message, {
          payload: Object.fromEntries(usable.map(([id, kept]) => [id, recall(kept.value)])),
          key: key === undefined ? message.key : own,
          times: Object.fromEntries(usable.map(([id, kept]) => [id, kept.time])),
        }),
      )
    }

    const direct = parts.filter(({ when }) => when === undefined)
    const searched = parts.filter(({ when }) => when !== undefined)
    return {
      ...Object.fromEntries(direct.map((part) => [part.id, (message: Message) => take(message, [part])])),
      in: (message) =>
        take(
          message,
          searched.filter(({ when }) => when?.(message) === true),
        ),
    }
  },
})

function valueOfPart(
  { value }: { value?: (((message: Message) => unknown) & { text: string }) | undefined },
  message: Message,
): Json {
  const found = value === undefined ? message.payload : value(message)
  if (found === undefined) throw wrongResult(value?.text ?? 'payload', found, 'a value')
  return keep(found)
}

function payloadOf(message: Type): Type {
  return message.kind === 'object' ? (message.fields.payload ?? { kind: 'any' }) : { kind: 'any' }
}

/** What this node wrote for a key. */
function readParts(value: unknown): Parts {
  // State comes back as it was set, by this node type alone.
  return (value as Parts | undefined) ?? {}
}
