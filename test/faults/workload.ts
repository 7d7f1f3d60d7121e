import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import mqtt, { type MqttClient } from 'mqtt'
import { flowOf } from '../engine/start.ts'

/** Ways that a message can take through the flow of the fault tests; also the second level of its topic. */
export const paths = ['q0', 'q1', 'q2', 'key', 'state', 'http'] as const
export type Path = (typeof paths)[number]

export const qosOf: Record<Path, 0 | 1 | 2> = { q0: 0, q1: 1, q2: 2, key: 1, state: 2, http: 1 }
export const lanes = 5

/**
 * The flow under test. Each path stores its messages in a table of its own; `q1` and `q2` publish them too, at their QoS;
 * `state` counts them in the state of a node; `http` posts them and stores the answers.
 */
export function faultFlow(options: { broker?: string; hook?: string } = {}): Record<string, unknown> {
  const broker = options.broker === undefined ? {} : { broker: options.broker }
  const source = (path: Path, more: Record<string, unknown> = {}): [string, string, Record<string, unknown>] => [
    `in-${path}`,
    'mqtt-in',
    { topic: `in/${path}/{lane}`, qos: qosOf[path], decode: 'json', ...broker, ...more },
  ]
  const store = (id: string, table: string, columns: Record<string, string>) =>
    [id, 'store', { table, columns }] as [string, string, Record<string, unknown>]
  const n = { n: 'payload.n', lane: 'params.lane' }
  return flowOf(
    'faults',
    [
      source('q0'),
      store('keep-q0', 'q0', n),
      source('q1'),
      store('keep-q1', 'q1', n),
      ['change-q1', 'transform', { payload: '{ "n": payload.n }' }],
      ['out-q1', 'mqtt-out', { topic: 'out/q1/{lane}', qos: 1, ...broker }],
      source('q2'),
      store('keep-q2', 'q2', n),
      ['change-q2', 'transform', { payload: '{ "n": payload.n }' }],
      ['out-q2', 'mqtt-out', { topic: 'out/q2/{lane}', qos: 2, ...broker }],
      source('key', { dedupe: 'payload.n' }),
      store('keep-key', 'keyed', n),
      source('state'),
      ['count', 'counter', {}],
      store('keep-state', 'counted', { ...n, count: 'count' }),
      ...((options.hook === undefined
        ? []
        : [
            source('http'),
            ['post', 'http-out', { url: options.hook, order: 'params.lane', retries: 30, timeout: '2s' }],
            store('keep-answers', 'answers', { n: 'payload.n' }),
          ]) as [string, string, Record<string, unknown>][]),
    ],
    [
      'in-q0.out keep-q0.in',
      'in-q1.out keep-q1.in',
      'in-q1.out change-q1.in',
      'change-q1.out out-q1.in',
      'in-q2.out keep-q2.in',
      'in-q2.out change-q2.in',
      'change-q2.out out-q2.in',
      'in-key.out keep-key.in',
      'in-state.out count.in',
      'count.out keep-state.in',
      ...(options.hook === undefined ? [] : ['in-http.out post.in', 'post.response keep-answers.in']),
    ],
  )
}

/** What a subscriber of its own heard, in order, by path. */
export class Listener {
  readonly heard = { q1: [] as number[], q2: [] as number[] }
  readonly #client: MqttClient

  private constructor(client: MqttClient) {
    this.#client = client
    client.on('message', (topic, payload) => {
      const path = topic.split('/')[1]
      if (path === 'q1' || path === 'q2') this.heard[path].push(Number(JSON.parse(payload.toString()).n))
    })
  }

  static async connect(url: string): Promise<Listener> {
    const client = await mqtt.connectAsync(url, {
      clientId: 'fault-listener',
      clean: false,
      reconnectPeriod: 50,
      protocolVersion: 4,
    })
    client.on('error', () => undefined) // it connects again
    const listener = new Listener(client)
    await client.subscribeAsync('out/#', { qos: 2 })
    return listener
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true)
  }
}

export interface HookRequest {
  key: string
  n: number
}

/** A web server that keeps what it was asked, and behaves as `answer` says. */
export class Hook {
  readonly requests: HookRequest[] = []
  /** Requests under way, and the most that there were at once. */
  open = 0
  most = 0
  answer: (request: HookRequest, response: ServerResponse, count: number) => void = (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ n: request.n }))
  }
  readonly #server: Server
  url = ''

  constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The system gave no port')
    this.url = `http://127.0.0.1:${address.port}/hook`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open++
    this.most = Math.max(this.most, this.open)
    response.once('close', () => this.open--)
    try {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const entry = { key: String(request.headers['idempotency-key']), n: Number(JSON.parse(body).n) }
      this.requests.push(entry)
      this.answer(entry, response, this.requests.length)
    } catch (error) {
      // The engine was killed in the middle of its request.
      response.destroy(error instanceof Error ? error : undefined)
    }
  }
}
