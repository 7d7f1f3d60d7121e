import { duration, expression, hookPathFault, secretReference, z } from '../../engine/node.ts'
import { isHeaderText } from './content.ts'

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/
/** Headers that an answer may not set: they belong to the protocol, or would speak for the engine's own pages. */
const ownHeaders =
  /^(?:content-length|transfer-encoding|connection|keep-alive|upgrade|trailer|te|set-cookie|clear-site-data|service-worker-allowed|strict-transport-security|x-content-type-options|x-frame-options|referrer-policy|access-control-.*|cross-origin-.*|content-security-policy.*)$/i

/** The config of the node type `http-in`. */
export const httpInConfig = z
  .strictObject({
    path: z
      .string()
      .superRefine((path, context) => {
        const fault = hookPathFault(path)
        if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
      })
      .meta({
        title: 'Path',
        description: 'What stands behind /hooks/. {name} stands for one level and gives params.name.',
        examples: ['orders/{order}', 'github'],
      }),
    method: z
      .enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])
      .default('POST')
      .meta({ title: 'Method', description: 'The HTTP method.', examples: ['POST', 'PUT'] }),
    auth: z
      .enum(['token', 'signature', 'none'])
      .default('token')
      .meta({ title: 'Who may send', description: 'How a request proves who sends it.', examples: ['signature'] }),
    secret: secretReference()
      .optional()
      .meta({
        title: 'Secret',
        description: 'The token, or the key of the signature.',
        examples: [{ $secret: 'orders' }],
        format: 'secret',
      }),
    header: z
      .string()
      .regex(headerName, 'a header is named by letters, digits and "-", such as X-Token')
      .optional()
      .meta({ title: 'Header', description: 'Where the token or the signature stands.', examples: ['X-Token'] }),
    body: z
      .enum(['auto', 'json', 'text', 'form', 'bytes'])
      .default('auto')
      .meta({ title: 'Body', description: 'How the body is read.', examples: ['json'] }),
    respond: z
      .enum(['at-once', 'from-flow'])
      .default('at-once')
      .meta({
        title: 'Respond',
        description: 'When the message is committed, or with what the flow sends to the input "answer".',
        examples: ['from-flow'],
      }),
    status: expression('number')
      .optional()
      .meta({
        title: 'Status',
        description: 'JSONata for the status of the answer. Without it: 202 at once, 200 from the flow.',
        examples: ['201', 'payload.ok ? 200 : 409'],
      }),
    answer: expression()
      .optional()
      .meta({
        title: 'Answer',
        description: 'JSONata for the body of the answer. Without it: nothing at once, the payload from the flow.',
        examples: ['{ "accepted": true }'],
      }),
    headers: z
      .record(z.string().regex(headerName), z.string(), {
        error: (issue) =>
          issue.code === 'invalid_key' ? 'a header is named by letters, digits and "-", such as X-Plant' : undefined,
      })
      .superRefine((headers, context) => {
        for (const [name, value] of Object.entries(headers)) {
          const fault = ownHeaders.test(name)
            ? `"${name}" is set by the engine; leave it out`
            : isHeaderText(value)
              ? undefined
              : 'it holds a line break or a sign that is not ASCII; write it without'
          if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: fault })
        }
      })
      .default({})
      .meta({ title: 'Headers', description: 'Headers of the answer.', examples: [{ 'Content-Type': 'text/xml' }] }),
    timeout: duration()
      .refine((milliseconds) => milliseconds > 0 && milliseconds <= 300_000, 'it is not within 5m; write 10s')
      .prefault('10s')
      .meta({ title: 'Timeout', description: 'How long the flow may take for an answer.', examples: ['30s'] }),
    timeoutStatus: z
      .int()
      .min(200)
      .max(599)
      .default(504)
      .meta({ title: 'Timeout status', description: 'The answer when the flow gave none.', examples: [200, 504] }),
    repeatsFor: duration()
      .prefault('1d')
      .meta({
        title: 'Repeats within',
        description: 'How long an Idempotency-Key is remembered.',
        examples: ['1h', '7d'],
      }),
    bodyLimit: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(1_000_000)
      .meta({ title: 'Largest body', description: 'Bytes.', examples: [65536] }),
    concurrency: z
      .int()
      .min(1)
      .max(500)
      .default(100)
      .meta({ title: 'At the same time', description: 'Requests under way at most.', examples: [10] }),
    rate: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(60_000)
      .meta({
        title: 'A minute',
        description: 'Requests a minute at most; a sixth of them may come at once.',
        examples: [600],
      }),
  })
  .superRefine(({ auth, secret, header }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (auth === 'none' && secret !== undefined)
      refuse('secret', 'nobody asks for it, because "auth" is "none"; leave it out, or set "auth" to "token"')
    if (auth === 'none' && header !== undefined)
      refuse('header', 'nobody reads it, because "auth" is "none"; leave it out')
    if (auth !== 'none' && secret === undefined)
      refuse(
        'secret',
        `"auth" is "${auth}" and no secret is named; add "secret": { "$secret": "name" }, or set "auth" to "none"`,
      )
  })
