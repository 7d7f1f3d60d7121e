import { z } from 'zod'
import { textOrSecret } from '../spec/fields.ts'
import { section, webUrl } from './fields.ts'

/** Settings of OpenTelemetry traces; without a URL there are none, and they cost nothing. */
export const telemetrySettings = section('Traces for OpenTelemetry: what became of some of the messages.', {
  url: webUrl()
    .optional()
    .meta({
      description: 'Where spans are sent as OTLP/HTTP in JSON; without it there are no traces.',
      examples: ['http://127.0.0.1:4318/v1/traces'],
    }),
  sample: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .meta({ description: 'Share of the messages that get a trace, from 0 to 1.', examples: [0.01] }),
  service: z.string().min(1).default('rulewire').meta({ description: 'Name of this service in the traces.' }),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'that is no name of a header'), textOrSecret())
    .default({})
    .meta({
      description: 'Headers that the collector wants, such as a key.',
      examples: [{ 'x-api-key': { $secret: 'collector-key' } }],
    }),
})
