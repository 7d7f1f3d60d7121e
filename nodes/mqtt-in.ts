import {
  BYTES,
  closedObject,
  compileFilter,
  decodePayload,
  defineNode,
  derive,
  duration,
  expression,
  fromJsonSchema,
  type Message,
  maxJsonDepth,
  NUMBER,
  port,
  STRING,
  stringOf,
  topicFilter,
  z,
} from '../engine/node.ts'
import { brokerField, qosField } from './lib/config.ts'
import { withFields } from './lib/types.ts'
import { asText, asTime } from './lib/values.ts'

/** Receives messages from a broker. */
export default defineNode({
  type: 'mqtt-in',
  title: 'MQTT in',
  category: 'sources',
  summary: 'Receives the messages of a topic filter from a broker.',
  icon: 'radio-tower',
  docs: `Subscribes to a **topic filter** and sends every message of it on.

A level written as \`{name}\` matches one level, as \`+\` does, and what it stood for is in \`params\`: with
\`fridges/{fridge}/climate\`, a message on \`fridges/kitchen/climate\` has \`params.fridge = "kitchen"\`. \`#\` at the end takes
everything below. \`$share/group/filter\` takes a share of the messages, where the broker can do that.

**Decode** says how the payload is read:

| value | payload | when it is something else |
|---|---|---|
| \`auto\` | JSON if it is JSON, else text, and bytes if it is not UTF-8 | an empty payload is the text \`""\` |
| \`json\` | JSON | PAYLOAD_DECODE |
| \`text\` | text | PAYLOAD_DECODE if it is not UTF-8 |
| \`number\` | a number written in decimal | PAYLOAD_DECODE |
| \`bytes\` | the bytes | never happens |

A message that cannot be decoded goes to the port \`error\`, or is kept as a dead letter. JSON may be nested ${maxJsonDepth} levels deep.

**Time** is an expression for the time of measurement, if the device sends one: UTC milliseconds, or ISO 8601 text (without a
zone it is taken for UTC). A device that counts seconds needs \`payload.ts * 1000\`. Where the expression finds nothing, and
without one, the time is when the message was received. Something that is no time is a WRONG_RESULT.

At QoS 1 and 2 the broker is told that a message arrived only when everything that it caused is committed. A repeat that MQTT marks
as one is left out by itself. Where the broker may lose its session, **repeats by key** are exact: the key is kept with the
commit of the message that had it first. A message without a key is a WRONG_RESULT.

**Schema** is a JSON Schema of the payload. It is used to check the wires behind this node; messages are not compared with it.`,
  config: z.strictObject({
    topic: topicFilter().meta({
      title: 'Topic filter',
      description: 'Topics to receive. {name} stands for one level and gives params.name; + and # are wildcards.',
      examples: ['fridges/{fridge}/climate', 'sensors/#', '$share/workers/jobs/{job}'],
    }),
    qos: qosField('The highest QoS to receive with: 0 may be lost, 1 arrives at least once, 2 exactly once.'),
    decode: z
      .enum(['auto', 'json', 'text', 'number', 'bytes'])
      .default('auto')
      .meta({ title: 'Decode', description: 'How the payload is read.', examples: ['auto', 'json'] }),
    time: expression()
      .optional()
      .meta({
        title: 'Time',
        description: 'When it was measured: UTC milliseconds or ISO 8601 text. Without it: when it was received.',
        examples: ['payload.ts', 'payload.seconds * 1000'],
      }),
    schema: z
      .looseObject({})
      .superRefine((schema, context) => {
        for (const { pointer, text, hint } of fromJsonSchema(schema).problems) {
          context.addIssue({
            code: 'custom',
            path: pointer.split('/').slice(1),
            message: `${text.replace(/; (did you mean .*\?)$/, ' ($1)').replace(/\.$/, '')}; ${hint.replace(/\.$/, '')}`,
          })
        }
      })
      .optional()
      .meta({
        title: 'Schema',
        description: 'JSON Schema of the payload, to check the wires behind this node.',
        examples: [{ type: 'object', properties: { temperature: { type: 'number' } }, required: ['temperature'] }],
      }),
    dedupe: expression()
      .optional()
      .meta({
        title: 'Repeats by key',
        description:
          'JSONata for what tells a message from every other one. A second message with the same value is left out, exactly, even when the broker has lost its session.',
        examples: ['payload.id', 'payload.device & "/" & payload.seq'],
      }),
    dedupeFor: duration()
      .prefault('1d')
      .meta({
        title: 'Repeats within',
        description: 'How long a key is remembered.',
        examples: ['1h', '7d'],
      }),
    broker: brokerField(),
  }),
  inputs: {},
  outputs: { out: port('any', 'Each message that was received') },
  subscribes: (config) => [{ broker: config.broker, filter: compileFilter(config.topic).filter, qos: config.qos }],
  examples: [
    {
      title: 'A level of the topic as a parameter',
      config: { topic: 'fridges/{fridge}/climate' },
      steps: [
        {
          packet: { topic: 'fridges/kitchen/climate', payload: { temperature: 4.5 } },
          expect: {
            out: [
              {
                topic: 'fridges/kitchen/climate',
                payload: { temperature: 4.5 },
                params: { fridge: 'kitchen' },
                key: 'fridges/kitchen/climate',
                qos: 1,
                retain: false,
              },
            ],
          },
        },
      ],
    },
    {
      title: 'The time of measurement from the payload',
      config: { topic: 'sensors/+', time: 'payload.at' },
      steps: [
        {
          packet: { topic: 'sensors/7', payload: { at: '2026-01-01T10:00:00Z', value: 3 } },
          expect: { out: [{ time: 1767261600000 }] },
        },
        { packet: { topic: 'sensors/7', payload: { at: 'yesterday' } }, expect: { error: [{ topic: 'sensors/7' }] } },
      ],
    },
    {
      title: 'What is not JSON is text, unless JSON is asked for',
      config: { topic: 'doors/{door}' },
      steps: [
        { packet: { topic: 'doors/front', payload: 'open' }, expect: { out: [{ payload: 'open' }] } },
        { packet: { topic: 'doors/front', payload: '{"open":tru' }, expect: { out: [{ payload: '{"open":tru' }] } },
      ],
    },
    {
      title: 'Repeats are left out by a key of the device',
      config: { topic: 'orders', dedupe: 'payload.id', dedupeFor: '1h' },
      steps: [
        { packet: { topic: 'orders', payload: { id: 'a1' } }, expect: { out: [{ payload: { id: 'a1' } }] } },
        { packet: { topic: 'orders', payload: { id: 'a1' } }, expect: {} },
        { advance: '61m', expect: {} },
        { packet: { topic: 'orders', payload: { id: 'a1' } }, expect: { out: [{ payload: { id: 'a1' } }] } },
        { packet: { topic: 'orders', payload: { number: 2 } }, expect: { error: [{ topic: 'orders' }] } },
      ],
    },
    {
      title: 'A payload that is not what "decode" says',
      config: { topic: 'meters/{meter}', decode: 'number' },
      steps: [
        { packet: { topic: 'meters/12', payload: '20.5' }, expect: { out: [{ payload: 20.5 }] } },
        { packet: { topic: 'meters/12', payload: 'broken' }, expect: { error: [{ topic: 'meters/12' }] } },
      ],
    },
  ],
  infer: ({ config, topicType }) => {
    const { filter } = compileFilter(config.topic)
    const decoded = decodedTypes[config.decode]
    const written = config.schema === undefined ? undefined : fromJsonSchema(config.schema).type
    const known = topicType({ broker: config.broker, filter, qos: config.qos })
    const payload = decoded ?? written
    const names = Array.from(config.topic.matchAll(/\{(\w+)\}/g), (match) => [match[1] ?? '', STRING])
    return {
      out: withFields(known, {
        params: closedObject(Object.fromEntries(names)),
        ...(payload === undefined ? {} : { payload }),
        ...(/[+#]/.test(filter) ? {} : { topic: stringOf(withoutShare(filter)) }),
      }),
    }
  },
  create: ({ config, out, message, state, timers, now }) => {
    const { params } = compileFilter(config.topic)
    const { decode, time, dedupe, dedupeFor } = config
    const send =
      dedupe === undefined
        ? out.out
        : (made: Message) => {
            const key = asText(dedupe(made), dedupe.text)
            if (state.get(key) !== undefined) return
            state.set(key, 1)
            timers.set(key, 'forget', now() + dedupeFor)
            out.out(made)
          }
    return {
      onTimer: ({ key }) => state.delete(key),
      onPacket: (packet) => {
        const made = message({
          topic: packet.topic,
          payload: decodePayload(packet, decode),
          time: packet.received,
          received: packet.received,
          params: params(packet.topic),
          retain: packet.retain,
          qos: packet.qos,
          props: packet.props,
          key: packet.topic,
        })
        if (time === undefined) return send(made)
        const measured = time(made)
        send(measured === undefined ? made : derive(made, { time: asTime(measured, time.text) }))
      },
    }
  },
})

/** What "decode" says of the payload; nothing where it depends on the device. */
const decodedTypes = { auto: undefined, json: undefined, text: STRING, number: NUMBER, bytes: BYTES }

function withoutShare(filter: string): string {
  return filter.startsWith('$share/') ? filter.split('/').slice(2).join('/') : filter
}
