import TinyQueue from 'tinyqueue'
import { RulewireError, rulewireError } from '../errors.ts'
import type { Pending } from '../run/batch.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Clock, FaultPoint, RequestStore, StoredRequest } from '../run/ports.ts'
import type { Runner } from '../run/runner.ts'
import type { EffectResult, RequestEffect } from '../spec/context.ts'
import { type Answer, type SendOptions, sendRequest } from './send.ts'
import type { Transport } from './transport.ts'

/** Requests under way at once. */
const parallelLimit = 32
/** Wait between attempts, milliseconds: it doubles from the first to the longest, and is varied by half. */
const backoff = { first: 1000, longest: 300_000 }
/** A server may ask to wait, but not for ever: milliseconds. */
const longestRetryAfter = 3_600_000

export interface RequestsOptions {
  store: RequestStore
  runner: Runner
  clock: Clock
  /** From 0 up to 1. */
  random(): number
  /** Part of the Idempotency-Key: the id of the data directory. */
  dataId: string
  /** Requests that may wait; further ones are refused with OUTBOX_FULL. */
  limit: number
  nodeOf(ref: string): NodeRuntime | undefined
  /** How requests reach their servers. It is closed with this. */
  transport: Transport
  /** Value of a secret; throws when it cannot be read. */
  secret: SendOptions['secret']
  /** Tests end the process there. */
  faultPoint?: ((point: FaultPoint) => void) | undefined
}

interface Waiting {
  readonly id: number
  readonly node: string
  attempts: number
  /** UTC milliseconds. */
  due: number
}

/**
 * Sends committed HTTP requests: side by side, but one after the other for the same node and order key. The answer goes to the
 * node in the commit that deletes the request, so a request is sent at least once, always with the same Idempotency-Key.
 */
