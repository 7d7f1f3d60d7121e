import {
  ANY,
  arrayOf,
  closedObject,
  defineNode,
  derive,
  type HookRequest,
  type Message,
  openObject,
  type Port,
  port,
  rulewireError,
  STRING,
  union,
} from '../engine/node.ts'
import { contentTypeOf } from './lib/content.ts'
import { httpInConfig } from './lib/http-in-config.ts'
import { keep, recall } from './lib/keep.ts'
import { type BodyKind, readBody } from './lib/request.ts'
import { withFields } from './lib/types.ts'
import { encodePayload, wrongResult } from './lib/values.ts'

/** What is kept of a request with an Idempotency-Key. */
interface Known {
  readonly digest: string
  /** Requests that wait for the answer: the first one, and its repeats. */
  readonly waiting: readonly string[]
  readonly answer?: Answer
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: unknown
}

/** Repeats that wait at the same time. */
const mostWaiting = 100
/** Characters or bytes of a body that is kept for repeats. */
const longestKept = 65_536

/** Receives HTTP requests. */
export default defineNode({
  type: 'http-in',
  title: 'HTTP in',
  category: 'sources',
  summary: 'Receives HTTP requests at a path below /hooks/ and answers them.',
  icon: 'webhook',
  docs: `Makes a hook at \`/hooks/\` and the **path**. A level written as \`{name}\` matches one level, and what it stood for is in \`params\`:
\`orders/{order}\` takes \`/hooks/orders/7\` with \`params.order = "7"\`. A written level wins over \`{name}\`. Two nodes cannot have the same path and method, in one flow or
in several (HOOK_TAKEN); a disabled flow has none.

The message has the decoded body as payload, the path as \`topic\` and \`key\`, and \`http\`: \`request\` (an id), \`method\`, \`path\`, \`query\`, \`headers\` (names in lower
case, without those that prove who sends).

**Who may send** (\`auth\`):

| value | the request needs |
|---|---|
| \`token\` | the secret in the **header** (Authorization; \`Bearer\` may stand in front) |
| \`signature\` | in the **header** (X-Hub-Signature-256) the HMAC-SHA256 of the body with the secret, as hexadecimal digits or base64; \`sha256=\` may stand in front |
| \`none\` | nothing. A warning is shown when others than this machine reach the engine |

Pages of other sites are refused (403), for GET too: a browser would send what its user does not know of.

**Body**: \`auto\` goes by the Content-Type: JSON, text, a form, else bytes; without one, JSON if it is JSON, else text, and bytes if it is not UTF-8. A body that is not what it
should be is refused with 400. JSON may be nested 64 levels deep.

**Respond**: \`at-once\` answers 202 when everything that the message caused is committed: what was accepted is not lost by a crash. \`from-flow\` gives the node an input
\`answer\`: the message there is the answer, with its payload as body and status 200. It must have kept the field \`http\`, so it may come from a wire, from another flow
over a link, or after a call of \`http-out\`. The first answer counts. If none comes within **timeout**, the sender gets the **timeout status**; the request is worked on all
the same. **Status** and **answer** are JSONata on the message that is answered with.

**Repeats**: of requests with the same header \`Idempotency-Key\` the first one runs; the others get its answer, or wait for it with the first one, for as long as **repeats
within** says. The same key with another body is refused (422). An answer longer than 64 kB is not kept: a repeat gets its status alone.

**Limits**: more requests at the same time or a minute than set here get 429, a body that is too large 413, and all requests 503 while the database cannot be written. A
failing node behind this one changes no answer \`at-once\`: its message is a dead letter.

**What is kept**: for each Idempotency-Key the digest of the body and the answer; for each request \`from-flow\` a timer.`,
  config: httpInConfig,
  inputs: ({ respond }): Record<string, Port> =>
    respond === 'from-flow' ? { answer: port('any', 'The answer to a request', { ends: true }) } : {},
  outputs: { out: port('any', 'Each request that was taken') },
  serves: ({ path, method, auth, secret, header, timeout, bodyLimit, concurrency, rate }) => [
    {
      method,
      path,
      auth:
        auth === 'none' || secret === undefined
          ? { kind: 'none' }
          : { kind: auth, secret, header: header ?? (auth === 'token' ? 'Authorization' : 'X-Hub-Signature-256') },
      bodyLimit,
      concurrency,
      rate,
      // The node's own timer comes first.
      patience: timeout + 5000,
    },
  ],
  examples: [
    {
      title: 'Orders, accepted when they are committed',
      config: { path: 'orders/{order}', secret: { $secret: 'orders' } },
      steps: [
        {
          request: { path: 'orders/7', headers: { 'content-type': 'application/json' }, body: { count: 2 } },
          expect: { out: [{ topic: 'orders/7', params: { order: '7' }, payload: { count: 2 } }] },
          effects: [{ kind: 'answer', status: 202, body: '' }],
        },
        {
          request: { path: 'orders/7', headers: { 'content-type': 'application/json' }, body: '{"count":' },
          refused: 'BAD_REQUEST',
          expect: {},
          effects: [],
        },
      ],
    },
    {
      title: 'A repeat gets the answer of the first one',
      config: { path: 'orders', auth: 'none', status: '201', answer: '{ "count": payload.count }' },
      steps: [
        {
          request: { path: 'orders', headers: { 'idempotency-key': 'a1' }, body: { count: 2 } },
          expect: { out: [{ payload: { count: 2 } }] },
          effects: [{ kind: 'answer', status: 201, body: '{"count":2}' }],
        },
        {
          request: { path: 'orders', headers: { 'idempotency-key': 'a1' }, body: { count: 2 } },
          expect: {},
          effects: [{ kind: 'answer', status: 201, body: '{"count":2}' }],
        },
        {
          request: { path: 'orders', headers: { 'idempotency-key': 'a1' }, body: { count: 3 } },
          refused: 'HOOK_KEY_REUSED',
          expect: {},
        },
      ],
    },
    {
      title: 'The flow answers, or nobody does in time',
      config: { path: 'level', method: 'GET', auth: 'none', respond: 'from-flow', timeout: '5s', timeoutStatus: 200 },
      steps: [
        { request: { method: 'GET', path: 'level', query: { tank: 'a' } }, expect: { out: [{ topic: 'level' }] } },
        {
          send: { answer: { payload: { level: 4 }, http: { request: 'm0' } } },
          effects: [{ kind: 'answer', request: 'm0', status: 200, body: '{"level":4}' }],
        },
        { request: { method: 'GET', path: 'level' }, expect: { out: [{ topic: 'level' }] }, effects: [] },
        { advance: '5s', effects: [{ kind: 'answer', status: 200, body: '' }] },
        { send: { answer: { payload: 'which request?' } }, expect: { error: [{ payload: 'which request?' }] } },
      ],
    },
    {
      title: 'A form',
      config: { path: 'contact', auth: 'none', body: 'form' },
      steps: [
        {
          request: { path: 'contact', body: 'name=Anna&tag=a&tag=b' },
          expect: { out: [{ payload: { name: 'Anna', tag: ['a', 'b'] } }] },
        },
      ],
    },
  ],
  sees: ({ inputs, outputs }) => inputs.answer ?? outputs.out,
  infer: ({ config: { path, body } }) => {
    const names = Array.from(path.matchAll(/\{(\w+)\}/g), (match) => [match[1] ?? '', STRING])
    const texts = union(STRING, arrayOf(STRING))
    return {
      out: withFields(undefined, {
        params: closedObject(Object.fromEntries(names)),
        payload: body === 'text' ? STRING : body === 'form' ? openObject({}, texts) : ANY,
        http: closedObject({
          request: STRING,
          method: STRING,
          path: STRING,
          query: openObject({}, texts),
          headers: openObject({}, STRING),
        }),
      }),
    }
  },
  create: ({ config, out, message, effect, state, timers, now }) => {
    const { respond, status, answer, headers, timeout, timeoutStatus, repeatsFor } = config
    const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
    const waits = respond === 'from-flow'

    /** The answer that a message makes. Throws what the expressions throw, and WRONG_RESULT. */
    const answerOf = (source: Message) => {
      const value = answer === undefined ? (waits ? source.payload : '') : answer(source)
      const body = encodePayload(value, answer?.text ?? 'payload')
      const code = status === undefined ? (waits ? 200 : 202) : status(source)
      if (typeof code !== 'number' || !Number.isInteger(code) || code < 200 || code > 599)
        throw wrongResult(status?.text ?? '', code, 'a status from 200 to 599')
      return {
        status: code,
        headers: typed || body.length === 0 ? headers : { ...headers, 'Content-Type': contentTypeOf(value) },
        body,
      }
    }
    const send = (request: string, made: ReturnType<typeof answerOf>) => effect({ kind: 'answer', request, ...made })

    const remember = (key: string, known: Known) => state.set(key, keep(known))

    const repeat = (request: HookRequest, key: string, known: Known) => {
      if (known.digest !== request.digest) throw rulewireError('HOOK_KEY_REUSED', { key })
      if (known.answer !== undefined) return send(request.id, recallAnswer(known.answer))
      remember(key, { ...known, waiting: [...known.waiting, request.id].slice(-mostWaiting) })
      timers.set(request.id, 'late', now() + timeout)
    }

    return {
      onRequest: (request) => {
        const key = repeatKey(request)
        const known = key === undefined ? undefined : readKnown(state.get(key))
        if (key !== undefined && known !== undefined) return repeat(request, key, known)
        const made = messageOf(request, readBody(request, config.body as BodyKind), message)
        const first = waits ? undefined : answerOf(made)
        if (key !== undefined) {
          const { digest, id } = request
          remember(key, first === undefined ? { digest, waiting: [id] } : { digest, waiting: [], answer: kept(first) })
          timers.set(key, 'forget', now() + repeatsFor)
        }
        if (first === undefined) timers.set(request.id, 'late', now() + timeout)
        else send(request.id, first)
        out.out(made)
      },
      answer: (source: Message) => {
        const id = requestOf(source)
        const made = answerOf(source)
        const key = keyOf(source)
        const known = key === undefined ? undefined : readKnown(state.get(key))
        if (known?.answer !== undefined) return
        if (key !== undefined && known !== undefined) remember(key, { ...known, waiting: [], answer: kept(made) })
        for (const request of new Set([id, ...(known?.waiting ?? [])])) {
          send(request, made)
          timers.cancel(request, 'late')
        }
      },
      onTimer: ({ key, name }) => {
        if (name === 'forget') return state.delete(key)
        effect({ kind: 'answer', request: key, status: timeoutStatus, headers: {}, body: '' })
      },
    }
  },
})

