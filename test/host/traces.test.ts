import { expect, it } from 'vitest'
import { Traces } from '../../engine/host/traces.ts'
import type { Runner } from '../../engine/run/runner.ts'
import { VirtualClock } from '../../engine/run/virtual-clock.ts'

it('the runner has somebody to ask only while a trace waits', () => {
  const runner: Pick<Runner, 'watcher'> = { watcher: undefined }
  const clock = new VirtualClock(0)
  const plan = {
    flow: 'f',
    title: 'f',
    disabled: false,
    nodes: [],
    hash: '',
    document: { flow: 'f', nodes: [], wires: [] },
  }
  const traces = new Traces({ runner, clock, plans: new Map([['f', plan]]), micros: () => 0 })
  expect(runner.watcher).toBeUndefined()
  traces.arm({ flow: 'f' })
  clock.advanceTo(1000)
  traces.arm({ flow: 'f' })
  expect(runner.watcher).toBeDefined()
  clock.advanceTo(60_000)
  expect(runner.watcher).toBeDefined()
  clock.advanceTo(61_000)
  expect(runner.watcher).toBeUndefined()
})
