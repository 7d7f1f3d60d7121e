import type { Problem } from '../errors.ts'
import type { CheckResult, FlowDocument, PlanDiff } from '../flow/model.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import type { AuditApi, AuthApi } from './api-auth.ts'
import type { BacktestApi } from './api-backtest.ts'
import type { DeployAbout, DeploysApi } from './api-deploys.ts'
import type { HistoryApi } from './api-history.ts'
import type { HooksApi } from './api-hooks.ts'
import type { OperationsApi } from './api-operations.ts'
import type { RuleTestsApi } from './api-tests.ts'
import type {
  Alarm,
  AlarmCommand,
  AlarmCommandName,
  AlarmCounts,
  AlarmHealth,
  AlarmHistory,
  AlarmList,
  AlarmWhy,
  BrokerDescription,
  DeadLetter,
  DeployAnswer,
  EngineDescription,
  EvaluateAnswer,
  FlowDetail,
  FlowSummary,
  LearnedDetail,
  LearnedTopic,
  LiveValue,
  NodeStatistics,
  TopicValue,
  Trace,
  TraceRequest,
  TryAnswer,
  TryRequest,
} from './protocol.ts'
import type { BrokerUser, BrokerUserChange } from './protocol-broker-users.ts'
import type { SecretInfo } from './protocol-secrets.ts'

/** What the HTTP server and the command line need of an engine. `engine.ts` implements it; tests may give a small fake. */
export interface EngineApi extends ToolsApi, AlarmsApi, OperationsApi {
  readonly specs: ReadonlyMap<string, AnyNodeSpec>
  describe(): EngineDescription
  flows: {
    list(): FlowSummary[]
    /** Throws NOT_FOUND. */
    get(flow: string): FlowDetail
    check(document: unknown): CheckResult & { diff: PlanDiff }
    /**
     * Checks, deploys and writes the file. Throws CHECK_FAILED with problems (also FLOW_NAME_MISMATCH when the document names another
     * flow), CHANGED_MEANWHILE when `hash` is given and is not the file's. Without `hash` it writes whatever stands there.
     */
    put(flow: string, document: unknown, hash?: string, about?: DeployAbout): Promise<DeployAnswer>
    /** Removes the file and ends the flow. Throws NOT_FOUND. */
    delete(flow: string): Promise<void>
  }
  brokers(): BrokerDescription[]
  statistics(): Record<string, NodeStatistics>
  /** Last values at output ports of a flow, by `flow/node.port`. */
  values(flow: string): Record<string, LiveValue>
  deadLetters: {
    list(filter: DeadLetterFilter): {
      items: DeadLetter[]
      total: number
    }
    get(id: number): DeadLetter
    /** Runs them again from the node that failed, with another payload if one is given; one that fails again is kept under a new id with one attempt more. */
    retry(ids: number[], change?: { payload: unknown }): Promise<{ retried: number; failed: number }>
    drop(ids: number[]): { dropped: number }
  }
  learned: {
    list(): LearnedTopic[]
    /** Throws NOT_FOUND. */
    get(connection: string, filter: string): LearnedDetail
    /** Writes the learned schema into the `mqtt-in` node of a flow and deploys it. Throws NOT_FOUND, and what `flows.put` throws. */
    accept(flow: string, node: string, about?: DeployAbout): Promise<DeployAnswer>
    /** Throws NOT_FOUND. */
    reset(connection: string, filter: string): void
  }
  readonly auth: AuthApi
  readonly audit: AuditApi
  readonly ruleTests: RuleTestsApi
  readonly backtests: BacktestApi
  readonly history: HistoryApi
  readonly hooks: HooksApi
  readonly deploys: DeploysApi
  /** Users of the embedded broker. */
  brokerUsers: {
    list(): BrokerUser[]
    /** Throws BROKER_USER, ACL_RULE, PASSWORD_LENGTH. */
    put(name: string, change: BrokerUserChange): Promise<BrokerUser>
    /** Throws NOT_FOUND, BROKER_USER. */
    remove(name: string): void
  }
  secrets: {
    list(): SecretInfo[]
    /** Throws SECRET_NAME, SECRET_VALUE, SECRET_KEY. */
    set(name: string, value: string): SecretInfo
    /** Throws NOT_FOUND, SECRET_IN_USE. */
    remove(name: string, force: boolean): void
    /** Throws SECRET_KEY, SECRET_LOCKED. */
    rotate(): { rotated: number }
  }
  /** Publishes a message by hand. */
  publish(message: {
    broker?: string | undefined
    topic: string
    payload: string
    qos: 0 | 1 | 2
    retain: boolean
  }): Promise<void>
  /**
   * Follows topics for the topic explorer. Throws TOPIC_FILTER and BROKER_UNKNOWN. An engine without it says so to the client.
   * The topics are watched beside the flows: with subscriptions of their own, which end with the watch, at QoS 0, never acked or stored.
   */
  watchTopics?(request: TopicWatchRequest): TopicWatch
  /** Calls back after changes of flows (deploy, file, delete), of broker connections or of alarms; returns how to end it. */
  onChange(listener: (what: Changed) => void): () => void
  close(): Promise<void>
}

