import { describe, expect, it } from 'vitest'
import { StoreFault } from '../../engine/run/ports.ts'
import type { Message } from '../../engine/spec/message.ts'
import injectNode from '../../nodes/inject.ts'
import { type Collected, collectorSpec, createRig, stepSpec } from './rig.ts'

function rigWithCollector() {
  const collected: Collected = new Map()
  const rig = createRig([stepSpec, injectNode, collectorSpec(collected)])
  return {
    rig,
    payloads: (node: string) => (collected.get(node) ?? []).map((message: Message) => message.payload),
    collected,
  }
}

describe('the runner', () => {
  it('gives one message to every wire without copying it, in the order of the wires', () => {
    const { rig, collected } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', {}],
        ['b', 'collect', {}],
        ['c', 'collect', {}],
      ],
      ['a.out b.in', 'a.out c.in'],
    )
    rig.send('a', { n: 1 })
    expect(collected.get('b')?.[0]).toBe(collected.get('c')?.[0])
  })

  it('takes back what a handler did when it throws, keeps what others did, and commits the dead letter with it', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { count: true }],
        ['b', 'step', { count: true, publish: true, fail: true }],
        ['c', 'collect', {}],
        ['d', 'collect', {}],
      ],
      ['a.out b.in', 'a.out c.in', 'b.out d.in'],
    )
    rig.send('a', 1)
    rig.clock.settle()
    expect(payloads('c')).toEqual([1])
    expect(payloads('d')).toEqual([])
    expect(rig.store.state.get('f/a', 'n')).toBe(1)
    expect(rig.store.state.get('f/b', 'n')).toBeUndefined()
    expect(rig.store.outbox.read('default', 0, 10)).toEqual([])
    const [letter] = rig.store.deadLetters.list({}).items
    expect(letter).toMatchObject({ flow: 'f', node: 'b', port: 'in', code: 'NODE_FAILED', attempts: 1 })
    expect(JSON.parse(letter?.message ?? '')).toMatchObject({ payload: 1 })
  })

  it('leads a failed message to the error port when that is wired, and makes no dead letter then', () => {
    const { rig, collected } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { fail: true }],
        ['b', 'collect', {}],
      ],
      ['a.error b.in'],
    )
    rig.send('a', 7)
    rig.clock.settle()
    expect(collected.get('b')?.[0]).toMatchObject({ payload: 7, error: { code: 'NODE_FAILED', node: 'f/a' } })
    expect(rig.store.deadLetters.count()).toBe(0)
  })

  it('commits nothing for a message that asks for nothing durable', () => {
    const { rig } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', {}],
        ['b', 'collect', {}],
      ],
      ['a.out b.in'],
    )
    rig.send('a', 1)
    rig.clock.settle()
    expect(rig.committed).toEqual([])
  })

  it('commits many messages together', () => {
    const { rig } = rigWithCollector()
    rig.deploy([['a', 'step', { count: true, publish: true }]], [])
    for (let n = 0; n < 50; n++) rig.send('a', n)
    rig.clock.settle()
    expect(rig.committed).toHaveLength(1)
    expect(rig.store.state.get('f/a', 'n')).toBe(50)
    expect(rig.store.outbox.read('default', 0, 100)).toHaveLength(50)
  })

  it('holds everything while the store fails, writes it once it works, and hands nothing out before', () => {
    const { rig } = rigWithCollector()
    rig.deploy([['a', 'step', { count: true, publish: true }]], [])
    const { transaction } = rig.store
    let broken = true
    rig.store.transaction = (write) => {
      if (broken) throw new StoreFault('database or disk is full')
      transaction(write)
    }
    rig.send('a', 1)
    rig.clock.settle()
    rig.clock.advanceTo(rig.clock.now() + 5000)
    expect(rig.runner.faulted).toBe(true)
    expect(rig.faults).toEqual(['database or disk is full'])
    expect(rig.committed).toEqual([])
    broken = false
    rig.clock.advanceTo(rig.clock.now() + 5000)
    expect(rig.runner.faulted).toBe(false)
    expect(rig.faults).toEqual(['database or disk is full', undefined])
    expect(rig.committed).toHaveLength(1)
    expect(rig.store.state.get('f/a', 'n')).toBe(1)
  })

  it('ends a message that reaches too many handlers', () => {
    const { rig } = rigWithCollector()
    const stages = 15
    const nodes = Array.from({ length: stages }, (_, n): [string, string, Record<string, unknown>][] => [
      [`l${n}`, 'step', {}],
      [`r${n}`, 'step', {}],
    ]).flat()
    const wires = Array.from({ length: stages - 1 }, (_, n) =>
      ['l', 'r'].flatMap((from) => ['l', 'r'].map((to) => `${from}${n}.out ${to}${n + 1}.in`)),
    ).flat()
    rig.deploy(nodes, wires)
    rig.send('l0', 1)
    rig.clock.settle()
    expect(rig.store.deadLetters.list({}).items.map(({ code }) => code)).toEqual(['TOO_MANY_HOPS'])
    rig.send('l14', 2)
    rig.clock.settle()
    expect(rig.store.deadLetters.count()).toBe(1)
  })
})

