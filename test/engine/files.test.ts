import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

let test: TestEngine | undefined
afterEach(() => test?.close())

const ticking = (flow: string, every: string) =>
  flowOf(
    flow,
    [
      ['tick', 'inject', { every, payload: '1' }],
      ['show', 'debug', {}],
    ],
    ['tick.out show.in'],
  )

async function started(documents: Record<string, unknown>): Promise<TestEngine> {
  test = await startEngine(documents)
  return test
}

const statusOf = (engine: TestEngine, flow: string) =>
  engine.engine.flows.list().find((one) => one.flow === flow)?.status

describe('files are the truth', () => {
  it('deploys an added file, a changed one, and ends a removed one, without touching the other flows', async () => {
    const running = await started({ one: ticking('one', '1h') })
    const { engine } = running
    const untouched = engine.statistics()['one/tick']
    running.write('two', ticking('two', '2h'))
    await until(() => statusOf(running, 'two') === 'running', 'the added flow')
    running.write('two', ticking('two', '3h'))
    await until(
      () => running.log.some(({ text }) => text.includes('flow two deployed') && text.includes('1 changed')),
      'the change',
    )
    unlinkSync(join(running.flows, 'two.json'))
    await until(() => statusOf(running, 'two') === undefined, 'the end of the removed flow')
    expect(engine.statistics()['one/tick']).toEqual(untouched)
    expect(running.log.filter(({ text }) => text.startsWith('flow one'))).toHaveLength(1)
  })

  it('keeps the last good deploy running when a file is broken, says why, and goes on when it is mended', async () => {
    const running = await started({ one: ticking('one', '1h') })
    running.write('one', '{ "flow": "one", "nodes": [ ')
    await until(() => statusOf(running, 'one') === 'held', 'the held flow')
    const held = running.engine.flows.get('one')
    expect(held.problems.map(({ code }) => code)).toEqual(['BROKEN_JSON'])
    expect(held.problems[0]?.line).toBe(1)
    expect(running.engine.statistics()).toHaveProperty(['one/tick'])
    expect(running.log.some(({ text }) => text.includes('BROKEN_JSON'))).toBe(true)
    running.write('one', ticking('one', '2h'))
    await until(() => statusOf(running, 'one') === 'running', 'the mended flow')
  })

  it('runs the last good version after a restart with a broken file', async () => {
    const running = await started({ one: ticking('one', '1h') })
    running.write('one', 'nothing')
    await until(() => statusOf(running, 'one') === 'held', 'the held flow')
    await running.restart()
    expect(statusOf(running, 'one')).toBe('held')
    expect(running.engine.statistics()).toHaveProperty(['one/tick'])
  })

  it('shows a flow that never was good as failed, and runs the others', async () => {
    const running = await started({ bad: '[]', good: ticking('good', '1h') })
    expect(statusOf(running, 'bad')).toBe('failed')
    expect(statusOf(running, 'good')).toBe('running')
  })

  it('disables a node of an unknown type alone', async () => {
    const flow = flowOf(
      'one',
      [
        ['tick', 'inject', { every: '1h', payload: '1' }],
        ['odd', 'teleport', {}],
        ['show', 'debug', {}],
      ],
      ['tick.out show.in', 'tick.out odd.in'],
    )
    const running = await started({ one: flow })
    expect(statusOf(running, 'one')).toBe('running')
    expect(Object.keys(running.engine.statistics())).toEqual(['one/tick', 'one/show'])
    expect(running.engine.flows.get('one').problems.map(({ code }) => code)).toContain('UNKNOWN_NODE_TYPE')
  })

  it('writes the file of a put, refuses one with errors or an old hash, and forgets a deleted flow', async () => {
    const running = await started({})
    const { engine } = running
    const first = await engine.flows.put('one', ticking('one', '1h'))
    expect(first.diff.added).toEqual(['tick', 'show'])
    expect(statusOf(running, 'one')).toBe('running')
    await expect(engine.flows.put('one', { flow: 'one', nodes: 3, wires: [] })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
    })
    const second = await engine.flows.put('one', ticking('one', '2h'), first.hash)
    expect(second.diff.changed).toEqual(['tick'])
    await expect(engine.flows.put('one', ticking('one', '3h'), first.hash)).rejects.toMatchObject({
      code: 'CHANGED_MEANWHILE',
    })
    await engine.flows.delete('one')
    expect(engine.flows.list()).toEqual([])
    await expect(engine.flows.delete('one')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