export class Requests {
  readonly #options: RequestsOptions
  /** Requests by node and order key, oldest first. */
  readonly #queues = new Map<string, Waiting[]>()
  /** Queues whose first request may go now: who waited longest goes first. */
  readonly #ready = new Set<string>()
  /** Queues whose first request has to wait. */
  readonly #later = new TinyQueue<{ due: number; queue: string }>([], (left, right) => left.due - right.due)
  readonly #underWay = new Map<number, { abort: AbortController; done: Promise<void> }>()
  #count = 0
  #lastId: number
  #call: { at: number; off: () => void } | undefined
  #stopped = false

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#lastId = options.store.last()
    for (const { id, node, order, attempts, due } of options.store.all())
      this.#enqueue(node, order, { id, node, attempts, due })
  }

  /** Requests without an answer. */
  get count(): number {
    return this.#count
  }

  /** Makes a row of an effect. Throws OUTBOX_FULL. */
  take(effect: RequestEffect, node: string): Pending {
    if (this.#count >= this.#options.limit) throw rulewireError('OUTBOX_FULL', { sink: node, count: this.#count })
    return { kind: 'request', request: { id: ++this.#lastId, node, effect, attempts: 0, due: 0 } }
  }

  /** To be called when requests are committed. */
  committed(requests: readonly StoredRequest[]): void {
    for (const { id, node, effect, attempts, due } of requests)
      this.#enqueue(node, effect.order, { id, node, attempts, due })
    this.wake()
  }

  /** Starts what may be sent now, and asks the clock to call for the rest. */
  wake(): void {
    this.#wakeAt(this.#options.clock.now())
  }

  #wakeAt(now: number): void {
    if (this.#stopped || this.#options.runner.faulted) return
    for (let next = this.#later.peek(); next !== undefined && next.due <= now; next = this.#later.peek()) {
      this.#later.pop()
      this.#ready.add(next.queue)
    }
    for (const queue of this.#ready) {
      if (this.#underWay.size >= parallelLimit) break
      this.#ready.delete(queue)
      const head = this.#queues.get(queue)?.[0]
      if (head !== undefined) this.#start(queue, head)
    }
    const due = this.#later.peek()?.due
    if (due === this.#call?.at) return
    this.#call?.off()
    // A clock that was set back meanwhile does not make it wait anew.
    const called = () => {
      this.#call = undefined
      this.#wakeAt(Math.max(due ?? 0, this.#options.clock.now()))
    }
    this.#call = due === undefined ? undefined : { at: due, off: this.#options.clock.at(due, called) }
  }

  /** Starts nothing more, waits for what is under way up to `patience` milliseconds, then breaks it off: it is sent again after the next start. */
  async close(patience: number): Promise<void> {
    this.#stopped = true
    this.#call?.off()
    const { clock } = this.#options
    const callOff = clock.at(clock.now() + patience, () => {
      for (const { abort } of this.#underWay.values()) abort.abort(new Error('the engine stops'))
    })
    await Promise.all([...this.#underWay.values()].map(({ done }) => done))
    callOff()
    this.#options.transport.close()
  }

  #enqueue(node: string, order: string, waiting: Waiting): void {
    const queue = `${node} ${order}`
    const list = this.#queues.get(queue)
    if (list === undefined) {
      this.#queues.set(queue, [waiting])
      this.#offer(queue, waiting)
    } else list.push(waiting)
    this.#count++
  }

  /** The first request of a queue waits for its turn, or for its time. */
  #offer(queue: string, { due }: Waiting): void {
    if (due > this.#options.clock.now()) this.#later.push({ due, queue })
    else this.#ready.add(queue)
  }

  #start(queue: string, waiting: Waiting): void {
    const request = this.#options.store.get(waiting.id)
    if (request === undefined) {
      this.#leave(queue)
      return
    }
    const abort = new AbortController()
    const key = `${this.#options.dataId}-${waiting.id}`
    const done = sendRequest(request.effect, key, abort.signal, this.#options).then((answer) => {
      this.#underWay.delete(waiting.id)
      if (!abort.signal.aborted) this.#answered(queue, waiting, request.effect, answer)
      this.wake()
    })
    this.#underWay.set(waiting.id, { abort, done })
  }

  #answered(queue: string, waiting: Waiting, effect: RequestEffect, answer: Answer): void {
    waiting.attempts++
    this.#options.faultPoint?.('request-answered')
    const { runner, clock, store } = this.#options
    runner.tick()
    if (answer.kind === 'again' && waiting.attempts <= effect.retries) {
      const { attempts } = waiting
      const pause = Math.min(backoff.first * 2 ** (attempts - 1), backoff.longest) * (0.5 + this.#options.random())
      waiting.due = clock.now() + Math.max(pause, Math.min(answer.retryAfter ?? 0, longestRetryAfter))
      this.#offer(queue, waiting)
      const due = Math.ceil(waiting.due)
      runner.add({ kind: 'write', write: () => store.postpone(waiting.id, attempts, due) })
    } else {
      this.#leave(queue)
      this.#deliver(waiting, effect, answer)
      runner.add({ kind: 'write', write: () => store.delete(waiting.id) })
    }
    runner.finish()
  }

  #deliver(waiting: Waiting, effect: RequestEffect, answer: Answer): void {
    const { runner, nodeOf } = this.#options
    const { message } = effect
    const { attempts } = waiting
    const result: EffectResult =
      answer.kind === 'response'
        ? { kind: 'response', message, status: answer.status, headers: answer.headers, body: answer.body, attempts }
        : {
            kind: 'failed',
            message,
            detail: answer.detail,
            attempts,
            ...(answer.status === undefined ? {} : { status: answer.status }),
            ...(answer.error === undefined ? {} : { error: answer.error }),
          }
    const target = nodeOf(waiting.node)?.inputs.get(':result')
    if (target !== undefined) {
      runner.run(target, result)
    } else if (result.kind === 'failed') {
      const values = { method: effect.method, url: withoutQuery(effect.url), detail: result.detail, attempts }
      const error =
        result.error === undefined ? rulewireError('REQUEST_FAILED', values) : new RulewireError(result.error)
      runner.deadLetter(waiting.node, ':result', result, error)
    }
  }

  /** The first request of a queue is done. */
  #leave(queue: string): void {
    const list = this.#queues.get(queue) ?? []
    list.shift()
    const next = list[0]
    if (next === undefined) this.#queues.delete(queue)
    else this.#offer(queue, next)
    this.#count--
  }
}

/** A query may hold what is nobody's business, and errors are shown and kept. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '')
}
