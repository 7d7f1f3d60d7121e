import { defineNode, messageType, openObject, port, STRING, z } from '../engine/node.ts'
import { linkName } from './lib/link-name.ts'

/** Receives messages of other flows. */
export default defineNode({
  type: 'link-in',
  title: 'Link in',
  category: 'sources',
  summary: 'Receives what other flows of this engine send over a link.',
  icon: 'log-in',
  docs: `Sends on, unchanged, every message that a node \`link-out\` with the same **link** sends, in this flow or another one. Several nodes may receive one link, and several may send to it.
The message comes in the same run, as over a wire. Nothing is kept.`,
  config: z.strictObject({ link: linkName() }),
  inputs: {},
  outputs: { out: port(messageType({ fields: { params: openObject({}, STRING) } }), 'What was sent over the link') },
  receives: ({ link }) => link,
  examples: [
    {
      title: 'What another flow has sent',
      config: { link: 'alarms' },
      steps: [{ send: { ':linked': { topic: 'a', payload: 1 } }, expect: { out: [{ topic: 'a', payload: 1 }] } }],
    },
    { title: 'Nothing was sent', config: { link: 'alarms' }, steps: [{ advance: '1m', expect: {} }] },
  ],
  create: ({ out }) => ({ onLinked: (message) => out.out(message) }),
})
