import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import type { DeploySummary } from '../../engine/server/protocol.ts'
import { until } from '../tools/wait.ts'
import { flowOf, startEngine, type TestEngine } from './start.ts'

const ends: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const good = '$number(payload)'
const bad = '$error("not so")'
/** A flow that computes something of each message; with a guard if one is given. */
const flow = (payload: string, guard?: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  ...(guard === undefined ? {} : { guard }),
  ...more,
  ...flowOf(
    'sums',
    [
      ['in', 'mqtt-in', { topic: 'numbers', qos: 1 }],
      ['work', 'transform', { payload }],
      ['out', 'mqtt-out', { topic: 'sums' }],
    ],
    ['in.out work.in', 'work.out out.in'],
  ),
})

async function start(document: unknown, options: Parameters<typeof startEngine>[1] = {}): Promise<TestEngine> {
  const test = await startEngine({ sums: document }, options)
  ends.push(() => test.close())
  return test
}

/** Publishes so many messages and waits until the flow has seen them all. */
async function send(test: TestEngine, count: number): Promise<void> {
  await until(() => test.engine.health().ready, 'the engine')
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${test.engine.mqttPort}`)
  const before = test.engine.statistics()['sums/in']?.messages ?? 0
  for (let index = 0; index < count; index++) await client.publishAsync('numbers', String(index), { qos: 1 })
  await until(() => (test.engine.statistics()['sums/in']?.messages ?? 0) >= before + count, 'all messages')
  await client.endAsync()
}

const list = (test: TestEngine): DeploySummary[] => test.engine.deploys.list('sums').items
const shown = (test: TestEngine) =>
  list(test).map(({ origin, by, comment, verdict, current }) => [origin, by, comment, verdict, current])
const deployed = (test: TestEngine): string => {
  const node = test.engine.flows.get('sums').document.nodes.find(({ id }) => id === 'work')
  return String(node?.config.payload)
}

describe('the versions of a flow', () => {
  it('are kept with who, when and why; a move of a box is none, but its place is kept', async () => {
    const test = await start(flow(good))
    const before = Date.now()
    await test.engine.flows.put('sums', flow('payload'), undefined, { by: 'anna', comment: 'as it comes' })
    await test.engine.flows.put('sums', { ...flow('payload'), layout: { in: [8, 8] } }, undefined, { by: 'ben' })
    expect(shown(test)).toEqual([
      ['deploy', 'anna', 'as it comes', 'good', true],
      ['file', 'file', null, 'good', false],
    ])
    const [newest, first] = list(test)
    expect(newest?.time).toBeGreaterThanOrEqual(before)
    expect(newest?.nodes).toBe(3)
    const detail = test.engine.deploys.get('sums', newest?.id ?? 0)
    expect(detail.document.layout).toEqual({ in: [8, 8] })
    expect(test.engine.deploys.get('sums', first?.id ?? 0)).toMatchObject({
      diff: { changed: ['work'], added: [], removed: [] },
      problems: [],
    })
    expect(() => test.engine.deploys.get('sums', 999)).toThrow('There is no deploy "sums 999"')
    expect(() => test.engine.deploys.list('none')).toThrow('There is no flow "none"')
  })

  it('are taken back by a person: the file is written, and what came back is told', async () => {
    const test = await start(flow(good))
    const first = list(test)[0]?.id ?? 0
    await test.engine.flows.put('sums', flow('payload'), undefined, { by: 'anna' })
    const answer = await test.engine.deploys.restore('sums', first, { by: 'ben', comment: 'it was better' })
    expect(answer.diff.changed).toEqual(['work'])
    expect(deployed(test)).toBe(good)
    expect(readFileSync(join(test.flows, 'sums.json'), 'utf8')).toContain(good)
    expect(list(test)[0]).toMatchObject({ origin: 'restore', by: 'ben', comment: 'it was better', restored: first })
    await test.restart()
    expect(deployed(test)).toBe(good)
    expect(list(test)).toHaveLength(3)
  })

  it('come back after the flow was deleted', async () => {
    const test = await start(flow(good))
    await test.engine.flows.delete('sums')
    const [only] = list(test)
    expect(only?.current).toBe(false)
    await test.engine.deploys.restore('sums', only?.id ?? 0)
    expect([deployed(test), list(test)[0]?.current]).toEqual([good, true])
  })

  it('are bounded, and the newest good one stays among many that failed', async () => {
    const test = await start(flow(good), { limits: { deploys: 3 } })
    for (let index = 0; index < 5; index++) await test.engine.flows.put('sums', flow(`payload + ${index}`))
    expect(list(test)).toHaveLength(3)
    const { deploys } = test.engine.store
    const keeps = list(test)[2]?.id ?? 0
    for (const { id } of list(test).slice(0, 2)) deploys.judge(id, 'failed', 'tried')
    for (let index = 5; index < 9; index++) {
      await test.engine.flows.put('sums', flow(`payload + ${index}`))
      deploys.judge(list(test)[0]?.id ?? 0, 'failed', 'tried')
    }
    expect(list(test)).toHaveLength(4)
    expect(list(test).at(-1)?.id).toBe(keeps)
  })
})

describe('a flow with a guard', () => {
  const guard = { errors: '5%', within: '2m', min: 10 }

  /** An engine on a clock of its own, which goes on only here. */
  async function startVirtual(document: unknown) {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1))
    const test = await start(document, { clock })
    let done = false
    // Batches and files wait for the clock's turn, not for its time.
    const turning = (async () => {
      while (!done) {
        clock.settle()
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    ends.push(async () => {
      await test.close()
    })
    ends.unshift(async () => {
      done = true
      await turning
    })
    return { test, wait: (milliseconds: number) => clock.advanceTo(clock.now() + milliseconds) }
  }

  it('goes back by itself when too many messages fail, says why, and does not go to and fro', async () => {
    const { test, wait } = await startVirtual(flow(good, guard))
    wait(120_000)
    expect(list(test)[0]?.verdict).toBe('good')
    const first = list(test)[0]?.id
    await test.engine.flows.put('sums', flow(bad, guard), undefined, { by: 'anna' })
    expect(list(test)[0]).toMatchObject({ verdict: 'watched', watch: { messages: 0, errors: 0 } })
    await send(test, 12)
    wait(2000)
    await until(() => deployed(test) === good, 'the good version')
    const [newest, failed] = list(test)
    const reason = '12 of 12 messages (100 %) failed within 1 s of the deploy; the guard allows 5 %.'
    expect(newest).toMatchObject({
      origin: 'return',
      by: 'automatic return',
      comment: reason,
      restored: first,
      current: true,
    })
    expect(failed).toMatchObject({ by: 'anna', verdict: 'failed', reason })
    expect(readFileSync(join(test.flows, 'sums.json'), 'utf8')).toContain(good)
    expect(test.engine.flows.list()[0]).toMatchObject({ returned: { id: newest?.id, reason } })
    expect(test.log.filter(({ text }) => text.includes(reason))).toMatchObject([{ level: 'error' }])
    // What came back is not watched, however much fails now.
    expect(newest?.watch).toBeUndefined()
    await send(test, 3)
    wait(600_000)
    expect(list(test)).toHaveLength(3)
    // The next version of a person ends the notice, and is watched anew.
    await test.engine.flows.put('sums', flow('payload', guard), undefined, { by: 'anna' })
    expect(test.engine.flows.list()[0]?.returned).toBeUndefined()
    expect(list(test)[0]?.verdict).toBe('watched')
  })

  it('goes past versions that failed before, that were not watched to the end, and that are disabled', async () => {
    const { test, wait } = await startVirtual(flow(good, guard))
    wait(120_000)
    await test.engine.flows.put('sums', flow(good, guard, { disabled: true }))
    await test.engine.flows.put('sums', flow(`${bad} & "1"`, guard))
    await send(test, 12)
    wait(1000)
    await until(() => list(test)[0]?.origin === 'return', 'the first return')
    expect(deployed(test)).toBe(good)
    await test.engine.flows.put('sums', flow('payload', guard))
    await test.engine.flows.put('sums', flow(`${bad} & "2"`, guard))
    await send(test, 12)
    wait(1000)
    await until(() => list(test)[0]?.origin === 'return', 'the second return')
    expect(deployed(test)).toBe(good)
    expect(list(test).map(({ verdict }) => verdict)).toEqual([
      'good',
      'failed',
      'watched',
      'good',
      'failed',
      'good',
      'good',
    ])
  })

  it('tries again while the file cannot be written', async () => {
    const { test, wait } = await startVirtual(flow(good, guard))
    wait(120_000)
    await test.engine.flows.put('sums', flow(bad, guard))
    // Where the file is written before it takes its name.
    const inTheWay = join(test.flows, '.sums.json.new')
    mkdirSync(inTheWay)
    await send(test, 12)
    wait(1000)
    await until(() => test.log.some(({ text }) => text.includes('is tried again')), 'the failure')
    expect(deployed(test)).toBe(bad)
    rmdirSync(inTheWay)
    wait(10_000)
    await until(() => deployed(test) === good, 'the good version')
    expect(
      list(test)
        .map(({ verdict, origin }) => [verdict, origin])
        .slice(0, 2),
    ).toEqual([
      ['good', 'return'],
      ['failed', 'deploy'],
    ])
  })

  it('runs on when there is nothing to go back to, and says so', async () => {
    const { test, wait } = await startVirtual(flow(bad, guard))
    await send(test, 12)
    wait(1000)
    await until(() => test.log.some(({ text }) => text.includes('no earlier version to go back to')), 'the message')
    expect(shown(test)).toEqual([['file', 'file', null, 'failed', true]])
    expect(deployed(test)).toBe(bad)
  })

  it('is watched on after a restart, and goes back then', async () => {
    const test = await start(flow(good))
    await test.engine.flows.put('sums', flow(bad, { ...guard, within: '1d' }), undefined, { by: 'anna' })
    await send(test, 6)
    await test.restart()
    expect(list(test)[0]).toMatchObject({ verdict: 'watched', watch: { messages: 6, errors: 6 } })
    await send(test, 6)
    await until(() => deployed(test) === good, 'the good version')
    expect(list(test)[0]?.comment).toMatch(/^12 of 12 messages/)
  })
})
