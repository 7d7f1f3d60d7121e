import { describe, expect, it } from 'vitest'
import { checkFlow } from '../../engine/flow/index.ts'
import linkIn from '../../nodes/link-in.ts'
import linkOut from '../../nodes/link-out.ts'
import { flowOf } from '../engine/start.ts'
import { type Collected, collectorSpec, createRig, stepSpec } from './rig.ts'

type Nodes = [string, string, Record<string, unknown>][]

function rigWithLinks() {
  const collected: Collected = new Map()
  const specs = [stepSpec, collectorSpec(collected), linkIn, linkOut]
  const rig = createRig(specs)
  const byType = new Map(specs.map((spec) => [spec.type, spec]))
  const deploy = (flow: string, nodes: Nodes, wires: string[]) => {
    const { plan, problems } = checkFlow(flowOf(flow, nodes, wires), { specs: byType })
    if (plan === undefined) throw new Error(JSON.stringify(problems))
    rig.deployment.apply(plan)
  }
  return { rig, deploy, payloads: (node: string) => (collected.get(node) ?? []).map(({ payload }) => payload) }
}

const sender: Nodes = [
  ['a', 'step', {}],
  ['to', 'link-out', { link: 'x' }],
  ['lost', 'collect', {}],
]
const senderWires = ['a.out to.in', 'to.unheard lost.in']
const receiver = (id: string, link = 'x'): Nodes => [
  ['from', 'link-in', { link }],
  [id, 'collect', {}],
]

describe('links between flows', () => {
  it('lead to every flow that receives them, whichever was deployed first', () => {
    const { rig, deploy, payloads } = rigWithLinks()
    deploy('g', receiver('b'), ['from.out b.in'])
    rig.deploy(sender, senderWires)
    deploy('h', receiver('c'), ['from.out c.in'])
    deploy('i', receiver('d', 'other'), ['from.out d.in'])
    rig.send('a', 1)
    expect([payloads('b'), payloads('c'), payloads('d'), payloads('lost')]).toEqual([[1], [1], [], []])
  })

  it('a message that nobody receives is unheard', () => {
    const { rig, deploy, payloads } = rigWithLinks()
    rig.deploy(sender, senderWires)
    rig.send('a', 1)
    deploy('g', receiver('b'), ['from.out b.in'])
    rig.send('a', 2)
    rig.deployment.remove('g')
    rig.send('a', 3)
    expect([payloads('b'), payloads('lost')]).toEqual([[2], [1, 3]])
  })

  it('follow a receiver that is replaced', () => {
    const { rig, deploy, payloads } = rigWithLinks()
    rig.deploy(sender, senderWires)
    deploy('g', receiver('b'), ['from.out b.in'])
    deploy('g', receiver('b', 'other'), ['from.out b.in'])
    rig.send('a', 1)
    deploy('g', receiver('b'), ['from.out b.in'])
    rig.send('a', 2)
    expect([payloads('b'), payloads('lost')]).toEqual([[2], [1]])
  })

  it('are the same for somebody who watches the run', () => {
    const { rig, deploy, payloads } = rigWithLinks()
    rig.deploy(sender, senderWires)
    const hops: string[] = []
    rig.runner.watcher = () => ({
      before: () => undefined,
      hop: ({ node, port }) => void hops.push(`${node.ref} ${port}`),
      end: () => undefined,
    })
    rig.send('a', 1)
    deploy('g', receiver('b'), ['from.out b.in'])
    rig.send('a', 2)
    expect(payloads('lost')).toEqual([1])
    expect(hops).toEqual(['f/a in', 'f/to in', 'f/lost in', 'f/a in', 'f/to in', 'g/from :linked', 'g/b in'])
  })

  it('a circle over flows ends as a dead letter', () => {
    const { rig, deploy } = rigWithLinks()
    rig.deploy([...sender, ['back', 'link-in', { link: 'y' }]], [...senderWires, 'back.out a.in'])
    deploy(
      'g',
      [
        ['from', 'link-in', { link: 'x' }],
        ['to', 'link-out', { link: 'y' }],
      ],
      ['from.out to.in'],
    )
    rig.send('a', 1)
    rig.clock.settle()
    expect(rig.store.deadLetters.list({}).items).toMatchObject([{ code: 'TOO_MANY_HOPS' }])
  })
})
