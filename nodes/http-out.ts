import {
  ANY,
  defineNode,
  derive,
  duration,
  type Evaluate,
  expression,
  type Message,
  NUMBER,
  openObject,
  port,
  RulewireError,
  rulewireError,
  STRING,
  textOrSecret,
  z,
} from '../engine/node.ts'
import { exactlyOne } from './lib/config.ts'
import { contentTypeOf, contentTypes, isHeaderText } from './lib/content.ts'
import { withFields } from './lib/types.ts'
import { fillUrl, urlFault } from './lib/url.ts'
import { asText, encodePayload, wrongResult } from './lib/values.ts'

/** Calls an HTTP server for each message. */
export default defineNode({
  type: 'http-out',
  title: 'HTTP out',
  category: 'sinks',
  summary: 'Sends an HTTP request for each message and gives the answer as a new message.',
  icon: 'globe',
  docs: `Sends a request for each message. The request is written to the database together with everything else that the message
did, and is sent after that; a crash does not lose it. It may be sent more than once, always with the same header
\`Idempotency-Key\`, by which a server can tell a repeat.

**URL**: \`{name}\` is filled from the message's \`params\`, percent-encoded, after the server's name only. Where the address has
to be computed, **URL from** takes an expression instead. **Body** is the payload unless an expression says otherwise: text
and bytes go out as they are, everything else as JSON, with a \`Content-Type\` to match unless **headers** has one. GET, HEAD
and DELETE have no body unless one is written.

**Order**: requests with the same key go out one after the other, in the order of the messages; others do not wait for them.
The key is the message's \`key\` unless an expression says otherwise.

**Where it may go**: public addresses. An address of an inner network has to be allowed by whoever runs the engine
(\`--egress-allow 192.168.1.10\`); this machine needs that, too, unless the URL is written here and nobody else reaches the editor. What is
not allowed fails at once with EGRESS_DENIED, which names the setting. Redirects are followed five times, each is checked, and another
server gets no secrets.

An attempt ends after **timeout**. It is repeated with growing pauses after a network error and after the answers 408, 425,
429 and 5xx, at most **retries** times. Then, and at once after other refusals, the message goes to the port \`error\`
(REQUEST_FAILED).

**Response**: the message that caused the request, with the decoded body as payload and the fields \`status\` and \`headers\`.`,
  config: z
    .strictObject({
      method: z
        .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
        .default('POST')
        .meta({ title: 'Method', description: 'The HTTP method.', examples: ['POST', 'PUT'] }),
      url: z
        .string()
        .superRefine((url, context) => {
          const fault = urlFault(url)
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
        })
        .optional()
        .meta({
          title: 'URL',
          description: 'Where to send; {name} is filled from the parameters of the message.',
          examples: ['https://example.test/devices/{device}/alerts'],
          format: 'url-template',
        }),
      urlFrom: expression('string')
        .optional()
        .meta({
          title: 'URL from',
          description: 'JSONata that gives the URL, instead of a written one.',
          examples: ['"https://example.test/search?q=" & $encodeUrlComponent(payload.name)'],
        }),
      headers: z
        .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/), textOrSecret(), {
          error: (issue) =>
            issue.code === 'invalid_key' ? 'a header is named by letters, digits and "-", such as X-Plant' : undefined,
        })
        .superRefine((headers, context) => {
          for (const [name, value] of Object.entries(headers)) {
            if (typeof value === 'string' && !isHeaderText(value)) {
              context.addIssue({
                code: 'custom',
                path: [name],
                message: 'it holds a line break or a sign that is not ASCII; write it without',
              })
            }
            if (engineHeaders.includes(name.toLowerCase())) {
              context.addIssue({
                code: 'custom',
                path: [name],
                message: `"${name}" is set by the engine; leave it out`,
              })
            }
          }
        })
        .default({})
        .meta({
          title: 'Headers',
          description: 'Further headers. A value can be a secret.',
          examples: [{ Authorization: { $secret: 'webhook' } }],
        }),
      body: expression()
        .optional()
        .meta({
          title: 'Body',
          description: 'JSONata for the body. Without it: the payload of the message.',
          examples: ['{ "text": payload.key & " is " & payload.transition }'],
        }),
      timeout: duration()
        .refine((milliseconds) => milliseconds > 0, 'an attempt needs some time; write 10s, for example')
        .prefault('10s')
        .meta({ title: 'Timeout', description: 'How long one attempt may take.', examples: ['10s'] }),
      retries: z
        .int()
        .min(0)
        .max(100)
        .default(5)
        .meta({ title: 'Retries', description: 'Attempts after the first one.', examples: [5] }),
      order: expression()
        .optional()
        .meta({
          title: 'Order',
          description:
            'JSONata for a key; requests of one key go one after the other. Without it: the key of the message.',
          examples: ['params.device'],
        }),
    })
    .superRefine(exactlyOne('url', 'urlFrom')),
  inputs: { in: port('any', 'Messages to send') },
  outputs: { response: port('any', 'The answer: body as payload, fields status and headers', { later: true }) },
  examples: [
    {
      title: 'A webhook and its answer',
      config: { url: 'https://example.test/devices/{device}/alerts', headers: { 'X-Plant': 'north' } },
      steps: [
        {
          send: { in: { key: 'pump 1', params: { device: 'pump 1' }, payload: { alert: 'high' } } },
          effects: [
            {
              kind: 'request',
              method: 'POST',
              url: 'https://example.test/devices/pump%201/alerts',
              headers: { 'X-Plant': 'north', 'Content-Type': 'application/json' },
              body: '{"alert":"high"}',
              timeout: 10_000,
              retries: 5,
              order: 'pump 1',
            },
          ],
        },
        {
          answer: { status: 201, body: { id: 7 } },
          expect: { response: [{ payload: { id: 7 }, status: 201, params: { device: 'pump 1' } }] },
        },
      ],
    },
    {
      title: 'A server that cannot be reached',
      config: { url: 'https://example.test/hook', body: 'payload.text', retries: 2 },
      steps: [
        {
          send: { in: { payload: { text: 'too warm' } } },
          effects: [{ kind: 'request', body: 'too warm', headers: { 'Content-Type': 'text/plain; charset=utf-8' } }],
        },
        { answer: { failed: 'connection refused' }, expect: { error: [{ payload: { text: 'too warm' } }] } },
      ],
    },
    {
      title: 'A computed address, and one that is none',
      config: { method: 'GET', urlFrom: 'payload.callback' },
      steps: [
        {
          send: { in: { payload: { callback: 'https://example.test/a?b=1' } } },
          effects: [{ kind: 'request', method: 'GET', url: 'https://example.test/a?b=1' }],
        },
        {
          send: { in: { payload: { callback: 'file:///etc/passwd' } } },
          expect: { error: [{ payload: { callback: 'file:///etc/passwd' } }] },
        },
      ],
    },
    {
      title: 'A parameter that would climb up the path',
      config: { url: 'https://example.test/devices/{device}/alerts' },
      steps: [{ send: { in: { params: { device: '..' }, payload: 1 } }, expect: { error: [{ payload: 1 }] } }],
    },
  ],
  infer: ({ inputs }) => ({
    response: withFields(inputs.in, { payload: ANY, status: NUMBER, headers: openObject({}, STRING) }),
  }),
  create: ({ config, effect, out }) => {
    const { method, body, timeout, retries, order } = config
    const urlOf = urlSource(config.url, config.urlFrom)
    const bare = body === undefined && ['GET', 'HEAD', 'DELETE'].includes(method)
    const typed = Object.keys(config.headers).some((name) => name.toLowerCase() === 'content-type')
    const headersOf = new Map(
      contentTypes.map((type) => [type, typed ? config.headers : { ...config.headers, 'Content-Type': type }]),
    )
    return {
      in: (message) => {
        const value = bare ? undefined : body === undefined ? message.payload : body(message)
        const request = {
          kind: 'request' as const,
          method,
          url: urlOf(message),
          timeout,
          retries,
          order: order === undefined ? message.key : asText(order(message), order.text),
          ...(config.urlFrom === undefined ? {} : { computed: true }),
          message,
        }
        if (bare) return effect({ ...request, headers: config.headers })
        const headers = headersOf.get(contentTypeOf(value)) ?? config.headers
        effect({ ...request, headers, body: encodePayload(value, body?.text ?? 'payload') })
      },
      onResult: (result) => {
        if (result.kind === 'response') {
          const { message, status, headers } = result
          return out.response(derive(message, { payload: result.body, status, headers }))
        }
        if (result.error !== undefined) throw new RulewireError(result.error)
        // A query may hold what is nobody's business, and errors are shown and kept.
        const url = urlOf(result.message).replace(/[?#].*$/s, '')
        throw rulewireError('REQUEST_FAILED', { method, url, detail: result.detail, attempts: result.attempts })
      },
    }
  },
})

/** Headers that belong to the protocol or to delivery. */
const engineHeaders = [
  'idempotency-key',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer',
  'te',
  'expect',
]

function urlSource(url: string | undefined, urlFrom: Evaluate | undefined): (message: Message) => string {
  if (url !== undefined) return url.includes('{') ? (message) => fillUrl(url, message.params) : () => url
  if (urlFrom === undefined)
    throw rulewireError('NODE_FAILED', { detail: 'there is neither a URL nor an expression for it' })
  return (message) => {
    const made = urlFrom(message)
    if (typeof made !== 'string' || urlFault(made) !== undefined || made.includes('{')) {
      throw wrongResult(urlFrom.text, made, 'a URL with http:// or https://')
    }
    return made
  }
}
