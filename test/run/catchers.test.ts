import { describe, expect, it } from 'vitest'
import errorNode from '../../nodes/error.ts'
import { type Collected, collectorSpec, createRig, stepSpec } from './rig.ts'

function rigWithErrorNode() {
  const collected: Collected = new Map()
  const rig = createRig([stepSpec, collectorSpec(collected), errorNode])
  return { rig, collected }
}

type Nodes = [string, string, Record<string, unknown>][]
const failing: Nodes = [
  ['a', 'step', { fail: true }],
  ['caught', 'error', {}],
  ['b', 'collect', {}],
]

describe('a node that catches errors', () => {
  it('gets what fails at a node whose error port is not wired, and no dead letter is made', () => {
    const { rig, collected } = rigWithErrorNode()
    rig.deploy(failing, ['caught.out b.in'])
    rig.send('a', 7)
    rig.clock.settle()
    expect(collected.get('b')).toMatchObject([{ payload: 7, error: { code: 'NODE_FAILED', node: 'f/a' } }])
    expect(rig.store.deadLetters.count()).toBe(0)
  })

  it('gets nothing of a node whose error port is wired', () => {
    const { rig, collected } = rigWithErrorNode()
    rig.deploy([...failing, ['own', 'collect', {}]], ['caught.out b.in', 'a.error own.in'])
    rig.send('a', 7)
    expect(collected.get('own')?.length).toBe(1)
    expect(collected.get('b')).toBeUndefined()
  })

  it('does not get what fails behind it: that becomes a dead letter', () => {
    const { rig } = rigWithErrorNode()
    rig.deploy(
      [
        ['a', 'step', { fail: true }],
        ['caught', 'error', {}],
        ['pass', 'step', {}],
        ['worse', 'step', { fail: true }],
      ],
      ['caught.out pass.in', 'pass.out worse.in'],
    )
    rig.send('a', 7)
    rig.clock.settle()
    expect(rig.store.deadLetters.list({}).items).toMatchObject([{ node: 'worse', code: 'NODE_FAILED' }])
  })

  it('catches nothing as long as it leads nowhere', () => {
    const { rig } = rigWithErrorNode()
    rig.deploy(failing, [])
    rig.send('a', 7)
    rig.clock.settle()
    expect(rig.store.deadLetters.list({}).items).toMatchObject([{ node: 'a' }])
  })

  it('comes and goes with a deploy, without the other nodes being replaced', () => {
    const { rig, collected } = rigWithErrorNode()
    rig.deploy(
      [
        ['a', 'step', { fail: true }],
        ['b', 'collect', {}],
      ],
      [],
    )
    const before = rig.nodes.get('f/a')
    rig.deploy(failing, ['caught.out b.in'])
    rig.send('a', 1)
    rig.deploy(failing.slice(0, 1), [])
    rig.send('a', 2)
    rig.clock.settle()
    expect(rig.nodes.get('f/a')).toBe(before)
    expect(collected.get('b')?.map(({ payload }) => payload)).toEqual([1])
    expect(rig.store.deadLetters.list({}).items.length).toBe(1)
  })

  it('is told to whoever watches the run', () => {
    const { rig } = rigWithErrorNode()
    rig.deploy(failing, ['caught.out b.in'])
    const hops: string[] = []
    rig.runner.watcher = () => ({
      before: () => undefined,
      hop: ({ node, port, kept }) => void hops.push(`${node.id} ${port} ${kept ?? ''}`.trim()),
      end: () => undefined,
    })
    rig.send('a', 7)
    expect(hops).toEqual(['a in error-port', 'caught :caught', 'b in'])
  })
})
