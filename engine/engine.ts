import { systemClock } from './clock.ts'
import { checkMemory, hooksOf } from './flow/index.ts'
import type { CheckContext } from './flow/model.ts'
import { acceptLearned } from './host/accept-learned.ts'
import { AlarmDesk } from './host/alarms.ts'
import { AuditDesk } from './host/audit.ts'
import { AuthDesk } from './host/auth.ts'
import { BacktestDesk } from './host/backtests.ts'
import { type Access, openAccess } from './host/broker-access.ts'
import { connectionConfigs, startEmbedded } from './host/brokers.ts'
import { startClearing } from './host/clearing.ts'
import { Connections } from './host/connections.ts'
import { DeadLetterDesk } from './host/dead-letters.ts'
import { DeployDesk } from './host/deploys.ts'
import { describeEngine } from './host/describe.ts'
import { createDiskGuard } from './host/disk-guard.ts'
import { evaluateOnce } from './host/evaluate.ts'
import { FlowFiles } from './host/flow-files.ts'
import { Flows } from './host/flows.ts'
import { History } from './host/history.ts'
import { Hooks } from './host/hooks.ts'
import { Learning } from './host/learning.ts'
import { LoopGuard } from './host/loop-guard.ts'
import type { EngineOptions } from './host/options.ts'
import { publishByHand } from './host/publish.ts'
import { RuleTestDesk } from './host/rule-tests.ts'
import { watchSecrets } from './host/secret-users.ts'
import { Statistics } from './host/statistics.ts'
import { StatusWatch } from './host/status-watch.ts'
import { TopicWatches } from './host/topic-watch.ts'
import { Traces } from './host/traces.ts'
import { tryDraft } from './host/try.ts'
import { Requests } from './http/requests.ts'
import { createTransport } from './http/transport.ts'
import { noLog } from './log.ts'
import type { EmbeddedBroker } from './mqtt/broker/broker.ts'
import { mqttLinks } from './mqtt/index.ts'
import { createDialer } from './net/dialer.ts'
import { flowEgress } from './net/egress.ts'
import { Operations } from './observe/operations.ts'
import { type Batch, type Pending, requestsOf } from './run/batch.ts'
import { Deployment } from './run/deployment.ts'
import type { NodeRuntime } from './run/node-runtime.ts'
import type { OutboxLimits } from './run/outbox.ts'
import { Runner } from './run/runner.ts'
import type { Changed, EngineApi } from './server/api.ts'
import { defaultConnection } from './spec/connection.ts'
import type { Effect } from './spec/context.ts'
import { type EngineStore, openStore } from './store/index.ts'

export type { EngineOptions } from './host/options.ts'

export interface Engine extends EngineApi {
  /** Where the embedded broker listens, or undefined when there is none. */
  readonly mqttPort: number | undefined
  /** The database, for tests that break it. */
  readonly store: EngineStore
}

const defaultLimits = {
  outbox: { rows: 1_000_000, policy: 'block' } as OutboxLimits,
  requests: 100_000,
  deadLetters: 100_000,
  alarmLog: 100_000,
}
/** Configs that need not be read and compiled again when their flow is checked. */
const rememberedConfigs = 20_000
/** Wait for HTTP requests that are under way when the engine ends, milliseconds. */
const requestPatience = 3000

