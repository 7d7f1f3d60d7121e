import type { Limits } from '../jsonata/index.ts'
import type { Log } from '../log.ts'
import type { AclRule } from '../mqtt/broker/acl.ts'
import type { BrokerLimits } from '../mqtt/broker/limits.ts'
import type { SecureListener } from '../mqtt/broker/listeners.ts'
import type { ConnectionConfig } from '../mqtt/contract.ts'
import type { EgressSettings } from '../net/egress.ts'
import type { OutboxLimits } from '../run/outbox.ts'
import type { Clock, FaultPoint } from '../run/ports.ts'
import type { SecretReference } from '../spec/fields.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import type { AuthOptions } from './auth.ts'
import type { DiskGuardOptions, DiskLimits } from './disk-guard.ts'
import type { HistoryOption } from './history.ts'

/** A broker connection beside its name and URL; user and password may be the names of secrets. */
export interface ConnectionOptions
  extends Omit<ConnectionConfig, 'name' | 'url' | 'clientId' | 'username' | 'password'> {
  username?: string | SecretReference
  password?: string | SecretReference
}

/** How the embedded broker is started. */
export interface MqttOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  /** False: no port without TLS. */
  plain?: boolean | undefined
  secure?: SecureListener | undefined
  /** Who comes without a login may do everything; unless said only where nobody else than this machine reaches it. */
  anonymous?: boolean | undefined
  /** Users beside those in the database, by name. */
  users?: Readonly<Record<string, BrokerUserOptions>> | undefined
  limits?: Partial<BrokerLimits> | undefined
}

export interface BrokerUserOptions {
  password?: SecretReference | undefined
  disabled?: boolean | undefined
  rules: readonly AclRule[]
}

/** Where spans go, and of which share of the messages; see engine/config/telemetry.ts. */
export interface TelemetryOptions {
  url: string
  sample: number
  service: string
  headers: Readonly<Record<string, string | SecretReference>>
}

/** How an engine is started. */
export interface EngineOptions {
  specs: ReadonlyMap<string, AnyNodeSpec>
  version: string
  /** Directory of flow files; made when it is not there. */
  flows: string
  /** Directory of the database; made when it is not there. */
  data: string
  durability?: 'full' | 'normal'
  /** The default broker's URL; without it the engine starts one of its own. */
  broker?: string | undefined
  /** How to get into that broker. */
  brokerAccess?: ConnectionOptions | undefined
  /** Further broker connections by name. */
  connections?: readonly ({ name: string; url: string } & ConnectionOptions)[]
  /** What is recorded of connections, by name; `default` is the one without a name. Flows say for themselves what they record. */
  history?: Readonly<Record<string, HistoryOption | undefined>>
  /** Free bytes of the disk below which history and intake stop. */
  disk?: Partial<DiskLimits> & Pick<DiskGuardOptions, 'free' | 'every'>
  /** The embedded broker. */
  mqtt?: MqttOptions
  /** Others than this machine reach the HTTP server: hooks that ask for no proof get a warning. */
  exposed?: boolean
  limits?: {
    /** Messages at QoS 1 and 2 that may wait for one broker, and what happens to further ones. */
    outbox?: Partial<OutboxLimits>
    /** HTTP requests that may wait. */
    requests?: number
    /** Dead letters that are kept; the oldest go. */
    deadLetters?: number
    /** Transitions of alarms that are kept; the oldest go. */
    alarmLog?: number
    /** Versions of each flow that are kept; the oldest go. */
    deploys?: number
    /** Entries of the audit log that are kept; the oldest go. */
    audit?: number
    /** Limits of JSONata expressions. */
    expressions?: Partial<Limits>
  }
  /** Module of the thread that runs rule tests, as {@link RuleTestDeskOptions} says; without it they run in the engine's own. */
  ruleTestsWorker?: URL | undefined
  /** The same for backtests and the adviser of thresholds. */
  backtestWorker?: URL | undefined
  /** Where HTTP requests of flows may go; public addresses, and this machine where the flow names it, unless given. */
  egress?: EgressSettings | undefined
  /** How long sessions live, and how passwords are hashed. */
  auth?: Pick<AuthOptions, 'limits' | 'method'>
  /** Secrets by name, which go before stored ones; the environment variables unless given. */
  secret?: ((name: string) => string | undefined) | undefined
  /** Variables for secrets and their key; those of the process unless given. */
  environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Traces for OpenTelemetry; unset: none. */
  telemetry?: TelemetryOptions | undefined
  clock?: Clock
  /** From 0 up to 1. */
  random?(): number
  log?: Log
  /** For fault tests: called at each such moment, so that the process can end there. */
  faultPoint?: (point: FaultPoint) => void
}
