import { RulewireError } from '../errors.ts'
import type { Plan } from '../flow/model.ts'
import { pathText } from '../flow/path.ts'
import type { DeadLetterEntry, Store } from '../run/ports.ts'
import { seededRandom } from '../run/random.ts'
import { createSandbox, effectOf, type Sandbox, type SandboxPacket, type SandboxResult } from '../run/sandbox.ts'
import { VirtualClock } from '../run/virtual-clock.ts'
import type { WatchedHop } from '../run/watch.ts'
import { act } from './act.ts'
import type { Reach } from './coverage.ts'
import type { RuleStep, RuleTest } from './document.ts'
import { askedNames, type Mismatch, unmet } from './expect.ts'
import { readMoment, timeOf } from './moment.ts'
import { Observer } from './observer.ts'

export interface RuleRun {
  test: RuleTest
  /** The flow without the nodes that the test leaves out. */
  plan: Plan
  /** An empty one in memory. */
  store: Store
  /** UTC milliseconds. */
  start: number
  seed: number
  /** Path of the test in its file. */
  base: readonly (string | number)[]
}

/** A test went wrong here. */
export interface Failure extends Mismatch {
  /** Counted from 1. */
  step: number
  /** Path in the file, such as `tests[0].steps[3].expect["too-warm.event"]`. */
  at: string
  /** Milliseconds since the start of the test. */
  after: number
  /** The last calls of nodes before, one line each, oldest first. */
  wire: string[]
}

export interface TestResult {
  name: string
  /** Path in the file. */
  at: string
  /** None when all is as it should be; all of the first step that is not. */
  failures: Failure[]
  reach: Reach
  /** UTC milliseconds. */
  start: number
  /** Milliseconds of virtual time. */
  lasted: number
}

/** Calls of nodes while virtual time stands still, after which a flow is taken to run in a circle. */
const mostCalls = 100_000

/** Runs a test in virtual time, to its end or the first step that goes wrong. Nothing leaves: effects are only gathered. */
export function runRuleTest(run: RuleRun): TestResult {
  const clock = new VirtualClock(run.start)
  const observer = new Observer(askedNames(run.test), run.start)
  const failures = new TestRun(run, clock, observer).failures()
  return {
    name: run.test.name,
    at: pathText(run.base),
    failures,
    reach: { plan: run.plan, nodes: observer.reached, ports: observer.used },
    start: run.start,
    lasted: clock.now() - run.start,
  }
}

class TestRun {
  readonly #run: RuleRun
  readonly #clock: VirtualClock
  readonly #observer: Observer
  #step = 0
  /** Messages that became dead letters, which the test has not looked at. */
  #lost: Failure[] = []

  constructor(run: RuleRun, clock: VirtualClock, observer: Observer) {
    this.#run = run
    this.#clock = clock
    this.#observer = observer
  }