/**
 * Starts an engine: opens its data directory, deploys its flows, connects to its brokers. Two can live in one process, each
 * with directories of its own. Throws what the store, the broker and the links throw when they cannot start.
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { clock = systemClock, random = Math.random, log = noLog, durability = 'full' } = options
  const store = openStore(options.data, durability)
  let broker: EmbeddedBroker | undefined
  try {
    const access = openAccess(options, store, clock, log)
    if (options.broker === undefined) broker = await startEmbedded(options, store, clock, log, access.brokerUsers)
    return await assemble({ ...options, clock, random, log, durability }, store, { broker, ...access })
  } catch (error) {
    await broker?.close()
    store.close()
    throw error
  }
}

type Settled = EngineOptions & Required<Pick<EngineOptions, 'clock' | 'random' | 'log' | 'durability'>>

type Opened = Access & { broker: EmbeddedBroker | undefined }

async function assemble(options: Settled, store: EngineStore, opened: Opened): Promise<Engine> {
  const { broker, secrets, brokerUsers } = opened
  const { clock, random, log, specs } = options
  const secret = (name: string) => secrets.value(name)
  const audit = new AuditDesk({ store, limit: options.limits?.audit, now: () => clock.now(), log })
  const nodes = new Map<string, NodeRuntime>()
  const listeners = new Set<(what: Changed) => void>()
  const changed = (what: Changed) => {
    for (const listener of listeners) listener(what)
  }
  let fault: string | undefined
  let stopping = false
  const started = clock.now()

  const operations = new Operations()
  const runner = new Runner(nodes, {
    store,
    clock,
    take: (effect, node) => take(effect, node.ref),
    committed,
    onFault(reason) {
      fault = reason
      log(
        reason === undefined ? 'info' : 'error',
        reason === undefined ? 'the database works again' : `the database cannot be written: ${reason}`,
      )
      connections.setFaulted()
      if (reason === undefined) requests.wake()
    },
    meter: operations.meter,
    faultPoint: options.faultPoint,
    log,
  })
  runner.idPrefix = `${startNumber(store).toString(36)}-`
  const requests = new Requests({
    store: store.requests,
    runner,
    clock,
    random,
    dataId: store.meta('id') ?? '',
    limit: options.limits?.requests ?? defaultLimits.requests,
    nodeOf: (ref) => nodes.get(ref),
    transport: createTransport(createDialer(flowEgress(options.egress ?? { localWritten: options.exposed !== true }))),
    secret,
    faultPoint: options.faultPoint,
  })
  const learning = new Learning({
    store: store.learned,
    clock,
    log,
    settled(concerns) {
      if (flows.review(concerns)) changed('flows')
    },
  })
  const endedWell = store.meta('running') !== 'yes'
  store.setMeta('running', 'yes')
  if (!endedWell)
    log('warn', 'The engine did not end cleanly before this start; what was on its way is handled with care.')
  const configs = connectionConfigs(options, store, broker, secret)
  const topics = new TopicWatches({ configs, links: mqttLinks, now: () => clock.now(), log })
  const history = new History({
    store,
    runner,
    clock,
    connections: options.history,
    plans: () => deployment.plans,
    log,
  })
  const guard = createDiskGuard(options, { clock, log, history, broker, steer: () => connections.steer() })
  const connections = new Connections({
    learning,
    history,
    crowded: () => guard.intakeStopped !== undefined,
    careful: !endedWell,
    configs,
    links: mqttLinks,
    runner,
    store,
    outboxLimits: { ...defaultLimits.outbox, ...options.limits?.outbox },
    now: () => clock.now(),
    onChange: () => changed('brokers'),
    embedded: broker,
    faultPoint: options.faultPoint,
    log,
  })
  const context: CheckContext = {
    specs,
    connections: connections.names,
    secrets: (name) => (secrets.has(name) ? '' : undefined),
    secretFault: (name) => secrets.fault(name),
    topicType: (wanted) => learning.topicType(wanted),
    memory: checkMemory(rememberedConfigs),
    hooks: () => hooksOf(deployment.plans.values()),
    exposed: options.exposed === true,
  }
  const deployment = new Deployment({
    runner,
    store,
    nodes,
    subscriptions: connections,
    tables: store.tables,
    random,
    limits: options.limits?.expressions,
    log: (text, data) => log('info', text, data),
  })
  const files = new FlowFiles(options.flows, clock, log)
  const flows = new Flows({
    files,
    deployment,
    deploys: store.deploys,
    context,
    now: () => clock.now(),
    fresh: (plan, deploy, origin) => {
      deploys.fresh(plan, deploy, origin)
      audit.fresh(plan.flow, origin)
    },
    gone: (flow) => audit.gone(flow),
    deployed() {
      if (running) connections.subscribe()
      changed('flows')
      hooks.deployed()
      statusWatch.deployed()
      loops.deployed()
      alarms.deployed()
    },
    log,
  })
  const common = { flows, store: store.deploys, nodes, plans: deployment.plans, context, clock, log }
  const deploys = new DeployDesk({ ...common, kept: options.limits?.deploys, changed: () => changed('flows') })
  const draftOptions = {
    draft: (document: unknown) => flows.draft(document),
    plans: deployment.plans,
    store,
    settle: () => {
      if (runner.batch.writes > 0 && !runner.faulted) runner.commit()
    },
    now: () => clock.now(),
    elapsed: () => performance.now(),
    limits: options.limits?.expressions,
  }
  const { telemetry, version } = options
  const seat = operations.trace({
    runner,
    telemetry,
    version,
    secret,
    instance: store.meta('id') ?? '',
    clock,
    random,
    log,
  })
  const backtests = new BacktestDesk({ ...options, ...draftOptions })
  const traces = new Traces({ runner: seat, clock, plans: deployment.plans, micros: () => performance.now() * 1000 })
  const alarms = new AlarmDesk({ ...common, runner, store, changed: () => changed('alarms') })
  const hooks = new Hooks({ plans: deployment.plans, nodes, runner, clock, secret: secrets.valueOrNone, log })
  watchSecrets(secrets, options, deployment.plans, flows)
  const loops = new LoopGuard({ plans: deployment.plans, nodes, runner, log })
  const statusWatch = new StatusWatch({
    nodes,
    plans: deployment.plans,
    runner,
    clock,
    brokers: () => connections.describe(),
    faults: () => operations.health().reasons.map(({ text }) => text),
    flows: () => flows.states(),
    letters: (after) => store.deadLetters.newestAfter(after),
  })
  let running = false
  const statistics = new Statistics(nodes, clock, () => connections.received)
  const desk = new DeadLetterDesk({
    store,
    runner,
    nodes,
    publish: (effect, node) => runner.add(take(effect, node)),
  })
  let stopClearing: () => void = () => undefined
  try {
    await flows.load()
    running = true
    deployment.start()
    deploys.start()
    await guard.start()
    connections.subscribe()
    history.start()
    requests.wake()
  } catch (error) {
    await close()
    throw error
  }
  const parts = { store, nodes, log, connections, flows, alarms, requests, guard, history }
  operations.watch({ ...parts, version: options.version, fault: () => fault, stopping: () => stopping })
  statistics.start()
  statusWatch.start()
  listeners.add(() => statusWatch.touched())
  learning.start()
  files.watch(() => flows.refresh().catch((thrown) => log('error', 'The flows directory could not be read.', thrown)))
  stopClearing = startClearing({ ...defaultLimits, ...options.limits, store, runner, clock, log })

  function take(effect: Effect, node: string): Pending {
    if (effect.kind === 'request') return requests.take(effect, node)
    if (effect.kind === 'answer') return { kind: 'answer', effect }
    loops.publishing(effect, node)
    const connection = effect.broker ?? defaultConnection
    if (effect.qos === 0) return { kind: 'send', connection, effect }
    return connections.outbox(connection).take(effect, effect.qos, node)
  }

  function committed(batch: Batch): void {
    connections.committed(batch)
    alarms.committed(batch)
    hooks.committed(batch)
    const made = requestsOf(batch)
    if (made.length > 0) requests.committed(made)
  }

  /** Takes nothing new, finishes what it has begun, and lets go of the data directory. */
  async function close(): Promise<void> {
    if (stopping) return
    stopping = true
    files.close()
    statistics.close()
    learning.close()
    deploys.close()
    await backtests.close()
    stopClearing()
    runner.timers.stop()
    traces.close()
    hooks.close()
    statusWatch.close()
    await topics.close()
    await connections.closeIncoming()
    guard.close()
    await history.close()
    await requests.close(requestPatience)
    if (runner.batch.writes > 0) runner.commit()
    await connections.closeOutgoing()
    if (runner.batch.writes > 0) runner.commit()
    // What could not be committed was not acked either: it comes again.
    runner.stop()
    await operations.close()
    await broker?.close()
    store.setMeta('running', 'no')
    store.close()
  }

  return {
    specs,
    auth: new AuthDesk({ ...options.auth, store, data: options.data, now: () => clock.now(), log }),
    audit,
    mqttPort: broker?.port,
    store,
    describe: () =>
      describeEngine({ options, broker, started, statistics, connections, store, health: operations.health() }),
    flows,
    brokers: () => connections.describe(),
    statistics: () => statistics.all(),
    values: (flow) => statistics.values(flow),
    deadLetters: desk,
    learned: {
      list: () => learning.list(),
      get: (connection, filter) => learning.get(connection, filter),
      accept: (flow, node, about) => acceptLearned({ flows, learning, specs }, flow, node, about),
      reset: (connection, filter) => learning.reset(connection, filter),
    },
    backtests,
    ruleTests: new RuleTestDesk({ flows: options.flows, specs, worker: options.ruleTestsWorker }),
    hooks,
    deploys,
    secrets,
    brokerUsers,
    async publish(message) {
      connections.outbox(message.broker)
      await publishByHand(message, runner, take)
    },
    alarms,
    trace: traces,
    try: (request) => tryDraft(request, draftOptions),
    evaluate: (expression, message) =>
      evaluateOnce(expression, message, {
        environment: { now: () => clock.now(), random },
        limits: options.limits?.expressions,
      }),
    watchTopics: (request) => topics.watch(request),
    history,
    health: () => operations.health(),
    operations: operations.operations,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close,
  }
}

/** Counts the starts of a data directory, so that message ids never come back. */
function startNumber(store: EngineStore): number {
  const number = Number(store.meta('starts') ?? 0) + 1
  store.setMeta('starts', String(number))
  return number
}