/** Looking into flows. */
export interface ToolsApi {
  trace: {
    /** Arms a trace of the next message. Throws NOT_FOUND, TOPIC_FILTER, and TOO_MANY_TRACES. */
    arm(request: TraceRequest): Trace
    /** Throws NOT_FOUND. */
    get(id: string): Trace
  }
  /** Runs a draft beside the flows. Throws BAD_REQUEST and NOT_FOUND when what is sent has nowhere to go. */
  try(request: TryRequest): TryAnswer
  evaluate(expression: string, message: unknown): EvaluateAnswer
}

/** Alarms of all nodes that have some. */
export interface AlarmsApi {
  alarms: {
    list(filter: AlarmFilter): AlarmList
    counts(): AlarmCounts
    /** Gives a command to a key of a node. Throws NOT_FOUND and COMMAND_REFUSED, and STORE_FAULT while nothing can be committed. */
    command(name: AlarmCommandName, command: AlarmCommand): Promise<Alarm>
    history(filter: AlarmFilter & { key?: string | undefined; before?: number | undefined }): AlarmHistory
    /** Throws NOT_FOUND. */
    why(flow: string, node: string, key: string): AlarmWhy
    /** How well the alarms serve people, over a time. Throws BAD_REQUEST when `from` is not before `to`. */
    health(request: AlarmHealthRequest): AlarmHealth
  }
}

/** What a client may want to look at again. */
export type Changed = 'flows' | 'brokers' | 'alarms'

export interface AlarmFilter {
  flow?: string | undefined
  node?: string | undefined
  limit?: number | undefined
  /** With flow and node: all keys of the node, those that are plain normal too. */
  all?: boolean | undefined
}

export interface AlarmHealthRequest {
  flow?: string | undefined
  node?: string | undefined
  /** UTC milliseconds; the last 7 days up to now unless said. */
  from?: number | undefined
  to?: number | undefined
  /** How many of the most frequent, chattering and fleeting ones are named. */
  top?: number | undefined
}

export interface DeadLetterFilter {
  flow?: string | undefined
  node?: string | undefined
  code?: string | undefined
  /** Only those with a smaller id: the next page. */
  before?: number | undefined
  limit?: number | undefined
}

export interface TopicWatchRequest {
  /** Name of a connection; undefined = the default one. */
  broker?: string | undefined
  filters: readonly string[]
  /** Topics that are followed at most; messages of further ones are only counted. */
  limit: number
}

/** A running watch. It is asked, it never calls: a client that reads slowly costs one value for each topic and no more. */
export interface TopicWatch {
  /** The topics with a message since the last call, with their last value, as JSON text cut to a few kB. */
  take(): {
    values: Record<string, TopicValue>
    known: number
    left: number
    /** Why nothing comes, as a sentence. */
    detail?: string
  }
  end(): void
}

export type { CheckResult, FlowDocument, Problem }
