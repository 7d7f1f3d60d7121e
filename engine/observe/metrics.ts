import { stat, statfs } from 'node:fs/promises'
import type { Metric, Registry } from 'prom-client'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { AlarmCounts, BrokerDescription, FlowSummary } from '../server/protocol.ts'
import type { HealthReason } from '../server/protocol-operations.ts'
import type { Distribution } from './distribution.ts'

/** What is looked at when somebody scrapes; nothing of it costs anything before. */
export interface MetricSources {
  version: string
  nodes: ReadonlyMap<string, NodeRuntime>
  brokers(): readonly BrokerDescription[]
  flows(): readonly Pick<FlowSummary, 'status'>[]
  alarms(): AlarmCounts
  /** HTTP requests that wait for their answers. */
  requests(): number
  /** Dead letters that are kept, and all that there ever were. */
  deadLetters(): { kept: number; ever: number }
  /** Transitions of alarms, all that there ever were. */
  transitions(): number
  reasons(): readonly HealthReason[]
  /** Of the database. */
  file: string
  directory: string
  /** Runs in one batch; seconds of one commit; seconds that the event loop was late. */
  batches: Distribution
  commits: Distribution
  lags: Distribution
  failedCommits(): number
  /** What became of spans; undefined while there are no traces. */
  spans(): { readonly sent: number; readonly dropped: number } | undefined
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [Labels, number]

/** Rulewire's metrics and those of the process. prom-client is loaded with the first scrape. */
export async function createMetrics(sources: MetricSources): Promise<Registry> {
  const prometheus = await import('prom-client')
  const registry = new prometheus.Registry()
  prometheus.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  // Gauges with the name of counters, which checkers refuse; nodejs_active_resources and so on say the same.
  for (const what of ['resources', 'handles', 'requests']) registry.removeSingleMetric(`nodejs_active_${what}_total`)

  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    samples: () => Iterable<Sample> | Promise<Iterable<Sample>>,
  ) =>
    void new prometheus.Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const now = await samples()
        this.reset()
        for (const [labels, value] of now) this.set(labels, value)
      },
    })
  const counter = (name: string, help: string, labelNames: string[], samples: () => Iterable<Sample>) =>
    void new prometheus.Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        // A counter that was reset is still none at zero: the sum is that of counters of the engine, which only go up.
        this.reset()
        for (const [labels, value] of samples()) this.inc(labels, value)
      },
    })
  const histogram = (name: string, help: string, distribution: Distribution) =>
    registry.registerMetric(new Sampled(name, help, distribution) as unknown as Metric) // what the registry calls of a metric
  const one = (value: number): Sample[] => [[{}, value]]
  const perBroker = (value: (broker: BrokerDescription) => number) => () =>
    sources.brokers().map((broker): Sample => [{ connection: broker.name }, value(broker)])
  const perNode = (value: (node: NodeRuntime) => number) => () =>
    [...sources.nodes.values()].map(
      (node): Sample => [{ flow: node.flow, node: node.id, type: node.type }, value(node)],
    )
  const nodeLabels = ['flow', 'node', 'type']

  gauge('rulewire_build_info', 'Version of Rulewire and of Node.js.', ['version', 'node'], () => [
    [{ version: sources.version, node: process.versions.node }, 1],
  ])
  gauge('rulewire_ready', '1 when flows run and brokers are connected.', [], () =>
    one(sources.reasons().length === 0 ? 1 : 0),
  )
  gauge('rulewire_health_reasons', 'Reasons why it is not ready, by code.', ['code'], () =>
    counted(
      sources.reasons().map(({ code }) => code),
      'code',
    ),
  )
  gauge('rulewire_flows', 'Flows by status.', ['status'], () =>
    counted(
      sources.flows().map(({ status }) => status),
      'status',
    ),
  )

  gauge('rulewire_connection_up', '1 while a side of a broker connection is connected.', ['connection', 'side'], () =>
    sources.brokers().flatMap(({ name, incoming, outgoing }): Sample[] => [
      [{ connection: name, side: 'in' }, incoming.status === 'connected' ? 1 : 0],
      [{ connection: name, side: 'out' }, outgoing.status === 'connected' ? 1 : 0],
    ]),
  )
  const perConnection = ['connection']
  counter(
    'rulewire_messages_received_total',
    'Messages received from a broker.',
    perConnection,
    perBroker(({ incoming }) => incoming.received),
  )
  counter(
    'rulewire_messages_sent_total',
    'Messages sent to a broker.',
    perConnection,
    perBroker(({ outgoing }) => outgoing.sent),
  )
  counter(
    'rulewire_messages_dropped_total',
    'Messages dropped because the broker was away or slow, or by the policy of a full outbox.',
    perConnection,
    perBroker(({ dropped }) => dropped),
  )
  gauge(
    'rulewire_outbox_messages',
    'Committed messages that the broker has not confirmed.',
    perConnection,
    perBroker(({ outbox }) => outbox),
  )
  gauge(
    'rulewire_outbox_in_flight_messages',
    'Those of them that were sent.',
    perConnection,
    perBroker(({ outgoing }) => outgoing.inFlight),
  )
  gauge('rulewire_http_requests_waiting', 'HTTP requests of flows that have no answer yet.', [], () =>
    one(sources.requests()),
  )

  counter(
    'rulewire_node_messages_total',
    'Messages that a node handled, since it was deployed.',
    nodeLabels,
    perNode(({ messages }) => messages),
  )
  counter(
    'rulewire_node_errors_total',
    'Messages that a node failed at, since it was deployed.',
    nodeLabels,
    perNode(({ errors }) => errors),
  )
  counter('rulewire_dead_letters_total', 'Dead letters since the data directory was made.', [], () =>
    one(sources.deadLetters().ever),
  )
  gauge('rulewire_dead_letters', 'Dead letters that are kept.', [], () => one(sources.deadLetters().kept))
  gauge('rulewire_alarms', 'Alarms by state; one may be in several.', ['state'], () => {
    const { active, unacknowledged, shelved } = sources.alarms()
    return Object.entries({ active, unacknowledged, shelved }).map(([state, count]): Sample => [{ state }, count])
  })
  counter('rulewire_alarm_transitions_total', 'Transitions of alarms since the data directory was made.', [], () =>
    one(sources.transitions()),
  )

  histogram('rulewire_batch_runs', 'Runs of messages that one commit made durable.', sources.batches)
  histogram('rulewire_commit_duration_seconds', 'Time of a commit.', sources.commits)
  counter('rulewire_commit_failures_total', 'Commits that the database refused; each is tried again.', [], () =>
    one(sources.failedCommits()),
  )
  histogram(
    'rulewire_event_loop_lag_seconds',
    'How much later than asked the event loop came to its work, twice a second.',
    sources.lags,
  )

  counter('rulewire_spans_total', 'Spans of traces, sent to the collector or dropped.', ['outcome'], () => {
    const spans = sources.spans()
    return spans === undefined
      ? []
      : [
          [{ outcome: 'sent' }, spans.sent],
          [{ outcome: 'dropped' }, spans.dropped],
        ]
  })

  const file = (name: string, help: string, path: string) => gauge(name, help, [], async () => one(await sizeOf(path)))
  file('rulewire_database_size_bytes', 'Size of the database file.', sources.file)
  file('rulewire_database_wal_size_bytes', 'Size of its write-ahead log.', `${sources.file}-wal`)
  gauge('rulewire_disk_free_bytes', 'Free space for this user where the data directory is.', [], async () => {
    const { bavail, bsize } = await statfs(sources.directory)
    return one(bavail * bsize)
  })
  return registry
}

/** A histogram that is only read: prom-client's own would have to be told of each value. */
class Sampled {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #distribution: Distribution

  constructor(name: string, help: string, distribution: Distribution) {
    this.name = name
    this.help = help
    this.#distribution = distribution
  }

  /** As the registry asks all its metrics. */
  async get() {
    const { name, help, type, aggregator } = this
    const { bounds, sum, count } = this.#distribution
    const upTo = this.#distribution.upTo()
    const bucket = (le: string, value: number) => ({ metricName: `${name}_bucket`, labels: { le }, value })
    const buckets = bounds.map((bound, place) => bucket(String(bound), upTo[place] ?? 0))
    return {
      name,
      help,
      type,
      aggregator,
      values: [
        ...buckets,
        bucket('+Inf', count),
        { metricName: `${name}_sum`, labels: {}, value: sum },
        { metricName: `${name}_count`, labels: {}, value: count },
      ],
    }
  }
}

function counted(words: readonly string[], label: string): Sample[] {
  return [...Map.groupBy(words, (word) => word)].map(([word, all]) => [{ [label]: word }, all.length])
}

/** Bytes; 0 for a file that is not there, as a write-ahead log may not be. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return 0 // what node:fs throws
    throw thrown
  }
}
