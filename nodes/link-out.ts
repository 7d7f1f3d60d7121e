import { defineNode, port, z } from '../engine/node.ts'
import { linkName } from './lib/link-name.ts'

/** Sends messages to other flows. */
export default defineNode({
  type: 'link-out',
  title: 'Link out',
  category: 'more',
  summary: 'Sends messages over a link to other flows of this engine.',
  icon: 'log-out',
  docs: `Sends every message, unchanged, to all nodes \`link-in\` with the same **link**, in whatever flow they stand: as if there were a wire. What the message causes there is part of the same unit of work:
it is committed together with what it causes here. A message that fails there goes to the error port there, or becomes a dead letter of that flow.

When no \`link-in\` of the name runs, the message goes to the port \`unheard\`. Links are joined anew at each deploy of any flow, between two messages.

Links may lead round in a circle over flows, which no check sees: such a message ends after 10,000 hops (TOO_MANY_HOPS). Nothing is kept.`,
  config: z.strictObject({ link: linkName() }),
  inputs: { in: port('any', 'Messages to send') },
  outputs: { unheard: port('same:in', 'Nobody receives the link') },
  links: ({ link }) => link,
  examples: [
    {
      title: 'To a flow that tells people',
      config: { link: 'alarms' },
      steps: [{ send: { in: { payload: 1 } }, expect: { ':link': [{ payload: 1 }], unheard: [{ payload: 1 }] } }],
    },
    { title: 'Without a message', config: { link: 'alarms' }, steps: [{ advance: '1m', expect: {} }] },
  ],
  create: ({ out, link }) => ({
    in: (message) => {
      if (link(message) === 0) out.unheard(message)
    },
  }),
})
