import { defineNode, z } from '../engine/node.ts'

/** A note on the canvas. */
export default defineNode({
  type: 'comment',
  title: 'Comment',
  category: 'more',
  summary: 'A note for those who read the flow.',
  icon: 'sticky-note',
  docs: 'Stands on the canvas and says what the nodes around it are for. With a **frame** it is drawn around them. It has no ports and does nothing.',
  config: z.strictObject({
    text: z
      .string()
      .max(10_000)
      .meta({
        title: 'Text',
        description: 'Plain text; line breaks are kept.',
        examples: ['Fridges report once a minute.'],
      }),
    frame: z
      .strictObject({
        width: z
          .number()
          .min(40)
          .max(20_000)
          .meta({ title: 'Width', examples: [400] }),
        height: z
          .number()
          .min(40)
          .max(20_000)
          .meta({ title: 'Height', examples: [240] }),
      })
      .optional()
      .meta({
        title: 'Frame',
        description: 'Makes the note a frame around nodes, in pixels: in the editor they move with it.',
        examples: [{ width: 400, height: 240 }],
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
