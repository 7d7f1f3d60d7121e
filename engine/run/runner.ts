import { type RulewireError, rulewireError } from '../errors.ts'
import type { Command } from '../spec/alarm.ts'
import type { Effect } from '../spec/context.ts'
import type { HookRequest } from '../spec/hook.ts'
import { type Batch, emptyBatch, type Pending } from './batch.ts'
import { type Cell, Journal } from './cell.ts'
import { errorOf, type Failure, letterOf, withError } from './failure.ts'
import { madeBy, messageOfArgument, type NodeRuntime, type OutputPort, type Target } from './node-runtime.ts'
import { StoreFault } from './ports.ts'
import type { RunnerOptions } from './runner-options.ts'
import { StateCache } from './state.ts'
import { type TimerCell, TimerQueue } from './timers.ts'
import { changesOf, type Origin, Probes, type RunWatch, type Watcher } from './watch.ts'
import { writeBatch } from './write.ts'

/** Handlers that one message may reach before it counts as going round in circles. */
const hopLimit = 10_000
/** Runs after which a batch is committed at once, so that a flood does not delay acks for long. */
const batchLimit = 1024
/** Time after which timers that are due let other work run first, milliseconds. */
const timerSlice = 20
/** Wait before a commit that failed is tried again, milliseconds: first and longest. */
const retryWait = { first: 50, longest: 2000 }

/**
 * Runs messages through nodes: one queue, no recursion, no promise. What the handlers write is gathered in a batch, which is
 * committed when the current input has been read, or after {@link batchLimit} runs. A handler that throws loses only its own
 * writes and messages; its input goes to its `error` port, or becomes a dead letter in the same commit.
 *
 * The house's plan had a savepoint for each message. Writes that are gathered in memory first can be dropped without one, which
 * saves two statements a message, and a commit that fails is simply written again.
 */
export class Runner {
  readonly state: StateCache
  readonly timers: TimerQueue
  /** UTC milliseconds; fixed while a message runs. */
  now: number
  /** What is gathered for the next commit. */
  batch: Batch = emptyBatch()
  /** Asked once for each run whether somebody looks on. */
  watcher: Watcher | undefined
  /** Tells how often a message has come round over topics; not there while none can. */
  hopsOf: ((target: Target, argument: unknown) => number) | undefined

  readonly #options: RunnerOptions
  readonly #journal = new Journal()
  readonly #targets: Target[] = []
  readonly #arguments: unknown[] = []
  readonly #nodes: ReadonlyMap<string, NodeRuntime>
  #head = 0
  #tail = 0
  /** How often what runs now was tried, this time included. */
  #attempts = 1
  /** What the last command or request was refused with. */
  #refused: RulewireError | undefined
  #commitPlanned = false
  #stopped = false
  #fault: { wait: number; retryPlanned: boolean } | undefined
  #ids = 0
  #idPrefix = ''

