import { pause } from '../tools/wait.ts'
import type { Outcome } from './check.ts'
import type { Plan } from './plan.ts'
import { Rig } from './rig.ts'
import { paths } from './workload.ts'

const hour = 3_600_000

/** A clock that jumps, and a process that stands still longer than the keepalive allows. */
export function clockFaults(plan: Plan): Promise<Outcome> {
  const { random } = plan
  return Rig.play({ keepalive: 1 }, async (rig) => {
    const { publisher, engine } = rig
    const counts = { forth: 0, back: 0, stop: 0 }
    const running = publisher.run(paths, plan.rate)
    for (const kind of plan.steps(['forth', 'back', 'stop'] as const, 3)) {
      await pause(100 + random.below(200))
      if (kind === 'stop') {
        engine.signal('SIGSTOP')
        await pause(plan.long ? 30_000 : 2500)
        engine.signal('SIGCONT')
      } else await engine.ask({ what: 'jump', milliseconds: kind === 'forth' ? hour : -hour })
      counts[kind]++
    }
    publisher.stop()
    await running
    return rig.outcome(
      `${counts.forth} jumps of the clock by an hour forth, ${counts.back} back, ${counts.stop} times SIGSTOP until the keepalive was over`,
    )
  })
}
