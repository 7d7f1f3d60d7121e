import type { FlowDocument } from '../../../engine/flow/model.ts'
import type {
  Alarm,
  AlarmCommand,
  AlarmCommandName,
  AlarmList,
  AlarmWhy,
  BrokerDescription,
  CheckAnswer,
  DeadLetter,
  DeployAnswer,
  EngineDescription,
  FlowDetail,
  FlowSummary,
  NodeTypeDescription,
} from '../../../engine/server/protocol.ts'
import type { Trace, TraceRequest, TryAnswer, TryRequest } from '../../../engine/server/protocol-tools.ts'
import { isObject } from '../../core/path.ts'
import { type AlarmsClient, alarmsClient } from './alarms.ts'
import { type BacktestClient, backtestClient } from './backtest.ts'
import { createCall } from './call.ts'
import { type DeploysClient, deploysClient } from './deploys.ts'
import { type PeopleClient, peopleClient } from './people.ts'
import { type TestsClient, testsClient } from './tests.ts'

export { ApiError } from './call.ts'

export interface PublishRequest {
  broker?: string
  topic: string
  payload: string
  qos: 0 | 1 | 2
  retain: boolean
}

/** The engine's HTTP API, as the editor uses it. Every method throws {@link ApiError}. */
export interface Client {
  backtests: BacktestClient
  people: PeopleClient
  tests: TestsClient
  alarmReports: AlarmsClient
  deploys: DeploysClient
  flows(): Promise<FlowSummary[]>
  flow(flow: string): Promise<FlowDetail>
  check(document: FlowDocument, signal?: AbortSignal): Promise<CheckAnswer>
  deploy(document: FlowDocument, hash: string | undefined, comment?: string): Promise<DeployAnswer>
  remove(flow: string): Promise<void>
  nodeTypes(): Promise<NodeTypeDescription[]>
  brokers(): Promise<BrokerDescription[]>
  engine(): Promise<EngineDescription>
  publish(message: PublishRequest): Promise<void>
  deadLetters(query: { flow?: string; limit?: number }): Promise<{ items: DeadLetter[]; total: number }>
  retryDeadLetters(ids: number[]): Promise<{ retried: number; failed: number }>
  dropDeadLetters(ids: number[]): Promise<{ dropped: number }>
  alarms(): Promise<AlarmList>
  commandAlarm(name: AlarmCommandName, command: AlarmCommand): Promise<Alarm>
  whyAlarm(alarm: { flow: string; node: string; key: string }): Promise<AlarmWhy>
  tryDraft(request: TryRequest): Promise<TryAnswer>
  arm(request: TraceRequest): Promise<Trace>
  trace(id: string): Promise<Trace>
}

/** A client for the engine that serves this page; `refused` hears when nobody is logged in any more. */
export function createClient(refused: (code: string) => void): Client {
  const call = createCall('api/v1/', refused)
  const list = <Item>(path: string, name: string) =>
    call<unknown>('GET', path).then((answer) => items<Item>(answer, name))
  return {
    backtests: backtestClient(call),
    people: peopleClient(call),
    tests: testsClient(call),
    alarmReports: alarmsClient(call),
    deploys: deploysClient(call),
    flows: () => list('flows', 'flows'),
    flow: (flow) => call('GET', `flows/${encodeURIComponent(flow)}`),
    check: (document, signal) => call('POST', 'check', { document }, signal),
    deploy: (document, hash, comment = '') =>
      call('PUT', `flows/${encodeURIComponent(document.flow)}`, {
        document,
        ...(hash === undefined ? {} : { hash }),
        ...(comment === '' ? {} : { comment }),
      }),
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

/** Lists come by themselves or under their name. */
function items<Item>(answer: unknown, name: string): Item[] {
  const list = isObject(answer) ? (answer[name] ?? answer.items) : answer
  return Array.isArray(list) ? list : []
}
