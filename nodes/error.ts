import { closedObject, defineNode, messageType, openObject, port, STRING, z } from '../engine/node.ts'

/** Catches what fails in a flow. */
export default defineNode({
  type: 'error',
  title: 'Error',
  category: 'more',
  summary: 'Gets the messages that failed anywhere in the flow, with the reason.',
  icon: 'triangle-alert',
  docs: `Gets every message that a node of the same flow could not take, and whose port \`error\` is not wired. Without this node such a message becomes a dead letter. The message is the one that
failed, with \`error\`: its \`code\`, \`text\` and \`hint\`, and the \`node\` as \`flow/id\`. Where several of these nodes stand in a flow, each gets every message.

What stays a dead letter all the same:

- what fails in the nodes behind this one: it has been caught once, and would go round for ever;
- what has no message: a timer or a start that failed;
- a message that went round in circles;
- everything, as long as no wire leaves this node: no failure is lost in silence.

A node whose port \`error\` is wired keeps its failures to itself. Messages that are caught come in the same unit of work as the failure: what they cause is committed with it. Nothing is kept. Each
failure is a line in the log, unless **log** is switched off.`,
  config: z.strictObject({
    log: z
      .boolean()
      .default(true)
      .meta({ title: 'Log', description: 'Write a line to the log for each failure.', examples: [false] }),
  }),
  inputs: {},
  outputs: {
    out: port(
      messageType({
        fields: {
          params: openObject({}, STRING),
          error: closedObject({ code: STRING, text: STRING, hint: STRING, node: STRING }),
        },
      }),
      'Messages that failed, with the reason in "error"',
    ),
  },
  catches: 'errors',
  examples: [
    {
      title: 'A message that failed elsewhere',
      config: {},
      steps: [
        {
          send: { ':caught': { topic: 'a', payload: 'x', error: { code: 'WRONG_RESULT', node: 'example/too-warm' } } },
          expect: { out: [{ topic: 'a', payload: 'x', error: { code: 'WRONG_RESULT', node: 'example/too-warm' } }] },
        },
      ],
    },
    { title: 'Nothing has failed', config: {}, steps: [{ advance: '1m', expect: {} }] },
  ],
  create: ({ config, out, status, log }) => ({
    onCaught: (message) => {
      const text = textOf(message.error)
      status(text)
      if (config.log) log(text)
      out.out(message)
    },
  }),
})

function textOf(error: unknown): string {
  const { text = 'a message failed', node = 'somewhere' } = Object(error)
  return `${node}: ${text}`
}
