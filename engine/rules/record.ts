import type { Plan } from '../flow/model.ts'
import type { Store } from '../run/ports.ts'
import { seededRandom } from '../run/random.ts'
import { createSandbox, type Sandbox } from '../run/sandbox.ts'
import { VirtualClock } from '../run/virtual-clock.ts'
import type { Message } from '../spec/message.ts'
import type { Seen } from './lists.ts'
import { sinceText } from './moment.ts'
import { Observer, plainOf } from './observer.ts'
import { callLimit } from './run.ts'

/** A message that a test is made from. */
export interface MessageToRecord {
  /** Milliseconds since the first one; never less than those before it. */
  after: number
  topic: string
  payload: unknown
  retain?: boolean | undefined
  /** Input ports (`node.input`) that it goes to; as a packet to those that subscribe when there are none. */
  to?: readonly string[] | undefined
}

export interface Recording {
  plan: Plan
  /** An empty one in memory. */
  store: Store
  /** UTC milliseconds. */
  start: number
  seed: number
  name: string
  messages: readonly MessageToRecord[]
  /** Milliseconds that go by after the last message. */
  then: number
  disable: readonly string[]
}

export interface RecordedTest {
  /** As it stands in a file of rule tests. */
  test: Record<string, unknown>
  /** How many things it expects. */
  expected: number
  /** Why it was ended early, as a sentence. */
  stopped: string | undefined
}

/** What a test is about, where there is any of it: what goes out, and alarms. */
const outward = ['alarms', 'published', 'posted', 'rows', 'deadLetters'] as const
/** A list with more items is expected by its number alone. */
const longestList = 20

/**
 * Runs messages through a flow in virtual time and writes down what came of them as what a test expects: what goes out and
 * alarms; where there is neither, what came out at the ends of the flow. Times and ids inside messages are left out, because
 * a test compares only what is named. Throws NOT_FOUND for an input port that is not there.
 */
export function recordTest(recording: Recording): RecordedTest {
  const ends = endPorts(recording.plan)
  const { steps, stopped } = runMessages(recording, [...outward, ...ends])
  const used = new Set(steps.flatMap(({ seen }) => [...seen.keys()]))
  const isOutward = (name: string) => outward.some((one) => name === one || name.startsWith(`${one} `))
  const about = [...used].some(isOutward) ? isOutward : () => true
  let expected = 0
  const written = steps.flatMap(({ step, seen }) => {
    const lists = [...seen].filter(([name]) => about(name)).sort(([one], [other]) => one.localeCompare(other))
    expected += lists.reduce((sum, [, list]) => sum + list.length, 0)
    if (lists.length > 0) return [{ ...step, expect: expectations(lists, recording.start) }]
    return step.publish === undefined && step.send === undefined ? [] : [step]
  })
  const quiet = quietNames(recording.plan, ends)
  const nothing =
    expected > 0 ? [] : [{ nothing: quiet, ...(recording.then > 0 ? { for: lasting(recording.then) } : {}) }]
  const { name, disable } = recording
  return {
    test: { name, ...(disable.length > 0 ? { disable } : {}), steps: [...written, ...nothing] },
    expected,
    stopped,
  }
}

/** What a test in which nothing comes looks at. */
function quietNames(plan: Plan, ends: readonly string[]): string[] {
  const names = [
    ...(plan.nodes.some(({ spec }) => spec.alarms !== undefined) ? ['alarms'] : []),
    ...(plan.nodes.some(({ spec }) => spec.publishes !== undefined) ? ['published'] : []),
  ]
  return names.length > 0 ? names : [...ends.slice(0, 3), 'deadLetters'].slice(0, 3)
}

interface RecordedStep {
  step: Record<string, unknown>
  seen: Map<string, Seen[]>
}

function runMessages({ plan, store, start, seed, messages, then }: Recording, asked: readonly string[]) {
  const clock = new VirtualClock(start)
  const observer = new Observer(new Set(asked), start)
  const [random, stop] = [seededRandom(seed), callLimit(clock)]
  const onHop = observer.hop.bind(observer)
  const sandbox = createSandbox({ plan, store, clock, random, keep: 0, onHop, stop })
  const steps: RecordedStep[] = []
  let stopped: string | undefined
  const take = (step: Record<string, unknown>) => {
    const result = sandbox.take()
    stopped = result.stopped
    for (const { node, time, ...entry } of result.deadLetters)
      observer.add('deadLetters', time, { node: node.slice(plan.flow.length + 1), ...entry })
    steps.push({ step, seen: observer.takeAll() })
  }
  let now = 0
  for (const message of messages) {
    const wait = Math.max(0, message.after - now)
    now += wait
    if (wait > 0) sandbox.advanceTo(start + now)
    give(sandbox, message)
    take({ ...(wait > 0 ? { at: sinceText(wait) } : {}), ...written(message) })
  }
  if (then > 0) {
    sandbox.advanceTo(start + now + then)
    take({ at: sinceText(then) })
  }
  return { steps, stopped }
}

