import { rulewireError } from '../errors.ts'
import { openMessage } from '../flow/index.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../run/ports.ts'
import type { LearnedDetail, LearnedDrift, LearnedTopic } from '../server/protocol.ts'
import { defaultConnection } from '../spec/connection.ts'
import type { Packet } from '../spec/message.ts'
import type { Subscription } from '../spec/spec.ts'
import type { LearnedRecord, LearnedStore } from '../store/learned.ts'
import {
  type Drift,
  drift,
  emptySummary,
  messageType,
  observe,
  printType,
  type Summary,
  type Type,
  toJsonSchema,
  typeOfSummary,
  vanished,
} from '../types/index.ts'

/** Payloads looked at without a pause when a filter is new, and then in a second: enough to know a device, too few to feel. */
const sampling = { first: 200, perSecond: 20 }
/** Payloads from which on a type is worth checking wires with. */
const settled = 20
/** Kinds of drift that are kept for a filter. */
const driftLimit = 50
/** Time between two looks at what has changed, milliseconds. */
const pause = 1000
/** Looks after which summaries are stored. */
const storeEvery = 30

export interface LearningOptions {
  store: LearnedStore
  clock: Clock
  log: Log
  /** Enough is known now to check the wires behind these subscriptions. */
  settled?(concerns: (subscription: Subscription) => boolean): void
}

/** What devices send on one topic filter, learned from samples. */
export class Learner {
  readonly connection: string
  readonly filter: string
  readonly drifts = new Map<string, LearnedDrift>()
  summary: Summary
  changed = false
  /** Payloads that may still be looked at in this second. */
  budget = sampling.first
  /** It was told that enough is known. */
  told = false
  #last: Packet | undefined

  constructor(connection: string, filter: string, summary: Summary = emptySummary()) {
    this.connection = connection
    this.filter = filter
    this.summary = summary
  }

