import type { PlannedNode } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import type { NewMessage, NodeContext, NodeState, Tables, Timers } from '../spec/context.ts'
import type { Json, Message } from '../spec/message.ts'
import type { AnyHandlers } from '../spec/spec.ts'
import { bind } from './bind.ts'
import { linkPort, linkTargets } from './links.ts'
import type { NodeRuntime, OutputPort, Target } from './node-runtime.ts'
import type { TableStore } from './ports.ts'
import type { Runner } from './runner.ts'

/** What nodes are given beside what the runner has. */
export interface InstanceOptions {
  runner: Runner
  tables: TableStore
  /** From 0 up to 1. */
  random(): number
  limits: Partial<Limits> | undefined
  log(text: string, data?: unknown): void
}

const noTargets: readonly Target[] = []
/** What comes there is no further message of the node. */
const uncounted: ReadonlySet<string> = new Set([':start', ':timer', ':result', ':command'])

/** Makes a node that runs from its plan. Its wires are set by {@link connect}. Throws what the node type's `create` throws. */
export function createInstance(flow: string, planned: PlannedNode, options: InstanceOptions): NodeRuntime {
  const { runner } = options
  const outputs = new Map(Object.keys(planned.outputs).map((name) => [name, runner.outputPort(name)]))
  if (planned.spec.links !== undefined) outputs.set(linkPort, runner.outputPort(linkPort))
  const inputs = new Map<string, Target>()
  const node: NodeRuntime = {
    ref: `${flow}/${planned.id}`,
    flow,
    id: planned.id,
    type: planned.type,
    spec: planned.spec,
    configHash: planned.configHash,
    config: planned.config,
    inputs,
    outputs,
    messages: 0,
    errors: 0,
    last: 0,
    status: undefined,
  }
  const handlers: AnyHandlers = planned.spec.create(contextOf(node, outputs, options))
  for (const port of Object.keys(planned.inputs)) addTarget(port, handlers[port])
  addTarget(':start', handlers.onStart)
  addTarget(':timer', handlers.onTimer)
  addTarget(':packet', handlers.onPacket)
  addTarget(':result', handlers.onResult)
  addTarget(':request', handlers.onRequest)
  addTarget(':status', handlers.onStatus)
  addTarget(':caught', handlers.onCaught)
  addTarget(':linked', handlers.onLinked)
  addTarget(':command', handlers.onCommand)
  return node

  function addTarget(port: string, handle: ((argument: never) => void) | undefined): void {
    if (handle !== undefined) inputs.set(port, { node, port, handle, counted: !uncounted.has(port) })
  }
}

/** Sets the wires of a flow's nodes anew. Between two messages, so none is lost. */
export function connect(nodes: readonly PlannedNode[], runtimeOf: (id: string) => NodeRuntime | undefined): void {
  for (const planned of nodes) {
    for (const [name, port] of runtimeOf(planned.id)?.outputs ?? []) {
      const wires = planned.wires[name] ?? []
      port.targets =
        wires.length === 0 ? noTargets : wires.flatMap((wire) => runtimeOf(wire.node)?.inputs.get(wire.port) ?? [])
    }
  }
}

function contextOf(
  node: NodeRuntime,
  outputs: ReadonlyMap<string, OutputPort>,
  options: InstanceOptions,
): NodeContext<unknown, string> {
  const { runner, random } = options
  const environment = { now: () => runner.now, random }
  return {
    flow: node.flow,
    node: node.id,
    config: bind(node.config, { environment, limits: options.limits }),
    out: Object.fromEntries([...outputs].map(([name, port]) => [name, port.send])),
    link: (message) => {
      const port = outputs.get(linkPort)
      port?.send(message)
      return port === undefined ? 0 : linkTargets(port)
    },
    state: stateOf(node, runner),
    timers: timersOf(node, runner),
    tables: tablesOf(node, options),
    alarm: (entry) => runner.add({ kind: 'alarm', node: node.ref, entry }),
    effect: (effect) => runner.effect(effect, node),
    now: () => runner.now,
    random,
    message: (fields) => newMessage(fields, runner),
    status(text) {
      node.status = text
    },
    log: (text, data) => options.log(`${node.ref}: ${text}`, data),
  }
}

function stateOf(node: NodeRuntime, runner: Runner): NodeState {
  return {
    get: (key) => runner.state.cell(node.ref, key).value,
    set: (key, value: Json) => runner.setState(runner.state.cell(node.ref, key), value),
    delete: (key) => runner.setState(runner.state.cell(node.ref, key), undefined),
  }
}

function timersOf(node: NodeRuntime, runner: Runner): Timers {
  return {
    set(key, name, at) {
      if (!Number.isFinite(at)) throw new RangeError(`a timer wants a time in UTC milliseconds, not ${at}`)
      runner.setTimer(runner.timers.cell(node.ref, key, name), Math.ceil(at))
    },
    cancel: (key, name) => runner.setTimer(runner.timers.cell(node.ref, key, name), undefined),
  }
}

function tablesOf(node: NodeRuntime, { runner, tables }: InstanceOptions): Tables {
  return {
    insert(table, row) {
      const { port, argument } = runner.current
      runner.add({ kind: 'row', node: node.ref, port, argument, table, row })
    },
    create: (table, columns) => runner.add({ kind: 'table', table, columns }),
    deleteBelow: (table, column, limit) => runner.add({ kind: 'trim', table, column, limit }),
    query: (sql, parameters) => tables.query(sql, parameters),
  }
}

/** Fields in the same order for every message, so that all have one shape. */
function newMessage(fields: NewMessage, runner: Runner): Message {
  const topic = fields.topic ?? ''
  const received = fields.received ?? runner.now
  const made = {
    topic,
    payload: fields.payload,
    time: fields.time ?? received,
    received,
    params: fields.params ?? noParams,
    retain: fields.retain ?? false,
    qos: fields.qos ?? 0,
    props: fields.props ?? noParams,
    key: fields.key ?? topic,
    id: fields.id ?? runner.nextId(),
  }
  if (runner.hopsOf === undefined) return made
  const { hops } = runner
  return hops === 0 ? made : { ...made, cameRound: hops }
}

const noParams: Readonly<Record<string, string>> = Object.freeze({})
