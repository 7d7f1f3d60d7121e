import { rulewireError } from '../errors.ts'
import type { CheckResult, Plan } from '../flow/model.ts'
import type { Limits } from '../jsonata/index.ts'
import { seededRandom } from '../run/random.ts'
import { createSandbox, type Sandbox, type SandboxResult } from '../run/sandbox.ts'
import { VirtualClock } from '../run/virtual-clock.ts'
import type { WatchedHop } from '../run/watch.ts'
import type { TriedNode, TryAnswer, TryRequest } from '../server/protocol.ts'
import type { TriedRequest } from '../server/protocol-tools.ts'
import { parseDuration } from '../spec/fields.ts'
import type { Message } from '../spec/message.ts'
import { type EngineStore, openStore } from '../store/index.ts'
import { Shown } from './shown.ts'

export interface TryOptions {
  /** Checks a document as a deploy of it would. */
  draft(document: unknown): CheckResult
  /** What runs. */
  plans: ReadonlyMap<string, Plan>
  /** The engine's own, for a copy of the state. */
  store: EngineStore
  /** Commits what is gathered, so that the store has it all. */
  settle(): void
  /** UTC milliseconds. */
  now(): number
  /** Milliseconds of a clock that only goes up. */
  elapsed(): number
  limits: Partial<Limits> | undefined
}

/** A test run blocks the engine, so it may not be long: calls of nodes, and milliseconds. */
const budget = { calls: 20_000, time: 1000 }
const longestAdvance = 366 * 24 * 3_600_000
/** State rows of one node that are copied. */
const copiedRows = 10_000
/** What is shown: hops, messages of one port, characters of all texts. */
const shownHops = 500
const shownList = 100
const shownText = 2_000_000

/** Runs a draft beside the flows. Throws BAD_REQUEST and NOT_FOUND when what is sent has nowhere to go. */
export function tryDraft(request: TryRequest, options: TryOptions): TryAnswer {
  const { problems, plan } = options.draft(request.document)
  const started = options.now()
  if (plan === undefined) return { problems, ran: false, started, ended: started, nodes: {}, hops: [], left: 0 }
  const advance = advanceOf(request)
  const store = openStore(':memory:')
  try {
    if (request.withState === true) copyState(plan, options, store)
    const clock = new VirtualClock(started)
    const sandbox = createSandbox({
      plan,
      store,
      clock,
      random: seededRandom(request.seed ?? 1),
      limits: options.limits,
      ...(request.withState === true ? { query: options.store.tables.query } : {}),
      stop: stopAfter(options.elapsed),
    })
    send(sandbox, plan, request)
    sandbox.advanceTo(started + advance)
    return { problems, ran: true, started, ...shownResult(sandbox.take(), plan.flow) }
  } finally {
    store.close()
  }
}

function send(sandbox: Sandbox, plan: Plan, { node, port, message, packet, request }: TryRequest): void {
  const [first, second] = Object.entries({ message, packet, request }).filter(([, value]) => value !== undefined)
  if (first !== undefined && second !== undefined)
    throw refused(`"${first[0]}" and "${second[0]}" are both there.`, 'Send one of them.', `body.${second[0]}`)
  if (request !== undefined) sendRequest(sandbox, request)
  else if (message !== undefined) {
    if (node === undefined)
      throw refused('"node" is missing.', 'Say which node gets the message, such as "node": "check".', 'body.node')
    const inputs = plan.nodes.find(({ id }) => id === node)?.inputs ?? {}
    const input = port ?? Object.keys(inputs)[0] ?? 'in'
    if (input.startsWith(':')) throw refused(`"${input}" is not for messages.`, 'Name an input port.', 'body.port')
    sandbox.send(node, input, messageOf(message))
  } else if (packet !== undefined) {
    const { topic, payload, retain = false, qos = 1 } = packet
    const bytes = Buffer.from(typeof payload === 'string' ? payload : (JSON.stringify(payload) ?? ''))
    if (sandbox.packet({ topic, payload: bytes, retain, qos }, node) > 0) return
    const who = node === undefined ? 'No node subscribes' : `The node "${node}" does not subscribe`
    throw refused(`${who} to "${topic}".`, 'Send to a topic that a source of this flow matches.', 'body.packet.topic')
  }
}

function sendRequest(sandbox: Sandbox, { method = 'POST', path, query = {}, headers = {}, body }: TriedRequest): void {
  const json = body !== undefined && typeof body !== 'string'
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  sandbox.request({
    method,
    path,
    query,
    headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...Object.fromEntries(named) },
    body: Buffer.from(json ? JSON.stringify(body) : (body ?? '')),
  })
}

