import { describe, expect, it } from 'vitest'
import type { Batch } from '../../engine/run/batch.ts'
import { BrokerOutbox, type OutboxLimits } from '../../engine/run/outbox.ts'
import { Runner } from '../../engine/run/runner.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import { openStore } from '../../engine/store/index.ts'

function setUp(limits: OutboxLimits) {
  const store = openStore(':memory:')
  const clock = new VirtualClock(1_000_000)
  let whileCommitting: (() => void) | undefined
  const runner: Runner = new Runner(new Map(), {
    store,
    clock,
    take: () => {
      throw new Error('effects are taken by hand here')
    },
    committed: (batch: Batch) => {
      outbox.committed(batch.pending.flatMap((item) => (item.kind === 'publish' ? [item.row] : [])))
      whileCommitting?.()
      whileCommitting = undefined
    },
    onFault: () => undefined,
    log: () => undefined,
  })
  const outbox = new BrokerOutbox('c', store.outbox, runner, limits)
  const publish = (...payloads: string[]) => {
    for (const payload of payloads)
      runner.add(outbox.take({ kind: 'publish', topic: 't', payload, qos: 1, retain: false }, 1, 'f/a'))
    runner.finish()
    clock.settle()
  }
  const stored = () => store.outbox.read('c', 0, 100).map(({ payload }) => payload)
  return {
    outbox,
    clock,
    publish,
    stored,
    read: () => outbox.read(0, 100).map(({ payload }) => payload),
    duringNextCommit: (run: () => void) => {
      whileCommitting = run
    },
  }
}

describe('the outbox', () => {
  it('drops the oldest over its limit, and never gives those to the link', () => {
    const { outbox, publish, stored, read } = setUp({ rows: 3, policy: 'drop-oldest' })
    publish('a', 'b', 'c', 'd', 'e')
    expect(stored()).toEqual(['c', 'd', 'e'])
    expect(read()).toEqual(['c', 'd', 'e'])
    expect([outbox.count, outbox.dropped]).toEqual([3, 2])
  })

  it('does not drop what the link has been given, because it may arrive', () => {
    const { outbox, publish, stored } = setUp({ rows: 2, policy: 'drop-oldest' })
    publish('a', 'b')
    outbox.read(0, 1)
    publish('c', 'd')
    expect(stored()).toEqual(['a', 'd'])
    expect([outbox.count, outbox.dropped]).toEqual([2, 2])
  })

  it('deletes a row that is refused while a batch that deletes others is handed out', () => {
    const { outbox, clock, publish, stored, duringNextCommit } = setUp({ rows: 100, policy: 'block' })
    publish('a', 'b')
    outbox.remove(1)
    duringNextCommit(() => outbox.remove(2))
    clock.settle()
    clock.settle()
    expect(stored()).toEqual([])
    expect(outbox.count).toBe(0)
  })
})
