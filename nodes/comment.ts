import { defineNode, z } from '../engine/node.ts'

/** A note on the canvas. */
export default defineNode({
  type: 'comment',
  title: 'Comment',
  category: 'more',
  summary: 'A note for those who read the flow.',
  icon: 'sticky-note',
  docs: 'Stands on the canvas and says what the nodes around it are for. It has no ports and does nothing.',
  config: z.strictObject({
    text: z
      .string()
      .max(10_000)
      .meta({
        title: 'Text',
        description: 'Plain text; line breaks are kept.',
        examples: ['Fridges report once a minute.'],
      }),
  }),
  inputs: {},
  outputs: {},
  examples: [
    {
      title: 'A note',
      config: { text: 'Fridges report once a minute.' },
      steps: [{ advance: '1h', expect: {}, effects: [] }],
    },
    { title: 'An empty note', config: { text: '' }, steps: [{ advance: '1m', expect: {}, effects: [] }] },
  ],
  create: () => ({}),
})
