import { z } from 'zod'
import { rulewireError } from '../../engine/errors.ts'
import type { LogLevel } from '../../engine/log.ts'
import type { Changed, EngineApi, TopicWatchRequest } from '../../engine/server/api.ts'
import type {
  Alarm,
  AlarmCounts,
  AlarmHealth,
  BacktestJob,
  BrokerDescription,
  DeadLetter,
  DeploySummary,
  EngineDescription,
  FlowDetail,
  LiveValue,
  NodeStatistics,
  TopicValue,
  Trace,
} from '../../engine/server/protocol.ts'
import type { BrokerUser } from '../../engine/server/protocol-broker-users.ts'
import type { SecretInfo } from '../../engine/server/protocol-secrets.ts'
import { type AnyNodeSpec, port } from '../../engine/spec/spec.ts'
import { ANY, emptySummary } from '../../engine/types/index.ts'
import { fakeAuth } from './fake-auth.ts'

/** An engine without brokers and files: it shows what a test puts in, and notes what it was asked to do. */
export interface FakeEngine extends EngineApi {
  calls: { name: string; values: unknown[] }[]
  statisticsNow: Record<string, NodeStatistics>
  valuesNow: Record<string, Record<string, LiveValue>>
  engineNow: Partial<EngineDescription>
  healthNow: ReturnType<EngineApi['health']>
  levelNow: LogLevel
  topicsNow: { values: Record<string, TopicValue>; known: number; left: number; detail?: string }
  watches: { request: TopicWatchRequest; ended: boolean }[]
  /** How often each part was read. */
  reads: { statistics: number; values: number }
  alarmsNow: AlarmCounts
  emit(what: Changed): void
}

export const passType: AnyNodeSpec = {
  type: 'pass',
  title: 'Pass',
  category: 'more',
  summary: 'Passes messages on.',
  icon: 'arrow-right',
  config: z.strictObject({ times: z.int().default(1).meta({ title: 'Times' }) }),
  inputs: { in: port('any', 'Message') },
  outputs: { out: port('same:in', 'The same') },
  examples: [],
  create: () => ({ in: () => undefined }),
}

export const aFlow: FlowDetail = {
  flow: 'cold-chain',
  title: 'Cold chain',
  disabled: false,
  nodes: 1,
  status: 'running',
  hash: 'abc',
  problems: [],
  document: { flow: 'cold-chain', nodes: [{ id: 'a', type: 'pass', config: {} }], wires: [] },
  types: {},
}

export const aDeploy: DeploySummary = {
  id: 3,
  flow: 'cold-chain',
  time: 1_700_000_000_000,
  by: 'anna',
  origin: 'deploy',
  comment: 'less noise',
  restored: null,
  nodes: 1,
  verdict: 'good',
  reason: null,
  current: true,
}

export const aLetter: DeadLetter = {
  id: 7,
  flow: 'cold-chain',
  node: 'a',
  port: 'in',
  time: 1_700_000_000_000,
  code: 'EXPRESSION_FAILED',
  text: 'It failed.',
  hint: 'Mend it.',
  message: { topic: 'a/b', payload: { n: 1 } },
  attempts: 1,
}

export const aTrace: Trace = {
  id: 'ab12',
  flow: 'cold-chain',
  state: 'armed',
  armed: 1,
  expires: 60_001,
  hops: [],
  left: 0,
}

export const aBacktest: BacktestJob = {
  id: 'b1',
  kind: 'backtest',
  flow: 'cold-chain',
  state: 'running',
  started: 1767225600000,
  progress: { messages: 0, total: null, done: null, time: null, rate: 0 },
  problems: [],
}

export const anAlarm: Alarm = {
  flow: 'cold-chain',
  node: 'a',
  key: 'fridge-1',
  title: 'Too warm',
  condition: 'ACTIVE',
  data: 'FRESH',
  gate: 'OPEN',
  acknowledged: false,
  level: 'alarm',
  severity: 1,
  value: 9,
  limit: 8,
  margin: 1,
  since: 1,
  raised: 1,
  cleared: null,
  due: null,
  seq: 1,
  acknowledgement: null,
  shelved: null,
  outOfService: null,
  topic: 'fridges/1',
  detail: null,
  commands: ['acknowledge', 'shelve'],
}

