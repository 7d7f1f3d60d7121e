import { dirname } from 'node:path'
import type { Registry } from 'prom-client'
import type { TelemetryOptions } from '../host/options.ts'
import { isAdjustable, type Log, type LogLevel, logLevels } from '../log.ts'
import type { CommitMeter } from '../run/runner-options.ts'
import type { OperationsApi } from '../server/api-operations.ts'
import type { AlarmCounts, BrokerDescription, FlowSummary } from '../server/protocol.ts'
import type { HealthReason } from '../server/protocol-operations.ts'
import type { EngineStore } from '../store/index.ts'
import { Distribution } from './distribution.ts'
import { brokerReasons, reasonIf, stallReasons } from './health.ts'
import { LoopLag } from './loop-lag.ts'
import { createMetrics, type MetricSources } from './metrics.ts'
import type { SpanExporter } from './otlp.ts'
import { startTracing, type TracingOptions } from './tracing.ts'
import { type Seat, Watchers } from './watchers.ts'

/** What is looked at of an engine once its parts are there. */
export interface Parts {
  version: string
  store: EngineStore
  nodes: MetricSources['nodes']
  log: Log
  connections: { describe(): readonly BrokerDescription[] }
  flows: { list(): readonly Pick<FlowSummary, 'status'>[] }
  alarms: { counts(): AlarmCounts }
  requests: { readonly count: number }
  /** Why nothing is taken in, as a sentence. */
  guard: { readonly intakeStopped: string | undefined }
  /** Why history is not written, as a sentence. */
  history: { readonly stopped: string | undefined }
  /** Why the database cannot be written, as part of a sentence. */
  fault(): string | undefined
  stopping(): boolean
}

/** What traces are made from. */
export interface TraceParts extends Omit<TracingOptions, 'telemetry' | 'seat'> {
  runner: Seat
  telemetry: TelemetryOptions | undefined
}

/** For the last spans when the engine ends, milliseconds. */
const exportPatience = 1_000

/** What operators see of an engine: its health, its metrics, and how much it says. */
export class Operations implements OperationsApi {
  /** For the runner: what commits take. */
  readonly meter = new CommitTimes()
  readonly #lag = new LoopLag()
  #parts: Parts | undefined
  #registry: Promise<Registry> | undefined
  #exporter: SpanExporter | undefined

  /** To be called once, when the engine is put together. */
  watch(parts: Parts): void {
    this.#parts = parts
    this.#lag.start()
  }

  /** Starts traces, if there are to be some; gives a place from which others can look on, too. */
  trace({ runner, telemetry, ...rest }: TraceParts): Seat {
    const watchers = new Watchers(runner)
    if (telemetry !== undefined) this.#exporter = startTracing({ ...rest, telemetry, seat: watchers.seat() })
    return watchers.seat()
  }

  health(): ReturnType<OperationsApi['health']> {
    const reasons = this.#reasons()
    return {
      live: true,
      ready: reasons.length === 0,
      reasons,
      notices: reasonIf('HISTORY_STOPPED', this.#parts?.history.stopped),
    }
  }

  #reasons(): HealthReason[] {
    const parts = this.#parts
    if (parts === undefined) return []
    const fault = parts.fault()
    return [
      ...reasonIf('DATABASE_FAULT', fault === undefined ? undefined : `The database cannot be written: ${fault}.`),
      ...reasonIf('STOPPING', parts.stopping() ? 'The engine is stopping.' : undefined),
      ...reasonIf('DISK_LOW', parts.guard.intakeStopped),
      ...brokerReasons(parts.connections.describe()),
      ...stallReasons(this.#lag.longest),
    ]
  }

  readonly operations: OperationsApi['operations'] = {
    logLevel: (): LogLevel => {
      const log = this.#parts?.log
      return log !== undefined && isAdjustable(log) ? log.level : 'info'
    },
    setLogLevel: (level: LogLevel) => {
      const log = this.#parts?.log
      if (log === undefined || !isAdjustable(log)) return
      const before = log.level
      // said at the level of before or after, whichever writes more
      if (logLevels.indexOf(level) < logLevels.indexOf(before)) log.level = level
      log('info', `the log level is ${level} now; it was ${before}`)
      log.level = level
    },
    metrics: async () => {
      this.#registry ??= createMetrics(this.#sources())
      const registry = await this.#registry
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }

  async close(): Promise<void> {
    this.#lag.close()
    await this.#exporter?.close(exportPatience)
  }

  #sources(): MetricSources {
    const parts = this.#parts
    if (parts === undefined) throw new TypeError('Nothing is watched yet')
    const { store } = parts
    const ever = (table: string) =>
      store.database.prepare<[string], number>('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(table) ?? 0
    return {
      version: parts.version,
      nodes: parts.nodes,
      brokers: () => parts.connections.describe(),
      flows: () => parts.flows.list(),
      alarms: () => parts.alarms.counts(),
      requests: () => parts.requests.count,
      file: store.file,
      directory: dirname(store.file),
      reasons: () => this.#reasons(),
      deadLetters: () => ({ kept: store.deadLetters.count(), ever: ever('rw_dead_letters') }),
      transitions: () => ever('rw_alarm_log'),
      batches: this.meter.batches,
      commits: this.meter.commits,
      failedCommits: () => this.meter.failures,
      lags: this.#lag.lags,
      spans: () => this.#exporter,
    }
  }
}

/** Measures commits, not messages: two calls for each. */
export class CommitTimes implements CommitMeter {
  /** Runs in one batch. */
  readonly batches = new Distribution([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
  /** Seconds. */
  readonly commits = new Distribution([
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  ])
  failures = 0

  /** Milliseconds of a clock that only goes up, to be given to {@link done}. */
  begin(): number {
    return performance.now()
  }

  done(began: number, runs: number): void {
    this.commits.add((performance.now() - began) / 1000)
    this.batches.add(runs)
  }

  failed(): void {
    this.failures++
  }
}