  failures(): Failure[] {
    const { plan, store, seed, test } = this.#run
    const [clock, observer] = [this.#clock, this.#observer]
    try {
      const random = seededRandom(seed)
      const stop = callLimit(clock)
      const echo = echoes(clock, (packet) => void sandbox.packet(packet))
      const onHop = (hop: WatchedHop) => {
        observer.hop(hop)
        if (test.echo === true) echo(packetsOf(hop))
      }
      const sandbox: Sandbox = createSandbox({ plan, store, clock, random, keep: 0, onHop, stop })
      sandbox.status({ complete: true, changes: [] })
      for (const [index, step] of test.steps.entries()) {
        this.#step = index
        const failures = this.#take(sandbox, step)
        if (failures.length > 0) return failures
      }
    } catch (thrown) {
      if (!(thrown instanceof RulewireError)) throw thrown
      return [this.#failure(mismatch(thrown.message))]
    }
    return this.#lostFailures()
  }

  #take(sandbox: Sandbox, step: RuleStep): Failure[] {
    const [clock, observer] = [this.#clock, this.#observer]
    if (step.at !== undefined) sandbox.advanceTo(timeOf(readMoment(step.at) ?? { after: 0 }, clock.now()))
    if (step.forget === true) this.#forget()
    const fault = act(sandbox, step, () => filtersOf(this.#run.plan))
    if (fault !== undefined) return [this.#failure(mismatch(fault))]
    if (step.for !== undefined) sandbox.advanceTo(clock.now() + step.for)
    const result = sandbox.take()
    this.#gather(result)
    if (result.stopped !== undefined) return [this.#failure(mismatch(result.stopped))]
    if (step.expect?.deadLetters !== undefined || step.nothing?.includes('deadLetters')) this.#lost = []
    return unmet(step, { observer, status: result.status, start: this.#run.start }).map((one) => this.#failure(one))
  }

  /** The first one tells enough. */
  #lostFailures(): Failure[] {
    const [first, ...more] = this.#lost
    if (first === undefined) return []
    const advice = `If that is meant, expect "deadLetters".${more.length > 0 ? ` There are ${more.length} more.` : ''}`
    return [{ ...first, text: `${first.text} ${advice}` }]
  }

  #forget(): void {
    this.#observer.forget()
    this.#lost = []
  }

  #gather({ deadLetters, logs, time }: SandboxResult): void {
    for (const { node, ...entry } of deadLetters) {
      const id = node.slice(this.#run.plan.flow.length + 1)
      this.#observer.add('deadLetters', entry.time, { node: id, ...entry })
      this.#lost.push(this.#lostFailure(id, entry))
    }
    for (const log of logs) this.#observer.add('logs', time, log)
  }

  #lostFailure(node: string, { port, text, time }: Omit<DeadLetterEntry, 'node'>): Failure {
    const place = `${node}.${port.replace(':', '')}`
    const sentence = `${place} could not take a message, which is now a dead letter: ${text}`
    return { ...this.#failure(mismatch(sentence, node)), after: time - this.#run.start }
  }

  #failure(found: Mismatch): Failure {
    const { base, plan, start } = this.#run
    return {
      ...found,
      step: this.#step + 1,
      at: pathText([...base, 'steps', this.#step, ...found.path]),
      after: this.#clock.now() - start,
      wire: this.#observer.lastCalls(found.node, plan),
    }
  }
}

function filtersOf({ nodes }: Plan): string[] {
  const subscriptions = nodes.flatMap(({ spec, config }) => spec.subscribes?.(config) ?? [])
  return [...new Set(subscriptions.map(({ filter }) => filter))]
}

function mismatch(text: string, node?: string): Mismatch {
  return { path: [], text, lines: [], node }
}

/** What a call published, as a broker would give it to those who subscribe. */
function packetsOf({ pending }: WatchedHop): SandboxPacket[] {
  return pending.flatMap((item) => {
    const effect = effectOf(item)
    if (effect?.kind !== 'publish') return []
    const { topic, payload, qos, props = {} } = effect
    return [{ topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, qos, props }]
  })
}

/** Delivers packets one after the other at the moment at which they come, none inside another's run. */
function echoes(clock: VirtualClock, deliver: (packet: SandboxPacket) => void): (packets: SandboxPacket[]) => void {
  const queue: SandboxPacket[] = []
  let planned = false
  const drain = () => {
    for (let packet = queue.shift(); packet !== undefined; packet = queue.shift()) deliver(packet)
    planned = false
  }
  return (packets) => {
    queue.push(...packets)
    if (!planned && queue.length > 0) clock.at(clock.now(), drain)
    planned ||= queue.length > 0
  }
}

/** Ends a run in which time does not go on any more. */
export function callLimit(clock: VirtualClock): () => string | undefined {
  let [time, calls] = [clock.now(), 0]
  return () => {
    if (clock.now() !== time) [time, calls] = [clock.now(), 0]
    return ++calls > mostCalls ? `Nodes were called more than ${mostCalls} times at one moment.` : undefined
  }
}
