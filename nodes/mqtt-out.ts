import {
  compileTemplate,
  defineNode,
  type Evaluate,
  expression,
  type Message,
  port,
  RulewireError,
  rulewireError,
  z,
} from '../engine/node.ts'
import { brokerField, exactlyOne, qosField } from './lib/config.ts'
import { filterOfExpression } from './lib/topics.ts'
import { asText, encodePayload } from './lib/values.ts'

/** Publishes messages to a broker. */
export default defineNode({
  type: 'mqtt-out',
  title: 'MQTT out',
  category: 'sinks',
  summary: 'Publishes each message to a topic of a broker.',
  icon: 'send',
  docs: `Publishes each message. The **topic** is written here; \`{name}\` in it is filled from the message's \`params\`:
\`alerts/{device}\`. What is filled in must be there, must not be empty, must not hold \`/\`, \`+\`, \`#\` or NUL, and must not start
with \`$\`, so a device cannot choose another part of the topic tree. A message that breaks this goes to the port \`error\`
(TOPIC_NAME).

Where the topic has to be computed, **topic from** takes an expression instead. It may give any topic that a broker allows
except one that starts with \`$\`. The topic that a message came with is used only if you ask for it (\`topic\`): a node that
publishes where it listens is a loop.

The **payload** is the message's own, or the result of an expression. Text and bytes go out as they are, everything else as
JSON. An expression that gives nothing is an error (WRONG_RESULT). The empty text \`""\` with retain deletes the retained message.

At QoS 1 and 2 the message is written to the database together with everything else that its cause did, and is sent until
the broker confirms it: after a crash, too. At QoS 0 it is sent once, and is lost if the broker cannot be reached.`,
  config: z
    .strictObject({
      topic: z
        .string()
        .superRefine((text, context) => {
          try {
            compileTemplate(text)
          } catch (thrown) {
            if (!(thrown instanceof RulewireError)) throw thrown
            context.addIssue({
              code: 'custom',
              message: thrown.message,
              params: { problem: 'TOPIC_NAME', topic: text },
            })
          }
        })
        .optional()
        .meta({
          title: 'Topic',
          description: 'Where to publish; {name} is filled from the parameters of the message.',
          examples: ['alerts/{device}'],
          format: 'topic-template',
        }),
      topicFrom: expression('string')
        .optional()
        .meta({
          title: 'Topic from',
          description: 'JSONata that gives the topic, instead of a written one.',
          examples: ['"areas/" & payload.area & "/alerts"'],
        }),
      payload: expression()
        .optional()
        .meta({
          title: 'Payload',
          description: 'JSONata for what is sent. Without it: the payload of the message.',
          examples: ['payload.value', '{ "text": "Fridge " & key & " is too warm" }'],
        }),
      qos: qosField('0 is sent once, 1 arrives at least once, 2 exactly once.'),
      retain: z
        .boolean()
        .default(false)
        .meta({
          title: 'Retain',
          description: 'The broker keeps the message and gives it to whoever subscribes later.',
          examples: [true],
        }),
      broker: brokerField(),
    })
    .superRefine(exactlyOne('topic', 'topicFrom')),
  inputs: { in: port('any', 'Messages to publish') },
  outputs: {},
  publishes: ({ broker, qos, topic, topicFrom }) => {
    const computed = topicFrom === undefined ? '#' : filterOfExpression(topicFrom)
    return [{ broker, qos, filter: topic === undefined ? computed : compileTemplate(topic).filter }]
  },
  examples: [
    {
      title: 'A topic with a parameter',
      config: { topic: 'alerts/{device}', qos: 2 },
      steps: [
        {
          send: { in: { params: { device: 'pump-1' }, payload: { alert: 'high' } } },
          effects: [{ kind: 'publish', topic: 'alerts/pump-1', payload: '{"alert":"high"}', qos: 2, retain: false }],
        },
      ],
    },
    {
      title: 'Text goes out as it is, numbers as text',
      config: { topic: 'plant/state', payload: 'payload.state', retain: true },
      steps: [
        {
          send: { in: { payload: { state: 'running' } } },
          effects: [{ kind: 'publish', topic: 'plant/state', payload: 'running', qos: 1, retain: true }],
        },
        { send: { in: { payload: { state: 4.5 } } }, effects: [{ kind: 'publish', payload: '4.5' }] },
      ],
    },
    {
      title: 'A computed topic',
      config: { topicFrom: '"areas/" & payload.area', payload: 'payload.value' },
      steps: [
        {
          send: { in: { payload: { area: 'north', value: true } } },
          effects: [{ kind: 'publish', topic: 'areas/north', payload: 'true' }],
        },
        {
          send: { in: { payload: { area: '#', value: true } } },
          expect: { error: [{ payload: { area: '#', value: true } }] },
        },
      ],
    },
    {
      title: 'A parameter that would change the topic tree is refused',
      config: { topic: 'alerts/{device}' },
      steps: [
        { send: { in: { params: { device: 'a/b' }, payload: 1 } }, expect: { error: [{ payload: 1 }] } },
        { send: { in: { params: {}, payload: 1 } }, expect: { error: [{ payload: 1 }] } },
      ],
    },
  ],
  create: ({ config, effect }) => {
    const { payload, qos, retain, broker } = config
    const topicOf = topicSource(config)
    return {
      in: (message) =>
        effect({
          kind: 'publish',
          broker,
          topic: topicOf(message),
          payload:
            payload === undefined
              ? encodePayload(message.payload, 'payload')
              : encodePayload(payload(message), payload.text),
          qos,
          retain,
        }),
    }
  },
})

interface TopicConfig {
  topic?: string | undefined
  topicFrom?: Evaluate | undefined
}

function topicSource({ topic, topicFrom }: TopicConfig): (message: Message) => string {
  if (topic !== undefined) {
    const fill = compileTemplate(topic)
    if (!topic.includes('{')) return () => topic
    return (message) => fill(message.params)
  }
  if (topicFrom === undefined)
    throw rulewireError('NODE_FAILED', { detail: 'there is neither a topic nor an expression for it' })
  return (message) => {
    const made = asText(topicFrom(message), topicFrom.text)
    const fault = topicFault(made)
    if (fault !== undefined) throw rulewireError('TOPIC_NAME', { topic: made, detail: fault })
    return made
  }
}

/** Why nobody may publish to a topic, or undefined. */
function topicFault(topic: string): string | undefined {
  const found = /[+#\0]/.exec(topic)?.[0]
  if (found !== undefined) return `it holds ${found === '\0' ? 'a NUL' : `"${found}"`}`
  if (topic.startsWith('$')) return 'it starts with "$", which belongs to the broker'
  // A UTF-16 unit is at most three bytes of UTF-8.
  return topic.length * 3 > 65_535 && Buffer.byteLength(topic) > 65_535 ? 'it is longer than 65,535 bytes' : undefined
}
