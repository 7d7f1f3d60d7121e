import type { FlowDocument } from '../../../engine/flow/model.ts'
import type {
  Alarm,
  AlarmCommand,
  AlarmList,
  AlarmWhy,
  BrokerDescription,
  CheckAnswer,
  DeadLetter,
  DeployAnswer,
  EngineDescription,
  ErrorAnswer,
  FlowDetail,
  FlowSummary,
  NodeTypeDescription,
} from '../../../engine/server/protocol.ts'
import type { Trace, TraceRequest, TryAnswer, TryRequest } from '../../../engine/server/protocol-tools.ts'
import { isObject } from '../../core/path.ts'

/** An answer of the engine that is not what was asked for, or no answer at all (status 0). */
export class ApiError extends Error {
  readonly status: number
  readonly answer: ErrorAnswer

  constructor(status: number, answer: ErrorAnswer, cause?: unknown) {
    super(answer.text, cause === undefined ? {} : { cause })
    this.name = 'ApiError'
    this.status = status
    this.answer = answer
  }
}

export interface PublishRequest {
  broker?: string
  topic: string
  payload: string
  qos: 0 | 1 | 2
  retain: boolean
}

/** The engine's HTTP API, as the editor uses it. Every method throws {@link ApiError}. */
export interface Client {
  flows(): Promise<FlowSummary[]>
  flow(flow: string): Promise<FlowDetail>
  check(document: FlowDocument, signal?: AbortSignal): Promise<CheckAnswer>
  deploy(document: FlowDocument, hash: string | undefined): Promise<DeployAnswer>
  remove(flow: string): Promise<void>
  nodeTypes(): Promise<NodeTypeDescription[]>
  brokers(): Promise<BrokerDescription[]>
  engine(): Promise<EngineDescription>
  publish(message: PublishRequest): Promise<void>
  deadLetters(query: { flow?: string; limit?: number }): Promise<{ items: DeadLetter[]; total: number }>
  retryDeadLetters(ids: number[]): Promise<{ retried: number; failed: number }>
  dropDeadLetters(ids: number[]): Promise<{ dropped: number }>
  alarms(): Promise<AlarmList>
  commandAlarm(name: 'acknowledge' | 'shelve' | 'unshelve' | 'reset', command: AlarmCommand): Promise<Alarm>
  whyAlarm(alarm: { flow: string; node: string; key: string }): Promise<AlarmWhy>
  tryDraft(request: TryRequest): Promise<TryAnswer>
  arm(request: TraceRequest): Promise<Trace>
  trace(id: string): Promise<Trace>
}

/** A client for the engine that serves this page. */
export function createClient(base = 'api/v1/'): Client {
  const call = <Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal) =>
    request<Answer>(method, base + path, body, signal)
  const list = <Item>(path: string, name: string) =>
    call<unknown>('GET', path).then((answer) => items<Item>(answer, name))
  return {
    flows: () => list('flows', 'flows'),
    flow: (flow) => call('GET', `flows/${encodeURIComponent(flow)}`),
    check: (document, signal) => call('POST', 'check', { document }, signal),
    deploy: (document, hash) =>
      call('PUT', `flows/${encodeURIComponent(document.flow)}`, { document, ...(hash === undefined ? {} : { hash }) }),
    remove: (flow) => call('DELETE', `flows/${encodeURIComponent(flow)}`),
    nodeTypes: () => list('nodes', 'nodes'),
    brokers: () => list('brokers', 'brokers'),
    engine: () => call('GET', 'engine'),
    publish: (message) => call('POST', 'publish', message),
    deadLetters: (query) =>
      call(
        'GET',
        `dead-letters?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`,
      ),
    retryDeadLetters: (ids) => call('POST', 'dead-letters/retry', { ids }),
    dropDeadLetters: (ids) => call('POST', 'dead-letters/drop', { ids }),
    alarms: () => call('GET', 'alarms?limit=500'),
    commandAlarm: (name, command) => call('POST', `alarms/${name === 'acknowledge' ? 'ack' : name}`, command),
    whyAlarm: ({ flow, node, key }) => call('GET', `alarms/why?${new URLSearchParams({ flow, node, key })}`),
    tryDraft: (request) => call('POST', 'try', request),
    arm: (request) => call('POST', 'trace', request),
    trace: (id) => call('GET', `trace/${encodeURIComponent(id)}`),
  }
}

async function request<Answer>(
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new ApiError(0, { code: 'OFFLINE', text, hint: '' }, cause)
  }
  const text = await response.text()
  const answer: unknown = text === '' ? undefined : parse(text)
  if (response.ok) return answer as Answer // the engine's own answer; protocol.ts says its shape
  const { code, text: said, hint } = isObject(answer) ? answer : {}
  throw new ApiError(response.status, {
    ...(isObject(answer) ? answer : {}),
    code: typeof code === 'string' ? code : 'INTERNAL',
    text: typeof said === 'string' ? said : `${response.status} ${response.statusText}`,
    hint: typeof hint === 'string' ? hint : '',
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError(0, { code: 'INTERNAL', text: 'The answer is not JSON.', hint: '' }, cause)
  }
}

/** Lists come by themselves or under their name. */
function items<Item>(answer: unknown, name: string): Item[] {
  const list = isObject(answer) ? (answer[name] ?? answer.items) : answer
  return Array.isArray(list) ? list : []
}
