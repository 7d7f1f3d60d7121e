import {
  ANY,
  defineNode,
  type Evaluate,
  expression,
  type Message,
  port,
  STRING,
  TIME,
  type Type,
  withPayload,
  z,
} from '../engine/node.ts'
import { present, withFields } from './lib/types.ts'
import { asText, asTime, wrongResult } from './lib/values.ts'

const reserved = ['topic', 'payload', 'received', 'params', 'retain', 'qos', 'props', 'id', 'error']

/** Makes new messages out of messages. */
export default defineNode({
  type: 'transform',
  title: 'Transform',
  category: 'rules',
  summary: 'Computes a new payload, topic or further fields with JSONata.',
  icon: 'wand-sparkles',
  docs: `Sends each message on with a new **payload**, **topic** or further **fields**. What has no expression stays as it was. All
expressions see the message that came in, never each other's results.

**Fields** are set at the root of the message, where later expressions find them by name: \`{ "area": "params.area" }\` gives
\`area\`. Two names mean something: \`key\` (what later state belongs to, a text or a number) and \`time\` (when it was measured, UTC
milliseconds or ISO 8601 text). The names ${reserved.join(', ')} are taken.

An expression that gives nothing, because a field is missing, is an error: the message goes to the port \`error\` with
WRONG_RESULT. With **when nothing is found** set to \`drop\` such a message is dropped instead, in silence. Where nothing is
expected now and then, give a value in the expression: \`payload.unit ?? "C"\`.`,
  config: z
    .strictObject({
      payload: expression()
        .optional()
        .meta({
          title: 'Payload',
          description: 'JSONata for the new payload. Without it the payload stays.',
          examples: ['{ "celsius": $round((payload.f - 32) / 1.8, 1) }'],
        }),
      topic: expression('string')
        .optional()
        .meta({
          title: 'Topic',
          description: 'JSONata for the new topic. Without it the topic stays.',
          examples: ['"areas/" & params.area'],
        }),
      fields: z
        .record(
          z
            .string()
            .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)
            .refine((name) => !reserved.includes(name)),
          expression(),
          {
            error: (issue) =>
              issue.code === 'invalid_key'
                ? `a field is named by a letter and then letters, digits or "_"; ${reserved.join(', ')} are taken`
                : undefined,
          },
        )
        .optional()
        .meta({
          title: 'Fields',
          description: 'Further fields of the message by name, each with its JSONata. "key" and "time" mean something.',
          examples: [{ key: 'payload.serial', area: 'params.area' }],
        }),
      onMissing: z
        .enum(['error', 'drop'])
        .default('error')
        .meta({
          title: 'When nothing is found',
          description: 'What happens when an expression gives nothing: an error, or the message is dropped.',
          examples: ['drop'],
        }),
    })
    .refine(
      (config) => config.payload ?? config.topic ?? config.fields,
      'it would change nothing; give payload, topic or fields',
    ),
  inputs: { in: port('any', 'Messages to change') },
  outputs: { out: port('any', 'The changed messages') },
  examples: [
    {
      title: 'Fahrenheit to Celsius',
      config: { payload: '{ "fridge": params.fridge, "celsius": $round((payload.f - 32) / 1.8, 1) }' },
      steps: [
        {
          send: { in: { topic: 'fridges/a/climate', params: { fridge: 'a' }, payload: { f: 41 } } },
          expect: { out: [{ topic: 'fridges/a/climate', payload: { fridge: 'a', celsius: 5 } }] },
        },
      ],
    },
    {
      title: 'Another topic, key and time',
      config: { topic: '"areas/" & payload.area', fields: { key: 'payload.serial', time: 'payload.at' } },
      steps: [
        {
          send: { in: { payload: { area: 'north', serial: 'x1', at: '2026-01-01T10:00:00Z' } } },
          expect: { out: [{ topic: 'areas/north', key: 'x1', time: 1767261600000 }] },
        },
        {
          send: { in: { payload: { area: 'north', serial: 'x1', at: 'noon' } } },
          expect: { error: [{ payload: { area: 'north', serial: 'x1', at: 'noon' } }] },
        },
      ],
    },
    {
      title: 'A missing field is an error',
      config: { payload: 'payload.temperature' },
      steps: [{ send: { in: { payload: { humidity: 3 } } }, expect: { error: [{ payload: { humidity: 3 } }] } }],
    },
    {
      title: 'A missing field drops the message',
      config: { payload: 'payload.temperature', onMissing: 'drop' },
      steps: [
        { send: { in: { payload: { humidity: 3 } } }, expect: {} },
        { send: { in: { payload: { temperature: 20 } } }, expect: { out: [{ payload: 20 }] } },
      ],
    },
  ],
  infer: ({ config, inputs, typeOf }) => {
    const message = inputs.in ?? ANY
    const named = { payload: config.payload, topic: config.topic, ...config.fields }
    const types: Record<string, Type> = {}
    for (const [name, evaluate] of Object.entries(named)) {
      if (evaluate === undefined) continue
      const fixed = name === 'time' ? TIME : name === 'key' || name === 'topic' ? STRING : undefined
      types[name] = fixed ?? present(typeOf(evaluate, message))
    }
    return { out: withFields(message, types) }
  },
  create: ({ config, out }) => {
    const send = out.out
    const { payload, onMissing } = config
    const drop = onMissing === 'drop'
    const others: [string, Evaluate][] = Object.entries(config.fields ?? {})
    if (config.topic !== undefined) others.unshift(['topic', config.topic])
    if (payload !== undefined && others.length === 0) {
      return {
        in: (message) => {
          const value = payload(message)
          if (value !== undefined) send(withPayload(message, value))
          else if (!drop) throw wrongResult(payload.text, value, 'a value')
        },
      }
    }
    if (payload !== undefined) others.unshift(['payload', payload])
    return {
      in: (message) => {
        const changed: Writable<Message> = { ...message }
        for (const [name, evaluate] of others) {
          const value = evaluate(message)
          if (value !== undefined) changed[name] = checked(name, value, evaluate.text)
          else if (drop) return
          else throw wrongResult(evaluate.text, value, 'a value')
        }
        send(changed)
      },
    }
  },
})

type Writable<Object> = { -readonly [Field in keyof Object]: Object[Field] }

function checked(name: string, value: unknown, text: string): unknown {
  if (name === 'key' || name === 'topic') return asText(value, text)
  return name === 'time' ? asTime(value, text) : value
}
