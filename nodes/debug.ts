import { defineNode, expression, port, z } from '../engine/node.ts'

const longestStatus = 60

/** Shows messages to people. */
export default defineNode({
  type: 'debug',
  title: 'Debug',
  category: 'more',
  summary: 'Writes each message to the log and shows it at the node.',
  icon: 'bug',
  docs: `Writes a line for each message to the engine's log, with its topic and payload or the result of an **expression**, and
shows the latest one at the node. It does nothing else: use it to look on, and take it out where messages come fast.

With **log** switched off it only shows the latest value at the node.`,
  config: z.strictObject({
    value: expression()
      .optional()
      .meta({
        title: 'Value',
        description: 'JSONata for what is shown. Without it: the payload.',
        examples: ['payload.temperature', '$'],
      }),
    log: z
      .boolean()
      .default(true)
      .meta({
        title: 'Log',
        description: 'Write a line to the log for each message.',
        examples: [false],
      }),
  }),
  inputs: { in: port('any', 'Messages to show') },
  outputs: {},
  examples: [
    {
      title: 'The payload of each message',
      config: {},
      steps: [{ send: { in: { topic: 'a', payload: { temperature: 3 } } }, expect: {}, effects: [] }],
    },
    {
      title: 'An expression that fails',
      config: { value: '$sqrt(payload)' },
      steps: [{ send: { in: { payload: -1 } }, expect: { error: [{ payload: -1 }] } }],
    },
  ],
  create: ({ config, log, status }) => {
    const { value } = config
    return {
      in: (message) => {
        const shown = value === undefined ? message.payload : value(message)
        status(shorten(shown))
        if (config.log) log(message.topic, shown)
      },
    }
  },
})

function shorten(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > longestStatus ? `${text.slice(0, longestStatus)}...` : text
}
