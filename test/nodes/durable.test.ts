import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeSpecs } from '../../nodes/index.ts'
import { type Collected, collectorSpec, createRig } from '../run/rig.ts'

/** What is sent to a node, then the engine's restart, then more; what comes out after a minute of virtual time. */
interface Story {
  type: string
  config: Record<string, unknown>
  /** Input and output port; `in` and `out` unless said. */
  ports?: readonly [string, string]
  before: readonly unknown[]
  after: readonly unknown[]
  wanted: readonly unknown[]
}

const stories: readonly Story[] = [
  { type: 'on-change', config: {}, before: [1, 2], after: [2, 3], wanted: [1, 2, 3] },
  { type: 'debounce', config: { quiet: '10s' }, before: [1, 2], after: [], wanted: [2] },
  {
    type: 'rate-limit',
    config: { per: '10s', over: 'queue' },
    before: ['a', 'b', 'c'],
    after: ['d'],
    wanted: ['a', 'b', 'c', 'd'],
  },
  { type: 'delay', config: { for: '5s' }, before: [1, { $bytes: 'x' }], after: [3], wanted: [1, { $bytes: 'x' }, 3] },
  { type: 'batch', config: { count: 3 }, before: [1, 2], after: [3, 4], wanted: [[1, 2, 3]] },
  {
    type: 'window',
    config: { count: 4, results: ['sum', 'median'] },
    before: [1, 2],
    after: [3, 4],
    wanted: [expect.objectContaining({ sum: 10, median: 2.5 })],
  },
  {
    type: 'window',
    config: { kind: 'session', gap: '10s', results: ['count', 'max'] },
    before: [1, 5],
    after: [3],
    wanted: [expect.objectContaining({ count: 3, max: 5 })],
  },
  {
    type: 'counter',
    config: { add: 'payload' },
    before: [1],
    after: [2],
    wanted: [expect.objectContaining({ total: 1 }), expect.objectContaining({ count: 2, total: 3 })],
  },
  {
    type: 'window',
    config: { length: '10s', results: ['sum', 'p50'] },
    before: [1, 2],
    after: [6],
    wanted: [expect.objectContaining({ sum: 9, p50: 2 })],
  },
  {
    type: 'window',
    config: { kind: 'sliding', length: '10s', compute: '$sum($items)' },
    before: [1, 2],
    after: [3],
    wanted: [1, 3, 6],
  },
  {
    type: 'rate-limit',
    config: { per: '10s', over: 'latest' },
    before: ['a', 'b'],
    after: ['c'],
    wanted: ['a', 'c'],
  },
  {
    type: 'latest',
    config: { parts: ['a', 'b'].map((id) => ({ id, when: `$exists(payload.${id})`, value: `payload.${id}` })) },
    before: [{ a: 1 }],
    after: [{ b: 2 }],
    wanted: [{ a: 1, b: 2 }],
  },
  {
    type: 'no-data',
    config: { after: '10s' },
    ports: ['in', 'missing'],
    before: [1],
    after: [],
    wanted: [expect.objectContaining({ transition: 'MISSING', silence: 10_000 })],
  },
  {
    type: 'schedule',
    config: { spans: [{ from: '00:00', to: '12:00' }] },
    ports: ['in', 'change'],
    before: [1],
    after: [2],
    wanted: [expect.objectContaining({ on: expect.any(Boolean) })],
  },
  {
    type: 'state',
    config: { name: 'mode' },
    ports: ['set', 'changed'],
    before: ['on', 'off'],
    after: ['off', 'on'],
    wanted: ['on', 'off', 'on'],
  },
  {
    type: 'alarm',
    config: { raise: '> 8', count: { n: 3, within: '1m' }, onDelay: '10s', onRestart: 'continue' },
    ports: ['in', 'event'],
    before: [9, 9],
    after: [9],
    wanted: [expect.objectContaining({ transition: 'RAISED', value: 9, seq: 1 })],
  },
]

describe('over a restart of the engine on its database', () => {
  it.each(stories.map((story) => [`${story.type} ${JSON.stringify(story.config)}`, story] as const))(
    '%s goes on',
    (_, { type, config, ports: [input, output] = ['in', 'out'], before, after, wanted }) => {
      const directory = mkdtempSync(join(tmpdir(), 'rulewire-'))
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
      const collected: Collected = new Map()
      const rig = createRig([...nodeSpecs.values(), collectorSpec(collected)], directory)
      onTestFinished(() => rig.store.close())
      const deploy = () =>
        rig.deploy(
          [
            // messages of the rig were measured at time 0
            ['stamp', 'transform', { fields: { time: '$millis()' } }],
            ['node', type, config],
            ['end', 'collect', {}],
          ],
          [`stamp.out node.${input}`, `node.${output} end.in`],
        )
      deploy()
      for (const payload of before) rig.send('stamp', payload)
      rig.clock.settle()
      rig.restart()
      deploy()
      for (const payload of after) rig.send('stamp', payload)
      rig.clock.advanceTo(rig.clock.now() + 60_000)
      expect(collected.get('end')?.map(({ payload }) => payload)).toEqual(wanted)
    },
  )
})
