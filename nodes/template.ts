import { defineNode, port, STRING, withPayload, z } from '../engine/node.ts'
import { textTemplate } from './lib/text-template.ts'
import { withFields } from './lib/types.ts'
import { wrongResult } from './lib/values.ts'

/** Writes a text about each message. */
export default defineNode({
  type: 'template',
  title: 'Template',
  category: 'rules',
  summary: 'Writes a text with values of the message in it.',
  icon: 'text-quote',
  docs: `Gives each message a text as its payload. In the **text**, \`{{ expression }}\` stands for what a JSONata expression gives: text and numbers as they are, true
and false by these words, lists and objects as JSON. \`{{ "{{" }}\` gives the sign itself.

Numbers are written in full; for a fixed form use \`{{ $formatNumber(payload.celsius, "0.0") }}\`, and for a time \`{{ $fromMillis(time, "[H01]:[m01]") }}\`.

An expression that finds nothing, or gives null, is an error (WRONG_RESULT): the message goes to the port \`error\`. With **when nothing is found** set to \`empty\` that place stays empty. Bytes
and functions are a WRONG_RESULT in any case. Nothing is kept.`,
  config: z.strictObject({
    text: textTemplate().meta({
      title: 'Text',
      description: 'Text with {{ JSONata }} in it; line breaks are kept.',
      examples: ['{{ params.fridge }} is at {{ payload.celsius }} °C'],
    }),
    onMissing: z
      .enum(['error', 'empty'])
      .default('error')
      .meta({
        title: 'When nothing is found',
        description: 'What happens when an expression gives nothing: an error, or an empty place.',
        examples: ['empty'],
      }),
  }),
  inputs: { in: port('any', 'Messages with the values') },
  outputs: { out: port('any', 'The messages with the text as payload') },
  examples: [
    {
      title: 'A sentence for people',
      config: { text: '{{ params.fridge }} is at {{ $formatNumber(payload.celsius, "0.0") }} °C' },
      steps: [
        {
          send: { in: { topic: 't', params: { fridge: 'Kitchen' }, payload: { celsius: 9 } } },
          expect: { out: [{ topic: 't', payload: 'Kitchen is at 9.0 °C' }] },
        },
      ],
    },
    {
      title: 'JSON, and braces of an expression',
      config: { text: 'state={{ {"a":{"b":payload.n}} }};' },
      steps: [{ send: { in: { payload: { n: 1 } } }, expect: { out: [{ payload: 'state={"a":{"b":1}};' }] } }],
    },
    {
      title: 'Nothing found',
      config: { text: 'by {{ payload.user }}' },
      steps: [{ send: { in: { payload: {} } }, expect: { error: [{ payload: {} }] } }],
    },
    {
      title: 'Nothing found, and the place stays empty',
      config: { text: 'by {{ payload.user }}', onMissing: 'empty' },
      steps: [{ send: { in: { payload: {} } }, expect: { out: [{ payload: 'by ' }] } }],
    },
  ],
  infer: ({ inputs }) => ({ out: withFields(inputs.in, { payload: STRING }) }),
  create: ({ config: { text, onMissing }, out }) => {
    const { texts, expressions } = text
    return {
      in: (message) => {
        let written = texts[0] ?? ''
        for (const [index, evaluate] of expressions.entries()) {
          const value = evaluate(message)
          const found = value === null ? undefined : textOf(value)
          if (found === undefined && (onMissing === 'error' || (value !== undefined && value !== null))) {
            throw wrongResult(evaluate.text, value, 'something to write')
          }
          written += (found ?? '') + (texts[index + 1] ?? '')
        }
        out.out(withPayload(message, written))
      },
    }
  },
})

/** What stands in the text for a value; undefined when nothing can. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return undefined
  return JSON.stringify(value)
}