  /** Looks at a packet that a node has decoded as JSON. */
  look(packet: Packet, now: number): readonly LearnedDrift[] {
    const { decoded } = packet
    // Several nodes may share the filter: the packet counts once.
    if (packet === this.#last || decoded === undefined || decoded.jsonFault !== '') return none
    this.#last = packet
    this.budget--
    const found = drift(this.summary, decoded.json).map((one) => this.#note(one, now))
    observe(this.summary, decoded.json)
    this.changed = true
    return found.filter(({ count }) => count === 1)
  }

  /** Enough was seen to check wires with. */
  get settled(): boolean {
    return this.summary.root.count >= settled
  }

  /** Fields that were always there and are no more. */
  lookForVanished(now: number): readonly LearnedDrift[] {
    const known = vanished(this.summary).filter((one) => !this.drifts.has(identity(one)))
    return known.map((one) => this.#note(one, now))
  }

  #note(one: Drift, now: number): LearnedDrift {
    const known = this.drifts.get(identity(one))
    if (known !== undefined) {
      known.count++
      known.last = now
      return known
    }
    const noted = { ...one, count: 1, first: now, last: now }
    if (this.drifts.size < driftLimit) this.drifts.set(identity(one), noted)
    return noted
  }
}

/** Learned types by connection and topic filter: kept in the store, asked by the check, shown to people. */
export class Learning {
  readonly #options: LearningOptions
  readonly #learners = new Map<string, Learner>()
  #callOff: (() => void) | undefined
  #looks = 0

  constructor(options: LearningOptions) {
    this.#options = options
    for (const record of options.store.all()) this.#restore(record)
  }

  /** Looks for drift and stores what was learned from now on, until it is closed. */
  start(): void {
    this.#callOff = this.#plan()
  }

  /** The learner of a filter; one that is new if need be. */
  learner(connection: string, filter: string): Learner {
    const id = learnerId(connection, filter)
    let learner = this.#learners.get(id)
    if (learner === undefined) {
      learner = new Learner(connection, filter)
      this.#learners.set(id, learner)
    }
    return learner
  }

  /** Takes a sample, if it is time for one. */
  sample(learner: Learner, packet: Packet): void {
    for (const one of learner.look(packet, this.#options.clock.now())) this.#tell(learner, one)
  }

  /** The type of the messages of a subscription, when enough was seen; the open message type otherwise. */
  topicType({ broker, filter }: Subscription): Type {
    const learner = this.#learners.get(learnerId(broker, filter))
    if (!learner?.settled) return openMessage
    return messageType({ payload: typeOfSummary(learner.summary) })
  }

  list(): LearnedTopic[] {
    return [...this.#learners.values()].filter(({ summary }) => summary.root.count > 0).map(topicOf)
  }

  /** Throws NOT_FOUND. */
  get(connection: string, filter: string): LearnedDetail {
    const learner = this.#find(connection, filter)
    const type = typeOfSummary(learner.summary)
    return { ...topicOf(learner), type, schema: toJsonSchema(type), summary: learner.summary }
  }

  /** Forgets what was learned, so that it begins anew. Throws NOT_FOUND. */
  reset(connection: string, filter: string): void {
    const learner = this.#find(connection, filter)
    learner.summary = emptySummary()
    learner.drifts.clear()
    learner.changed = false
    learner.told = false
    learner.budget = sampling.first
    this.#options.store.delete(connection, filter)
  }

  /** Stores what has changed. */
  save(): void {
    for (const learner of this.#learners.values()) {
      if (!learner.changed) continue
      learner.changed = false
      const { connection, filter, summary } = learner
      this.#options.store.put({ connection, filter, summary: JSON.stringify(summary) })
    }
  }

  close(): void {
    this.#callOff?.()
    this.save()
  }

  #plan(): () => void {
    const { clock } = this.#options
    return clock.at(clock.now() + pause, () => this.#look())
  }

  #look(): void {
    const { clock, log } = this.#options
    this.#looks++
    for (const learner of this.#learners.values()) {
      if (learner.changed) for (const one of learner.lookForVanished(clock.now())) this.#tell(learner, one)
      learner.budget = Math.max(learner.budget, sampling.perSecond)
    }
    try {
      if (this.#looks % storeEvery === 0) this.save()
    } catch (thrown) {
      log('warn', 'What was learned of payloads could not be stored; it is tried again.', thrown)
    }
    this.#tellSettled()
    this.#callOff = this.#plan()
  }

  #tellSettled(): void {
    const fresh = [...this.#learners.values()].filter(({ told, settled }) => settled && !told)
    if (fresh.length === 0) return
    for (const learner of fresh) learner.told = true
    const ids = new Set(fresh.map(({ connection, filter }) => learnerId(connection, filter)))
    this.#options.settled?.(({ broker, filter }) => ids.has(learnerId(broker, filter)))
  }

  #tell({ filter }: Learner, { code, path, found, expected }: Drift): void {
    const place = path === '' ? 'the payload' : `payload.${path}`
    this.#options.log('warn', `drift on "${filter}": ${place} is ${found}, so far ${expected} (${code})`)
  }

  #find(connection: string, filter: string): Learner {
    const learner = this.#learners.get(learnerId(connection, filter))
    if (learner !== undefined) return learner
    throw rulewireError('NOT_FOUND', {
      what: 'learned topic filter',
      name: filter,
      suggestion: '',
      list: '/api/v1/learned',
    })
  }

  #restore({ connection, filter, summary }: LearnedRecord): void {
    // What save wrote is a summary.
    const learner = new Learner(connection, filter, JSON.parse(summary) as Summary)
    learner.budget = sampling.perSecond
    learner.told = learner.settled
    this.#learners.set(learnerId(connection, filter), learner)
  }
}

const none: readonly LearnedDrift[] = []

function learnerId(connection: string | undefined, filter: string): string {
  return `${connection ?? defaultConnection} ${filter}`
}

function identity({ code, path, found }: Drift): string {
  return `${code} ${path} ${found}`
}

function topicOf({ connection, filter, summary, drifts }: Learner): LearnedTopic {
  return {
    connection,
    filter,
    count: summary.root.count,
    typeText: printType(typeOfSummary(summary)),
    drift: [...drifts.values()],
  }
}