function messageOf(
  { id, method, path, params, query, headers, received }: HookRequest,
  payload: unknown,
  message: (fields: Partial<Message>) => Message,
): Message {
  const made = message({ topic: path, key: path, payload, params, time: received, received })
  return derive(made, { http: { request: id, method, path, query, headers } })
}

/** The header by which a sender marks repeats. Throws BAD_REQUEST. */
function repeatKey({ headers }: HookRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw rulewireError('BAD_REQUEST', {
    detail: 'The Idempotency-Key is no key.',
    wanted: 'Send 1 to 255 signs of ASCII without spaces.',
  })
}

/** The request that a message belongs to. Throws WRONG_RESULT. */
function requestOf(message: Message): string {
  const id: unknown = Object(message.http).request
  if (typeof id === 'string') return id
  throw wrongResult('http.request', id, 'the id of the request that is answered')
}

function keyOf(message: Message): string | undefined {
  const key: unknown = Object(Object(message.http).headers)['idempotency-key']
  return typeof key === 'string' ? key : undefined
}

function kept(made: { status: number; headers: Record<string, string>; body: string | Uint8Array }): Answer {
  return made.body.length > longestKept ? { ...made, body: '' } : made
}

function recallAnswer({ status, headers, body }: Answer) {
  const again = { ...headers, 'Idempotent-Replayed': 'true' }
  return { status, headers: again, body: typeof body === 'string' || body instanceof Uint8Array ? body : '' }
}

/** What this node wrote for a key. */
function readKnown(value: unknown): Known | undefined {
  // State comes back as it was set, by this node type alone.
  return value === undefined ? undefined : (recall(value as never) as Known)
}