function give(sandbox: Sandbox, { topic, payload, retain = false, to = [] }: MessageToRecord): void {
  if (to.length === 0) return void sandbox.packet({ topic, payload: bytesOf(payload), retain })
  for (const target of to) {
    const [node = '', port = ''] = target.split('.')
    sandbox.send(node, port, { topic, payload, key: topic, retain } as Partial<Message>) // the payload is plain JSON, as a message's is
  }
}

/** The message as a step of a file. */
function written({ topic, payload, retain = false, to = [] }: MessageToRecord): Record<string, unknown> {
  const kept = retain ? { retain } : {}
  if (to.length === 0) return { publish: topic, payload, ...kept }
  return { send: Object.fromEntries(to.map((target) => [target, { topic, payload, key: topic, ...kept }])) }
}

function bytesOf(payload: unknown): Uint8Array {
  return Buffer.from(typeof payload === 'string' ? payload : (JSON.stringify(payload) ?? ''))
}

function expectations(lists: readonly [string, Seen[]][], start: number): Record<string, unknown> {
  const expect: Record<string, unknown> = {}
  const rows: Record<string, unknown> = {}
  for (const [name, list] of lists) {
    const items = list.length > longestList ? list.length : list.map((seen) => itemOf(name, seen, start))
    if (name.startsWith('rows ')) rows[name.slice('rows '.length)] = items
    else expect[name] = items
  }
  return Object.keys(rows).length > 0 ? { ...expect, rows } : expect
}

/** What tells most of it: its time, and the fields that stay the same whenever it is run. */
function itemOf(name: string, { time, value }: Seen, start: number): Record<string, unknown> {
  const plain = plainOf(value)
  const fields = shownFields[name] ?? (name.startsWith('rows ') ? undefined : ['payload'])
  const all = typeof plain === 'object' && plain !== null ? Object.entries(plain) : []
  const kept = all.filter(([field, inner]) => (fields?.includes(field) ?? true) && inner !== undefined)
  const stable = steady(Object.fromEntries(kept), start)
  return { at: sinceText(time - start), ...(typeof stable === 'object' ? stable : {}) }
}

const shownFields: Readonly<Record<string, readonly string[]>> = {
  alarms: ['node', 'key', 'transition', 'level', 'value'],
  published: ['topic', 'payload'],
  posted: ['method', 'url', 'body'],
  deadLetters: ['node', 'port', 'code'],
}

/** Fields that name a message. */
const ids: ReadonlySet<string> = new Set(['id', 'cause'])

/** A value without its times, ids and empty fields; undefined when nothing is left. */
function steady(value: unknown, start: number, depth = 0): unknown {
  if (typeof value === 'number') return isTime(value, start) ? undefined : value
  if (typeof value === 'string')
    return isTime(Date.parse(value), start) && /^\d{4}-\d\d-\d\dT/.test(value) ? undefined : value
  if (typeof value !== 'object' || value === null) return value
  if (depth > 20) return undefined
  if (Array.isArray(value)) {
    const items = value.map((item) => steady(item, start, depth + 1))
    return items.includes(undefined) ? undefined : items
  }
  const fields = Object.entries(value).flatMap(([name, inner]) => {
    const kept = ids.has(name) || inner === null ? undefined : steady(inner, start, depth + 1)
    return kept === undefined ? [] : [[name, kept] as const]
  })
  return Object.fromEntries(fields)
}

const year = 366 * 86_400_000

function isTime(value: number, start: number): boolean {
  return value >= start && value <= start + year
}

/** Output ports at the ends of the flow: those that lead nowhere, or to nodes from which nothing goes on. */
function endPorts(plan: Plan): string[] {
  const outputsOf = new Map(plan.nodes.map(({ id, outputs }) => [id, Object.keys(outputs).filter(isOwn)]))
  return plan.nodes.flatMap(({ id, wires }) =>
    (outputsOf.get(id) ?? [])
      .filter((port) => (wires[port] ?? []).every((target) => (outputsOf.get(target.node) ?? []).length === 0))
      .map((port) => `${id}.${port}`),
  )
}

function isOwn(port: string): boolean {
  return port !== 'error'
}

function lasting(milliseconds: number): string {
  return sinceText(milliseconds).slice(1)
}