export const aReport: AlarmHealth = {
  from: 0,
  to: 7_200_000,
  now: 7_200_000,
  oldest: 0,
  annunciations: 0,
  perHour: 0,
  peak: null,
  floods: { blocks: 0, share: 0 },
  histogram: {
    span: 3_600_000,
    counts: [
      { time: 0, count: 0 },
      { time: 3_600_000, count: 0 },
    ],
  },
  levels: [],
  frequent: [],
  chattering: [],
  fleeting: [],
  acknowledged: { count: 0, mean: null, median: null, most: null, longest: null },
  waiting: { count: 0, since: null },
  stale: [],
  shelved: [],
  suppressed: [],
  outOfService: [],
}

const aSecret: SecretInfo = { name: 'hook-token', source: 'stored', stored: true, changed: 1, users: ['cold-chain/a'] }
const aBrokerUser: BrokerUser = {
  name: 'sensor',
  password: true,
  disabled: false,
  rules: [{ action: 'publish', filter: 'sensors/%u/#' }],
  fixed: false,
  changed: 1,
  clients: 0,
}
const aLearned = { connection: 'default', filter: 'a/+', count: 3, typeText: 'number', drift: [] }

export function fakeEngine(): FakeEngine {
  const listeners = new Set<(what: Changed) => void>()
  const note = (name: string, ...values: unknown[]) => void fake.calls.push({ name, values })
  const find = (flow: string) => {
    if (flow === aFlow.flow) return aFlow
    throw rulewireError('NOT_FOUND', { what: 'flow', name: flow, suggestion: '', list: '/api/v1/flows' })
  }
  const diff = { added: [], changed: [], removed: [], rewired: [], moved: [] }
  const fake: FakeEngine = {
    ...fakeAuth(),
    calls: [],
    statisticsNow: {},
    valuesNow: {},
    engineNow: {},
    healthNow: { live: true, ready: true, reasons: [], notices: [] },
    levelNow: 'info',
    topicsNow: { values: {}, known: 0, left: 0 },
    watches: [],
    alarmsNow: { active: 0, unacknowledged: 0, shelved: 0, revision: 0 },
    reads: { statistics: 0, values: 0 },
    emit: (what) => {
      for (const listener of listeners) listener(what)
    },
    specs: new Map([['pass', passType]]),
    describe: () => ({ ...engineDescription, ...fake.engineNow }),
    flows: {
      list: () => [aFlow],
      get: find,
      check: (document) => {
        note('check', document)
        return { problems: [], types: {}, diff }
      },
      put: async (flow, document, hash, about) => {
        note('put', flow, document, hash, about)
        if (hash !== undefined && hash !== aFlow.hash) throw rulewireError('CHANGED_MEANWHILE', { flow })
        return { problems: [], types: {}, diff, hash: 'new' }
      },
      delete: async (flow) => {
        find(flow)
        note('delete', flow)
      },
    },
    brokers: () => [aBroker],
    statistics: () => {
      fake.reads.statistics++
      return fake.statisticsNow
    },
    values: (flow) => {
      fake.reads.values++
      return fake.valuesNow[flow] ?? {}
    },
    deadLetters: {
      list: (filter) => {
        note('list', filter)
        return { items: [aLetter], total: 1 }
      },
      get: (id) => {
        if (id === aLetter.id) return aLetter
        throw rulewireError('NOT_FOUND', {
          what: 'dead letter',
          name: String(id),
          suggestion: '',
          list: '/api/v1/dead-letters',
        })
      },
      retry: async (ids, change) => {
        note('retry', ids, change)
        return { retried: ids.length, failed: 0 }
      },
      drop: (ids) => {
        note('drop', ids)
        return { dropped: ids.length }
      },
    },
    learned: {
      list: () => [aLearned],
      get: (connection, filter) => {
        note('learned', connection, filter)
        return { ...aLearned, type: ANY, schema: {}, summary: emptySummary() }
      },
      accept: async (flow, node) => {
        note('accept', flow, node)
        return { problems: [], types: {}, diff, hash: 'new' }
      },
      reset: (connection, filter) => note('reset', connection, filter),
    },
    brokerUsers: {
      list: () => [aBrokerUser],
      put: async (name, change) => {
        note('put broker user', name, change)
        return { ...aBrokerUser, name }
      },
      remove: (name) => note('remove broker user', name),
    },
    secrets: {
      list: () => [aSecret],
      set: (name, value) => {
        note('set secret', name, value)
        return { ...aSecret, name }
      },
      remove: (name, force) => note('remove secret', name, force),
      rotate: () => ({ rotated: 1 }),
    },
    deploys: {
      list: (flow) => {
        find(flow)
        return { items: [aDeploy] }
      },
      get: (flow, id) => {
        find(flow)
        if (id !== aDeploy.id)
          throw rulewireError('NOT_FOUND', { what: 'deploy', name: `${flow} ${id}`, suggestion: '', list: '' })
        return { ...aDeploy, document: aFlow.document, diff, problems: [] }
      },
      restore: async (flow, id, about) => {
        note('restore', flow, id, about)
        return { problems: [], types: {}, diff, hash: 'new' }
      },
    },
    hooks: {
      open: ({ path }) => {
        throw rulewireError('HOOK_UNKNOWN', { path })
      },
    },
    publish: async (message) => note('publish', message),
    backtests: {
      backtest: (request) => {
        note('backtest', request)
        return aBacktest
      },
      advise: (request) => {
        note('advise', request)
        return { ...aBacktest, kind: 'advice' }
      },
      list: () => [aBacktest],
      get: () => aBacktest,
      end: async (id) => {
        note('endBacktest', id)
        return aBacktest
      },
    },
    history: {
      list: () => ({ items: [], missed: 0 }),
      messages: async (request) => {
        note('history', request)
        return { items: [], more: false, from: 0 }
      },
      clear: async (what) => {
        note('clear', what)
        return { messages: 0 }
      },
    },
    ruleTests: {
      get: async (flow) => ({ flow, file: `${flow}.test.json`, exists: false, text: '{}' }),
      put: async (flow, text, hash) => {
        note('tests', flow, text, hash)
        return { flow, file: `${flow}.test.json`, exists: true, text, hash: 'new' }
      },
      run: async (flow, request) => {
        note('runTests', flow, request)
        return { problems: [], ran: true, tests: [] }
      },
      record: async (flow, recording) => {
        note('recordTest', flow, recording)
        return { problems: [], text: '{}', expected: 0, unstable: [] }
      },
    },
    alarms: {
      list: (filter) => {
        note('alarms', filter)
        return { items: [anAlarm], counts: fake.alarmsNow, left: 0 }
      },
      counts: () => fake.alarmsNow,
      command: async (name, command) => {
        note(name, command)
        return anAlarm
      },
      history: (filter) => {
        note('history', filter)
        return { items: [], total: 0 }
      },
      why: (flow, node, key) => {
        note('why', flow, node, key)
        return { alarm: anAlarm, reasons: [], inputs: [], history: [] }
      },
      health: (request) => {
        note('health', request)
        return aReport
      },
    },
    trace: {
      arm: (request) => {
        note('trace', request)
        return { ...aTrace, ...request }
      },
      get: (id) => {
        if (id === aTrace.id) return aTrace
        throw rulewireError('NOT_FOUND', { what: 'trace', name: id, suggestion: '', list: '/api/v1' })
      },
    },
    try: (request) => {
      note('try', request)
      return { problems: [], ran: true, started: 0, ended: 0, nodes: {}, hops: [], left: 0 }
    },
    evaluate: (expression, message) => {
      note('evaluate', expression, message)
      return { value: { text: '1', size: 1 } }
    },
    watchTopics: (request) => {
      const watch = { request, ended: false }
      fake.watches.push(watch)
      return {
        take: () => {
          const taken = fake.topicsNow
          fake.topicsNow = { ...taken, values: {} }
          return taken
        },
        end: () => {
          watch.ended = true
        },
      }
    },
    health: () => fake.healthNow,
    operations: {
      logLevel: () => fake.levelNow,
      setLogLevel: (level) => {
        note('log-level', level)
        fake.levelNow = level
      },
      metrics: async () => ({
        type: 'text/plain; version=0.0.4; charset=utf-8',
        text: '# HELP rulewire_ready 1.\n# TYPE rulewire_ready gauge\nrulewire_ready 1\n',
      }),
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => note('close'),
  }
  return fake
}

const engineDescription: EngineDescription = {
  version: '0.0.0',
  started: 0,
  flowsDirectory: '/flows',
  durability: 'full',
  rate: 0,
  received: 0,
  deadLetters: 0,
  healthy: true,
  reasons: [],
}

const side = {
  name: 'default',
  url: 'mqtt://127.0.0.1',
  status: 'connected' as const,
  since: 0,
  received: 0,
  sent: 0,
  inFlight: 0,
}
const aBroker: BrokerDescription = {
  name: 'default',
  embedded: true,
  incoming: side,
  outgoing: side,
  outbox: 0,
  dropped: 0,
}