  constructor(nodes: ReadonlyMap<string, NodeRuntime>, options: RunnerOptions) {
    this.#nodes = nodes
    this.#options = options
    this.state = new StateCache(options.store.state)
    this.now = options.clock.now()
    this.timers = new TimerQueue(options.clock, options.store.timers.all(), () => this.#fireTimers())
  }

  /** True while the store cannot be written: then nothing may be handed over. */
  get faulted(): boolean {
    return this.#fault !== undefined
  }

  /** Sets what message ids start with; unique for each start of the engine. */
  set idPrefix(prefix: string) {
    this.#idPrefix = prefix
  }

  /** An id that no other message of this data directory has. */
  nextId(): string {
    return `${this.#idPrefix}${(this.#ids++).toString(36)}`
  }

  /** What runs now: the port of the handler, and what it was given. */
  get current(): { port: string; argument: unknown } {
    return { port: this.#targets[this.#head]?.port ?? '', argument: this.#arguments[this.#head] }
  }

  /** How often what runs now has come round over topics. */
  get hops(): number {
    const target = this.#targets[this.#head]
    return target === undefined || this.hopsOf === undefined ? 0 : this.hopsOf(target, this.#arguments[this.#head])
  }

  /** Makes an output port's function; wires are looked up when it is called, so they can be swapped. */
  outputPort(name: string): OutputPort {
    const port: OutputPort = {
      name,
      targets: [],
      messages: 0,
      last: undefined,
      send: (message) => {
        port.messages++
        port.last = message
        const { targets } = port
        for (let index = 0; index < targets.length; index++) {
          this.#targets[this.#tail] = targets[index] as Target
          this.#arguments[this.#tail++] = message
        }
      },
    }
    return port
  }

  /** Hands something to a handler and runs all that follows from it. */
  run(target: Target, argument: unknown): void {
    this.#targets[this.#tail] = target
    this.#arguments[this.#tail++] = argument
    const watch = this.watcher === undefined ? undefined : this.watcher(target, argument)
    if (watch === undefined) this.#drain()
    else this.#drainWatched(watch)
    this.batch.runs++
  }

  /** Runs something again that became a dead letter. False when its own handler failed again; that is a dead letter anew. */
  retry(target: Target, argument: unknown, attempts: number): boolean {
    const { errors } = target.node
    this.#attempts = attempts
    this.run(target, argument)
    this.#attempts = 1
    return target.node.errors === errors
  }

  /** Hands a command or a request to a node. What its handler throws is thrown here, and nothing of it stays. */
  command(target: Target, command: Command | HookRequest): void {
    this.#refused = undefined
    this.run(target, command)
    const refused = this.#refused
    if (refused !== undefined) throw refused
  }

  /** Reads the clock; to be called once before a group of runs. */
  tick(): void {
    this.now = this.#options.clock.now()
  }

  /** Milliseconds since {@link tick}. */
  get elapsed(): number {
    return this.#options.clock.now() - this.now
  }

  /** Calls back when other work that is due has run. */
  soon(run: () => void): void {
    this.#options.clock.soon(run)
  }

  /** To be called after a group of runs: lets the batch be committed soon. */
  finish(): void {
    if (this.batch.writes === 0) {
      const { batch } = this
      if (batch.connections.size === 0 && batch.pending.length === 0 && batch.after.length === 0) {
        batch.runs = 0
        return
      }
      this.#swap()
      this.#options.committed(batch)
      return
    }
    // While the store fails, only the planned repeat tries it: each try may block for the database's timeout.
    if (this.#fault !== undefined) return
    if (this.batch.runs >= batchLimit) this.commit()
    else if (!this.#commitPlanned) {
      this.#commitPlanned = true
      this.#options.clock.soon(() => {
        this.#commitPlanned = false
        if (this.batch.writes > 0 && this.#fault === undefined) this.commit()
      })
    }
  }

  /** Commits what is gathered. On a fault it stays gathered, and is tried again until it works. */
  commit(): void {
    if (this.#stopped) return
    const { batch } = this
    const { store, meter, faultPoint } = this.#options
    faultPoint?.('before-commit')
    const began = meter?.begin() ?? 0
    try {
      store.transaction(() => {
        writeBatch(store, batch, this.now)
        faultPoint?.('in-commit')
      })
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error
      meter?.failed()
      this.#failCommit(error)
      return
    }
    meter?.done(began, batch.runs)
    this.#swap()
    for (const cell of batch.state) cell.dirty = false
    for (const cell of batch.timers) {
      cell.dirty = false
      this.timers.written(cell)
    }
    const healed = this.#fault !== undefined
    this.#fault = undefined
    faultPoint?.('after-commit')
    this.#options.committed(batch)
    faultPoint?.('after-settle')
    for (const then of batch.after) then()
    faultPoint?.('after-batch')
    // What waited for this moment comes after the batch: its acks and rows are younger.
    if (healed) this.#options.onFault(undefined)
    this.timers.wait()
  }

  /** Commits nothing any more: the store is about to be closed. */
  stop(): void {
    this.#stopped = true
    this.timers.stop()
  }

  /** Counts something that has to be written, so that the batch is committed. */
  mustWrite(): void {
    this.batch.writes++
  }

  /** Adds to what the commit does. */
  add(pending: Pending): void {
    if (pending.kind !== 'send' && pending.kind !== 'answer') this.batch.writes++
    this.batch.pending.push(pending)
  }

  setState(cell: Cell<unknown>, value: unknown): void {
    if (cell.value === value) return
    this.#journal.record(cell)
    cell.value = value
    if (!cell.dirty) {
      cell.dirty = true
      this.batch.state.push(cell as Batch['state'][number])
    }
    this.batch.writes++
  }

  setTimer(cell: TimerCell, at: number | undefined): void {
    if (cell.value === at) return
    this.#journal.record(cell)
    cell.value = at
    if (!cell.dirty) {
      cell.dirty = true
      this.batch.timers.push(cell)
    }
    this.batch.writes++
    this.timers.changed(cell)
  }

  effect(effect: Effect, node: NodeRuntime): void {
    this.add(this.#options.take(effect, node))
  }

  #swap(): void {
    this.batch = emptyBatch()
  }

  #drain(): void {
    for (let head = 0; head < this.#tail; head++) {
      this.#hop(head)
      if (this.#journal.length > 0) this.#journal.clear()
      this.#arguments[head] = undefined
    }
    this.#tail = 0
  }

  /** The same, telling of each hop. */
  #drainWatched(watch: RunWatch): void {
    const queue = { targets: this.#targets, arguments: this.#arguments }
    const origins: (Origin | undefined)[] = []
    for (let head = 0; head < this.#tail; head++) {
      const { node, port } = this.#targets[head] as Target
      const argument = this.#arguments[head]
      const probes = new Probes(node)
      const tail = this.#tail
      const pending = this.batch.pending.length
      watch.before()
      const failure = this.#hop(head)
      const { sent, ports, end } = probes.collect(queue, Math.min(tail, this.#tail), this.#tail)
      this.#tail = end
      for (const [index, from] of ports.entries()) origins[tail + index] = { hop: head, port: from }
      watch.hop({
        node,
        port,
        argument,
        time: this.now,
        from: origins[head],
        sent,
        ...changesOf(this.#journal),
        pending: this.batch.pending.slice(pending),
        error: failure?.error,
        kept: failure?.kept,
      })
      this.#journal.clear()
      this.#arguments[head] = undefined
    }
    this.#tail = 0
    watch.end()
  }

  /** Calls one handler; what it throws is dealt with, and told. */
  #hop(head: number): Failure | undefined {
    this.#head = head
    const target = this.#targets[head] as Target
    const argument = this.#arguments[head]
    const { node } = target
    const pending = this.batch.pending.length
    const tail = this.#tail
    if (target.counted) node.messages++
    const made = target.counted ? undefined : madeBy(node)
    node.last = this.now
    try {
      if (head === hopLimit) throw rulewireError('TOO_MANY_HOPS', { limit: hopLimit })
      target.handle(argument as never)
      if (made !== undefined) node.messages += (madeBy(node) ?? made) - made
      return undefined
    } catch (thrown) {
      if (made !== undefined) node.messages++
      this.#journal.undoTo(0)
      this.batch.pending.length = pending
      this.#tail = head >= hopLimit ? head + 1 : tail
      return this.#fail(target, argument, thrown)
    }
  }

  #fail({ node, port }: Target, argument: unknown, thrown: unknown): Failure {
    // A command that is refused is an answer to a person, no message that failed.
    if (port !== ':command') node.errors++
    const error = errorOf(thrown)
    if (port === ':command' || port === ':request') {
      this.#refused = error
      return { error, kept: 'refused' }
    }
    const message = messageOfArgument(port, argument, this.now)
    const errors = node.outputs.get('error')
    if (message !== undefined && errors !== undefined && errors.targets.length > 0 && error.code !== 'TOO_MANY_HOPS') {
      errors.send(withError(message, error, node))
      return { error, kept: 'error-port' }
    }
    this.#options.log('warn', `${node.ref}: ${error.message}`)
    this.deadLetter(node.ref, port, argument, error)
    return { error, kept: 'dead-letter' }
  }

  /** Keeps what a handler could not take. */
  deadLetter(node: string, port: string, argument: unknown, error: RulewireError): void {
    const entry = letterOf({ node, port }, argument, { error, time: this.now, attempts: this.#attempts })
    this.add({ kind: 'dead', entry })
  }

  #fireTimers(): void {
    if (this.faulted) return
    this.tick()
    for (let count = 0; count < batchLimit && this.elapsed < timerSlice; count++) {
      const cell = this.timers.take(this.now)
      if (cell === undefined) break
      const target = this.#nodes.get(cell.node)?.inputs.get(':timer')
      // A timer of a node that does not run now waits until it does: TimerQueue.wakeNode.
      if (target === undefined) continue
      const at = cell.value ?? this.now
      this.setTimer(cell, undefined)
      this.#journal.clear()
      this.run(target, { key: cell.key, name: cell.name, at })
    }
    this.finish()
    this.timers.wait()
  }

  #failCommit(error: StoreFault): void {
    const before = this.#fault
    if (before?.retryPlanned) return
    const wait = before === undefined ? retryWait.first : Math.min(before.wait * 2, retryWait.longest)
    // Set before anybody is told, because who is told asks whether there is a fault.
    this.#fault = { wait, retryPlanned: true }
    if (before === undefined) {
      this.#options.log('error', rulewireError('STORE_FAULT', { detail: error.message }).message)
      this.#options.onFault(error.message)
    }
    this.#options.clock.at(this.#options.clock.now() + wait, () => {
      if (this.#fault === undefined) return
      this.#fault.retryPlanned = false
      this.commit()
    })
  }
}
