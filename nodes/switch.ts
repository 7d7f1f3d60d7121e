import { ANY, defineNode, expression, type Port, port, rulewireError, type Type, z } from '../engine/node.ts'

const reserved = ['else', 'error', 'in']

const config = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/, 'that cannot name a port; use 1 to 64 of a-z, 0-9 and "-"')
          .refine(
            (id) => !reserved.includes(id),
            `the node has ports ${reserved.join(', ')} of its own; choose another name`,
          )
          .meta({ title: 'Port', description: 'Name of the output port.', examples: ['hot', 'cold'] }),
        when: expression('boolean').meta({
          title: 'Condition',
          description: 'JSONata; the case matches when it gives true.',
          examples: ['payload.temperature > 30'],
        }),
      }),
    )
    .min(1)
    .max(64)
    .superRefine((cases, context) => {
      const seen = new Set<string>()
      for (const [index, { id }] of cases.entries()) {
        if (seen.has(id)) {
          context.addIssue({
            code: 'custom',
            path: [index, 'id'],
            message: `"${id}" names two cases; give each a port of its own`,
          })
        }
        seen.add(id)
      }
    })
    .meta({
      title: 'Cases',
      description: 'Tried from first to last.',
      examples: [[{ id: 'hot', when: 'payload.temperature > 30' }]],
    }),
  all: z
    .boolean()
    .default(false)
    .meta({
      title: 'All that match',
      description: 'Off: only the first case that matches gets the message. On: every one does.',
      examples: [true],
    }),
})

/** Sends messages to one of several ports. */
export default defineNode<typeof config, 'in', string>({
  type: 'switch',
  title: 'Switch',
  category: 'rules',
  summary: 'Sends a message to the port of the case that matches.',
  icon: 'split',
  docs: `Tries the conditions of its **cases** from first to last. Each case has an output port of its name. The message goes,
unchanged, to the first case whose condition is \`true\`, or to every such case with **all that match**. When no case matches it
goes to \`else\`.

A condition without an answer (a field is missing), or with an answer that is no boolean, does not match.

A condition that fails sends the message to the port \`error\` and to no case, even when an earlier case has matched.`,
  config,
  inputs: { in: port('any', 'Messages to judge') },
  outputs: ({ cases }): Record<string, Port> => ({
    ...Object.fromEntries(cases.map((one) => [one.id, port('same:in', `${one.when.text} is true`)])),
    else: port('same:in', 'No case matches'),
  }),
  examples: [
    {
      title: 'The first case that matches',
      config: {
        cases: [
          { id: 'hot', when: 'payload.temperature > 30' },
          { id: 'warm', when: 'payload.temperature > 20' },
        ],
      },
      steps: [
        { send: { in: { payload: { temperature: 35 } } }, expect: { hot: [{ payload: { temperature: 35 } }] } },
        { send: { in: { payload: { temperature: 25 } } }, expect: { warm: [{ payload: { temperature: 25 } }] } },
        { send: { in: { payload: { temperature: 5 } } }, expect: { else: [{ payload: { temperature: 5 } }] } },
      ],
    },
    {
      title: 'Every case that matches',
      config: {
        all: true,
        cases: [
          { id: 'low-battery', when: 'payload.battery < 3' },
          { id: 'hot', when: 'payload.temperature > 30' },
        ],
      },
      steps: [
        {
          send: { in: { payload: { battery: 2.8, temperature: 31 } } },
          expect: {
            'low-battery': [{ payload: { battery: 2.8, temperature: 31 } }],
            hot: [{ payload: { battery: 2.8, temperature: 31 } }],
          },
        },
      ],
    },
    {
      title: 'A message that no case can judge',
      config: { cases: [{ id: 'hot', when: 'payload.temperature > 30' }] },
      steps: [
        { send: { in: { payload: 'offline' } }, expect: { else: [{ payload: 'offline' }] } },
        { send: { in: { payload: { temperature: 'hot' } } }, expect: { error: [{ payload: { temperature: 'hot' } }] } },
      ],
    },
  ],
  infer: ({ config: { cases, all }, inputs, narrow }) => {
    const types: Record<string, Type> = {}
    const every = inputs.in ?? ANY
    let rest = every
    for (const { id, when } of cases) {
      types[id] = narrow(when, all ? every : rest, true)
      rest = narrow(when, rest, false)
    }
    return { ...types, else: rest }
  },
  create: ({ config: { cases, all }, out }) => {
    const conditions = cases.map((one) => one.when)
    const ports = cases.map((one) => portNamed(out, one.id))
    const otherwise = portNamed(out, 'else')
    if (!all) {
      return {
        in: (message) => {
          for (let index = 0; index < conditions.length; index++) {
            if (conditions[index]?.(message) === true) return ports[index]?.(message)
          }
          otherwise(message)
        },
      }
    }
    return {
      in: (message) => {
        // All conditions are tried before anything is sent: one that fails must not leave half of the work done.
        const matching: number[] = []
        for (let index = 0; index < conditions.length; index++) {
          if (conditions[index]?.(message) === true) matching.push(index)
        }
        if (matching.length === 0) return otherwise(message)
        for (const index of matching) ports[index]?.(message)
      },
    }
  },
})

function portNamed<Send>(out: Readonly<Record<string, Send>>, name: string): Send {
  const send = out[name]
  if (send === undefined) throw rulewireError('NODE_FAILED', { detail: `the output port "${name}" is not there` })
  return send
}