/** Fields of the message's own shape must have its types; a flow may set any others. */
function messageOf(fields: Record<string, unknown>): Partial<Message> {
  const kinds = { topic: 'string', key: 'string', id: 'string', time: 'number', received: 'number', retain: 'boolean' }
  for (const [field, kind] of Object.entries(kinds)) {
    const value = fields[field]
    if (value === undefined || typeof value === kind) continue
    throw refused(`"${field}" is no ${kind}.`, `Write a ${kind}, or leave it out.`, `body.message.${field}`)
  }
  for (const field of ['params', 'props']) {
    const value = fields[field]
    if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) continue
    throw refused(`"${field}" is no object.`, 'Write { "name": "text" }, or leave it out.', `body.message.${field}`)
  }
  const { qos } = fields
  if (qos !== undefined && qos !== 0 && qos !== 1 && qos !== 2)
    throw refused('"qos" is not 0, 1 or 2.', 'Write 0, 1 or 2, or leave it out.', 'body.message.qos')
  // Every field that a message has was looked at.
  return fields as Partial<Message>
}

function advanceOf({ advance }: TryRequest): number {
  if (advance === undefined) return 0
  const milliseconds = parseDuration(advance)
  if (milliseconds === undefined)
    throw refused(`"${advance}" is not a duration.`, 'Write a number and a unit, such as 30s or 5m.', 'body.advance')
  if (milliseconds <= longestAdvance) return milliseconds
  throw refused(`"${advance}" is more than a year.`, 'Let time go on by 366d at most.', 'body.advance')
}

function refused(detail: string, wanted: string, at: string) {
  return rulewireError('BAD_REQUEST', { detail, wanted }, { at })
}

function stopAfter(elapsed: () => number): () => string | undefined {
  const end = elapsed() + budget.time
  let calls = 0
  return () => {
    if (++calls > budget.calls) return `The nodes were called more than ${budget.calls} times.`
    return elapsed() > end ? 'It took longer than a second.' : undefined
  }
}

/** State and timers of the nodes that the draft has under the same id and type. */
function copyState(plan: Plan, { plans, store, settle }: TryOptions, copy: EngineStore): void {
  settle()
  const running = new Map(plans.get(plan.flow)?.nodes.map(({ id, type }) => [id, type]))
  const kept = plan.nodes.filter(({ id, type }) => running.get(id) === type).map(({ id }) => `${plan.flow}/${id}`)
  copy.transaction(() => {
    for (const node of kept) {
      for (const { key, value } of store.state.page(node, '', copiedRows)) copy.state.put(node, key, value)
    }
    for (const timer of store.timers.all()) if (kept.includes(timer.node)) copy.timers.put(timer)
  })
}

function shownResult({ hops, left, time, stopped, logs, status, timers }: SandboxResult, flow: string) {
  const shown = new Shown(shownText)
  const nodes = new Map<string, TriedNode>()
  const of = (id: string) => {
    const node = nodes.get(id) ?? emptyNode()
    nodes.set(id, node)
    return node
  }
  for (const hop of hops) addHop(of(hop.node.id), hop, shown)
  for (const { node, text } of logs) if (node !== '') push(of(node).logs, text)
  for (const [id, text] of Object.entries(status)) of(id).status = text
  for (const { node, key, name, at } of timers) push(of(node.slice(flow.length + 1)).timers, { key, name, at })
  let base = 0
  const list = hops.slice(0, shownHops).map((hop, index) => {
    if (hop.from === undefined) base = index
    return shown.hop(hop, base)
  })
  return {
    ended: time,
    nodes: Object.fromEntries(nodes),
    hops: list,
    left: left + hops.length - list.length,
    ...(stopped === undefined ? {} : { stopped }),
  }
}

function addHop(node: TriedNode, hop: WatchedHop, shown: Shown): void {
  const { port, sent, state, pending, error, kept } = hop
  if (port !== ':start') add(node.inputs, node.counts.inputs, port, () => shown.argument(hop))
  for (const one of sent) add(node.outputs, node.counts.outputs, one.port, () => shown.message(one.message))
  for (const item of pending) {
    const [effect, row] = [shown.effect(item), shown.row(item)]
    if (effect !== undefined) push(node.effects, effect)
    if (row !== undefined) push(node.rows, row)
  }
  for (const { key, after } of state) {
    node.state = node.state.filter((one) => one.key !== key)
    push(node.state, { key, ...(after === undefined ? {} : { value: shown.value(after) }) })
  }
  if (error !== undefined && kept !== undefined)
    push(node.errors, { code: error.code, text: error.message, hint: error.hint, port, kept })
}

function add<Item>(lists: Record<string, Item[]>, counts: Record<string, number>, port: string, make: () => Item) {
  const count = counts[port] ?? 0
  counts[port] = count + 1
  if (count >= shownList) return
  const list = lists[port] ?? []
  list.push(make())
  lists[port] = list
}

function push<Item>(list: Item[], item: Item): void {
  if (list.length < shownList) list.push(item)
}

function emptyNode(): TriedNode {
  return {
    inputs: {},
    outputs: {},
    counts: { inputs: {}, outputs: {} },
    effects: [],
    rows: [],
    state: [],
    timers: [],
    logs: [],
    errors: [],
  }
}
