import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { RulewireError } from '../errors.ts'
import { checkFlow } from '../flow/index.ts'
import type { Plan } from '../flow/model.ts'
import { parseDuration } from '../spec/fields.ts'
import { type AnyNodeSpec, defineNode, type Example, type ExampleStep, port } from '../spec/spec.ts'
import type { Store } from './ports.ts'
import { seededRandom } from './random.ts'
import { createSandbox, effectOf, type Sandbox, type SandboxResult } from './sandbox.ts'
import { VirtualClock } from './virtual-clock.ts'

/** When virtual time starts in examples, UTC milliseconds: 2026-01-01. */
export const exampleStart = Date.UTC(2026, 0, 1)

/**
 * Runs an example of a node type on the real runner, as the node `node` of the flow `example`. Gives the differences as
 * sentences; none when all is as it should be.
 *
 * @param store an empty one in memory
 */
export function runExample(spec: AnyNodeSpec, example: Example<unknown>, store: Store): string[] {
  const plan = planOf(spec, example.config)
  if (Array.isArray(plan)) return plan
  const clock = new VirtualClock(exampleStart)
  const sandbox = createSandbox({
    plan,
    store,
    clock,
    random: seededRandom(1),
  })
  return example.steps.flatMap((step, index) => {
    takeStep(sandbox, clock, step)
    const found = sandbox.take()
    return [...defectsOf(found), ...differences(found, step, store)].map((text) => `step ${index + 1}: ${text}`)
  })
}

/** Takes what fails, so that it can be expected at the port `error`. */
const sink: AnyNodeSpec = defineNode({
  type: 'example-sink',
  title: 'Sink',
  category: 'more',
  summary: 'Takes messages.',
  icon: 'square',
  config: z.strictObject({}),
  inputs: { in: port('any', 'Messages') },
  outputs: {},
  examples: [],
  create: () => ({ in: () => undefined }),
})

function planOf(spec: AnyNodeSpec, config: unknown): Plan | string[] {
  const document = {
    flow: 'example',
    nodes: [
      { id: 'node', type: spec.type, config },
      { id: 'sink', type: sink.type, config: {} },
    ],
    wires: [{ from: 'node.error', to: 'sink.in' }],
  }
  const specs = new Map([spec, sink].map((one) => [one.type, one]))
  const { plan, problems } = checkFlow(document, { specs })
  return plan ?? problems.map(({ code, text }) => `${code}: ${text}`)
}

function takeStep(sandbox: Sandbox, clock: VirtualClock, step: ExampleStep): void {
  for (const [name, fields] of Object.entries(step.send ?? {})) sandbox.send('node', name, freeze({ ...fields }))
  if (step.packet !== undefined) {
    const { payload, ...rest } = step.packet
    if (sandbox.packet({ ...rest, payload: toBytes(payload) }) === 0) {
      throw new Error(`no subscription matches ${rest.topic}`)
    }
  }
  if (step.request !== undefined) takeRequest(sandbox, step.request, step.refused)
  if (step.status !== undefined) sandbox.status(step.status)
  if (step.answer !== undefined && !takeAnswer(sandbox, step.answer)) throw new Error('there is no request to answer')
  if (step.advance !== undefined) sandbox.advanceTo(clock.now() + (parseDuration(step.advance) ?? Number.NaN))
}

function takeRequest(
  sandbox: Sandbox,
  request: NonNullable<ExampleStep['request']>,
  refused: string | undefined,
): void {
  const { method = 'POST', path, query = {}, headers = {}, body } = request
  const sent = { method, path, query, headers, ...(body === undefined ? {} : { body: toBytes(body) }) }
  try {
    sandbox.request(sent)
  } catch (thrown) {
    if (thrown instanceof RulewireError && thrown.code === refused) return
    throw thrown
  }
  if (refused !== undefined) throw new Error(`the request was taken, where ${refused} is expected`)
}

function takeAnswer(sandbox: Sandbox, answer: NonNullable<ExampleStep['answer']>): boolean {
  return sandbox.answer((message) =>
    'failed' in answer
      ? { kind: 'failed', message, detail: answer.failed, attempts: 1 }
      : { kind: 'response', message, headers: {}, body: null, attempts: 1, ...answer },
  )
}

/** What no example may do: throw something that is no error of the table, or keep what is no plain JSON. */
function defectsOf({ hops, stopped }: SandboxResult): string[] {
  const texts = stopped === undefined ? [] : [stopped]
  for (const { error, state } of hops) {
    if (error?.code === 'NODE_FAILED') texts.push(error.message)
    for (const { key, after } of state) {
      if (after !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(after)), after)) {
        texts.push(`the state for "${key}" is not plain JSON`)
      }
    }
  }
  return texts
}

function differences({ hops }: SandboxResult, step: ExampleStep, store: Store): string[] {
  const own = hops.filter(({ node }) => node.id === 'node')
  const texts: string[] = []
  if (step.expect !== undefined) {
    const sent = Map.groupBy(
      own.flatMap((hop) => hop.sent),
      (one) => one.port,
    )
    for (const name of new Set([...sent.keys(), ...Object.keys(step.expect)])) {
      const messages = sent.get(name)?.map(({ message }) => message) ?? []
      texts.push(...compare(`port ${name}`, messages, step.expect[name] ?? []))
    }
  }
  if (step.effects !== undefined) {
    const effects = own.flatMap(({ pending }) => pending.flatMap((item) => effectOf(item) ?? []))
    texts.push(...compare('effects', effects, step.effects))
  }
  for (const [table, rows] of Object.entries(step.rows ?? {})) {
    texts.push(...compare(`table ${table}`, store.tables.query(`SELECT * FROM "${table}"`, {}), rows))
  }
  return texts
}

/** Fields that are wanted must be there; others are not compared. */
function compare(where: string, found: readonly unknown[], wanted: readonly unknown[]): string[] {
  if (found.length !== wanted.length) {
    return [`${where}: ${found.length} instead of ${wanted.length}: ${JSON.stringify(found)}`]
  }
  return wanted.flatMap((item, index) => {
    const other = found[index]
    return Object.entries(Object(item)).flatMap(([field, value]) => {
      const actual: unknown = typeof other === 'object' && other !== null ? Reflect.get(other, field) : undefined
      if (isDeepStrictEqual(plain(actual), plain(value))) return []
      return [`${where} ${index + 1}: ${field} is ${JSON.stringify(actual)} instead of ${JSON.stringify(value)}`]
    })
  })
}

/** Results of JSONata may be objects without a prototype or sequences; as data they are the same. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array || value === undefined ? value : JSON.parse(JSON.stringify(value))
}

function toBytes(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) return payload
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
}

/** A node that changes what it was given fails. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  for (const item of Object.values(value)) freeze(item)
  return Object.freeze(value)
}