describe('timers', () => {
  it('fire when they are due, once, at their time', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { wait: 5000 }],
        ['b', 'collect', {}],
      ],
      ['a.late b.in'],
    )
    const start = rig.clock.now()
    rig.send('a', 1)
    rig.clock.advanceTo(start + 4999)
    expect(payloads('b')).toEqual([])
    rig.clock.advanceTo(start + 60_000)
    expect(payloads('b')).toEqual([start + 5000])
    expect(rig.store.timers.all()).toEqual([])
  })

  it('move when they are set again', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { wait: 5000 }],
        ['b', 'collect', {}],
      ],
      ['a.late b.in'],
    )
    const start = rig.clock.now()
    for (let at = start; at < start + 20_000; at += 1000) {
      rig.clock.advanceTo(at)
      rig.send('a', 1)
    }
    rig.clock.advanceTo(start + 100_000)
    expect(payloads('b')).toEqual([start + 24_000])
  })

  it('survive a restart, and fire late when their time has passed meanwhile', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { wait: 5000 }],
        ['b', 'collect', {}],
      ],
      ['a.late b.in'],
    )
    const start = rig.clock.now()
    rig.send('a', 1)
    rig.clock.settle()
    rig.restart()
    rig.clock.advanceTo(start + 60_000)
    expect(payloads('b')).toEqual([])
    rig.deploy(
      [
        ['a', 'step', { wait: 5000 }],
        ['b', 'collect', {}],
      ],
      ['a.late b.in'],
    )
    rig.clock.advanceTo(start + 61_000)
    expect(payloads('b')).toEqual([start + 5000])
  })

  it('are taken back when the handler that set them throws', () => {
    const { rig } = rigWithCollector()
    rig.deploy([['a', 'step', { wait: 5000 }]], [])
    rig.send('a', 'bad')
    rig.clock.settle()
    expect(rig.store.timers.all()).toEqual([])
    expect(rig.runner.timers.ofNode('f/a')).toEqual([])
  })
})

describe('a deploy', () => {
  it('keeps the state of a node whose config changed, and deletes that of one that is gone or has another type', () => {
    const { rig } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { count: true }],
        ['b', 'step', { count: true, wait: 9000 }],
        ['c', 'step', { count: true }],
      ],
      [],
    )
    for (const node of ['a', 'b', 'c']) rig.send(node, 1)
    rig.clock.settle()
    rig.deploy(
      [
        ['a', 'step', { count: true, publish: true }],
        ['c', 'collect', {}],
      ],
      [],
    )
    rig.send('a', 1)
    rig.clock.settle()
    expect(rig.store.state.get('f/a', 'n')).toBe(2)
    expect(rig.store.state.get('f/b', 'n')).toBeUndefined()
    expect(rig.store.state.get('f/c', 'n')).toBeUndefined()
    expect(rig.store.timers.all()).toEqual([])
  })

  it('replaces only what changed: the others keep their counters', () => {
    const { rig } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', {}],
        ['b', 'step', {}],
      ],
      ['a.out b.in'],
    )
    rig.send('a', 1)
    const before = rig.nodes.get('f/a')
    rig.deploy(
      [
        ['a', 'step', {}],
        ['b', 'step', { publish: true }],
      ],
      ['a.out b.in'],
    )
    expect(rig.nodes.get('f/a')).toBe(before)
    rig.send('a', 1)
    rig.clock.settle()
    expect(rig.nodes.get('f/b')?.messages).toBe(1)
    expect(rig.store.outbox.read('default', 0, 10)).toHaveLength(1)
  })

  it('swaps wires of a node that did not change', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', {}],
        ['b', 'collect', {}],
        ['c', 'collect', {}],
      ],
      ['a.out b.in'],
    )
    rig.send('a', 1)
    rig.deploy(
      [
        ['a', 'step', {}],
        ['b', 'collect', {}],
        ['c', 'collect', {}],
      ],
      ['a.out c.in'],
    )
    rig.send('a', 2)
    expect([payloads('b'), payloads('c')]).toEqual([[1], [2]])
  })
})

describe('the messages of a node', () => {
  it('are those that come in, not its timers', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'step', { wait: 5000 }],
        ['b', 'collect', {}],
      ],
      ['a.late b.in'],
    )
    rig.send('a', 1)
    rig.clock.advanceTo(rig.clock.now() + 6000)
    expect(payloads('b')).toHaveLength(1)
    expect(['a', 'b'].map((id) => rig.nodes.get(`f/${id}`)?.messages)).toEqual([1, 1])
  })

  it('are those that it makes or fails to make, where none come in', () => {
    const { rig, payloads } = rigWithCollector()
    rig.deploy(
      [
        ['a', 'inject', { every: '1s', payload: '$n = 2 ? $error("not this one") : $n' }],
        ['b', 'collect', {}],
      ],
      ['a.out b.in'],
    )
    rig.clock.advanceTo(rig.clock.now() + 3000)
    expect(payloads('b')).toEqual([1, 3])
    expect(rig.nodes.get('f/a')).toMatchObject({ messages: 3, errors: 1 })
  })
})

describe('memory', () => {
  it('does not grow with timers that have fired', () => {
    const { rig } = rigWithCollector()
    rig.deploy([['a', 'step', { wait: 5000 }]], [])
    for (let n = 0; n < 50; n++) {
      rig.send('a', n)
      rig.clock.advanceTo(rig.clock.now() + 6000)
    }
    expect(rig.runner.timers.size).toBe(0)
  })
})
