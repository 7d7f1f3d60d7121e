import { ANY, defineNode, expression, port, z } from '../engine/node.ts'

/** Passes messages on by a condition. */
export default defineNode({
  type: 'filter',
  title: 'Filter',
  category: 'rules',
  summary: 'Passes a message on when a JSONata condition is true.',
  icon: 'funnel',
  docs: `Evaluates a condition for each message and sends the message, unchanged, to one of two ports:

- \`pass\` when the condition is \`true\`;
- \`reject\` when it is anything else: \`false\`, no answer (a field is missing), or a value that is not a boolean.

JSONata does not take a number or a text for true here; write \`$boolean(payload.count)\` or \`payload.count > 0\` if that is meant.
A comparison with a missing field has no answer, so \`payload.temperature > 30\` rejects a message without a temperature.

A condition that fails, such as \`payload.name + 1\` with a text, sends the message to the port \`error\`.`,
  config: z.strictObject({
    when: expression('boolean').meta({
      title: 'Condition',
      description: 'JSONata; the message passes when it gives true.',
      examples: ['payload.temperature > 30', '$exists(payload.alarm) and params.area = "north"'],
    }),
  }),
  inputs: { in: port('any', 'Messages to judge') },
  outputs: {
    pass: port('same:in', 'The condition is true'),
    reject: port('same:in', 'It is not, or has no answer'),
  },
  examples: [
    {
      title: 'Hot readings only',
      config: { when: 'payload.temperature > 30' },
      steps: [
        { send: { in: { payload: { temperature: 31 } } }, expect: { pass: [{ payload: { temperature: 31 } }] } },
        { send: { in: { payload: { temperature: 30 } } }, expect: { reject: [{ payload: { temperature: 30 } }] } },
      ],
    },
    {
      title: 'A missing field or a text has no answer',
      config: { when: 'payload.temperature > 30' },
      steps: [
        { send: { in: { payload: { humidity: 80 } } }, expect: { reject: [{ payload: { humidity: 80 } }] } },
        { send: { in: { payload: 'offline' } }, expect: { reject: [{ payload: 'offline' }] } },
      ],
    },
    {
      title: 'A value that cannot be compared goes to the error port',
      config: { when: 'payload.temperature > 30' },
      steps: [
        {
          send: { in: { payload: { temperature: 'hot' } } },
          expect: { error: [{ payload: { temperature: 'hot' } }] },
        },
      ],
    },
  ],
  infer: ({ config: { when }, inputs, narrow }) => ({
    pass: narrow(when, inputs.in ?? ANY, true),
    reject: narrow(when, inputs.in ?? ANY, false),
  }),
  create: ({ config: { when }, out: { pass, reject } }) => ({
    in: (message) => (when(message) === true ? pass(message) : reject(message)),
  }),
})
