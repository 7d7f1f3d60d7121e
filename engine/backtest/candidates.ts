import { checkFlow } from '../flow/check.ts'
import type { Plan } from '../flow/model.ts'
import type { Target } from '../run/node-runtime.ts'
import type { TableStore } from '../run/ports.ts'
import type { AlarmEntry } from '../spec/alarm.ts'
import type { PlainLimit } from '../spec/alarm-limit.ts'
import type { Json, Message } from '../spec/message.ts'
import type { AnyNodeSpec } from '../spec/spec.ts'
import type { AdviceCandidate } from './advice.ts'
import type { MeasureOptions } from './measure.ts'
import { Pacer } from './pacer.ts'
import { VirtualRun } from './virtual-run.ts'
import { valueReader } from './watched-values.ts'

/** A node type that raises at a limit. */
export type LimitSpec = AnyNodeSpec & { configFor: NonNullable<AnyNodeSpec['configFor']> }

/** What is known of the history before limits are tried on it. */
export interface TrialOptions extends MeasureOptions {
  spec: LimitSpec
  keys: number
  /** UTC milliseconds. */
  first: number
  last: number
}

/** Spans of one candidate whose length is kept, and keys that are told apart. */
const keptLengths = 5000
const mostKeys = 10_000
const day = 86_400_000
const timersAtOnce = 5000

const noTables: TableStore = {
  insert: () => undefined,
  create: () => undefined,
  deleteBelow: () => undefined,
  query: () => [],
}

/**
 * Runs the alarm node once for each limit over all values, side by side, and counts what each of them does. The alarms are those that
 * the engine would have raised, not the result of a formula.
 */
export async function tryLimits(limits: readonly PlainLimit[], options: TrialOptions): Promise<AdviceCandidate[]> {
  const { spec, input, first, last, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options
  const read = valueReader(options)
  const pacer = new Pacer(input, options)
  const plan = planOf(limits, spec)
  const tally = new Tally(plan)
  const run = new VirtualRun({ plan, start: first, seed: 1, tables: noTables }, tally)
  const targets = [...run.nodes.values()].flatMap(({ inputs }): Target[] =>
    [...inputs.values()].filter(({ port }) => !port.startsWith(':')).slice(0, 1),
  )
  let [messages, now] = [0, first]
  for await (const piece of input.pieces()) {
    for (const packet of piece) {
      const { received } = packet
      if (received < from || received >= to) continue
      const found = read(packet)
      if (found === undefined || found === null) continue
      if (received > now) {
        while (!run.advance(received, timersAtOnce)) await pacer.rest()
        now = received
      }
      run.send(targets, messageOf(found.key, found.value, now))
      messages++
      if (pacer.isDue(messages)) await pacer.pause(messages, now)
    }
    await pacer.pause(messages, now)
  }
  const length = Math.max(1, last - first)
  return limits.map((limit, place) => {
    const { alarms, keys, lengths, standing } = tally.of(`c${place}`, last)
    return {
      ...limit,
      config: spec.configFor(limit),
      alarms,
      perDay: (alarms / Math.max(length, day)) * day,
      keys,
      lasted: medianOf(lengths),
      active: Math.min(1, standing / (length * Math.max(1, options.keys))),
      suggested: false,
    }
  })
}

function planOf(limits: readonly PlainLimit[], spec: LimitSpec): Plan {
  const nodes = limits.map((limit, place) => ({
    id: `c${place}`,
    type: spec.type,
    config: { ...spec.configFor(limit) },
  }))
  const { plan, problems } = checkFlow(
    { flow: 'candidates', nodes, wires: [] },
    { specs: new Map([[spec.type, spec]]) },
  )
  if (plan === undefined)
    throw new Error(`A candidate is no config of ${spec.type}: ${problems.map(({ text }) => text).join(' ')}`)
  return plan
}

/** What a source would have sent, with the value as payload, for all candidates the same. */
function messageOf(key: string, payload: number, time: number): Message {
  return { topic: key, payload, time, received: time, params: {}, retain: false, qos: 1, props: {}, key, id: '' }
}

interface Counted {
  alarms: number
  keys: Set<string>
  /** When the alarm of a key was raised. */
  raised: Map<string, number>
  lengths: number[]
  /** Milliseconds altogether. */
  standing: number
}

/** Counts the alarms of each node. */
class Tally {
  readonly #nodes: ReadonlyMap<string, Counted>

  constructor({ flow, nodes }: Plan) {
    const empty = (): Counted => ({ alarms: 0, keys: new Set(), raised: new Map(), lengths: [], standing: 0 })
    this.#nodes = new Map(nodes.map(({ id }) => [`${flow}/${id}`, empty()]))
  }

  /** @param end UTC milliseconds: alarms that still stand count up to then */
  of(id: string, end: number): { alarms: number; keys: number; lengths: readonly number[]; standing: number } {
    const { alarms, keys, lengths, standing, raised } = this.#nodes.get(`candidates/${id}`) as Counted // all of the plan are there
    const open = [...raised.values()].map((time) => Math.max(0, end - time))
    return {
      alarms,
      keys: keys.size,
      lengths: [...lengths, ...open],
      standing: standing + open.reduce((sum, length) => sum + length, 0),
    }
  }

  /** The states are of no interest. */
  knows(): boolean {
    return false
  }

  state(_node: string, _key: string, _value: Json, _time: number): void {
    throw new TypeError('Nobody asked for states')
  }

  transition(node: string, { key, transition, condition, time }: AlarmEntry): void {
    const counted = this.#nodes.get(node)
    if (counted === undefined) return
    const { raised, keys, lengths } = counted
    if (transition === 'RAISED' && !raised.has(key)) {
      counted.alarms++
      raised.set(key, time)
      if (keys.size < mostKeys) keys.add(key)
    } else if (condition === 'NORMAL') {
      const since = raised.get(key)
      if (since === undefined) return
      raised.delete(key)
      counted.standing += time - since
      if (lengths.length < keptLengths) lengths.push(time - since)
    }
  }

  sunk(): void {
    throw new TypeError('Alarms sink nothing')
  }

  deadLetter({ text }: { text: string }): void {
    throw new TypeError(`A number was refused: ${text}`)
  }
}

function medianOf(lengths: readonly number[]): number | null {
  if (lengths.length === 0) return null
  const sorted = lengths.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
