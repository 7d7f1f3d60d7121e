import { reachableFrom, waysOf } from '../flow/index.ts'
import type { Plan } from '../flow/model.ts'
import type { NodeRuntime, Target } from '../run/node-runtime.ts'
import type { Clock } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { BrokerDescription } from '../server/protocol.ts'
import type { StatusChange, StatusReport } from '../spec/status.ts'
import type { NewestLetter } from '../store/dead-letters.ts'
import { ErrorRates } from './error-rates.ts'

export interface StatusWatchOptions {
  nodes: ReadonlyMap<string, NodeRuntime>
  plans: ReadonlyMap<string, Plan>
  runner: Runner
  clock: Clock
  brokers(): readonly BrokerDescription[]
  /** What is wrong with the engine, as sentences. */
  faults(): readonly string[]
  /** By flow: what runs of it. */
  flows(): readonly { flow: string; status: string; version: string }[]
  /** The latest dead letter of each node among those above an id. */
  letters(after: number): readonly NewestLetter[]
}

/** Time between two looks, milliseconds, and the shortest one when something is known to have changed. */
const pause = { usual: 1000, shortest: 100 }
/** What may be caused by the messages of a node that is told of it. */
const ownKinds: readonly string[] = ['node', 'errors', 'dead-letters']

/**
 * Tells the nodes that watch the engine what has changed, about once a second: levels, not events, so that what comes and goes
 * often costs no more than what stands still. While no node watches, nothing is looked at.
 */
export class StatusWatch {
  readonly #options: StatusWatchOptions
  readonly #rates = new ErrorRates()
  /** Nodes that have been told everything. */
  #told = new WeakSet<NodeRuntime>()
  #known: ReadonlyMap<string, StatusChange> = new Map()
  readonly #letters = new Map<string, NewestLetter>()
  #lastLetter = 0
  /** By `flow/node` that watches: the nodes that its messages may reach, and itself. */
  #behind = new Map<string, ReadonlySet<string>>()
  /** Undefined: it has not started, or has ended. */
  #callOff: (() => void) | undefined
  #soon = false

  constructor(options: StatusWatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#lookIn(pause.usual)
  }

  /** To be called when something has changed. */
  touched(): void {
    if (this.#callOff === undefined || this.#soon) return
    this.#soon = true
    this.#callOff()
    this.#lookIn(pause.shortest)
  }

  #lookIn(milliseconds: number): void {
    const { clock } = this.#options
    this.#callOff = clock.at(clock.now() + milliseconds, () => {
      this.#soon = false
      this.#look()
      this.#lookIn(pause.usual)
    })
  }

  close(): void {
    this.#callOff?.()
    this.#callOff = undefined
  }

  /** To be called when flows have come or gone. */
  deployed(): void {
    this.#behind = new Map()
  }

  #look(): void {
    const { nodes, runner } = this.#options
    const targets = [...nodes.values()].flatMap((node) => node.inputs.get(':status') ?? [])
    if (targets.length === 0) {
      this.#known = new Map()
      this.#told = new WeakSet()
      return
    }
    // What cannot be committed is told when it can.
    if (runner.faulted) return
    const now = this.#all()
    const changes = changesBetween(this.#known, now)
    this.#known = now
    runner.tick()
    for (const target of targets) this.#tell(target, [...now.values()], changes)
    runner.finish()
  }

  #tell(target: Target, all: readonly StatusChange[], changes: readonly StatusChange[]): void {
    const complete = !this.#told.has(target.node)
    this.#told.add(target.node)
    const behind = this.#behindOf(target.node.ref)
    const foreign = (complete ? all : changes).filter(
      ({ kind, subject }) => !(ownKinds.includes(kind) && behind.has(subject)),
    )
    if (!complete && foreign.length === 0) return
    const report: StatusReport = { complete, changes: foreign }
    this.#options.runner.run(target, report)
  }

  #all(): Map<string, StatusChange> {
    const all = [
      ...this.#options.brokers().map(connectionStatus),
      this.#health(),
      ...this.#options.flows().map(
        ({ flow, status, version }): StatusChange => ({
          kind: 'deploy',
          subject: flow,
          state: status,
          text: `The flow ${flow} is ${status}.`,
          version,
        }),
      ),
      ...this.#deadLetters(),
      ...this.#ofNodes(),
    ]
    return new Map(all.map((change) => [`${change.kind} ${change.subject}`, change]))
  }

  #health(): StatusChange {
    const faults = this.#options.faults()
    const text = faults.length === 0 ? 'The engine is healthy.' : faults.join(' ')
    return { kind: 'health', subject: 'engine', state: faults.length === 0 ? 'healthy' : 'unhealthy', text }
  }

  #deadLetters(): StatusChange[] {
    for (const letter of this.#options.letters(this.#lastLetter)) {
      this.#letters.set(`${letter.flow}/${letter.node}`, letter)
      this.#lastLetter = Math.max(this.#lastLetter, letter.id)
    }
    return [...this.#letters].map(([subject, { id, code, text }]) => ({
      kind: 'dead-letters',
      subject,
      state: id,
      text: `${code} ${text}`,
    }))
  }

  #ofNodes(): StatusChange[] {
    return [...this.#options.nodes.values()].flatMap((node): StatusChange[] => {
      const { ref, status } = node
      const rate = this.#rates.count(node, this.#options.clock.now())
      const errors = {
        kind: 'errors' as const,
        subject: ref,
        state: rate,
        text: `${ref} failed ${rate} times in a minute.`,
      }
      if (status === undefined) return [errors]
      return [errors, { kind: 'node', subject: ref, state: status, text: `${ref} shows: ${status}` }]
    })
  }

  /** Failures lead to the nodes that catch them, too. */
  #behindOf(ref: string): ReadonlySet<string> {
    const known = this.#behind.get(ref)
    if (known !== undefined) return known
    const { plans } = this.#options
    const { edges } = waysOf(plans.values())
    const catchers = new Map(
      [...plans.values()].map(({ flow, nodes }) => [
        flow,
        nodes.filter(({ spec }) => spec.catches === 'errors').map(({ id }) => `${flow}/${id}`),
      ]),
    )
    const all = new Map(
      [...edges].map(([vertex, ways]) => [vertex, [...ways, ...(catchers.get(vertex.split('/')[0] ?? '') ?? [])]]),
    )
    const behind = new Set([ref, ...reachableFrom([ref], all)])
    this.#behind.set(ref, behind)
    return behind
  }
}

function connectionStatus({ name, incoming, outgoing }: BrokerDescription): StatusChange {
  const away = [incoming, outgoing].find((side) => side.status !== 'connected')
  const detail = away?.detail === undefined ? '' : `: ${away.detail}`
  const state = away?.status ?? 'connected'
  return { kind: 'connection', subject: name, state, text: `The connection ${name} is ${state}${detail}` }
}

function changesBetween(
  before: ReadonlyMap<string, StatusChange>,
  after: ReadonlyMap<string, StatusChange>,
): StatusChange[] {
  const changed = [...after].filter(([key, { state, version }]) => {
    const old = before.get(key)
    return old === undefined || old.state !== state || old.version !== version
  })
  const gone = [...before].filter(([key]) => !after.has(key))
  return [
    ...changed.map(([, change]) => change),
    ...gone.map(([, { kind, subject }]) => ({ kind, subject, state: undefined, text: `${subject} is gone.` })),
  ]
}
