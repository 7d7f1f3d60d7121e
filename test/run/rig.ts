import { checkFlow } from '../../engine/flow/index.ts'
import { type AnyNodeSpec, defineNode, port, z } from '../../engine/node.ts'
import type { Batch, Pending } from '../../engine/run/batch.ts'
import { Deployment } from '../../engine/run/deployment.ts'
import type { NodeRuntime } from '../../engine/run/node-runtime.ts'
import { Runner } from '../../engine/run/runner.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import type { Effect } from '../../engine/spec/context.ts'
import type { Message } from '../../engine/spec/message.ts'
import { type EngineStore, openStore } from '../../engine/store/index.ts'
import { flowOf } from '../engine/start.ts'

/** A runner on a real store, in virtual time, without brokers: effects are kept in a list. */
export interface Rig {
  clock: VirtualClock
  store: EngineStore
  runner: Runner
  deployment: Deployment
  nodes: Map<string, NodeRuntime>
  committed: Batch[]
  faults: (string | undefined)[]
  deploy(nodes: [string, string, Record<string, unknown>][], wires: string[]): void
  send(node: string, payload: unknown): void
  /** Ends it and starts another one on the same store, without its flows. */
  restart(): void
}

/** What nodes of the tests have collected, by node id. */
export type Collected = Map<string, Message[]>

export function createRig(specs: AnyNodeSpec[], directory = ':memory:'): Rig {
  const clock = new VirtualClock(1_000_000)
  const rig: Partial<Rig> & Pick<Rig, 'clock' | 'committed' | 'faults'> = { clock, committed: [], faults: [] }
  const start = (store: EngineStore) => {
    const nodes = new Map<string, NodeRuntime>()
    const runner = new Runner(nodes, {
      store,
      clock,
      take: (effect: Effect, node): Pending => {
        if (effect.kind !== 'publish') throw new Error('only publishing is possible here')
        if (effect.qos === 0) return { kind: 'send', connection: 'default', effect }
        const { topic, payload, qos, retain } = effect
        return {
          kind: 'publish',
          connection: 'default',
          row: { sequence: ++sequence, node: node.ref, topic, payload, qos, retain, released: false },
        }
      },
      committed: (batch) => rig.committed.push(batch),
      onFault: (reason) => rig.faults.push(reason),
      log: () => undefined,
    })
    const subscriptions = { add: () => undefined, remove: () => undefined }
    const options = {
      runner,
      store,
      nodes,
      subscriptions,
      tables: store.tables,
      random: () => 0.5,
      limits: undefined,
    }
    const deployment = new Deployment({ ...options, log: () => undefined })
    Object.assign(rig, { store, runner, deployment, nodes })
  }
  let sequence = 0
  start(openStore(directory))
  const byType = new Map(specs.map((spec) => [spec.type, spec]))
  const full = rig as Rig
  full.deploy = (nodes, wires) => {
    const { plan, problems } = checkFlow(flowOf('f', nodes, wires), { specs: byType })
    if (plan === undefined) throw new Error(JSON.stringify(problems))
    full.deployment.apply(plan)
  }
  full.send = (node, payload) => {
    const target = full.nodes.get(`f/${node}`)?.inputs.get('in')
    if (target === undefined) throw new Error(`there is no ${node}.in`)
    full.runner.tick()
    full.runner.run(target, {
      topic: 't',
      payload,
      time: 0,
      received: 0,
      params: {},
      retain: false,
      qos: 0,
      props: {},
      key: 't',
      id: 'x',
    })
    full.runner.finish()
  }
  full.restart = () => {
    full.runner.timers.stop()
    start(full.store)
  }
  return full
}

/** A node that passes messages on and does what its config says on the way. */
export const stepSpec = defineNode({
  type: 'step',
  title: 'Step',
  category: 'rules',
  summary: 'Counts, publishes, throws.',
  icon: 'square',
  config: z.strictObject({
    count: z.boolean().default(false),
    publish: z.boolean().default(false),
    fail: z.boolean().default(false),
    wait: z.number().optional(),
  }),
  inputs: { in: port('any', 'Messages') },
  outputs: { out: port('any', 'The same'), late: port('any', 'After a wait', { later: true }) },
  examples: [],
  create: ({ config, out, state, timers, effect, now, message }) => ({
    in(received) {
      if (config.count) state.set('n', Number(state.get('n') ?? 0) + 1)
      if (config.publish)
        effect({ kind: 'publish', topic: 'p', payload: String(received.payload), qos: 1, retain: false })
      if (config.wait !== undefined) timers.set('k', 'wait', now() + config.wait)
      out.out(received)
      if (config.fail || received.payload === 'bad') throw new Error('it does not want to')
    },
    onTimer({ at }) {
      out.late(message({ payload: at }))
    },
  }),
})

/** A node that keeps what it gets in a list outside, by its id. */
export function collectorSpec(collected: Collected): AnyNodeSpec {
  return defineNode({
    type: 'collect',
    title: 'Collect',
    category: 'more',
    summary: 'Keeps messages.',
    icon: 'square',
    config: z.strictObject({}),
    inputs: { in: port('any', 'Messages') },
    outputs: {},
    examples: [],
    create: ({ node }) => ({
      in(message) {
        collected.set(node, [...(collected.get(node) ?? []), message])
      },
    }),
  })
}
