import { rulewireError } from '../errors.ts'
import type { NodeRuntime } from '../run/node-runtime.ts'
import type { Runner } from '../run/runner.ts'
import type { DeadLetterFilter } from '../server/api.ts'
import type { DeadLetter } from '../server/protocol.ts'
import type { PublishEffect } from '../spec/context.ts'
import type { DeadLetterRecord } from '../store/dead-letters.ts'
import type { EngineStore } from '../store/index.ts'
import { fromText } from '../store/json.ts'

export interface DeadLetterOptions {
  store: EngineStore
  runner: Runner
  nodes: ReadonlyMap<string, NodeRuntime>
  /** Publishes a message that a broker refused once more. */
  publish(effect: PublishEffect, node: string): void
}

/** Messages that a node could not take: to look at, to run again from that node, to drop. */
export class DeadLetterDesk {
  readonly #options: DeadLetterOptions

  constructor(options: DeadLetterOptions) {
    this.#options = options
  }

  list(filter: DeadLetterFilter): { items: DeadLetter[]; total: number } {
    const { items, total } = this.#options.store.deadLetters.list(filter)
    return { items: items.map(deadLetterOf), total }
  }

  /** Throws NOT_FOUND. */
  get(id: number): DeadLetter {
    return deadLetterOf(this.#record(id))
  }

  /**
   * Runs dead letters again from the node that failed, with another payload if one is given. One that fails again is a new
   * dead letter with one attempt more; the old one goes in the same commit. Throws NOT_FOUND, and STORE_FAULT while the
   * database cannot be written.
   */
  async retry(ids: readonly number[], change?: { payload: unknown }): Promise<{ retried: number; failed: number }> {
    const { runner } = this.#options
    if (runner.faulted) throw rulewireError('STORE_FAULT', { detail: 'nothing can be taken from the dead letters now' })
    const records = ids.map((id) => this.#record(id))
    let failed = 0
    runner.tick()
    for (const record of records) if (!this.#retry(record, change)) failed++
    const committed = new Promise<void>((resolve) => runner.batch.after.push(resolve))
    runner.mustWrite()
    runner.finish()
    await committed
    return { retried: records.length - failed, failed }
  }

  drop(ids: readonly number[]): { dropped: number } {
    const { store } = this.#options
    const known = ids.filter((id) => store.deadLetters.get(id) !== undefined)
    store.transaction(() => {
      for (const id of known) store.deadLetters.delete(id)
    })
    return { dropped: known.length }
  }

  /** False when it failed again. */
  #retry(record: DeadLetterRecord, change: { payload: unknown } | undefined): boolean {
    const { runner, nodes, store, publish } = this.#options
    const ref = `${record.flow}/${record.node}`
    const argument = changed(record.port, fromText(record.message), change)
    if (record.port === ':publish') {
      // A dead letter of this port holds the effect that the broker refused.
      publish(argument as PublishEffect, ref)
    } else {
      const target = nodes.get(ref)?.inputs.get(record.port)
      if (target === undefined) return false
      if (!runner.retry(target, argument, record.attempts + 1)) {
        runner.add({ kind: 'write', write: () => store.deadLetters.delete(record.id) })
        return false
      }
    }
    runner.add({ kind: 'write', write: () => store.deadLetters.delete(record.id) })
    return true
  }

  #record(id: number): DeadLetterRecord {
    const record = this.#options.store.deadLetters.get(id)
    if (record !== undefined) return record
    throw rulewireError('NOT_FOUND', {
      what: 'dead letter',
      name: String(id),
      suggestion: '',
      list: '/api/v1/dead-letters',
    })
  }
}

function deadLetterOf(record: DeadLetterRecord): DeadLetter {
  return { ...record, message: JSON.parse(record.message) as unknown }
}

/** The argument with another payload; an answer of a sink has it in its message. */
function changed(port: string, argument: unknown, change: { payload: unknown } | undefined): unknown {
  if (change === undefined || typeof argument !== 'object' || argument === null) return argument
  const { payload } = change
  if (port === ':packet') return { ...argument, payload: bytesOf(payload) }
  if (port === ':publish')
    return { ...argument, payload: typeof payload === 'string' ? payload : JSON.stringify(payload) }
  if ('message' in argument && port === ':result')
    return { ...argument, message: { ...Object(argument.message), payload } }
  return { ...argument, payload }
}

function bytesOf(payload: unknown): Uint8Array {
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
}
