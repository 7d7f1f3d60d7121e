import { describe, expect, it } from 'vitest'
import type { Plan } from '../../engine/flow/model.ts'
import { DeployGuard } from '../../engine/host/deploy-guard.ts'
import type { NodeRuntime } from '../../engine/run/node-runtime.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'
import type { DeployWatch } from '../../engine/store/deploys.ts'

const second = 1000
const start = Date.UTC(2026, 0, 1)

/** A flow `in -> work -> out` with a guard, counters to turn, and what the guard said. */
function rig(guard: Record<string, unknown> | undefined, rows: DeployWatch[] = []) {
  const clock = new VirtualClock(start)
  const nodes = new Map<string, NodeRuntime>()
  const wired = (id: string, to: string[]) => ({
    id,
    spec: {},
    wires: { out: to.map((node) => ({ node, port: 'in' })) },
  })
  const planned = [
    wired('in', ['work']),
    wired('work', ['out']),
    wired('out', []),
    { ...wired('failed', []), spec: { catches: 'errors' } },
  ]
  const plan = {
    flow: 'f',
    disabled: false,
    nodes: planned,
    document: { flow: 'f', nodes: [], wires: [], guard },
  } as unknown as Plan
  // Only the counters of nodes are read.
  const replace = (...ids: string[]) => {
    for (const id of ids) nodes.set(`f/${id}`, { id, messages: 0, errors: 0 } as unknown as NodeRuntime)
  }
  replace('in', 'work', 'out', 'failed')
  const plans = new Map([['f', plan]])
  const stored = new Map(rows.map((row) => [row.flow, row]))
  const said: string[] = []
  const deployGuard = new DeployGuard({
    nodes,
    plans,
    clock,
    store: {
      put: (watch) => void stored.set(watch.flow, { ...watch }),
      all: () => [...stored.values()],
      remove: (flow) => void stored.delete(flow),
    },
    passed: (deploy) => said.push(`passed ${deploy}`),
    failed: (flow, deploy, reason) => said.push(`${flow} ${deploy}: ${reason}`),
    onFault: (thrown) => said.push(String(thrown)),
  })
  /** So many messages come in, and so many of them fail at `work`. */
  const run = (messages: number, errors = 0) => {
    for (const id of ['in', 'work', 'out']) count(id).messages += messages
    count('work').errors += errors
    count('failed').messages += errors
  }
  const count = (id: string) => nodes.get(`f/${id}`) as NodeRuntime
  const wait = (milliseconds: number) => clock.advanceTo(clock.now() + milliseconds)
  return { guard: deployGuard, plan, plans, clock, nodes, stored, said, run, wait, replace }
}

const fivePercent = { errors: '5%', within: '2m', min: 50 }

describe('the guard of fresh deploys', () => {
  it('fails one whose share of failed messages passes the limit, of the messages that came in', () => {
    const { guard, plan, said, run, wait, stored } = rig(fivePercent)
    expect(guard.watch(plan, 7)).toBe(true)
    run(60, 3)
    wait(30 * second)
    expect([said, guard.of('f')]).toEqual([
      [],
      { deploy: 7, since: start, until: start + 120_000, messages: 60, errors: 3 },
    ])
    run(20, 9)
    wait(2 * second)
    expect(said).toEqual(['f 7: 12 of 80 messages (15 %) failed within 31 s of the deploy; the guard allows 5 %.'])
    // It stays in the store until somebody has dealt with it.
    expect(stored.get('f')).toMatchObject({ deploy: 7, messages: 80, errors: 12 })
    wait(300 * second)
    expect(said).toHaveLength(1)
  })

  it('does not judge a share before enough messages have come', () => {
    const { guard, plan, said, run, wait } = rig(fivePercent)
    guard.watch(plan, 1)
    run(49, 49)
    wait(119 * second)
    expect(said).toEqual([])
    run(1, 0)
    wait(second)
    expect(said).toEqual(['f 1: 49 of 50 messages (98 %) failed within 120 s of the deploy; the guard allows 5 %.'])
  })

  it('lets one pass when its time is over, and looks no longer', () => {
    const { guard, plan, said, run, wait, stored } = rig(fivePercent)
    guard.watch(plan, 1)
    run(100, 5)
    wait(120 * second)
    expect([said, stored.size, guard.of('f')]).toEqual([['passed 1'], 0, undefined])
    run(100, 100)
    wait(600 * second)
    expect(said).toEqual(['passed 1'])
  })

  it('takes a number of failed messages too, however many came in', () => {
    const { guard, plan, said, run, wait } = rig({ errors: 3, within: '1m' })
    guard.watch(plan, 1)
    run(3, 3)
    wait(second)
    expect(said).toEqual([])
    run(1, 1)
    wait(second)
    expect(said).toEqual(['f 1: 4 messages failed within 2 s of the deploy; the guard allows 3.'])
  })

  it('counts from the deploy on: not what kept nodes had counted before, and all of new ones', () => {
    const { guard, plan, said, run, wait, replace } = rig({ errors: 10, within: '1m' })
    run(500, 400)
    guard.watch(plan, 1)
    run(5, 5)
    wait(second)
    expect(guard.of('f')).toMatchObject({ messages: 5, errors: 5 })
    // A node that is made anew begins at nothing: what it had counted stays.
    replace('work')
    run(4, 4)
    wait(second)
    expect([guard.of('f'), said]).toMatchObject([{ messages: 9, errors: 9 }, []])
  })

  it('goes on after a restart within its time, with what it had counted', () => {
    const before = rig(fivePercent)
    before.guard.watch(before.plan, 4)
    before.run(40, 2)
    before.wait(10 * second)
    before.run(5, 1)
    before.guard.close()
    const after = rig(undefined, JSON.parse(JSON.stringify([...before.stored.values()])))
    after.clock.advanceTo(start + 20 * second)
    after.guard.resume()
    expect(after.guard.of('f')).toMatchObject({ deploy: 4, until: start + 120_000, messages: 45, errors: 3 })
    after.run(5, 0)
    after.wait(second)
    expect(after.said).toEqual(['f 4: 3 of 50 messages (6 %) failed within 21 s of the deploy; the guard allows 5 %.'])
  })

  it('lets one pass whose time was over while nothing ran', () => {
    const before = rig(fivePercent)
    before.guard.watch(before.plan, 4)
    before.guard.close()
    const after = rig(fivePercent, [...before.stored.values()])
    after.clock.advanceTo(start + 500 * second)
    after.guard.resume()
    after.wait(second)
    expect(after.said).toEqual(['passed 4'])
  })

  it('watches the next deploy instead when there is one, and nothing of a flow that has gone', () => {
    const { guard, plan, plans, said, run, wait, stored } = rig({ errors: 2, within: '1m' })
    guard.watch(plan, 1)
    run(2, 2)
    wait(second)
    guard.watch(plan, 2)
    run(2, 2)
    wait(second)
    expect([guard.of('f'), said]).toMatchObject([{ deploy: 2, errors: 2 }, []])
    plans.delete('f')
    run(9, 9)
    wait(second)
    expect([said, stored.size]).toEqual([[], 0])
  })

  it('watches none without a guard, and none that is disabled', () => {
    const { guard, plan, stored } = rig(undefined)
    expect(guard.watch(plan, 1)).toBe(false)
    const guarded = rig(fivePercent)
    expect(guarded.guard.watch({ ...guarded.plan, disabled: true }, 1)).toBe(false)
    expect([stored.size, guarded.stored.size]).toEqual([0, 0])
  })
})
